"""The API over HTTP, on both databases: its mechanism, and the engine's own resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select
from werkzeug.test import TestResponse

from engine import accounts, bearers
from engine.machine import EVERYONE
from engine.outgoing.outbox import Delivery
from engine.roles import directory
from engine.roles.directory_tables import accounts as accounts_table
from engine.roles.directory_tables import organisations
from engine.tables import outbox
from engine.transaction import Engine
from engine.web import api, resources, schemas
from engine.web.frame import frame
from engine.web.operations import Answer, Call, Operation, created
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR
from tests import trial
from tests.clock import FrozenClock
from tests.people import ADMINISTRATOR, settings_in
from tests.trial import LEARNER, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER, Turn

ROOT = "/api/v1"


def slow_thing(call: Call) -> Answer:
    return created("/things/1", {"bytes": len(call.files["file"].read()), "title": call.body["title"]})


TITLE = schemas.record({"title": schemas.text()})
FILES = {"takes": TITLE, "files": 500, "own_transactions": True}
THINGS = (Operation("POST", "/things", slow_thing, by=(EVERYONE,), says="Send a file.", **FILES),)


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    """Return an engine with the leave workflow, its trust and three people."""
    built = trial.engine_on(database_url, clock)
    trial.allocate(built, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})
    with built.transaction() as tx:
        lin = {"trust": TRUST, "id": LEARNER.id, "username": "lin", "email": "lin@northshire.example"}
        tx.connection.execute(
            insert(accounts_table).values(**lin, name=LEARNER.name, person="lin", active=True, session=0)
        )
    yield built
    built.database.dispose()


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Flask:
    app = frame(engine, settings_in(tmp_path))
    app.register_blueprint(api.blueprint(engine, [*resources.OPERATIONS, *THINGS]))
    return app


class Caller:
    """A client of the API that bears one account's token."""

    def __init__(self, app: Flask, engine: Engine, account: str = TRUST_HOLDER.id, grant: str | None = None) -> None:
        with engine.transaction() as tx:
            token = bearers.add(tx.connection, TRUST, account, tx.now)
            if grant:
                directory.grant(tx.connection, TRUST, account, ADMINISTRATOR, grant)
        self._http: FlaskClient = app.test_client()
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: Any) -> TestResponse:
        return self._http.get(ROOT + path, query_string=query, headers=self._headers)

    def send(self, path: str, body: Any, *, method: str = "POST", key: str | None = None) -> TestResponse:
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        return self._http.open(ROOT + path, method=method, json=body, headers=headers)

    def upload(self, content: bytes, key: str) -> TestResponse:
        form = {"title": "A zip", "file": (BytesIO(content), "a.zip")}
        headers = {**self._headers, "Idempotency-Key": key}
        return self._http.post(f"{ROOT}/things", data=form, headers=headers)


@pytest.fixture
def caller(app: Flask, engine: Engine) -> Caller:
    return Caller(app, engine, grant=TRUST)


def wards(engine: Engine) -> int:
    with engine.reading() as conn:
        return conn.execute(select(func.count()).select_from(organisations)).scalar_one()


def asked(engine: Engine) -> str:
    """Have Lin ask for leave, and return the id of the leave."""
    with engine.transaction(LEARNER) as tx:
        return tx.start("leave", TRUST, Turn.ASK, {"person": "lin", "organisation": WARD}).subject.id


def only(answer: TestResponse) -> Mapping[str, Any]:
    (item,) = answer.json["items"]
    return item


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
def test_without_a_token_that_stands_nothing_is_answered(app, header):
    answer = app.test_client().get(f"{ROOT}/organisations", headers=header)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.mimetype == "application/problem+json"


