"""A learner's pages: what is to be played, booked and known, enrolling, withdrawing, and why."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from engine.machine import THE_SYSTEM
from scorm import playing as runtime
from scorm import tables
from scorm.runtime import batches
from tests import northshire
from tests.course import call
from tests.northshire import HELEN
from tests.workplace import SAM, workplace_on
from workflows.learning import playing

pytestmark = pytest.mark.story


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    place.engine.database.dispose()


def test_a_learner_sees_e_learning_classes_and_competences_in_words(place, tmp_path):
    place.e_learning(tmp_path, "ann")
    course_class = northshire.open_class(place.engine, place.clock, maximum=1)
    northshire.enrol(place.engine, course_class, "bob")
    northshire.enrol(place.engine, course_class, "ann")

    page = place.signed_in("ann").page("/")

    assert "Fire online" in page
    assert "Not started" in page
    assert "On the waitlist" in page
    assert "Position 1 of 1" in page
    assert "22 December 2026, 9am to 12pm" in page
    assert "Red: not held" in page


def test_an_e_learning_that_is_attended_says_so(place, tmp_path):
    enrolments = place.e_learning(tmp_path, "ann")
    before = place.signed_in("ann").page("/")

    complete(place, "ann", enrolments["ann"])
    after = place.signed_in("ann").page("/")

    assert ("Attended" in before, "Attended" in after) == (False, True)


def test_empty_lists_say_so(place):
    page = place.signed_in("eve").page("/")

    assert "You are not enrolled on any e-learning." in page
    assert "You have no classes booked." in page


def test_an_account_without_a_person_is_told_why_there_is_nothing(place):
    assert "not linked to a staff record" in place.signed_in(SAM).page("/")


def test_play_leads_to_the_player_of_one_attempt_however_often_it_is_pressed(place, tmp_path):
    enrolments = place.e_learning(tmp_path, "ann")
    ann = place.signed_in("ann")

    first = ann.post("/", {"enrolment": enrolments["ann"]}, to="/launch")
    second = ann.post("/", {"enrolment": enrolments["ann"]}, to="/launch")

    assert (first.status_code, second.status_code) == (303, 303)
    assert urlsplit(first.location).hostname.endswith("content.localhost")
    assert attempts(place) == 1


def test_nobody_plays_under_the_enrolment_of_somebody_else(place, tmp_path):
    enrolments = place.e_learning(tmp_path, "ann", "bob")

    answer = place.signed_in("bob").post("/", {"enrolment": enrolments["ann"]}, to="/launch")

    assert answer.status_code == 404
    assert attempts(place) == 0


def test_looking_changes_nothing_and_a_form_without_its_token_neither(place, tmp_path):
    enrolments = place.e_learning(tmp_path, "ann")
    client = place.client("ann")

    looked = client.get("/launch")
    forged = client.post("/launch", data={"enrolment": enrolments["ann"]})

    assert (looked.status_code, forged.status_code) == (405, 400)
    assert attempts(place) == 0


def test_enrolling_says_confirmed_or_the_position_on_the_waitlist(place):
    course_class = northshire.open_class(place.engine, place.clock, maximum=1)

    told = [enrol(place, name, course_class) for name in ("ann", "bob")]

    assert "Confirmed: you have a place on Fire Safety." in told[0]
    assert "Fire Safety is full: you have position 1 on the waitlist." in told[1]
    assert northshire.standing(place.engine, course_class) == {"ann": ("CONFIRMED", None), "bob": ("WAITLISTED", 1)}


def test_a_refused_enrolment_says_why_and_keeps_the_search(place):
    course_class = northshire.open_class(place.engine, place.clock)
    northshire.open_class(place.engine, place.clock, title="Another")
    northshire.enrol(place.engine, course_class, "ann")
    ann = place.signed_in("ann")

    answer = ann.post("/learning/find?q=another", {"class": course_class, "q": "another"}, to="/learning/find")

    assert answer.status_code == 409
    assert "This learner is enrolled on this class already." in answer.text
    assert 'value="another"' in answer.text


def test_only_open_classes_to_come_that_match_are_found(place):
    northshire.open_class(place.engine, place.clock, title="Ward fire drill")
    northshire.open_class(place.engine, place.clock, title="100% fire")
    cancelled = northshire.open_class(place.engine, place.clock, title="Cancelled fire drill")
    northshire.fire(place.engine, HELEN, "class", cancelled, "CANCEL")
    northshire.open_class(place.engine, place.clock, title="Begun fire drill", days=1)
    place.clock.advance(timedelta(days=2))
    eve = place.signed_in("eve")

    found, percent, nothing = (eve.page(f"/learning/find?q={words}") for words in ("drill", "%25", "dragons"))

    assert ("Ward fire drill" in found, "Cancelled" in found, "Begun" in found) == (True, False, False)
    assert ("100% fire" in percent, "Ward" in percent) == (True, False)
    assert "Nothing that you can enrol on matches “dragons”." in nothing


def test_a_learner_withdraws_after_being_asked(place):
    course_class = northshire.open_class(place.engine, place.clock)
    enrolment = northshire.enrol(place.engine, course_class, "ann")
    ann = place.signed_in("ann")

    asked = ann.page(f"/learning/withdraw/{enrolment}")
    answer = ann.post(f"/learning/withdraw/{enrolment}", {"reason": "On leave"})

    assert "Your place goes to somebody else." in asked
    assert answer.status_code == 303
    assert northshire.standing(place.engine, course_class)["ann"][0] == "WITHDRAWN"
    assert "Reason: On leave" in ann.page(f"/learning/why/enrolment/{enrolment}")


def test_withdrawing_twice_says_how_it_stands(place):
    course_class = northshire.open_class(place.engine, place.clock)
    enrolment = northshire.enrol(place.engine, course_class, "ann")
    ann = place.signed_in("ann")
    ann.post(f"/learning/withdraw/{enrolment}", {})

    again = ann.post("/", {}, to=f"/learning/withdraw/{enrolment}")

    assert again.status_code == 409
    assert "There is nothing to withdraw from any more. It stands as: withdrawn." in again.text


def test_withdrawing_from_e_learning_speaks_of_no_place_and_no_meeting(place, tmp_path):
    enrolments = place.e_learning(tmp_path, "ann")

    asked = place.signed_in("ann").page(f"/learning/withdraw/{enrolments['ann']}")

    assert "You can no longer play it." in asked
    assert ("calendar" in asked, "Keep my place" in asked) == (False, False)


def test_the_bar_is_said_plainly_and_holds(place):
    course_class = northshire.open_class(place.engine, place.clock, days=3, withdraw_days=7)
    enrolment = northshire.enrol(place.engine, course_class, "ann")
    ann = place.signed_in("ann")
    bar = "It is too close to the class to withdraw by yourself: ask whoever runs it."

    home, asked = ann.page("/"), ann.page(f"/learning/withdraw/{enrolment}")
    answer = ann.post("/", {}, to=f"/learning/withdraw/{enrolment}")

    assert (bar in home, bar in asked) == (True, True)
    assert answer.status_code == 409
    assert northshire.standing(place.engine, course_class)["ann"][0] == "CONFIRMED"


def test_why_and_withdrawing_are_for_the_learner_alone(place):
    course_class = northshire.open_class(place.engine, place.clock)
    enrolment = northshire.enrol(place.engine, course_class, "ann")
    bob = place.signed_in("bob")

    answers = [bob.get(f"/learning/{page}/{enrolment}").status_code for page in ("withdraw", "why/enrolment")]

    assert answers == [404, 404]


def attempts(place):
    with place.engine.reading() as connection:
        return connection.scalar(select(func.count()).select_from(tables.attempts))


def enrol(place, name, course_class):
    """Press the button of a class, and return the next page in one line."""
    browser = place.signed_in(name)
    answer = browser.post("/learning/find", {"class": course_class})
    assert answer.status_code == 303
    return re.sub(r"\s+", " ", browser.page(answer.location))


def complete(place, name, enrolment):
    """Play an e-learning to its end, as a browser would tell it."""
    with place.engine.transaction(northshire.learner(name)) as tx:
        attempt = playing.launch(tx, northshire.TRUST, enrolment)
        epoch = runtime.begin(tx.connection, northshire.TRUST, attempt, tx.now).epoch.epoch
    calls = [call(1, "LMSInitialize", ""), call(2, "LMSSetValue", "cmi.core.lesson_status", "completed")]
    body = {"attempt": attempt, "epoch": epoch, "first": 1, "calls": calls}
    with place.engine.transaction(THE_SYSTEM) as tx:
        runtime.take(tx, northshire.TRUST, batches.parse(body), playing.on_outcome)
