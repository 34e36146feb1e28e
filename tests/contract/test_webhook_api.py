"""`/webhooks`: for whoever administers the whole trust, to hosts that are allowed, its secret not for reading."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from engine import bearers
from engine.machine import Actor
from engine.roles.directory_tables import accounts, grants
from engine.storage import database
from tests import northshire
from tests.northshire import HELEN, TRUST
from tests.workplace import workplace_on

ADA = Actor(id="acc-ada", name="Ada Obi", grants=frozenset({("system-administrator", TRUST)}))
URL = "https://hooks.example/preceptor"


@pytest.fixture
def place(database_url, clock, tmp_path):
    built = workplace_on(database_url, clock, tmp_path, PRECEPTOR_WEBHOOK_HOSTS="hooks.example")
    row = {"trust": TRUST, "id": ADA.id, "username": "ada", "email": "ada@northshire.example", "name": ADA.name}
    key = {"trust": TRUST, "account": ADA.id, "responsibility": "system-administrator", "organisation": TRUST}
    with database.writing(built.engine.database) as conn:
        conn.execute(insert(accounts).values(**row, active=True, session=0))
        conn.execute(insert(grants).values(**key))
    yield built
    built.engine.database.dispose()


@pytest.fixture
def ask(place):
    """Return a function that asks the API with a token of this account and these scopes."""

    def call(method: str, path: str, body: object = None, *, scopes=("*",), who=ADA):
        with place.engine.transaction() as tx:
            token = bearers.add(tx.connection, TRUST, who.id, tx.now, scopes=scopes)
        headers = {"Authorization": f"Bearer {token}"}
        return place.app.test_client().open(f"/api/v1{path}", method=method, json=body, headers=headers)

    return call


def test_a_webhook_is_added_changed_and_shown_without_its_secret(ask):
    made = ask("POST", "/webhooks", {"url": URL, "kinds": ["class", "class"]})
    path = f"/webhooks/{made.json['id']}"

    stopped = ask("PATCH", path, {"active": False, "kinds": [], "url": f"{URL}2"})

    expected = {"id": made.json["id"], "url": f"{URL}2", "kinds": [], "active": False}
    assert (made.status_code, made.json["kinds"]) == (201, ["class"])
    assert stopped.json == ask("GET", path).json == ask("GET", "/webhooks").json["items"][0] == expected


def test_the_secret_is_not_for_a_token_that_only_reads(ask):
    path = f"/webhooks/{ask('POST', '/webhooks', {'url': URL}).json['id']}/secret"

    refused, given = ask("POST", path, scopes=("read",)), ask("POST", path, scopes=("webhooks:write",))

    assert refused.status_code == 403
    assert "webhooks:write" in refused.json["detail"]
    assert given.json["secret"].startswith("whsec_")


@pytest.mark.parametrize(
    "body",
    [{"url": "https://elsewhere.example/"}, {"url": "http://hooks.example/"}, {"url": URL, "kinds": ["unicorn"]}],
)
def test_a_webhook_that_could_not_work_is_refused(ask, body):
    assert ask("POST", "/webhooks", body).status_code == 422


def test_webhooks_are_for_the_administrator_of_the_trust_alone(ask):
    assert ask("GET", "/webhooks", who=HELEN).status_code == 403


def test_deliveries_are_listed_and_one_is_sent_again(place, ask, clock):
    hook = ask("POST", "/webhooks", {"url": URL}).json["id"]
    northshire.open_class(place.engine, clock)
    waiting = ask("GET", f"/webhooks/{hook}/deliveries?state=WAITING").json["items"]

    missing = ask("POST", f"/webhooks/{hook}/replay", {"delivery": "class/none/1"})
    elsewhere = ask("GET", "/webhooks/none/deliveries")

    assert waiting == []
    assert (missing.status_code, elsewhere.status_code) == (404, 404)
