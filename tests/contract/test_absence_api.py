"""`/absences` and `/roles/coverage` as programs use them, and who changed a role by the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import accounts, bearers
from engine.roles import amendments, directory
from engine.roles.amendments import Amended
from engine.roles.directory import Holder, Role
from engine.web import api
from engine.web.resources import OPERATIONS
from tests.databases import close
from tests.desk import ADMINISTRATOR, ELSEWHERE, Desk, desk_on
from tests.trial import ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER

AWAY = {"action": "REASSIGN", "starts_at": "2026-11-22T09:00:00Z", "to": TRUST_HOLDER.id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program with a token."""

    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call."""
        told = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=told)


@pytest.fixture
def desk(database_url, clock, tmp_path):
    desk = desk_on(database_url, clock, tmp_path)
    desk.app.register_blueprint(api.blueprint(desk.engine, OPERATIONS))
    yield desk
    close(desk.engine.database)


def program(desk: Desk, actor: Any) -> Program:
    with desk.engine.transaction() as tx:
        token = bearers.add(tx.connection, TRUST, actor.id, tx.now)
    return Program(client=desk.app.test_client(), token=token)


def test_a_rule_is_made_listed_changed_and_ended(desk, clock):
    wren = program(desk, WARD_HOLDER)

    made = wren.ask("POST", "/absences", AWAY)
    path = f"/absences/{made.json['id']}"
    changed = wren.ask("PATCH", path, {"ends_at": "2026-12-01T00:00:00Z", "transfer": True})
    ended = wren.ask("POST", f"{path}/end")
    listed = wren.ask("GET", "/absences")

    assert (made.status_code, changed.status_code, ended.status_code) == (201, 200, 200)
    assert made.headers["Location"] == f"/api/v1{path}"
    assert (changed.json["transfer"], changed.json["ends_at"]) == (True, "2026-12-01T00:00:00+00:00")
    assert [(one["state"], one["to"]) for one in listed.json["items"]] == [("ENDED", TRUST_HOLDER.id)]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"to": "acc-nobody"}, "Choose who stands in"),
        ({"starts_at": "9999-12-31T23:59:59Z"}, "between the years 2000 and 2199"),
        ({"ends_at": "2026-11-22T08:00:00Z"}, "must end after it starts"),
        ({"starts_at": "soon"}, "Must be a moment"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_as_a_problem(desk, said, words):
    answer = program(desk, WARD_HOLDER).ask("POST", "/absences", {**AWAY, **said})

    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"
    assert words in answer.text


def test_somebody_elses_rules_are_not_there_but_for_their_administrator(desk):
    path = f"/absences/{program(desk, WARD_HOLDER).ask('POST', '/absences', AWAY).json['id']}"
    eve, ada = program(desk, ELSEWHERE), program(desk, ADMINISTRATOR)

    refused = [
        eve.ask("GET", f"/absences?account={WARD_HOLDER.id}").status_code,
        eve.ask("POST", "/absences", {**AWAY, "account": WARD_HOLDER.id}).status_code,
        eve.ask("PATCH", path, {"transfer": True}).status_code,
        eve.ask("POST", f"{path}/end").status_code,
        eve.ask("POST", f"{path}/dismiss").status_code,
    ]

    assert refused == [404, 403, 404, 404, 404]
    assert ada.ask("POST", f"{path}/dismiss").status_code == 422
    assert len(ada.ask("GET", f"/absences?account={WARD_HOLDER.id}").json["items"]) == 1


def test_coverage_is_told_for_now_and_a_week_later(desk):
    ada = program(desk, ADMINISTRATOR)

    told = ada.ask("GET", f"/roles/coverage?organisation={WARD}&on=2027-01-04T09:00:00Z")

    (leave,) = (one for one in told.json["items"] if one["role"] == ROLE)
    assert (leave["organisation"], leave["gap"]) == (WARD, False)
    assert [(one["at"], one["names"]) for one in leave["answers"]] == [
        ("2027-01-04T09:00:00+00:00", ["Wren Hall"]),
        ("2027-01-11T09:00:00+00:00", ["Wren Hall"]),
    ]


def test_coverage_lists_gaps_alone_where_the_caller_administers(desk):
    ada = program(desk, ADMINISTRATOR)
    ada.ask("POST", f"/roles/{ROLE}@{WARD}/holders", {"account": WARD_HOLDER.id, "enabled": False})

    gaps = ada.ask("GET", "/roles/coverage?gaps=true").json

    assert (ROLE, WARD) in {(one["role"], one["organisation"]) for one in gaps["items"]}
    assert gaps["gaps"] == len(gaps["items"])
    assert ada.ask("GET", "/roles/coverage?organisation=nowhere").status_code == 404
    assert ada.ask("GET", "/roles/coverage?on=9999-12-31T23:00:00Z").status_code == 422
    assert program(desk, WARD_HOLDER).ask("GET", "/roles/coverage").status_code == 403


def test_what_a_program_changes_about_a_role_is_noted(desk):
    ada = program(desk, ADMINISTRATOR)

    ada.ask("PATCH", f"/roles/{ROLE}@{WARD}", {"title": "Leave, Ward 7"})
    ada.ask("POST", f"/roles/{ROLE}@{WARD}/holders", {"account": ELSEWHERE.id})

    with desk.engine.reading() as conn:
        noted = amendments.of(conn, TRUST, Amended.ROLE, f"{ROLE}@{WARD}")
    assert {(row.what, row.actor_name) for row in noted} == {
        ("renamed “Leave, Ward 7”", "Ada Obi"),
        ("gave it to Eve Lund", "Ada Obi"),
    }


def allocated(desk: Desk, role: str, place: str) -> str:
    """Give an organisation a version of a role, and return the path of its holders."""
    with desk.engine.transaction() as tx:
        directory.put_role(tx.connection, Role(trust=TRUST, role=role, organisation=place, title=role))
    return f"/roles/{role}@{place}/holders"


def ward_administrator(desk: Desk) -> Program:
    """Return the program of somebody who administers the ward, and nothing else."""
    with desk.engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, ELSEWHERE.id, "system-administrator", WARD)
    return program(desk, ELSEWHERE)


@pytest.mark.parametrize("role", [ROLE, "learning-administrator", "anything"])
def test_an_administrator_gives_themselves_no_role_whatever_its_code(desk, role):
    eve = ward_administrator(desk)
    path = allocated(desk, role, WARD)

    answer = eve.ask("POST", path, {"account": ELSEWHERE.id})

    assert (answer.status_code, answer.json["detail"][:33]) == (403, "You cannot give yourself a role. ")
    assert ELSEWHERE.id not in {one["account"] for one in eve.ask("GET", path).json["items"]}


def test_nor_do_they_to_another_account_of_their_own(desk):
    eve = ward_administrator(desk)
    with desk.engine.transaction() as tx:
        names = {"username": "eve-two", "email": "eve@northshire.example", "name": "Eve Lund", "person": "eve"}
        second = accounts.add_account(tx.connection, now=tx.now, trust=TRUST, **names)

    assert eve.ask("POST", allocated(desk, ROLE, WARD), {"account": second.id}).status_code == 403


@pytest.mark.parametrize("role", ["learning-administrator", "class-administrator", "anything"])
def test_what_opens_more_than_questions_is_given_only_by_whoever_has_it(desk, role):
    eve = ward_administrator(desk)
    path = allocated(desk, role, WARD)

    refused = eve.ask("POST", path, {"account": WARD_HOLDER.id})
    with desk.engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, ELSEWHERE.id, role, TRUST)
    given = eve.ask("POST", path, {"account": WARD_HOLDER.id})

    assert (refused.status_code, given.status_code) == (403, 201)
    assert "opens what you may not do here yourself" in refused.json["detail"]


def test_an_administrator_may_take_a_role_from_themselves(desk):
    eve = ward_administrator(desk)
    path = allocated(desk, "learning-administrator", WARD)
    held = {"trust": TRUST, "role": "learning-administrator", "organisation": WARD, "account": ELSEWHERE.id}
    with desk.engine.transaction() as tx:
        directory.put_holder(tx.connection, Holder(**held))

    assert eve.ask("POST", path, {"account": ELSEWHERE.id, "enabled": False}).status_code == 201