def test_the_token_of_an_inactive_account_opens_nothing(app, engine, caller):
    with engine.transaction() as tx:
        accounts.change_account(tx.connection, TRUST, TRUST_HOLDER.id, {"active": False})

    assert caller.get("/organisations").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("DELETE", "/organisations", None, 405),
        ("POST", "/organisations", {"nome": "Ward 8"}, 422),
        ("POST", "/organisations", [], 422),
        ("POST", "/organisations", {"name": "Ward 8", "parent": "nowhere"}, 404),
        ("GET", "/organisations/nowhere", None, 404),
        ("GET", "/organisations?limit=0", None, 422),
        ("GET", "/organisations?cursor=nonsense", None, 422),
        ("GET", "/organisations?colour=blue", None, 422),
    ],
)
def test_every_error_is_a_problem_with_its_status(caller, method, path, body, status):
    answer = caller.send(path, body, method=method)

    assert answer.status_code == answer.json["status"] == status
    assert answer.mimetype == "application/problem+json"
    assert {"type", "title", "detail"} <= answer.json.keys()


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("/nothing", None, "There is no operation at /api/v1/nothing. The operations are listed in /api/openapi.json."),
        ("/organisations/nowhere", None, "There is no such organisation. Asked for: organisation “nowhere”."),
        ("/organisations", {"name": "A", "parent": "x"}, "There is no such organisation. Asked for: organisation “x”."),
        ("/approvals/q1", None, "There is no such question, or it was asked of a role that you do not hold."),
        ("/approvals/q1", None, "Asked for: approval “q1”."),
    ],
)
def test_what_is_not_found_is_named_with_its_kind_and_its_id(caller, path, body, detail):
    answer = caller.send(path, body, method="POST" if body else "GET")

    assert (answer.status_code, answer.json["title"]) == (404, "Not found")
    assert detail in answer.json["detail"]


def test_a_body_is_refused_with_all_that_is_wrong_in_it(caller):
    answer = caller.send("/organisations", {"name": 7, "colour": "blue"})

    assert answer.json["facts"]["errors"] == [
        {"pointer": "/colour", "detail": "There is no such member."},
        {"pointer": "/name", "detail": "Must be text."},
    ]


