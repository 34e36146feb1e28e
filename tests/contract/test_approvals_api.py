"""`/approvals` over HTTP on both databases: what can be done with a question, and that problems are said."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import bearers
from engine.approvals.approval import Status
from engine.machine import Actor
from engine.roles import directory
from engine.timing import timers
from engine.transaction import Engine
from engine.web import api, resources
from engine.web.frame import frame
from tests.approvals import GONE, PAT, SENDER, ask, engine_on, hold, read
from tests.clock import FrozenClock
from tests.databases import close
from tests.people import settings_in
from tests.trial import LEARNER, TRUST, TRUST_HOLDER, WARD_HOLDER


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = engine_on(database_url, clock)
    yield built
    close(built.database)


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Flask:
    made = frame(engine, settings_in(tmp_path))
    made.register_blueprint(api.blueprint(engine, resources.OPERATIONS))
    return made


class Program:
    """A program that acts for an account."""

    def __init__(self, app: Flask, engine: Engine, actor: Actor) -> None:
        with engine.transaction() as tx:
            token = bearers.add(tx.connection, TRUST, actor.id, tx.now)
        self._http: FlaskClient = app.test_client()
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str = "", **query: Any) -> TestResponse:
        return self._http.get(f"/api/v1/approvals{path}", query_string=query, headers=self._headers)

    def post(self, path: str, **said: Any) -> TestResponse:
        return self._http.post(f"/api/v1/approvals{path}", json=said, headers=self._headers)

    def attach(self, question: str, name: str, content: bytes, **said: Any) -> TestResponse:
        form = {**said, "file": (BytesIO(content), name)}
        return self._http.post(f"/api/v1/approvals/{question}/attachments", data=form, headers=self._headers)

    def ids(self, show: str, **query: Any) -> list[str]:
        return [one["id"] for one in self.get(show=show, **query).json["items"]]


@pytest.fixture
def wren(app: Flask, engine: Engine) -> Program:
    return Program(app, engine, WARD_HOLDER)


@pytest.fixture
def pat(app: Flask, engine: Engine) -> Program:
    hold(engine, PAT, role="matron")
    return Program(app, engine, PAT)


def test_a_question_is_claimed_delegated_taken_back_released_and_listed_where_it_is(engine, wren, pat):
    question = ask(engine)
    path = f"/{question}"

    listed = [wren.ids("roles")]
    claimed = wren.post(f"{path}/claim")
    listed.append(wren.ids("mine"))
    delegated = wren.post(f"{path}/delegate", to=PAT.id, comment="Please.")
    listed += [wren.ids("delegated"), pat.ids("mine")]
    back = wren.post(f"{path}/take-back")
    released = wren.post(f"{path}/release")

    assert listed == [[question]] * 4
    assert [answer.status_code for answer in (claimed, delegated, back, released)] == [200] * 4
    assert (claimed.json["owner"], delegated.json["delegate_name"]) == (WARD_HOLDER.id, "Pat Okoro")
    assert (back.json["delegate"], released.json["owner"]) == (None, None)
    assert pat.get(path).status_code == 404


def test_a_transferred_question_is_answered_by_its_new_owner(engine, wren, pat):
    question = ask(engine)

    given = wren.post(f"/{question}/transfer", to=PAT.id)
    answered = pat.post(f"/{question}/answer", choice="GRANT")

    assert (given.json["owner"], answered.json["answered_by"]) == (PAT.id, "Pat Okoro")


def test_information_is_asked_for_and_given_and_the_history_tells_it(app, engine, wren):
    question = ask(engine)
    lin = Program(app, engine, LEARNER)

    asked = wren.post(f"/{question}/ask", of=LEARNER.id, question="Which days?")
    seen = lin.get(f"/{question}")
    replied = lin.post(f"/{question}/reply", answer="Monday.")
    wren.post(f"/{question}/comment", comment="Good.")

    whole = wren.get(f"/{question}").json
    assert (asked.json["state"], asked.json["asked_of_name"]) == ("MORE_INFO", "Lin Chen")
    assert (seen.status_code, replied.json["state"]) == (200, "OPEN")
    assert [one["text"] for one in whole["comments"]] == ["Which days?", "Monday.", "Good."]
    assert [one["what"] for one in whole["history"]] == [
        "Asked",
        "Wren Hall asked Lin Chen for information",
        "Lin Chen replied",
        "Wren Hall commented",
    ]
    assert lin.get(f"/{question}").status_code == 404


def test_a_file_is_attached_listed_and_given_back_to_those_who_may_see_the_question(app, engine, wren):
    question = ask(engine)
    tom = Program(app, engine, TRUST_HOLDER)

    attached = wren.attach(question, "../rota.csv", b"Mon,Tue\n", comment="The rota.")

    (file,) = wren.get(f"/{question}").json["attachments"]
    path = f"/{question}/attachments/{file['id']}"
    assert (attached.status_code, file["name"], file["media_type"], file["size"]) == (200, "rota.csv", "text/csv", 8)
    assert base64.b64decode(wren.get(path).json["content"]) == b"Mon,Tue\n"
    assert tom.get(path).status_code == 404
    assert wren.get(f"/{question}/attachments/none").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("run.exe", b"MZ", "Attach one of these"),
        ("rota.pdf", b"<html>", "not what its name says"),
        ("rota.txt", b"a\x00b", "not what its name says"),
        ("week/rota.txt", b"", "rota.txt: The file is empty."),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_and_nothing_is_kept(engine, wren, name, content, detail):
    question = ask(engine)

    refused = wren.attach(question, name, content)

    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    assert detail in refused.json["detail"]
    assert wren.get(f"/{question}").json["attachments"] == []


def test_an_attachment_without_a_file_is_refused(engine, wren):
    question = ask(engine)

    assert wren._http.post(f"/api/v1/approvals/{question}/attachments", headers=wren._headers).status_code == 422


def test_several_are_answered_at_once_with_a_result_for_each(engine, wren):
    ids = [ask(engine) for _ in range(3)]
    wren.post(f"/{ids[1]}/answer", choice="DENY")

    answer = wren.post("/answer-many", ids=[*ids, "nothing"], choice="GRANT", comment="All of you.")

    became = {one["id"]: (one["became"], one["detail"]) for one in answer.json["results"]}
    assert answer.status_code == 200
    assert [became[one][0] for one in ids] == ["done", "overtaken", "done"]
    assert became[ids[1]][1].startswith("Wren Hall answered this on ")
    assert became["nothing"] == ("refused", "There is no such question, or it is not yours.")


def test_what_is_refused_is_a_problem_that_says_why(app, engine, wren, pat):
    question = ask(engine)
    for colleague in (LEARNER, GONE):
        hold(engine, colleague)

    refused = {
        "self": wren.post(f"/{question}/delegate", to=LEARNER.id),
        "nobody": wren.post(f"/{question}/transfer", to="acc-none"),
        "stranger": wren.post(f"/{question}/delegate", to=SENDER.id),
        "gone": wren.post(f"/{question}/delegate", to=GONE.id),
        "unasked": wren.post(f"/{question}/reply", answer="Me?"),
        "bad": wren.post(f"/{question}/ask", of=PAT.id),
        "unseen": pat.post(f"/{question}/claim"),
    }

    assert {name: answer.status_code for name, answer in refused.items()} == {
        "self": 409,
        "nobody": 422,
        "stranger": 422,
        "gone": 422,
        "unasked": 409,
        "bad": 422,
        "unseen": 404,
    }
    assert {answer.content_type for answer in refused.values()} == {"application/problem+json"}


def test_the_list_is_narrowed_by_kind_role_place_and_words(engine, wren):
    question = ask(engine)

    found = [
        wren.ids("open", **query)
        for query in ({"kind": "leave"}, {"kind": "transfer"}, {"q": "LEAVE for"}, {"q": "100%"}, {"role": "matron"})
    ]

    assert found == [[question], [], [question], [], []]


def test_a_trust_sets_how_often_its_questions_remind_and_when_they_escalate(app, engine, clock):
    with engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, PAT.id, "system-administrator", TRUST)
    pat = Program(app, engine, PAT)
    path = f"/api/v1/question-periods/{TRUST}/leave/ASKED"
    chosen = {"reminders": 1, "remind_minutes": 60, "escalate_minutes": 120}

    said = pat._http.put(path, json=chosen, headers=pat._headers)
    wrong = [
        pat._http.put(path, json={**chosen, "remind_minutes": 0}, headers=pat._headers),
        pat._http.put(path.replace("ASKED", "GRANTED"), json=chosen, headers=pat._headers),
        Program(app, engine, WARD_HOLDER)._http.put(path, json=chosen, headers=pat._headers | {"Authorization": ""}),
    ]
    question = ask(engine)
    for _ in range(2):
        clock.advance(timedelta(hours=1))
        timers.fire_due(engine)
    gone = [pat._http.delete(path, headers=pat._headers).status_code for _ in range(2)]

    listed = pat._http.get("/api/v1/question-periods", headers=pat._headers)
    assert (said.status_code, said.json["reminders"]) == (200, 1)
    assert [answer.status_code for answer in wrong] == [422, 404, 401]
    assert (read(engine, question).reminded, read(engine, question).state) == (1, Status.TIMED_OUT)
    assert (gone, listed.json["items"]) == ([200, 404], [])


@pytest.mark.parametrize("facts", [{"lines": 5}, {"approval": "another"}, {"reason": 5}])
def test_facts_that_the_question_does_not_take_are_refused_by_name(engine, wren, facts):
    question = ask(engine)

    one = wren.post(f"/{question}/answer", choice="GRANT", facts=facts)
    many = wren.post("/answer-many", ids=["nothing", question], choice="GRANT", facts=facts)

    (name,) = facts
    pointers = [answer.json["facts"]["errors"][0]["pointer"] for answer in (one, many)]
    assert ([one.status_code, many.status_code], pointers) == ([422, 422], [f"/facts/{name}"] * 2)


def test_a_reason_may_always_come_with_an_answer(engine, wren):
    assert wren.post(f"/{ask(engine)}/answer", choice="GRANT", facts={"reason": "Well earned."}).status_code == 200
