"""What a course comes to, on both databases: a final status attends, awards and tells in the commit of its batch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.errors import NotAllowed, Refused
from engine.tables import journal
from engine.transaction import Engine
from tests import learning, northshire
from tests.clock import FrozenClock
from tests.learning import BEGIN, END, Player, e_learning, learned, status
from tests.northshire import HELEN, enrol, fire, learner, notices, open_class, profile, steps
from workflows.learning import playing


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = northshire.engine_on(database_url, clock)
    learning.found(built, clock)
    yield built
    built.database.dispose()


@pytest.fixture
def enrolment(engine: Engine, clock: FrozenClock) -> str:
    return enrol(engine, e_learning(engine, clock), "ann")


def test_a_completed_course_attends_awards_and_tells_before_it_is_closed(
    engine: Engine, clock: FrozenClock, enrolment: str
) -> None:
    Player(engine, enrolment).say(BEGIN, status("completed"))

    line = profile(engine, "ann")["fire"]
    assert learned(engine) == [("ATTENDED", "COMPLETED")]
    assert (line.colour, line.ends_on.isoformat()) == ("GREEN", "2027-11-22")
    assert notices(engine) == [("LRN-17", "ann"), ("LRN-18", "ann")]


def test_what_was_completed_never_goes_back_and_is_told_once(
    engine: Engine, clock: FrozenClock, enrolment: str
) -> None:
    player = Player(engine, enrolment)
    player.say(BEGIN, status("completed"))

    player.say(status("incomplete"))
    player.say(status("failed"))
    player.say(status("passed"), END)

    assert steps(engine, "performance")[-2:] == ["A5-T03", "A5-T13"]
    assert len(notices(engine)) == 2
    assert learned(engine) == [("ATTENDED", "PASSED")]


def test_a_browsed_course_that_is_completed_is_in_progress_first(engine: Engine, enrolment: str) -> None:
    player = Player(engine, enrolment)
    player.say(BEGIN, status("browsed"))

    player.say(status("completed"))

    assert steps(engine, "performance") == ["A5-start", "A5-T02", "A5-T06", "A5-T07"]


def test_a_window_that_is_suspended_goes_on_with_the_same_attempt(engine: Engine, enrolment: str) -> None:
    first = Player(engine, enrolment)
    first.say(BEGIN, status("incomplete"), ("LMSSetValue", "cmi.core.exit", "suspend"), END)

    second = Player(engine, enrolment)
    second.say(BEGIN)

    assert second.attempt == first.attempt
    assert steps(engine, "attempt") == ["A6-launch", "A6-T01", "A6-T03", "A6-T07"]


def test_a_failed_attempt_may_be_made_again_while_attempts_are_left(engine: Engine, clock: FrozenClock) -> None:
    enrolment = enrol(engine, e_learning(engine, clock, max_attempts=2), "ann")
    for _ in range(2):
        Player(engine, enrolment).say(BEGIN, status("failed"), END)

    with pytest.raises(Refused, match="No attempts are left"):
        Player(engine, enrolment)

    assert learned(engine) == [("CONFIRMED", "FAILED")]


def test_only_the_learner_plays_and_only_with_a_place(engine: Engine, clock: FrozenClock, enrolment: str) -> None:
    with pytest.raises(NotAllowed):
        Player(engine, enrolment, learner("bob"))
    fire(engine, HELEN, "enrolment", enrolment, "WITHDRAW")

    with pytest.raises(Refused, match="nothing to play"):
        Player(engine, enrolment)


def test_one_result_attends_every_enrolment_on_the_same_offering(engine: Engine, clock: FrozenClock) -> None:
    one = enrol(engine, e_learning(engine, clock), "ann")
    other = open_class(engine, clock, sessions=0, offering="fire-online")
    enrol(engine, other, "ann")

    Player(engine, one).say(BEGIN, status("passed"), END)

    assert learned(engine) == [("ATTENDED", "PASSED")] * 2


def test_an_award_made_twice_is_held_once_and_the_older_is_superseded(engine: Engine, clock: FrozenClock) -> None:
    for offering in ("fire-online", "fire-again"):
        enrolment = enrol(engine, e_learning(engine, clock, id=offering), "ann")
        Player(engine, enrolment).say(BEGIN, status("completed"), END)

    assert sorted(steps(engine, "award")) == ["A8-T01", "A8-T01", "A8-T08"]
    assert profile(engine, "ann")["fire"].colour == "GREEN"


def test_an_attempt_of_which_nothing_is_heard_is_abandoned_and_taken_up_again(
    engine: Engine, clock: FrozenClock, enrolment: str
) -> None:
    Player(engine, enrolment).say(BEGIN, status("incomplete"))
    clock.advance(playing.SILENCE + timedelta(seconds=1))

    assert playing.abandon_silent(engine) == 1
    assert playing.abandon_silent(engine) == 0
    Player(engine, enrolment).say(BEGIN)

    assert steps(engine, "attempt") == ["A6-launch", "A6-T01", "A6-T05", "A6-T06"]


def test_who_plays_again_under_a_new_enrolment_attends_again_and_is_awarded_anew(
    engine: Engine, clock: FrozenClock, enrolment: str
) -> None:
    Player(engine, enrolment).say(BEGIN, status("passed"), END)
    clock.advance(timedelta(days=300))
    again = enrol(engine, open_class(engine, clock, sessions=0, offering="fire-online"), "ann")

    Player(engine, again).say(BEGIN, status("completed"), END)

    assert learned(engine) == [("ATTENDED", "PASSED")] * 2
    assert profile(engine, "ann")["fire"].ends_on.isoformat() == "2028-09-18"


def test_a_result_names_the_move_of_the_attempt_that_brought_it(engine: Engine, enrolment: str) -> None:
    player = Player(engine, enrolment)

    player.say(BEGIN, status("completed"))

    with engine.reading() as conn:
        found = select(journal.c.because).where(journal.c.kind == "performance", journal.c.target == "COMPLETED")
        because = conn.execute(found).scalar_one()
    assert because.startswith(f"attempt/{player.attempt}/")


def test_a_late_batch_of_a_closed_window_does_not_end_the_attempt(engine: Engine, enrolment: str) -> None:
    early = Player(engine, enrolment)
    late = Player(engine, enrolment)
    late.say(BEGIN, status("incomplete"), ("LMSSetValue", "cmi.core.exit", "suspend"), END)

    early.say(BEGIN, status("completed"))

    assert steps(engine, "attempt")[-1] == "A6-T03"
    assert learned(engine) == [("ATTENDED", "COMPLETED")]