def test_the_same_key_acts_once_and_is_answered_the_same(engine, caller):
    before = wards(engine)

    first = caller.send("/organisations", {"name": "Ward 8"}, key="k1")
    second = caller.send("/organisations", {"name": "Ward 8"}, key="k1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert second.headers["Idempotent-Replayed"] == "true"
    assert wards(engine) == before + 1


def test_a_key_is_not_for_another_request_until_a_day_has_passed(engine, caller, clock):
    caller.send("/organisations", {"name": "Ward 8"}, key="k1")

    refused = caller.send("/organisations", {"name": "Ward 9"}, key="k1")
    clock.advance(timedelta(hours=25))
    allowed = caller.send("/organisations", {"name": "Ward 9"}, key="k1")

    assert (refused.status_code, allowed.status_code) == (422, 201)


def test_an_error_is_not_kept_under_its_key(caller):
    refused = caller.send("/organisations", {"name": "\u200f"}, key="k1")
    mended = caller.send("/organisations", {"name": "Ward 8"}, key="k1")

    assert (refused.status_code, mended.status_code) == (422, 201)


def test_of_many_with_one_key_at_once_one_acts(engine, caller):
    before = wards(engine)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: caller.send("/organisations", {"name": "Ward 8"}, key="k1"), range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert wards(engine) == before + 1


def test_a_file_is_taken_once_by_its_key_and_only_up_to_its_limit(caller):
    first, second = caller.upload(b"x" * 100, "k1"), caller.upload(b"x" * 100, "k1")
    other, large = caller.upload(b"y" * 100, "k1"), caller.upload(b"x" * 1000, "k2")

    assert first.json == second.json == {"bytes": 100, "title": "A zip"}
    assert (other.status_code, large.status_code) == (422, 413)


def test_a_list_comes_in_pages_without_gap_or_double(caller):
    for number in range(5):
        caller.send("/organisations", {"name": f"Ward {number}"})

    found, cursor = [], None
    while True:
        answer = caller.get("/organisations", limit=3, **({"cursor": cursor} if cursor else {})).json
        found += [item["id"] for item in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break

    assert len(found) == len(set(found)) == 7


def test_an_organisation_is_added_renamed_and_moved_by_who_administers_both_places(app, engine, caller):
    local = Caller(app, engine, WARD_HOLDER.id, grant=WARD)
    new = caller.send("/organisations", {"name": "Surgery"}).json

    renamed = caller.send(f"/organisations/{WARD}", {"name": "Ward Seven", "parent": new["id"]}, method="PATCH").json

    assert renamed == {"id": WARD, "name": "Ward Seven", "parent": new["id"], "mail_name": None}
    assert local.send(f"/organisations/{WARD}", {"parent": TRUST}, method="PATCH").status_code == 403
    assert local.send(f"/organisations/{WARD}", {"name": "Ward 7"}, method="PATCH").status_code == 200
    assert caller.get(f"/organisations/{WARD}").json["name"] == "Ward 7"


def test_a_local_version_of_a_role_is_made_held_and_switched_off(caller, engine, clock):
    made = caller.send("/roles", {"role": "workflow-administrator", "organisation": WARD, "title": "Reviewer"})
    place = f"/roles/workflow-administrator@{WARD}"

    held = caller.send(f"{place}/holders", {"account": LEARNER.id, "ends_at": "2027-01-04T09:30:00+01:00"})
    off = caller.send(place, {"enabled": False}, method="PATCH")

    assert made.json["id"] == f"workflow-administrator@{WARD}"
    assert (held.status_code, held.json["ends_at"]) == (201, "2027-01-04T08:30:00+00:00")
    assert only(caller.get(f"{place}/holders"))["account"] == LEARNER.id
    assert off.json["enabled"] is False
    assert (
        caller.send("/roles", {"role": "workflow-administrator", "organisation": WARD, "title": "R"}).status_code == 409
    )
    assert caller.get(f"/roles/none@{WARD}/holders").status_code == 404
    assert len(caller.get("/roles").json["items"]) == 3


def test_what_is_asked_is_answered_once_and_the_second_is_told_by_whom(app, engine):
    leave, holder = asked(engine), Caller(app, engine, WARD_HOLDER.id)
    approval = only(holder.get("/approvals"))

    first = holder.send(f"/approvals/{approval['id']}/answer", {"choice": "GRANT", "comment": "Enjoy it."})
    second = holder.send(f"/approvals/{approval['id']}/answer", {"choice": "DENY"})

    assert (approval["title"], approval["subject"], approval["choices"]) == ("Leave for lin", leave, ["GRANT", "DENY"])
    assert (first.status_code, first.json["state"], first.json["answered_by"]) == (200, "CLOSED", "Wren Hall")
    assert (second.status_code, second.json["facts"]["choice"]) == (409, "GRANT")
    assert second.json["detail"].startswith("Wren Hall answered this on ")
    assert (
        only(holder.get("/approvals", show="closed")).items() <= holder.get(f"/approvals/{approval['id']}").json.items()
    )


def test_of_many_answers_at_once_one_wins_and_the_others_see_who(app, engine):
    asked(engine)
    holder = Caller(app, engine, WARD_HOLDER.id)
    approval = only(holder.get("/approvals"))["id"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: holder.send(f"/approvals/{approval}/answer", {"choice": "GRANT"}), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    late = [answer.json["facts"]["answered_by"] for answer in answers if answer.status_code == 409]
    assert late == ["Wren Hall"] * 7


def test_what_was_asked_of_another_role_is_not_there(app, engine):
    asked(engine)
    other = Caller(app, engine, TRUST_HOLDER.id)
    approval = only(Caller(app, engine, WARD_HOLDER.id).get("/approvals"))["id"]

    assert other.get("/approvals").json["items"] == []
    assert other.get(f"/approvals/{approval}").status_code == 404
    assert other.send(f"/approvals/{approval}/answer", {"choice": "GRANT"}).status_code == 404


def test_a_message_says_why_it_went_and_goes_again_but_never_what_it_says(app, engine, caller):
    asked(engine)
    message = only(caller.get("/messages"))
    with engine.transaction() as tx:
        tx.connection.execute(outbox.update().values(state=Delivery.SENT))

    why = caller.get(f"/messages/{message['id']}/why").json
    again = caller.send(f"/messages/{message['id']}/resend", {})

    assert (message["notice"], message["name"], message["state"]) == ("T-02-asked", "Wren Hall", "QUEUED")
    assert "context" not in message
    assert why["reason"] == "You hold a role."
    assert again.status_code == 200
    assert len(caller.get("/messages", notice="T-02-asked").json["items"]) == 2
    assert caller.get("/messages", notice="other").json["items"] == []


def test_what_caused_a_message_is_hidden_from_who_may_not_see_its_subject(app, engine):
    asked(engine)
    with engine.transaction() as tx:
        directory.add_organisation(tx.connection, now=tx.now, trust=TRUST, id="ward-8", name="Ward 8")
        tx.connection.execute(outbox.update().values(organisation="ward-8"))
    elsewhere = Caller(app, engine, WARD_HOLDER.id, grant="ward-8")

    why = elsewhere.get(f"/messages/{only(elsewhere.get('/messages'))['id']}/why").json

    assert why["reason"] == "You hold a role."
    assert {why[name] for name in ("cause", "step", "trigger", "moved", "by")} == {"hidden"}
    assert (why["at"], why["because"]) == (None, None)


def test_messages_and_journal_are_for_who_answers_for_the_organisation(app, engine):
    leave = asked(engine)
    with engine.transaction() as tx:
        directory.add_organisation(tx.connection, now=tx.now, trust=TRUST, id="ward-8", name="Ward 8")
    everyone = Caller(app, engine, LEARNER.id)
    elsewhere = Caller(app, engine, WARD_HOLDER.id, grant="ward-8")
    with engine.reading() as conn:
        message = conn.execute(select(outbox.c.id)).scalar_one()

    assert everyone.get("/messages").status_code == 403
    assert elsewhere.get("/messages").json["items"] == []
    assert elsewhere.get(f"/messages/{message}/why").status_code == 404
    assert elsewhere.get("/journal", kind="leave", subject=leave).status_code == 404


def test_the_journal_tells_every_move_of_a_subject(app, engine, caller):
    leave, holder = asked(engine), Caller(app, engine, WARD_HOLDER.id)
    approval = only(holder.get("/approvals"))["id"]
    holder.send(f"/approvals/{approval}/answer", {"choice": "DENY", "comment": "Too late."})

    moves = caller.get("/journal", kind="leave", subject=leave).json["items"]

    assert [(move["step"], move["by"], move["target"]) for move in moves] == [
        ("L1", "Lin Chen", "ASKED"),
        ("L3", "Wren Hall", "DENIED"),
    ]
    assert (moves[1]["reason"], moves[1]["previous"]) == ("Too late.", moves[0]["hash"])


def test_the_description_names_every_operation_and_what_it_takes(app):
    description = app.test_client().get("/api/openapi.json").json

    paths = ((one.path.replace("<", "{").replace(">", "}"), one.method.lower()) for one in resources.OPERATIONS)
    declared = {(ROOT + path, method) for path, method in paths}
    described = {(path, method) for path, methods in description["paths"].items() for method in methods}
    answer = description["paths"][f"{ROOT}/approvals/{{id}}/answer"]["post"]
    assert description["openapi"] == "3.1.0"
    assert declared <= described
    assert answer["requestBody"]["content"]["application/json"]["schema"]["required"] == ["choice"]
    assert [parameter["name"] for parameter in answer["parameters"]] == ["id", "Idempotency-Key"]


def test_what_is_answered_is_what_was_declared(app, engine, caller):
    asked(engine)
    with engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, TRUST_HOLDER.id, TEMPLATE_ADMINISTRATOR, TRUST)
    caller.send("/roles", {"role": "workflow-administrator", "organisation": WARD, "title": "Reviewer"})

    for operation in resources.OPERATIONS:
        if operation.method == "GET" and "<" not in operation.path and operation.path != "/journal":
            answer = caller.get(operation.path).json
            assert schemas.check(operation.gives, answer).keys() == answer.keys()
