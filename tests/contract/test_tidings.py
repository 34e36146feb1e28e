"""What is told without a move: a meeting sent again as it stands, and the words of whoever runs a class (LRN-25)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine import messages, relevance
from engine.errors import NotAllowed, Refused
from engine.storage import database
from engine.tables import outbox
from tests import northshire
from tests.databases import close
from tests.northshire import HELEN, TRUST, enrol, fire, learner, open_class
from tests.workplace import workplace_on
from workflows.learning import pages

WORDS = "The car park is closed.\nCome by bus."


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    close(place.engine.database)


def meetings(engine):
    """Return (notice, person, method, SEQUENCE) of the letters that wait."""
    return [
        (row.notice[:6], row.person, row.invitation["method"], row.invitation["sequence"])
        for row in northshire.letters(engine)
        if row.invitation
    ]


def notified(place, course_class, *presses, browser=None, **changed):
    """Write to those with a place, through the form, its check and the button; return the last answer."""
    helen = browser or place.signed_in(HELEN)
    address = f"/classes/{course_class}/notify"
    with place.engine.reading() as connection:
        found = pages.course_class(connection, TRUST, course_class)
    said = {"states": ["CONFIRMED"], "text": WORDS, "seen": str(found.revision), "people": "1", **changed}
    return [helen.post(address, {**said, **press}) for press in presses or ({"confirm": "1"},)]


def test_a_meeting_is_sent_again_with_the_same_sequence_to_whoever_asks_for_it(place):
    enrolment = enrol(place.engine, open_class(place.engine, place.clock, sessions=2), "ann")
    northshire.sent(place.engine)

    fire(place.engine, learner("ann"), "enrolment", enrolment, "REPAIR")

    assert meetings(place.engine) == [("LRN-01", "ann", "REQUEST", 0)] * 2
    assert "because you asked for it" in northshire.letters(place.engine)[0].reason


def test_after_a_change_what_is_sent_again_is_the_meeting_as_it_stands(place):
    course_class = open_class(place.engine, place.clock)
    enrolment = enrol(place.engine, course_class, "ann")
    fire(place.engine, HELEN, "class", course_class, "CHANGE", {"venue": "Room 9"})
    northshire.sent(place.engine)

    fire(place.engine, HELEN, "enrolment", enrolment, "REPAIR")

    assert meetings(place.engine) == [("LRN-01", "ann", "REQUEST", 1)]
    assert northshire.letters(place.engine)[0].invitation["location"] == "Room 9"


@pytest.mark.parametrize(
    ("kind", "trigger", "notice"), [("enrolment", "WITHDRAW", "LRN-03"), ("class", "CANCEL", "LRN-04")]
)
def test_a_meeting_that_stayed_in_a_calendar_is_taken_back_again(place, kind, trigger, notice):
    course_class = open_class(place.engine, place.clock)
    enrolment = enrol(place.engine, course_class, "ann")
    fire(place.engine, HELEN, kind, {"enrolment": enrolment, "class": course_class}[kind], trigger)
    northshire.sent(place.engine)

    fire(place.engine, learner("ann"), "enrolment", enrolment, "REPAIR")

    assert meetings(place.engine) == [(notice, "ann", "CANCEL", 1)]


def test_nothing_is_sent_again_of_a_class_that_has_started_or_by_anybody_else(place):
    enrolment = enrol(place.engine, open_class(place.engine, place.clock, days=1), "ann")

    with pytest.raises(NotAllowed):
        fire(place.engine, learner("bob"), "enrolment", enrolment, "REPAIR")
    place.clock.advance(timedelta(days=2))
    with pytest.raises(Refused, match="has started"):
        fire(place.engine, learner("ann"), "enrolment", enrolment, "REPAIR")


def test_another_link_to_join_online_is_another_place_and_words_alone_tell_nobody(place):
    course_class = open_class(place.engine, place.clock)
    enrol(place.engine, course_class, "ann")
    northshire.sent(place.engine)

    fire(place.engine, HELEN, "class", course_class, "CHANGE", {"joining_text": "Bring tea.", "alarm_minutes": 60})
    before = meetings(place.engine)
    fire(place.engine, HELEN, "class", course_class, "CHANGE", {"conference": "https://meet.example/2"})

    (letter,) = northshire.letters(place.engine)
    assert before == []
    assert (letter.notice[:6], letter.invitation["sequence"], letter.invitation["alarm"]) == ("LRN-02", 1, 60)
    assert letter.invitation["conference"] == letter.context["online_link"] == "https://meet.example/2"


def test_words_are_shown_with_their_count_before_they_go_and_say_why_they_came(place):
    course_class = open_class(place.engine, place.clock)
    enrol(place.engine, course_class, "ann")
    northshire.sent(place.engine)

    shown, sent = notified(place, course_class, {}, {"confirm": "1"})

    assert "It goes to <strong>1 person</strong>" in shown.text
    assert "Helen Marsh writes about Fire Safety" in shown.text
    (letter,) = northshire.letters(place.engine)
    assert (sent.status_code, letter.notice, letter.person) == (303, "LRN-25-free-text", "ann")
    assert letter.context["free_text"] == WORDS
    assert "you have a place on this class" in letter.reason
    assert northshire.steps(place.engine, "enrolment")[-1] == "A1-notify-confirmed"


def test_a_second_click_sends_nothing_more(place):
    course_class = open_class(place.engine, place.clock)
    enrol(place.engine, course_class, "ann")
    northshire.sent(place.engine)

    first, second = (notified(place, course_class, seen="2")[0] for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    assert len(northshire.letters(place.engine)) == 1


def test_who_came_meanwhile_is_shown_before_anything_goes(place):
    course_class = open_class(place.engine, place.clock)
    enrol(place.engine, course_class, "ann")
    enrol(place.engine, course_class, "bob")
    northshire.sent(place.engine)

    (answer,) = notified(place, course_class)

    assert answer.status_code == 409
    assert "Nothing is sent yet" in answer.text
    assert northshire.letters(place.engine) == []


def test_who_has_left_before_it_is_sent_does_not_get_it(place):
    course_class = open_class(place.engine, place.clock)
    enrolment = enrol(place.engine, course_class, "ann")
    northshire.sent(place.engine)
    notified(place, course_class)

    fire(place.engine, learner("ann"), "enrolment", enrolment, "WITHDRAW")

    with place.engine.reading() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.notice.startswith("LRN-25"))).mappings().all()
        assert len(relevance.untrue(place.engine, connection, rows)) == len(rows) == 1


@pytest.mark.parametrize(("wrong", "said"), [({"text": " "}, "Write the message."), ({"states": []}, "Choose who")])
def test_a_message_without_words_or_readers_is_not_taken(place, wrong, said):
    course_class = open_class(place.engine, place.clock)
    enrol(place.engine, course_class, "ann")

    (answer,) = notified(place, course_class, **wrong)

    assert (answer.status_code, said in answer.text) == (422, True)


def test_nobody_on_a_class_is_said_and_the_text_can_be_changed_again(place):
    empty = open_class(place.engine, place.clock)
    course_class = open_class(place.engine, place.clock)
    enrol(place.engine, course_class, "ann")

    nobody = place.signed_in(HELEN).page(f"/classes/{empty}/notify")
    (back,) = notified(place, course_class, {"back": "1"})

    assert "Nobody is on this class" in nobody
    assert "Come by bus." in back.text


def test_whoever_runs_the_class_sends_a_meeting_again_by_a_button(place):
    course_class = open_class(place.engine, place.clock)
    enrolment = enrol(place.engine, course_class, "ann")
    northshire.sent(place.engine)
    helen = place.signed_in(HELEN)

    done = helen.post(f"/classes/{course_class}", {}, to=f"/classes/{course_class}/enrolments/{enrolment}/repair")

    assert done.status_code == 303
    assert "Ann is sent the meeting again" in helen.page(f"/classes/{course_class}")
    assert meetings(place.engine) == [("LRN-01", "ann", "REQUEST", 0)]


def test_an_older_message_about_a_meeting_is_not_sent_again_once_the_meeting_has_changed(place):
    course_class = open_class(place.engine, place.clock)
    enrol(place.engine, course_class, "ann")
    fire(place.engine, HELEN, "class", course_class, "CHANGE", {"venue": "Room 9"})
    told = sorted(northshire.letters(place.engine), key=lambda letter: letter.invitation["sequence"])
    older, newer = (letter.id for letter in told)
    with database.writing(place.engine.database) as connection:
        connection.execute(update(outbox).values(state="SENT", sent_at=place.clock()))

    with place.engine.transaction() as tx:
        with pytest.raises(Refused, match="has changed since"):
            messages.resend(tx.connection, TRUST, older, tx.now)
        copy = messages.resend(tx.connection, TRUST, newer, tx.now)

    assert copy != newer
