"""What time does to an approval on both databases: reminders, levels, the default outcome, and nobody to ask (A16)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import why
from engine.approvals import stranded
from engine.approvals.approval import Status, Trigger
from engine.approvals.unheard import AT_ONCE
from engine.errors import NotAllowed, Refused
from engine.letters import Subject
from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory import Holder
from engine.roles.routing import NOBODY_ACTIVE
from engine.storage import database
from engine.timing import timers
from engine.transaction import Engine
from engine.web import approval_lines
from tests.approvals import (
    DAY,
    PAT,
    Build,
    ask,
    does,
    due,
    engines,
    hold,
    latest,
    leave_states,
    letters,
    not_true,
    read,
)
from tests.clock import FrozenClock
from tests.trial import ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER


@pytest.fixture
def build(database_url: str, clock: FrozenClock) -> Iterator[Build]:
    with engines(database_url, clock) as on:
        yield on


@pytest.fixture
def engine(build: Build) -> Engine:
    return build()


# Time


def test_reminders_go_out_so_often_and_only_while_it_is_open(build: Build, clock: FrozenClock) -> None:
    engine = build(reminders=2)
    question = ask(engine)

    sent = []
    for _ in range(4):
        clock.advance(3 * DAY)
        timers.fire_due(engine)
        sent.append(len(letters(engine, "SYS-11")))
    true_before = not_true(engine, "SYS-11")
    does(engine, WARD_HOLDER, question, Trigger.ANSWER, choice="GRANT")

    assert (sent, read(engine, question).reminded) == ([1, 2, 2, 2], 2)
    assert (true_before, not_true(engine, "SYS-11")) == (0, 2)
    assert due(engine) == {}


def test_a_reminder_goes_to_whoever_has_it_now(build: Build, clock: FrozenClock) -> None:
    engine = build(reminders=3)
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.DELEGATE, to=PAT.id)

    clock.advance(3 * DAY)
    timers.fire_due(engine)
    does(engine, PAT, question, Trigger.ASK, of=TRUST_HOLDER.id, question="Which days?")
    clock.advance(3 * DAY)
    timers.fire_due(engine)

    assert letters(engine, "SYS-11") == [
        ("SYS-11-question-reminder", "Pat Okoro"),
        ("SYS-11-question-reminder", "Tom Reid"),
    ]


def test_whoever_left_the_role_is_not_reminded(build: Build, clock: FrozenClock) -> None:
    engine = build(reminders=1)
    hold(engine, PAT)
    ask(engine)
    with database.writing(engine.database) as connection:
        gone = Holder(trust=TRUST, role=ROLE, organisation=WARD, account=PAT.id, ends_at=clock() + DAY)
        directory.put_holder(connection, gone)

    clock.advance(3 * DAY)
    timers.fire_due(engine)

    assert letters(engine, "SYS-11") == [("SYS-11-question-reminder", "Wren Hall")]


def test_an_unanswered_question_goes_up_twice_and_then_takes_its_default(build: Build, clock: FrozenClock) -> None:
    engine = build(escalate_after=3 * DAY, escalation=("matron",))
    hold(engine, PAT, role="matron", place=TRUST)
    first = ask(engine)

    levels = []
    for _ in range(3):
        levels.append((latest(engine)["role"], latest(engine)["organisation"], latest(engine)["level"]))
        clock.advance(3 * DAY)
        timers.fire_due(engine)
    last = latest(engine)
    clock.advance(10 * DAY)
    timers.fire_due(engine)

    assert levels == [(ROLE, WARD, 0), (ROLE, TRUST, 1), ("matron", TRUST, 2)]
    assert (read(engine, first).state, read(engine, last["id"]).state) == (Status.TIMED_OUT, Status.TIMED_OUT)
    assert last["due_at"] == read(engine, first).due_at
    assert letters(engine, "T-02") == [("T-02-asked", name) for name in ("Pat Okoro", "Tom Reid", "Wren Hall")]
    assert letters(engine, "SYS-06") == [("SYS-06-question-cancelled", name) for name in ("Tom Reid", "Wren Hall")]
    assert (leave_states(engine), due(engine)) == (["LAPSED"], {})


def test_a_question_without_a_due_date_takes_its_default_at_the_top(build: Build, clock: FrozenClock) -> None:
    engine = build(escalate_after=DAY, due=lambda _case: None)
    ask(engine)

    for _ in range(2):
        clock.advance(DAY)
        timers.fire_due(engine)

    assert leave_states(engine) == ["LAPSED"]


def test_what_was_missed_past_the_due_date_lapses_and_asks_nobody_else(build: Build, clock: FrozenClock) -> None:
    engine = build(reminders=2, escalate_after=3 * DAY)
    ask(engine)

    clock.advance(30 * DAY)
    timers.fire_due(engine)

    assert (leave_states(engine), letters(engine, "SYS-"), due(engine)) == (["LAPSED"], [], {})


def test_a_level_whose_only_holder_it_is_about_is_passed_over(build: Build, clock: FrozenClock) -> None:
    engine = build(escalate_after=3 * DAY)
    question = ask(engine, TRUST_HOLDER.person or "")

    clock.advance(3 * DAY)
    timers.fire_due(engine)

    assert (latest(engine)["id"], read(engine, question).state) == (question, Status.OPEN)


def test_the_subject_that_moves_on_cancels_the_question_and_tells_those_who_were_asked(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.ASK, of=PAT.id, question="Which days?")

    with engine.transaction() as tx:
        tx.fire(read(engine, question).subject, "DEFAULT")

    assert read(engine, question).state is Status.CANCELED
    assert letters(engine, "SYS-06") == [("SYS-06-question-cancelled", name) for name in ("Pat Okoro", "Wren Hall")]
    assert not_true(engine, "SYS-06") == 0


def test_whoever_moves_the_subject_on_is_not_told_that_no_answer_is_needed(engine: Engine) -> None:
    question = ask(engine)

    with engine.transaction(WARD_HOLDER) as tx:
        tx.fire(read(engine, question).subject, "GRANT")

    assert read(engine, question).state is Status.CANCELED
    assert letters(engine, "SYS-06") == []


# Nobody to ask


def test_a_question_that_reached_nobody_is_asked_again_once_somebody_holds_the_role(engine: Engine) -> None:
    with database.writing(engine.database) as connection:
        off = Holder(trust=TRUST, role=ROLE, organisation=WARD, account=WARD_HOLDER.id, enabled=False)
        directory.put_holder(connection, off)
    question = ask(engine)
    failed, nobody = read(engine, question).state, stranded.ask_waiting(engine)
    hold(engine, PAT)

    asked = stranded.ask_waiting(engine)

    assert (failed, nobody, asked) == (Status.ERROR, 0, 1)
    assert (read(engine, question).state, read(engine, question).told) == (Status.OPEN, (PAT.id,))
    assert letters(engine, "T-02") == [("T-02-asked", "Pat Okoro")]


def test_an_administrator_may_have_it_asked_again_and_nobody_else(engine: Engine) -> None:
    with database.writing(engine.database) as connection:
        off = Holder(trust=TRUST, role=ROLE, organisation=WARD, account=WARD_HOLDER.id, enabled=False)
        directory.put_holder(connection, off)
    question = ask(engine)
    administrator = Actor(id="acc-ada", name="Ada", grants=frozenset({("system-administrator", TRUST)}))

    with pytest.raises(NotAllowed):
        does(engine, PAT, question, Trigger.RETRY)
    with pytest.raises(Refused, match="nobody active holds"):
        does(engine, administrator, question, Trigger.RETRY)

    assert read(engine, question).state is Status.ERROR


def test_a_question_that_reaches_nobody_goes_to_the_next_level_at_once_and_says_why(build: Build) -> None:
    engine = build(escalate_after=3 * DAY)
    with database.writing(engine.database) as connection:
        off = Holder(trust=TRUST, role=ROLE, organisation=WARD, account=WARD_HOLDER.id, enabled=False)
        directory.put_holder(connection, off)

    ask(engine)

    above = latest(engine)
    with engine.reading() as connection:
        leave = Subject(kind="leave", trust=TRUST, id=above["subject"])
        told = [fact.sentence for fact in why.state(engine, connection, leave).facts]
        below = approval_lines.lines(connection, read(engine, above["before"]), {})
    assert (above["organisation"], above["level"], above["told"]) == (TRUST, 1, [TRUST_HOLDER.id])
    assert letters(engine) == [("T-02-asked", TRUST_HOLDER.name)]
    assert any(sentence.endswith(f"reached nobody. {NOBODY_ACTIVE} {AT_ONCE}") for sentence in told)
    assert [line.what for line in below] == ["Asked", f"{NOBODY_ACTIVE} It went to the next level"]


@pytest.mark.parametrize("late", [{}, {"due": lambda case: case.now}])
def test_a_question_that_reaches_nobody_waits_where_no_level_is_left_or_it_is_due(build: Build, late) -> None:  # type: ignore[no-untyped-def]
    engine = build(escalate_after=3 * DAY, **late)
    with database.writing(engine.database) as connection:
        places = ((WARD, WARD_HOLDER),) if late else ((WARD, WARD_HOLDER), (TRUST, TRUST_HOLDER))
        for place, holder in places:
            off = Holder(trust=TRUST, role=ROLE, organisation=place, account=holder.id, enabled=False)
            directory.put_holder(connection, off)

    question = ask(engine)

    assert (read(engine, question).state, read(engine, question).level) == (Status.ERROR, 0)
