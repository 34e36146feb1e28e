"""The pages of those who run classes: making, changing, cancelling, enrolling, marking, uploading."""

import html
import re
from io import BytesIO

import pytest

from tests import northshire
from tests.northshire import HELEN
from tests.workplace import ELSEWHERE, SAM, workplace_on

pytestmark = pytest.mark.story

FORM = re.compile(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"')


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    place.engine.database.dispose()


@pytest.fixture
def helen(place):
    return place.signed_in(HELEN)


def test_a_class_is_made_opened_and_found_by_learners(place, helen):
    made = helen.post("/classes/new", {**NEW, "waitlist": "y"})
    course_class = made.location.rpartition("/")[2]
    hidden = place.signed_in("ann").page("/learning/find")

    opened = helen.post(made.location, {}, to=f"/classes/{course_class}/step/open")

    assert (made.status_code, opened.status_code) == (303, 303)
    assert "Evening drill" not in hidden
    assert "4 January 2027, 6:30pm to 8pm" in place.signed_in("ann").page("/learning/find")


def test_what_is_wrong_with_a_new_class_is_said_at_once_and_what_was_typed_stays(helen):
    wrong = {**NEW, "offering": "", "maximum": "none", "first-starts": "21:00"}

    answer = helen.post("/classes/new", wrong)

    assert answer.status_code == 422
    assert "Choose a course." in answer.text
    assert "Enter a whole number, as in 12." in answer.text
    assert "The session must end after it starts." in answer.text
    assert 'value="Evening drill"' in answer.text


def test_a_time_that_the_clocks_jump_over_is_refused(helen):
    answer = helen.post("/classes/new", {**NEW, "first-date": "2027-03-28", "first-starts": "01:30"})

    assert "There is no such time on that day: the clocks go forward." in answer.text


def test_a_change_says_who_will_be_told_before_it_is_saved(place, helen):
    course_class = a_class(place, "ann", "bob")
    form = changed_form(helen, course_class, **{"session-1-starts": "10:30"})

    reviewed = helen.post(f"/classes/{course_class}/change", form)
    before = northshire.notices(place.engine)
    saved = helen.post(f"/classes/{course_class}/change", {**form, "confirm": "1"})

    assert reviewed.status_code == 200
    assert "2 confirmed learners get an update." in reviewed.text
    assert "22 December 2026, 10:30am to 12pm, Room 3" in reviewed.text
    assert before == [("LRN-01", "ann"), ("LRN-01", "bob")]
    assert saved.status_code == 303
    assert [one for one in northshire.notices(place.engine) if one[0] == "LRN-02"] == [
        ("LRN-02", "ann"),
        ("LRN-02", "bob"),
    ]


def test_new_places_and_words_tell_nobody(place, helen):
    course_class = a_class(place, "ann")

    reviewed = helen.post(f"/classes/{course_class}/change", changed_form(helen, course_class, maximum="9"))

    assert "Nobody is told, because no date, time or place of a session changes." in reviewed.text


def test_a_stale_form_shows_what_somebody_else_changed_and_saves_nothing(place, helen):
    course_class = a_class(place, "ann")
    form = changed_form(helen, course_class, maximum="9")
    northshire.fire(place.engine, HELEN, "class", course_class, "CHANGE", {"venue": "Room 7"})

    answer = helen.post(f"/classes/{course_class}/change", {**form, "confirm": "1"})

    assert answer.status_code == 409
    assert "Somebody else changed this class meanwhile" in answer.text
    assert "Room 7" in answer.text
    assert 'value="9"' in answer.text
    assert "20 taken" not in helen.page(f"/classes/{course_class}")


def test_a_change_into_the_past_is_refused_in_words(place, helen):
    course_class = a_class(place)
    form = changed_form(helen, course_class, **{"session-1-date": "2026-11-01"})

    answer = helen.post(f"/classes/{course_class}/change", form)

    assert answer.status_code == 422
    assert "A class cannot be moved into the past." in answer.text


def test_cancelling_says_whom_it_concerns_and_tells_them(place, helen):
    course_class = a_class(place, "ann", "bob", maximum=1)

    asked = helen.page(f"/classes/{course_class}/step/cancel")
    done = helen.post(f"/classes/{course_class}/step/cancel", {"reason": "The trainer is ill"})
    again = helen.page(f"/classes/{course_class}/step/cancel")

    assert ("1 with a confirmed place" in asked, "1 on the waitlist" in asked) == (True, True)
    assert done.status_code == 303
    assert {state for state, _ in northshire.standing(place.engine, course_class).values()} == {"CANCELLED"}
    assert "This is not possible any more" in again


def test_somebody_is_found_and_enrolled_with_another_address(place, helen):
    course_class = a_class(place)
    page = f"/classes/{course_class}/enrol?q=an"

    nobody = helen.post(page, {"q": "an"})
    wrong = helen.post(page, {"q": "an", "person": "ann", "email": "home"})
    done = helen.post(page, {"q": "an", "person": "ann", "email": "ann@home.example"})

    assert "Choose a person." in nobody.text
    assert "Enter an e-mail address, such as name@example.org." in wrong.text
    assert done.status_code == 303
    assert "ann@home.example" in helen.page(f"/classes/{course_class}")
    assert northshire.standing(place.engine, course_class)["ann"] == ("CONFIRMED", None)


def test_enrolling_twice_says_so(place, helen):
    course_class = a_class(place, "ann")
    page = f"/classes/{course_class}/enrol?q=bob"

    answer = helen.post(page, {"q": "bob", "person": "ann"})

    assert answer.status_code == 422
    assert "Nothing has changed. This learner is enrolled on this class already." in answer.text


def test_withdrawing_gives_the_place_to_the_first_who_waits(place, helen):
    course_class = a_class(place, "ann", "bob", maximum=1)
    enrolment = enrolment_of(helen, course_class, "withdraw", "Ann")

    helen.post(f"/classes/{course_class}/enrolments/{enrolment}/withdraw", {"reason": "Moved ward"})

    assert northshire.standing(place.engine, course_class) == {"ann": ("WITHDRAWN", None), "bob": ("CONFIRMED", None)}


def test_attendance_is_offered_and_marked_once_the_class_has_begun(place, helen):
    course_class = a_class(place, "ann", "bob")
    before = helen.page(f"/classes/{course_class}")
    place.clock.set(place.clock().replace(month=12, day=22, hour=13))
    helen = place.signed_in(HELEN)

    for name, step in (("Ann", "attend"), ("Bob", "did-not-attend")):
        enrolment = enrolment_of(helen, course_class, step, name)
        helen.post(f"/classes/{course_class}", {}, to=f"/classes/{course_class}/enrolments/{enrolment}/{step}")

    assert "/attend" not in before
    assert northshire.standing(place.engine, course_class) == {
        "ann": ("ATTENDED", None),
        "bob": ("DID_NOT_ATTEND", None),
    }
    assert "Green: up to date" in place.signed_in("ann").page("/")


def test_taking_attendance_back_needs_a_reason(place):
    course_class = a_class(place, "ann")
    place.clock.set(place.clock().replace(month=12, day=22, hour=13))
    helen = place.signed_in(HELEN)
    enrolment = enrolment_of(helen, course_class, "attend", "Ann")
    address = f"/classes/{course_class}/enrolments/{enrolment}"
    helen.post(f"/classes/{course_class}", {}, to=f"{address}/attend")

    refused = helen.post(f"{address}/did-not-attend", {"reason": " "})
    done = helen.post(f"{address}/did-not-attend", {"reason": "It was her sister"})

    assert (refused.status_code, done.status_code) == (409, 303)
    assert "A reason is needed." in refused.text


def test_a_request_is_approved_or_rejected_with_a_reason(place, helen):
    course_class = a_class(place, "ann", "bob", approval=True)
    approve, reject = (
        enrolment_of(helen, course_class, step, who) for step, who in (("approve", "Ann"), ("reject", "Bob"))
    )

    helen.post(f"/classes/{course_class}", {}, to=f"/classes/{course_class}/enrolments/{approve}/approve")
    helen.post(f"/classes/{course_class}/enrolments/{reject}/reject", {"reason": "Not this year"})

    assert northshire.standing(place.engine, course_class) == {"ann": ("CONFIRMED", None), "bob": ("CANCELLED", None)}


def test_classes_are_listed_by_state_and_words_and_only_ones_own(place, helen):
    a_class(place, title="Drill in surgery")
    northshire.open_class(place.engine, place.clock, title="Drill in medicine", organisation="medicine")

    own, sams = helen.page("/classes/?q=drill&state=NORMAL"), place.signed_in(SAM).page("/classes/")
    none = helen.page("/classes/?state=CLOSED")

    assert ("surgery" in own, "medicine" in own) == (True, True)
    assert ("surgery" in sams, "medicine" in sams) == (False, True)
    assert "No class matches what you look for." in none


@pytest.mark.parametrize("page", ["", "/change", "/enrol", "/step/cancel"])
def test_a_class_of_others_is_not_there(place, page):
    course_class = a_class(place)

    answers = [place.client(who).get(f"/classes/{course_class}{page}").status_code for who in (SAM, ELSEWHERE, "ann")]

    assert answers == [404, 404, 403]


def test_an_upload_becomes_a_class_that_can_be_played(place, helen):
    sent = {
        "package": (BytesIO(place.zipped()), "fire.zip"),
        "organisation": "surgery",
        "competence": "fire",
        "title": "Fire at night",
    }

    made = helen.post("/packages/new", sent)
    shown = helen.page(made.location)
    helen.post(made.location, {}, to=f"{made.location}/step/open")

    assert made.status_code == 303
    assert "Fire at night is here, as a class that you can open for enrolment." in shown
    assert "Any time, online" in place.signed_in("ann").page("/learning/find")


def test_every_reason_why_a_package_is_refused_is_shown(place, helen):
    sent = {
        "package": (BytesIO(b"no zip"), "fire.zip"),
        "organisation": "surgery",
        "competence": "",
        "title": "Fire at night",
    }

    answer = helen.post("/packages/new", sent)
    missing = helen.post("/packages/new", {"organisation": "surgery", "competence": ""})

    assert (answer.status_code, missing.status_code) == (422, 422)
    assert "This package cannot be used, and nothing of it was kept" in answer.text
    assert 'value="Fire at night"' in answer.text
    assert "Choose a zip file." in missing.text


def test_no_room_for_a_package_is_507_and_nothing_is_kept(place, helen):
    place.settings.data_dir.mkdir(parents=True, exist_ok=True)
    place.settings.blobs.write_text("a file where the folder should be")
    sent = {"package": (BytesIO(place.zipped()), "fire.zip"), "organisation": "surgery", "competence": "", "title": ""}

    answer = helen.post("/packages/new", sent)

    assert answer.status_code == 507
    assert "There is no room left to keep this package." in answer.text


NEW = {
    "offering": "fire-class",
    "organisation": "surgery",
    "title": "Evening drill",
    "venue": "Room 3",
    "maximum": "12",
    "first-date": "2027-01-04",
    "first-starts": "18:30",
    "first-ends": "20:00",
    "first-venue": "",
    "joining_text": "",
}


def a_class(place, *names, **facts):
    """Open a class in surgery with these learners on it."""
    course_class = northshire.open_class(place.engine, place.clock, **facts)
    for name in names:
        northshire.enrol(place.engine, course_class, name)
    return course_class


def changed_form(browser, course_class, **changes):
    """Open the form of a class, and return what it sends with some changes."""
    page = browser.get(f"/classes/{course_class}/change").text
    fields = {name: html.unescape(value) for name, value in FORM.findall(page) if name != "csrf_token"}
    return {**fields, "joining_text": "", **changes}


def enrolment_of(browser, course_class, step, name):
    """Return the id in the address of a step that the page of a class offers for somebody."""
    page = browser.page(f"/classes/{course_class}")
    row = next(row for row in page.split("<tr") if f">{name}</a>" in row)
    found = re.search(rf"/enrolments/([^/]+)/{step}\b", row)
    assert found, row
    return found[1]
