"""Applicants and what they bring along, on both databases: who decides, what is written, and why nothing was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.errors import NotAllowed, NotDeclared, Refused
from engine.letters import Subject
from engine.machine import THE_SYSTEM
from engine.tables import approvals
from engine.timing import timers
from engine.transaction import Engine
from tests import northshire
from tests.clock import FrozenClock
from tests.northshire import CAKE, FIRE, HELEN, MOVING, SURGERY, TOM, TRUST, WREN, fire, letters, record, sent, steps
from workflows.onboarding import pages
from workflows.people import store as people

LINES = [
    {"name": FIRE, "level": None, "starts_on": "2026-05-01", "ends_on": "2027-05-01"},
    {"name": MOVING, "level": "1", "starts_on": "2025-02-01", "ends_on": "2028-02-01"},
]


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock)
    yield built
    built.database.dispose()


def apply(engine: Engine, **facts: Any) -> str:
    said = {"person": "ann", "organisation": SURGERY, "position": "Ward Sister", "hire_on": "2027-01-11", **facts}
    with engine.transaction(HELEN) as tx:
        return tx.start("applicant", TRUST, "PREFER", said).subject.id


def transfer(engine: Engine, applicant: str, lines: list[dict[str, Any]] | None = None) -> str:
    said = {"applicant": applicant, "source_organisation": "Westmoor", "lines": LINES if lines is None else lines}
    with engine.transaction(HELEN) as tx:
        return tx.start("transfer", TRUST, "RECEIVE", said).subject.id


def answer(engine: Engine, actor: Any, choice: str, facts: dict[str, Any] | None = None) -> Any:
    with engine.transaction(actor) as tx:
        key = tx.connection.scalars(select(approvals.c.id).where(approvals.c.state == "OPEN")).one()
        said = {"choice": choice, "facts": facts or {}}
        return tx.fire(Subject(kind="approval", trust=TRUST, id=key), "ANSWER", said)


def held(engine: Engine) -> dict[str, Any]:
    return {key: line for key, line in northshire.profile(engine, "ann").items() if line.award}


def state(engine: Engine, key: str) -> str:
    return str(record(engine, "transfer", key).state)


def test_an_applicant_goes_from_preferred_to_hired_and_then_works_here(engine: Engine) -> None:
    key = apply(engine)

    fire(engine, HELEN, "applicant", key, "OFFER")
    fire(engine, HELEN, "applicant", key, "ACCEPT", {"checks_complete": True})
    fire(engine, HELEN, "applicant", key, "HIRE", {"person_type": "Employee"})

    with engine.reading() as conn:
        posts = people.assignments_of(conn, TRUST, ["ann"])["ann"]
    (post,) = (post for post in posts if post.id == key)
    assert (post.status, post.position, post.starts_on) == ("ACTIVE", "Ward Sister", date(2027, 1, 11))


def test_a_step_that_is_skipped_is_refused_in_plain_words(engine: Engine) -> None:
    key = apply(engine)

    with pytest.raises(NotDeclared, match="This applicant is preferred applicant, so “hire” is not possible"):
        fire(engine, HELEN, "applicant", key, "HIRE")
    fire(engine, HELEN, "applicant", key, "OFFER")
    with pytest.raises(Refused, match="The employment checks are not complete yet"):
        fire(engine, HELEN, "applicant", key, "ACCEPT")
    with pytest.raises(Refused, match="A reason is needed"):
        fire(engine, HELEN, "applicant", key, "WITHDRAW")


def test_a_transfer_asks_the_local_role_and_not_the_trusts(engine: Engine) -> None:
    northshire.allocate(engine, WREN, TOM)

    transfer(engine, apply(engine))

    (letter,) = letters(engine)
    assert (letter.notice[:6], letter.person) == ("IAT-05", "wren")
    assert (letter.context["competence_count"], letter.context["required_count"]) == (2, 1)


def test_exactly_the_accepted_lines_are_written_each_with_its_provenance(engine: Engine, clock: FrozenClock) -> None:
    northshire.allocate(engine, WREN)
    applicant = apply(engine)
    key = transfer(engine, applicant)
    lines = {"1": {"ends_on": "2027-03-01"}, "2": {"accepted": False}}

    answer(engine, WREN, "ACCEPT_WITH_EDITS", {"lines": lines})

    brought = held(engine)
    assert set(brought) == {"fire"}
    assert (brought["fire"].starts_on, brought["fire"].ends_on) == (date(2026, 5, 1), date(2027, 3, 1))
    assert brought["fire"].source == {
        "kind": "transfer",
        "transfer": key,
        "source_organisation": "Westmoor",
        "original": {"name": FIRE, "level": None, "starts_on": "2026-05-01", "ends_on": "2027-05-01"},
        "edited_by": "Wren Hall",
        "edited_by_account": WREN.id,
        "reason": None,
    }
    kept = record(engine, "transfer", key)
    assert [line.decided["accepted"] for line in kept.lines] == [True, False]
    assert kept.lines[0].ends_on == date(2027, 5, 1)


def test_accepting_all_writes_every_line_as_it_came(engine: Engine, clock: FrozenClock) -> None:
    northshire.allocate(engine, WREN)
    key = transfer(engine, apply(engine))

    answer(engine, WREN, "ACCEPT")

    assert state(engine, key) == "ACCEPTED"
    assert {one: line.ends_on for one, line in held(engine).items()} == {
        "fire": date(2027, 5, 1),
        "moving": date(2028, 2, 1),
    }


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        ({"1": {"ends_on": "2027-05-02"}}, "An expiry later than the source's needs a reason."),
        ({"1": {"ends_on": None}}, "An expiry later than the source's needs a reason."),
        ({"1": {"ends_on": "2026-04-30"}}, "A competence cannot expire before it starts."),
        ({"9": {"accepted": False}}, "The form names a line that is not part of this transfer."),
        ({}, "Nothing was changed: accept the competences as they are."),
        ({"1": {"accepted": False}, "2": {"accepted": False}}, "Every line is left out"),
    ],
)
def test_an_edit_that_may_not_be_is_refused(
    engine: Engine, clock: FrozenClock, edits: dict[str, Any], sentence: str
) -> None:
    northshire.allocate(engine, WREN)
    key = transfer(engine, apply(engine))

    with pytest.raises(Refused, match=sentence):
        answer(engine, WREN, "ACCEPT_WITH_EDITS", {"lines": edits})

    assert state(engine, key) == "PENDING"
    assert held(engine) == {}


def test_a_later_expiry_is_accepted_with_a_reason(engine: Engine, clock: FrozenClock) -> None:
    northshire.allocate(engine, WREN)
    transfer(engine, apply(engine))

    edits = {"1": {"ends_on": "2027-06-01", "reason": "Refreshed on induction."}}
    answer(engine, WREN, "ACCEPT_WITH_EDITS", {"lines": edits})

    assert held(engine)["fire"].ends_on == date(2027, 6, 1)


def test_a_transfer_that_nobody_answers_lapses_and_the_page_says_why(engine: Engine, clock: FrozenClock) -> None:
    northshire.allocate(engine, WREN)
    applicant = apply(engine)
    key = transfer(engine, applicant)
    clock.set(clock() + timedelta(days=80))

    timers.fire_due(engine)

    with engine.reading() as conn:
        (story,) = pages.stories_of(engine, conn, TRUST, applicant)
    assert (story.transfer.id, story.transfer.state) == (key, "LAPSED")
    assert story.why.startswith("Nothing was transferred")
    assert steps(engine, "transfer") == ["A11-T01", "A11-T05"]
    assert held(engine) == {}


def test_a_transfer_is_due_a_fortnight_after_the_hire_date(engine: Engine) -> None:
    northshire.allocate(engine, WREN)

    transfer(engine, apply(engine, hire_on="2027-01-11"))

    with engine.reading() as conn:
        due_at = conn.scalars(select(approvals.c.due_at)).one()
    assert due_at.isoformat() == "2027-01-26T00:00:00+00:00"


def test_a_lapsed_transfer_is_reopened_by_the_role_and_asked_again(engine: Engine, clock: FrozenClock) -> None:
    northshire.allocate(engine, WREN)
    key = transfer(engine, apply(engine))
    fire(engine, THE_SYSTEM, "transfer", key, "LAPSE")
    sent(engine)

    fire(engine, WREN, "transfer", key, "REOPEN")

    assert [row.notice[:6] for row in letters(engine)] == ["IAT-05"]
    assert state(engine, key) == "PENDING"


def test_without_the_role_everything_national_comes_at_once_as_a_pds_copy(engine: Engine, clock: FrozenClock) -> None:
    key = transfer(engine, apply(engine))

    brought = held(engine)
    assert state(engine, key) == "COPIED"
    assert {one: line.source["kind"] for one, line in brought.items()} == {"fire": "pds-copy", "moving": "pds-copy"}
    assert letters(engine) == []


def test_other_frameworks_do_not_come_by_the_form(engine: Engine) -> None:
    line = {"name": CAKE, "starts_on": "2026-05-01", "ends_on": "2027-05-01"}
    applicant = apply(engine)

    with pytest.raises(Refused, match="come by this form"):
        transfer(engine, applicant, [line])


def test_whoever_lacks_the_role_or_is_the_applicant_does_not_decide(engine: Engine) -> None:
    northshire.allocate(engine, WREN)
    key = transfer(engine, apply(engine))

    with pytest.raises(NotAllowed):
        fire(engine, HELEN, "transfer", key, "ACCEPT")
    with pytest.raises(Refused, match="Nobody decides on what they bring along themselves"):
        fire(engine, northshire.as_person(WREN, "ann"), "transfer", key, "ACCEPT")


def test_an_applicant_who_withdraws_takes_the_question_back(engine: Engine, clock: FrozenClock) -> None:
    northshire.allocate(engine, WREN)
    applicant = apply(engine)
    key = transfer(engine, applicant)

    fire(engine, HELEN, "applicant", applicant, "WITHDRAW", {"reason": "Another post."})

    with engine.reading() as conn:
        assert conn.scalars(select(approvals.c.state)).one() == "CANCELED"
    assert state(engine, key) == "LAPSED"
    with pytest.raises(Refused, match="The applicant has withdrawn"):
        fire(engine, WREN, "transfer", key, "REOPEN")


def test_what_ends_earlier_than_what_is_held_is_kept_as_history(engine: Engine, clock: FrozenClock) -> None:
    northshire.allocate(engine, WREN)
    applicant = apply(engine)
    transfer(engine, applicant, [{**LINES[0], "ends_on": "2027-05-01"}])
    answer(engine, WREN, "ACCEPT")

    transfer(engine, applicant, [{**LINES[0], "ends_on": "2027-01-01"}])
    answer(engine, WREN, "ACCEPT")

    assert held(engine)["fire"].ends_on == date(2027, 5, 1)
