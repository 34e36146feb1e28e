"""Attempts and the record, on both databases: when a new one may begin, which count, and training again in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.errors import Refused
from engine.roles import amendments
from engine.roles.amendments import Amended
from engine.transaction import Engine
from tests import learning, northshire
from tests.clock import FrozenClock
from tests.learning import BEGIN, END, PACKAGE, Player, e_learning, learned, score, status
from tests.northshire import HELEN, TRUST, enrol, notices, profile, steps
from workflows.learning import pages, stuck_store
from workflows.learning.attempts import store
from workflows.learning.attempts.rules import Change, Scope
from workflows.learning.attempts.standing import LOCKED, NONE_LEFT, NOT_AGAIN
from workflows.learning.stuck import Trigger
from workflows.learning.tables import offerings, performances

SYSTEM = (Scope.SYSTEM, store.EVERYWHERE)
OFFERING = (Scope.OFFERING, "fire-online")


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = northshire.engine_on(database_url, clock)
    learning.found(built, clock)
    yield built
    built.database.dispose()


@pytest.fixture
def enrolment(engine: Engine, clock: FrozenClock) -> str:
    return enrol(engine, e_learning(engine, clock), "ann")


def set_rules(engine: Engine, at: tuple[Scope, str], **rules: str | None) -> None:
    with engine.transaction(HELEN) as tx:
        changes = list(Change.between(store.said(tx.connection, TRUST, *at), rules))
        store.change(tx.connection, TRUST, *at, changes, by=HELEN, now=tx.now)


def course(engine: Engine, enrolment: str) -> store.Course:
    with engine.reading() as conn:
        return store.courses(conn, TRUST, [enrolment])[enrolment]


def recorded(engine: Engine) -> tuple[str, float | None]:
    with engine.reading() as conn:
        row = conn.execute(select(performances.c.state, performances.c.score)).one()
    return row.state, row.score


def played(engine: Engine, clock: FrozenClock, enrolment: str, *results: tuple[str, float]) -> None:
    for said, reached in results:
        Player(engine, enrolment).say(BEGIN, score(reached), status(said), END)
        clock.advance(timedelta(minutes=1))


def test_the_narrowest_setting_holds_and_what_is_taken_back_is_inherited_again(engine: Engine, enrolment: str) -> None:
    set_rules(engine, SYSTEM, across="first", begin="never")
    set_rules(engine, (Scope.PACKAGE, PACKAGE), begin="always", most="5")
    set_rules(engine, OFFERING, most="2", lock="yes")

    held = {one.name: (one.value, one.source) for one in course(engine, enrolment).found}
    set_rules(engine, OFFERING, most=None, lock=None)
    then = course(engine, enrolment).rules

    assert held["across"] == ("first", Scope.SYSTEM)
    assert held["begin"] == ("always", Scope.PACKAGE)
    assert (held["most"], held["lock"]) == (("2", Scope.OFFERING), ("yes", Scope.OFFERING))
    assert (then.most, then.lock) == (5, False)


def test_where_a_course_plays_is_said_by_the_rules_of_its_enrolment(engine: Engine, enrolment: str) -> None:
    set_rules(engine, SYSTEM, apart="yes")

    with engine.reading() as conn:
        rules = store.courses(conn, TRUST, [enrolment])[enrolment].rules

    assert rules.apart is True


def test_every_change_of_a_rule_is_noted_with_who_made_it(engine: Engine, enrolment: str) -> None:
    set_rules(engine, OFFERING, most="2")
    set_rules(engine, OFFERING, most=None)

    with engine.reading() as conn:
        noted = amendments.of(conn, TRUST, Amended.ATTEMPTS, store.amended_as(*OFFERING))
    assert sorted(one.what for one in noted) == ["Most attempts: 2", "Most attempts: set by itself no more"]
    assert {one.actor_name for one in noted} == {HELEN.name}


def test_no_limit_of_an_offering_is_no_limit_for_who_reads_its_column_alone(engine: Engine, enrolment: str) -> None:
    set_rules(engine, SYSTEM, most="1")

    set_rules(engine, OFFERING, most="0")

    with engine.reading() as conn:
        assert conn.scalar(select(offerings.c.max_attempts)) is None
    assert course(engine, enrolment).rules.most == 0
    set_rules(engine, OFFERING, most="3")
    assert course(engine, enrolment).rules.most == 3


@pytest.mark.parametrize(
    ("rule", "said", "why"),
    [
        ("begin never", "passed", NOT_AGAIN),
        ("begin completed", "failed", NOT_AGAIN),
        ("most 1", "failed", NONE_LEFT),
        ("most 1", "passed", NONE_LEFT),
    ],
)
def test_a_launch_against_the_rules_is_refused(
    engine: Engine, clock: FrozenClock, enrolment: str, *, rule: str, said: str, why: str
) -> None:
    set_rules(engine, SYSTEM, **dict([rule.split()]))
    played(engine, clock, enrolment, (said, 50))

    with pytest.raises(Refused) as refusal:
        Player(engine, enrolment)

    assert refusal.value.reasons == (why,)


def test_a_course_is_locked_after_the_last_attempt(engine: Engine, clock: FrozenClock, enrolment: str) -> None:
    set_rules(engine, SYSTEM, most="1", lock="yes")
    played(engine, clock, enrolment, ("failed", 50))

    stands = course(engine, enrolment).standing(clock())

    assert (stands.barred, stands.reviews) == (LOCKED, None)


def test_a_new_attempt_in_the_middle_of_one_needs_the_rule(engine: Engine, clock: FrozenClock, enrolment: str) -> None:
    first = Player(engine, enrolment)
    first.say(BEGIN, status("incomplete"))
    with pytest.raises(Refused):
        Player(engine, enrolment, anew=True)

    set_rules(engine, SYSTEM, begin="always")
    clock.advance(timedelta(minutes=1))
    second = Player(engine, enrolment, anew=True)

    assert second.attempt != first.attempt
    assert [one.id for one in course(engine, enrolment).played] == [first.attempt, second.attempt]


@pytest.mark.parametrize(
    ("across", "recorded_as"),
    [
        ("highest", ("PASSED", 90.0)),
        ("average", ("PASSED", 64.0)),
        ("first", ("FAILED", 40.0)),
        ("last", ("PASSED", 62.0)),  # passed stays passed
    ],
)
def test_the_way_of_grading_decides_what_reaches_the_record(
    engine: Engine, clock: FrozenClock, enrolment: str, across: str, recorded_as: tuple[str, float]
) -> None:
    set_rules(engine, OFFERING, across=across)

    played(engine, clock, enrolment, ("failed", 40), ("passed", 90), ("failed", 62))

    assert recorded(engine) == recorded_as
    attended = "CONFIRMED" if across == "first" else "ATTENDED"
    assert learned(engine) == [(attended, recorded_as[0])]


def test_the_last_score_of_an_attempt_counts_where_the_rules_say_so(engine: Engine, enrolment: str) -> None:
    set_rules(engine, OFFERING, within="last")

    player = Player(engine, enrolment)
    player.say(BEGIN, score(90), status("completed"))

    player.say(score(70), END)

    assert recorded(engine) == ("COMPLETED", 70.0)


def test_the_highest_score_of_an_attempt_counts_by_default(engine: Engine, enrolment: str) -> None:
    player = Player(engine, enrolment)
    player.say(BEGIN, score(90), status("completed"))

    player.say(score(70), END)

    assert recorded(engine) == ("COMPLETED", 90.0)


def test_a_better_score_of_a_later_attempt_reaches_a_record_that_is_final(
    engine: Engine, clock: FrozenClock, enrolment: str
) -> None:
    played(engine, clock, enrolment, ("passed", 80), ("passed", 95), ("passed", 85))

    assert recorded(engine) == ("PASSED", 95.0)
    assert steps(engine, "performance") == ["A5-start", "A5-T04", "A5-grade-passed"]


def test_what_a_person_recorded_stays_apart_and_wins(engine: Engine, clock: FrozenClock, enrolment: str) -> None:
    player = Player(engine, enrolment)
    player.say(BEGIN, status("incomplete"))
    with engine.transaction(HELEN) as tx:
        mine = pages.enrolment(tx.connection, TRUST, enrolment, northshire.SITE)
        stuck_store.decide(tx, player.attempt, mine, Trigger.RECORD, "She showed me the certificate.")

    player.say(score(30), status("failed"), END)

    assert recorded(engine) == ("COMPLETED", 30.0)
    assert course(engine, enrolment).played[0].status == "failed"


def test_who_failed_is_told_how_many_attempts_are_left(engine: Engine, clock: FrozenClock, enrolment: str) -> None:
    set_rules(engine, SYSTEM, most="2")

    played(engine, clock, enrolment, ("failed", 40), ("failed", 50))

    facts = [one for one in steps(engine, "performance") if one in {"A5-T05", "A5-T09"}]
    assert facts == ["A5-T05", "A5-T09"]
    assert notices(engine) == [("LRN-20", "ann")] * 2


def test_training_again_in_the_same_class_is_not_barred_by_old_attempts_and_awards_anew(
    engine: Engine, clock: FrozenClock, enrolment: str
) -> None:
    set_rules(engine, SYSTEM, begin="never", most="1", lock="yes")
    played(engine, clock, enrolment, ("passed", 90))
    clock.advance(timedelta(days=300))

    played(engine, clock, enrolment, ("passed", 80))

    line = profile(engine, "ann")["fire"]
    assert (line.colour, line.ends_on.isoformat()) == ("GREEN", "2028-09-18")
    assert [one.period for one in course(engine, enrolment).played] == [1, 2]
    assert steps(engine, "enrolment")[-2:] == ["A1-T15", "A1-renew"]
    with pytest.raises(Refused):
        Player(engine, enrolment)


def test_what_comes_late_of_an_old_attempt_renews_nothing(engine: Engine, clock: FrozenClock, enrolment: str) -> None:
    old = Player(engine, enrolment)
    old.say(BEGIN, status("completed"))
    clock.advance(timedelta(days=300))

    old.say(status("passed"), END)

    assert "A1-renew" not in steps(engine, "enrolment")
    assert profile(engine, "ann")["fire"].ends_on.isoformat() == "2027-11-22"


def test_an_attempt_that_was_left_open_in_an_old_period_is_kept_and_goes_on_in_the_new_one(
    engine: Engine, clock: FrozenClock, enrolment: str
) -> None:
    played(engine, clock, enrolment, ("passed", 90))
    second = Player(engine, enrolment)
    second.say(BEGIN, status("incomplete"))
    clock.advance(timedelta(days=300))

    again = Player(engine, enrolment)
    again.say(BEGIN, status("completed"), END)
    again.say(score(70))

    assert again.attempt == second.attempt
    assert [one.period for one in course(engine, enrolment).played] == [1, 2]
    assert steps(engine, "enrolment").count("A1-renew") == 1
    assert profile(engine, "ann")["fire"].ends_on.isoformat() == "2028-09-18"
