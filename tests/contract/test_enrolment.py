"""Enrolment on both databases: places, waitlist, changes and cancellations, and exactly the letters that they make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.errors import NotAllowed, NotDeclared, Refused
from engine.letters import OLD_START
from engine.transaction import Engine
from engine.wording import notices as folders
from tests import northshire
from tests.clock import FrozenClock
from tests.northshire import (
    HELEN,
    TRUST,
    enrol,
    fire,
    learner,
    letters,
    notices,
    offer,
    open_class,
    profile,
    sent,
    standing,
)
from workflows.learning import effects, pages
from workflows.learning.tables import classes


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock)
    offer(built)
    yield built
    built.database.dispose()


def class_state(engine: Engine, key: str) -> str:
    with engine.reading() as conn:
        return conn.execute(select(classes.c.state).where(classes.c.id == key)).scalar_one()


def test_who_comes_after_the_last_place_waits_in_order(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, maximum=1)

    for name in ("ann", "bob", "cat"):
        enrol(engine, key, name)

    assert standing(engine, key) == {"ann": ("CONFIRMED", None), "bob": ("WAITLISTED", 1), "cat": ("WAITLISTED", 2)}
    assert class_state(engine, key) == "FULL"
    assert notices(engine) == [("LRN-01", "ann"), ("LRN-05", "bob"), ("LRN-05", "cat")]


def test_a_place_that_becomes_free_goes_to_the_first_in_the_same_commit(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, maximum=1)
    ann = enrol(engine, key, "ann")
    for name in ("bob", "cat"):
        enrol(engine, key, name)
    sent(engine)

    fire(engine, learner("ann"), "enrolment", ann, "WITHDRAW")

    assert standing(engine, key) == {"ann": ("WITHDRAWN", None), "bob": ("CONFIRMED", None), "cat": ("WAITLISTED", 1)}
    assert class_state(engine, key) == "FULL"
    assert notices(engine) == [("LRN-01", "bob"), ("LRN-03", "ann"), ("LRN-06", "bob")]


@pytest.mark.parametrize(("days", "state"), [(7, "WAITLISTED"), (7 + 1 / 86_400, "CONFIRMED")])
def test_exactly_seven_days_before_the_start_is_too_late_to_promote(
    engine: Engine, clock: FrozenClock, days: float, state: str
) -> None:
    key = open_class(engine, clock, maximum=1, days=days)
    ann = enrol(engine, key, "ann")
    enrol(engine, key, "bob")

    fire(engine, learner("ann"), "enrolment", ann, "WITHDRAW")

    assert standing(engine, key)["bob"][0] == state
    assert class_state(engine, key) == ("FULL" if state == "CONFIRMED" else "NORMAL")


def test_whoever_leaves_the_waitlist_leaves_no_gap(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, maximum=1)
    keys = {name: enrol(engine, key, name) for name in ("ann", "bob", "cat", "dan", "eve")}

    fire(engine, learner("cat"), "enrolment", keys["cat"], "WITHDRAW")

    assert {name: place for name, (_, place) in standing(engine, key).items() if place} == {
        "bob": 1,
        "dan": 2,
        "eve": 3,
    }


def test_an_administrator_may_pick_anybody_and_the_rest_close_up(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, maximum=1, days=5)
    keys = {name: enrol(engine, key, name) for name in ("ann", "bob", "cat")}
    fire(engine, HELEN, "enrolment", keys["ann"], "WITHDRAW")

    fire(engine, HELEN, "enrolment", keys["cat"], "PICK")

    assert standing(engine, key) == {"ann": ("WITHDRAWN", None), "bob": ("WAITLISTED", 1), "cat": ("CONFIRMED", None)}
    assert class_state(engine, key) == "FULL"


def test_more_places_are_given_to_the_waitlist_in_order(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, maximum=1)
    for name in ("ann", "bob", "cat", "dan"):
        enrol(engine, key, name)

    fire(engine, HELEN, "class", key, "CHANGE", {"maximum": 3})

    assert standing(engine, key)["cat"] == ("CONFIRMED", None)
    assert standing(engine, key)["dan"] == ("WAITLISTED", 1)
    assert class_state(engine, key) == "FULL"


@pytest.mark.parametrize(
    ("facts", "sentences"),
    [
        ({"waitlist": False}, ("The class is full.", "The class has no waitlist.")),
        ({"waitlist_maximum": 0}, ("The class is full.", "Its waitlist is full.")),
    ],
)
def test_a_full_class_without_room_to_wait_says_so(
    engine: Engine, clock: FrozenClock, facts: dict[str, object], sentences: tuple[str, ...]
) -> None:
    key = open_class(engine, clock, maximum=1, **facts)
    enrol(engine, key, "ann")

    with pytest.raises(Refused) as refused:
        enrol(engine, key, "bob")

    assert refused.value.reasons == sentences


def test_nobody_has_two_places_at_the_same_time(engine: Engine, clock: FrozenClock) -> None:
    one, other = (open_class(engine, clock, title=title) for title in ("Monday", "Also Monday"))
    enrol(engine, one, "ann")

    with pytest.raises(Refused, match="another class at the same time"):
        enrol(engine, other, "ann")


def test_nobody_enrols_twice(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock)
    enrol(engine, key, "ann")

    with pytest.raises(Refused, match="enrolled on this class already"):
        enrol(engine, key, "ann")


def test_close_to_the_class_only_an_administrator_withdraws(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, days=2, withdraw_days=2)
    ann = enrol(engine, key, "ann")

    with pytest.raises(Refused, match="too close to the class"):
        fire(engine, learner("ann"), "enrolment", ann, "WITHDRAW")
    fire(engine, HELEN, "enrolment", ann, "WITHDRAW")

    assert standing(engine, key)["ann"][0] == "WITHDRAWN"


def test_a_learner_does_not_move_somebody_else(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock)
    ann = enrol(engine, key, "ann")

    with pytest.raises(NotAllowed):
        fire(engine, learner("bob"), "enrolment", ann, "WITHDRAW")


def test_whoever_comes_back_gets_a_new_meeting(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock)
    ann = enrol(engine, key, "ann")
    fire(engine, learner("ann"), "enrolment", ann, "WITHDRAW")

    again = enrol(engine, key, "ann")

    rows = northshire.letters(engine)
    said = sorted((row.uid, row.invitation["sequence"], row.invitation["method"]) for row in rows)
    domain = northshire.SITE.domain
    assert again == ann
    assert said == [
        (f"{ann}-1-1@{domain}", 0, "REQUEST"),
        (f"{ann}-1-1@{domain}", 1, "CANCEL"),
        (f"{ann}-1-2@{domain}", 0, "REQUEST"),
    ]


def test_a_new_time_is_told_to_the_confirmed_once_for_each_session_that_changed(
    engine: Engine, clock: FrozenClock
) -> None:
    key = open_class(engine, clock, maximum=1, sessions=2)
    ann = enrol(engine, key, "ann")
    enrol(engine, key, "bob")
    sent(engine)
    later = clock() + timedelta(days=40)
    session = {"id": "2", "starts_at": later.isoformat(), "ends_at": (later + timedelta(hours=2)).isoformat()}

    fire(engine, HELEN, "class", key, "CHANGE", {"sessions": [session], "joining_text": "Bring a pen."})

    (letter,) = northshire.letters(engine)
    assert (letter.notice[:6], letter.person, letter.uid) == ("LRN-02", "ann", f"{ann}-2-1@{northshire.SITE.domain}")
    assert (letter.invitation["method"], letter.invitation["sequence"]) == ("REQUEST", 1)
    assert letter.context["old_when"]
    assert letter.context["custom_text"] == "Bring a pen."


def test_a_new_primary_venue_is_told(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock)
    enrol(engine, key, "ann")
    sent(engine)

    fire(engine, HELEN, "class", key, "CHANGE", {"venue": "Library"})

    (letter,) = northshire.letters(engine)
    assert (letter.context["old_venue"], letter.context["venue"]) == ("Room 3", "Library")


def test_a_new_text_is_not_told(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock)
    enrol(engine, key, "ann")
    sent(engine)

    fire(engine, HELEN, "class", key, "CHANGE", {"joining_text": "Bring a pen.", "title": "Fire, again"})

    assert notices(engine) == []


def test_a_class_that_has_started_is_not_moved_and_nobody_is_told_of_its_end(
    engine: Engine, clock: FrozenClock
) -> None:
    key = open_class(engine, clock, days=1)
    enrol(engine, key, "ann")
    sent(engine)
    clock.advance(timedelta(days=1))

    with pytest.raises(Refused, match="This class has started"):
        fire(engine, HELEN, "class", key, "CHANGE", {"venue": "Library"})
    fire(engine, HELEN, "class", key, "CANCEL", {"reason": "The trainer was ill."})

    assert standing(engine, key)["ann"][0] == "CANCELLED"
    assert notices(engine) == []


def test_a_cancelled_class_takes_meetings_back_and_tells_the_others_plainly(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, maximum=1, sessions=2)
    for name in ("ann", "bob"):
        enrol(engine, key, name)
    sent(engine)

    fire(engine, HELEN, "class", key, "CANCEL", {"reason": "The trainer is ill."})

    methods = sorted((row.person, row.invitation and row.invitation["method"]) for row in northshire.letters(engine))
    assert {row.notice[:6] for row in northshire.letters(engine)} == {"LRN-04"}
    assert methods == [("ann", "CANCEL"), ("ann", "CANCEL"), ("bob", None)]
    assert {state for state, _ in standing(engine, key).values()} == {"CANCELLED"}


def test_a_class_that_asks_for_approval_takes_requests_and_gives_places_when_approved(
    engine: Engine, clock: FrozenClock
) -> None:
    key = open_class(engine, clock, approval=True, maximum=1)
    ann, bob = (enrol(engine, key, name) for name in ("ann", "bob"))

    fire(engine, HELEN, "enrolment", ann, "APPROVE")
    fire(engine, HELEN, "enrolment", bob, "APPROVE")

    assert standing(engine, key) == {"ann": ("CONFIRMED", None), "bob": ("WAITLISTED", 1)}


def test_a_class_that_is_closed_drops_what_was_only_asked(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, approval=True)
    enrol(engine, key, "ann")
    enrol(engine, key, "bob", HELEN)

    fire(engine, HELEN, "class", key, "CLOSE")

    assert {name: state for name, (state, _) in standing(engine, key).items()} == {
        "ann": "CANCELLED",
        "bob": "CONFIRMED",
    }


def test_a_class_that_is_planned_again_puts_the_confirmed_on_the_waitlist(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock)
    for name in ("ann", "bob"):
        enrol(engine, key, name)
    sent(engine)

    fire(engine, HELEN, "class", key, "SET_BACK")

    assert sorted(place for _, place in standing(engine, key).values()) == [1, 2]
    assert {row.invitation["method"] for row in northshire.letters(engine)} == {"CANCEL"}


def test_who_attended_holds_the_competence_and_a_correction_takes_it_back(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, days=1)
    ann = enrol(engine, key, "ann")
    sent(engine)
    with pytest.raises(Refused, match="once the class has started"):
        fire(engine, HELEN, "enrolment", ann, "ATTEND")
    clock.advance(timedelta(days=2))

    fire(engine, HELEN, "enrolment", ann, "ATTEND")

    line = profile(engine, "ann")["fire"]
    assert notices(engine) == [("LRN-17", "ann"), ("LRN-18", "ann")]
    assert (line.colour, line.starts_on.isoformat(), line.ends_on.isoformat()) == ("GREEN", "2026-11-23", "2027-11-23")
    fire(engine, HELEN, "enrolment", ann, "DID_NOT_ATTEND", {"reason": "It was Bob."})
    line = profile(engine, "ann")["fire"]
    assert (line.colour, line.award) == ("RED", None)


def test_the_page_of_a_class_shows_who_has_a_place_and_who_waits_in_order(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, maximum=2)
    for name in ("dan", "bob", "cat", "ann"):
        enrol(engine, key, name)

    with engine.reading() as conn:
        shown = pages.enrolments_on(conn, TRUST, key, northshire.SITE)

    assert [(one.learner.name, one.position) for one in shown] == [("Bob", None), ("Dan", None), ("Cat", 1), ("Ann", 2)]
    assert {(one.course_class.taken, one.course_class.waiting) for one in shown} == {(2, 2)}


def test_what_is_not_declared_is_refused_with_what_is(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock)
    ann = enrol(engine, key, "ann")
    fire(engine, HELEN, "enrolment", ann, "WITHDRAW")

    with pytest.raises(NotDeclared, match="From here one may: enrol, repair, request"):
        fire(engine, HELEN, "enrolment", ann, "ATTEND")


def test_every_letter_says_only_what_its_template_knows_and_all_that_it_needs(
    engine: Engine, clock: FrozenClock
) -> None:
    key = open_class(engine, clock, maximum=1, sessions=2)
    keys = {name: enrol(engine, key, name) for name in ("ann", "bob", "cat")}
    fire(engine, HELEN, "class", key, "CHANGE", {"venue": "Library"})
    fire(engine, learner("cat"), "enrolment", keys["cat"], "WITHDRAW")
    fire(engine, learner("ann"), "enrolment", keys["ann"], "WITHDRAW", {"reason": "I am away."})
    fire(engine, HELEN, "class", key, "CANCEL", {"reason": "The trainer is ill."})

    rows = northshire.letters(engine)

    assert {row.notice[:6] for row in rows} == {f"LRN-0{number}" for number in range(1, 7)}
    for row in rows:
        declared = folders.notice(row.notice)
        known = {"recipient_name": row.name, "reason": row.reason, "when": "some day", "zone": "Europe/London"}
        assert set(row.context) - {"zone", OLD_START} <= set(declared.tokens), row.notice
        folders.values(declared, known | row.context)


def test_a_walk_in_attends_on_the_day_and_a_correction_may_follow(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, days=1, maximum=2)
    bob = enrol(engine, key, "bob")
    clock.advance(timedelta(days=1))

    with engine.transaction(HELEN) as tx:
        tx.start("enrolment", TRUST, "WALK_IN", {"class": key, "person": "ann"})
    fire(engine, HELEN, "enrolment", bob, "DID_NOT_ATTEND")
    fire(engine, HELEN, "enrolment", bob, "ATTEND")

    assert standing(engine, key) == {"ann": ("ATTENDED", None), "bob": ("ATTENDED", None)}
    assert {name: profile(engine, name)["fire"].colour for name in ("ann", "bob")} == {"ann": "GREEN", "bob": "GREEN"}


def test_a_walk_in_comes_within_a_fortnight(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, days=1)
    clock.advance(timedelta(days=16))

    with pytest.raises(Refused, match="within 14 days"), engine.transaction(HELEN) as tx:
        tx.start("enrolment", TRUST, "WALK_IN", {"class": key, "person": "ann"})


def test_enrolment_opens_and_closes_by_its_dates(engine: Engine, clock: FrozenClock) -> None:
    opens, closes = clock() + timedelta(days=1), clock() + timedelta(days=2)
    key = open_class(engine, clock, opens_at=opens.isoformat(), closes_at=closes.isoformat())

    for moment in (opens - timedelta(seconds=1), closes):
        clock.set(moment)
        with pytest.raises(Refused, match="closed at this time"):
            enrol(engine, key, "ann")
    clock.set(opens)
    enrol(engine, key, "ann")

    assert standing(engine, key)["ann"][0] == "CONFIRMED"


def test_a_class_that_is_over_is_reopened_only_with_a_reason(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, days=1)
    fire(engine, HELEN, "class", key, "CLOSE")
    clock.advance(timedelta(days=2))

    with pytest.raises(Refused, match="reopened only with a reason"):
        fire(engine, HELEN, "class", key, "REOPEN")
    fire(engine, HELEN, "class", key, "REOPEN", {"reason": "Two names were missing."})

    assert class_state(engine, key) == "NORMAL"


def test_a_class_is_not_moved_into_the_past_nor_made_smaller_than_it_is(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock, maximum=2)
    for name in ("ann", "bob"):
        enrol(engine, key, name)
    past = clock() - timedelta(days=1)
    session = {"id": "1", "starts_at": past.isoformat(), "ends_at": (past + timedelta(hours=1)).isoformat()}

    with pytest.raises(Refused, match="into the past"):
        fire(engine, HELEN, "class", key, "CHANGE", {"sessions": [session]})
    with pytest.raises(Refused, match="More people have a place"):
        fire(engine, HELEN, "class", key, "CHANGE", {"maximum": 1})


def test_only_who_runs_classes_may_send_the_letters_elsewhere(engine: Engine, clock: FrozenClock) -> None:
    key = open_class(engine, clock)
    elsewhere = {"email": "somebody@elsewhere.example"}

    with pytest.raises(Refused, match="another address"), engine.transaction(learner("ann")) as tx:
        effects.enrol(tx, TRUST, key, "ann", elsewhere)
    with engine.transaction(HELEN) as tx:
        effects.enrol(tx, TRUST, key, "ann", elsewhere)

    assert [letter.email for letter in letters(engine)] == ["somebody@elsewhere.example"]
