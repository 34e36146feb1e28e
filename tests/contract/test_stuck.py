"""An e-learning that seems done and does not say so, on both databases: a person is asked, and nothing is decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.errors import NotAllowed, Refused
from engine.incident_tables import incidents
from engine.letters import Subject
from engine.machine import Actor
from engine.tables import approvals
from scorm import store as runtime
from tests import northshire, played
from tests.clock import FrozenClock
from tests.northshire import TRUST
from tests.played import BEGIN, END, EXIT, STATUS, Course, course_of, put
from tests.workplace import SAM, Workplace, workplace_on
from workflows.learning import pages, stuck_store
from workflows.learning.tables import launches, stuck_attempts

DEE = Actor(id="acc-dee", name="Dee Lowe", person="dee", grants=frozenset({("class-administrator", TRUST)}))
STUCK = (BEGIN, put(EXIT, "suspend"), END)


@pytest.fixture
def place(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Workplace]:
    built = workplace_on(database_url, clock, tmp_path)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def course(place: Workplace) -> Course:
    with place.engine.transaction() as tx:
        northshire.add_person(tx.connection, "dee")
    northshire.allocate(place.engine, DEE)
    return course_of(place)


def look(place: Workplace, **later: float) -> int:
    """Look for stuck attempts after some time."""
    place.clock.advance(timedelta(**later))
    return stuck_store.find(place.engine, place.settings)


def items(place: Workplace) -> list[Any]:
    with place.engine.reading() as connection:
        return list(connection.execute(select(stuck_attempts).order_by(stuck_attempts.c.raised_at)))


def questions(place: Workplace) -> list[Any]:
    with place.engine.reading() as connection:
        return list(connection.execute(select(approvals).where(approvals.c.kind == "stuck")))


def answer(place: Workplace, choice: str, comment: str = "", actor: Actor = DEE) -> None:
    said = {"choice": choice, "facts": {}, "comment": comment}
    question = Subject(kind="approval", trust=TRUST, id=questions(place)[-1].id)
    with place.engine.transaction(actor) as tx:
        tx.fire(question, "ANSWER", said)


def standing(course: Course) -> tuple[str, str]:
    """Return the state of the enrolment and the best result."""
    with course.place.engine.reading() as conn:
        mine = pages.enrolments_of(conn, TRUST, "ann", northshire.SITE)
        (one,) = pages.learning_of(conn, TRUST, mine)
        return str(one.enrolment.state), str(one.result)


def test_somebody_is_asked_once_and_nothing_is_decided(course: Course) -> None:
    course.play(*STUCK)

    found = [look(course.place, days=6), look(course.place, days=1), look(course.place, days=1)]

    (item,), (question,) = items(course.place), questions(course.place)
    assert found == [0, 1, 0]
    assert (item.state, item.sign, item.attempt) == ("OPEN", "ended without a status", course.attempt)
    assert question.title == "Fire online of Ann seems done and does not say so"
    assert standing(course) == ("CONFIRMED", "INCOMPLETE")
    assert "Somebody is asked whether this is done." in course.why()


def test_a_course_that_is_simply_not_finished_is_left_alone(course: Course) -> None:
    course.play(BEGIN, put(STATUS, "incomplete"), put(EXIT, "suspend"), END)

    assert look(course.place, days=30) == 0


def test_a_persons_result_attends_and_stays_apart_from_what_the_course_said(course: Course) -> None:
    course.play(*STUCK)
    look(course.place, days=7)

    answer(course.place, "RECORD", "I sat beside her.")

    (item,) = items(course.place)
    with course.place.engine.reading() as connection:
        attempt = runtime.attempt(connection, TRUST, course.attempt)
    page = course.why()
    assert standing(course) == ("ATTENDED", "COMPLETED")
    assert (item.state, item.ended_by_name, item.reason) == ("RECORDED", "Dee Lowe", "I sat beside her.")
    assert attempt is not None
    assert attempt.outcome is not None
    assert not attempt.outcome.final
    assert "A person recorded this as completed." in page
    assert "by Dee Lowe. Reason: I sat beside her." in page
    assert "it never set a status" in page


def test_an_attempt_that_is_reset_stays_to_be_read_and_the_next_launch_begins_anew(course: Course) -> None:
    course.play(BEGIN, put("cmi.suspend_data", "page nine"), *STUCK[1:])
    look(course.place, days=7)
    old = course.attempt

    answer(course.place, "RESET", "The bookmark was broken.")
    course.play(BEGIN)

    with course.place.engine.reading() as connection:
        states = dict(connection.execute(select(launches.c.id, launches.c.state)).all())
        new = runtime.epoch(connection, TRUST, course.attempt, 1)
    assert course.attempt != old
    assert states[old] == "RESET"
    assert new is not None
    assert dict(new.opening) == {}
    assert "page nine" in course.place.signed_in(northshire.HELEN).page(f"/attempts/{old}/windows/1")
    assert "A person reset this attempt" in course.why()


def test_what_is_left_is_asked_again_only_after_the_course_was_heard_again(course: Course) -> None:
    course.play(*STUCK)
    look(course.place, days=7)

    answer(course.place, "LEAVE")
    quiet = look(course.place, days=10)
    course.play(*STUCK)
    again = look(course.place, days=7)

    assert (quiet, again) == (0, 1)
    assert [item.state for item in items(course.place)] == ["LEFT", "OPEN"]


def test_a_course_that_reports_after_all_ends_the_question(course: Course) -> None:
    course.play(*STUCK)
    look(course.place, days=7)

    course.play(BEGIN, put(STATUS, "completed"))

    assert [item.state for item in items(course.place)] == ["SETTLED"]
    assert [question.state for question in questions(course.place)] == ["CANCELED"]
    assert "then the course reported it itself" in course.why()


def test_recording_and_resetting_need_a_reason_and_nobody_decides_about_themselves(course: Course) -> None:
    course.play(*STUCK)
    look(course.place, days=7)
    own = northshire.as_person(DEE, "ann")

    for choice in ("RECORD", "RESET"):
        with pytest.raises(Refused):
            answer(course.place, choice)
    with pytest.raises((NotAllowed, Refused)):
        answer(course.place, "RECORD", "I did it.", own)

    assert standing(course) == ("CONFIRMED", "INCOMPLETE")


def test_the_question_is_answered_in_the_worklist_with_the_calls_at_hand(course: Course) -> None:
    course.play(*STUCK)
    look(course.place, days=7)
    address = f"/worklist/{questions(course.place)[0].id}"
    dee = course.place.signed_in(DEE)

    shown = dee.page(address)
    without = dee.post(address, {"choice": "RECORD", "comment": ""})
    decided = dee.post(address, {"choice": "RECORD", "comment": "Seen."})

    assert "The course was ended properly and never set a status" in shown
    assert f'href="/attempts/{course.attempt}"' in shown
    assert "Say why: the reason is kept" in without.text
    assert decided.status_code == 303
    assert standing(course) == ("ATTENDED", "COMPLETED")


def test_where_nobody_holds_the_role_it_is_an_incident_and_not_silence(place: Workplace) -> None:
    course = played.course_of(place)
    course.play(*STUCK)

    look(place, days=7)

    with place.engine.reading() as connection:
        raised = connection.scalars(select(incidents.c.title)).all()
    assert len(raised) == 1
    assert "about stuck e-learning" in raised[0]


def test_who_runs_classes_decides_without_being_asked_with_a_reason(course: Course) -> None:
    course.play(BEGIN, put(STATUS, "incomplete"), END)
    address = f"/attempts/{course.attempt}/decide"
    helen = course.place.signed_in(northshire.HELEN)

    without = helen.post(address, {"choice": "RECORD", "reason": " "})
    done = helen.post(address, {"choice": "RECORD", "reason": "Seen on paper."})
    again = helen.post(address, {"choice": "RECORD", "reason": "Twice."})

    (item,) = items(course.place)
    assert (without.status_code, done.status_code, again.status_code) == (422, 303, 422)
    assert "Say why: the reason is kept." in without.text
    assert "Nothing has changed." in again.text
    assert (item.state, item.ended_by_name, item.reason) == ("RECORDED", "Helen Marsh", "Seen on paper.")
    assert standing(course) == ("ATTENDED", "COMPLETED")
    assert questions(course.place) == []


def test_deciding_by_hand_ends_what_somebody_is_asked(course: Course) -> None:
    course.play(*STUCK)
    look(course.place, days=7)

    course.place.signed_in(northshire.HELEN).post(
        f"/attempts/{course.attempt}/decide", {"choice": "RESET", "reason": "Broken bookmark."}
    )

    assert [item.state for item in items(course.place)] == ["RESET"]
    assert [question.state for question in questions(course.place)] == ["CANCELED"]


def test_a_decision_from_a_page_that_was_open_before_another_changes_nothing_and_both_are_told(course: Course) -> None:
    course.play(BEGIN, put(STATUS, "incomplete"), END)
    address = f"/attempts/{course.attempt}/decide"
    helen = course.place.signed_in(northshire.HELEN)
    helen.post(address, {"choice": "RECORD", "reason": "Seen on paper.", "seen": "0"})

    stale = helen.post(address, {"choice": "RESET", "reason": "Broken bookmark.", "seen": "0"})
    fresh = helen.post(address, {"choice": "RESET", "reason": "Broken bookmark.", "seen": "1"})

    page = helen.page(f"/attempts/{course.attempt}")
    assert (stale.status_code, fresh.status_code) == (422, 303)
    assert "Something was decided since this page was opened" in stale.text
    assert ("Seen on paper." in stale.text, "Broken bookmark.</p>" in page, "Seen on paper." in page) == (True,) * 3
    assert "a person has recorded it as completed, and that stays" in page
    assert "Record it as completed, or reset this attempt" not in page


def test_deciding_is_for_who_looks_after_the_class(course: Course) -> None:
    course.play(*STUCK)
    address = f"/attempts/{course.attempt}/decide"

    assert course.place.signed_in("ann").get(address).status_code == 403
    assert course.place.signed_in(SAM).get(address).status_code == 404
