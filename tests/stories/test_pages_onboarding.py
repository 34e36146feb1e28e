"""Applicants from preferred to hired, what is transferred for them, and the stat & mand form."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.tables import approvals
from engine.timing import timers
from tests import workplace
from tests.northshire import FIRE, HELEN, MOVING, WREN
from tests.workplace import ELSEWHERE, workplace_on

pytestmark = pytest.mark.story


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    place.engine.database.dispose()


@pytest.fixture
def helen(place):
    return place.signed_in(HELEN)


def test_an_applicant_is_recorded_and_taken_to_hired(place, helen):
    made = helen.post("/applicants/new", NEW)
    page = made.location

    step(helen, page, "offer")
    step(helen, page, "accept", checks_complete="y")
    step(helen, page, "hire", hire_on="2026-12-07", person_type="Employee")

    shown = helen.page(page)
    assert ("Hired" in shown, "7 December 2026" in shown, "Person type" in shown) == (True, True, True)
    assert "Nora Quist" in helen.page("/applicants/?q=quist")
    assert "/step/" not in shown


def test_what_is_not_possible_is_said_plainly(place, helen):
    page = f"/applicants/{workplace.applicant_for(place.engine)}"
    step(helen, page, "offer")

    refused = step(helen, page, "accept")
    overtaken = helen.page(f"{page}/step/hire")

    assert refused.status_code == 409
    assert "The employment checks are not complete yet." in refused.text
    assert "This is not possible any more, or not for you." in overtaken


def test_withdrawing_needs_a_reason_and_lets_what_is_open_lapse(place, helen):
    applicant = workplace.applicant_for(place.engine)
    workplace.transfer_for(place.engine, applicant)
    page = f"/applicants/{applicant}"

    refused = step(helen, page, "withdraw")
    step(helen, page, "withdraw", reason="Took another post")

    shown = helen.page(page)
    assert "A reason is needed." in refused.text
    assert "Took another post" in shown
    assert "The applicant withdrew." in shown


def test_what_is_wrong_with_a_new_applicant_is_said_and_kept(helen):
    answer = helen.post("/applicants/new", {**NEW, "email": "nora", "position": ""})

    assert answer.status_code == 422
    assert ("Enter an e-mail address." in answer.text, "Enter the post." in answer.text) == (True, True)
    assert 'value="Nora Quist"' in answer.text


def test_the_form_shows_offered_against_required_and_takes_all(place, helen):
    applicant = workplace.applicant_for(place.engine)
    transfer = workplace.transfer_for(place.engine, applicant)
    wren, form = place.signed_in(WREN), question(place)

    asked = wren.page(form)
    answer = wren.post(form, {**lines(), "choice": "ACCEPT"})

    assert ("1 June 2026 to 1 June 2027" in asked, "Required" in asked, "Not required" in asked) == (True, True, True)
    assert answer.status_code == 303
    shown = helen.page(f"/applicants/{applicant}")
    assert "Wren Hall accepted all 2 competences on 22 November 2026." in shown
    assert "Transferred from Westshire NHS Trust" in shown
    assert "Written as it came" in helen.page(f"/transfers/{transfer}")


def test_a_changed_date_and_a_line_left_out_are_what_is_written(place, helen):
    applicant = workplace.applicant_for(place.engine)
    transfer = workplace.transfer_for(place.engine, applicant)
    wren, form = place.signed_in(WREN), question(place)
    changed = {**lines(), "ends-1": "2027-03-31", "reason-1": "Our period", "choice": "ACCEPT_WITH_EDITS"}
    del changed["take-2"]

    answer = wren.post(form, changed)

    assert answer.status_code == 303
    shown, came = helen.page("/people/ann"), helen.page(f"/transfers/{transfer}")
    assert "31 March 2027" in shown
    assert "changed by Wren Hall" in shown
    assert MOVING not in shown.partition("Enrolments")[0]
    assert ("Left out" in came, "Reason: Our period" in came) == (True, True)
    assert "accepted 1 of 2 competences with changes" in came


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"ends-1": "2028-01-01"}, "an end later than the source&#39;s needs a reason."),
        ({"ends-1": "31/03/2027"}, "enter a date such as 2027-01-31."),
        ({"ends-1": "2026-01-01"}, "it cannot end before it starts."),
        ({"choice": "ACCEPT", "ends-1": "2027-03-31"}, "You changed something"),
        ({"choice": ""}, "Choose an answer."),
    ],
)
def test_an_answer_that_cannot_be_used_says_where_and_keeps_what_was_typed(place, typed, sentence):
    workplace.transfer_for(place.engine, workplace.applicant_for(place.engine))
    wren, form = place.signed_in(WREN), question(place)

    answer = wren.post(form, {**lines(), "choice": "ACCEPT_WITH_EDITS", "reason-2": "Kept words", **typed})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="Kept words"' in answer.text


def test_rejecting_needs_a_comment_and_is_shown_with_it(place, helen):
    applicant = workplace.applicant_for(place.engine)
    workplace.transfer_for(place.engine, applicant)
    wren, form = place.signed_in(WREN), question(place)

    refused = wren.post(form, {**lines(), "choice": "REJECT"})
    wren.post(form, {**lines(), "choice": "REJECT", "comment": "Not ours"})

    assert refused.status_code == 422
    assert "Nothing was transferred: Wren Hall rejected it" in helen.page(f"/applicants/{applicant}")
    assert "Reason: Not ours" in helen.page(f"/applicants/{applicant}")


def test_a_line_that_is_not_known_here_is_taken_as_another(place, helen):
    came = [{"name": "NHS|CSTF|Fire Drill|", "starts_on": "2026-06-01", "ends_on": None}]
    workplace.transfer_for(place.engine, workplace.applicant_for(place.engine), lines=came)
    wren, form = place.signed_in(WREN), question(place)
    said = {"take-1": "1", "ends-1": "", "reason-1": "", "as-1": "fire", "choice": "ACCEPT_WITH_EDITS"}

    refused = wren.post(form, {**said, "as-1": "", "choice": "ACCEPT"})
    wren.post(form, said)

    assert "A competence that came has no counterpart here" in refused.text
    assert FIRE in helen.page("/people/ann")


def test_a_transfer_that_nobody_answers_lapses_and_the_page_says_why(place, helen):
    applicant = workplace.applicant_for(place.engine)
    transfer = workplace.transfer_for(place.engine, applicant)
    place.clock.advance(timedelta(days=60))
    timers.fire_due(place.engine)
    helen = place.signed_in(HELEN)

    shown = helen.page(f"/applicants/{applicant}")

    assert "Nothing was transferred: it ended on" in shown
    assert "Nobody answered by the due date. It was to be answered by the end of 15 December 2026." in shown
    assert "Ask again" not in helen.page(f"/transfers/{transfer}")


def test_whoever_holds_the_role_asks_again(place):
    transfer = workplace.transfer_for(place.engine, workplace.applicant_for(place.engine))
    place.clock.advance(timedelta(days=60))
    timers.fire_due(place.engine)
    wren = place.signed_in(WREN)

    answer = wren.post(f"/transfers/{transfer}", {}, to=f"/transfers/{transfer}/reopen")

    assert answer.status_code == 303
    assert "Waiting for an answer" in wren.page(f"/transfers/{transfer}")


def test_applicants_and_transfers_of_others_are_not_there(place):
    applicant = workplace.applicant_for(place.engine)
    transfer = workplace.transfer_for(place.engine, applicant)
    pages = (f"/applicants/{applicant}", f"/applicants/{applicant}/step/offer", f"/transfers/{transfer}")

    elsewhere = [place.client(ELSEWHERE).get(page).status_code for page in pages]
    learners = [place.client("bob").get(page).status_code for page in pages]

    assert elsewhere == [404, 404, 404]
    assert learners == [403, 403, 403]


NEW = {
    "name": "Nora Quist",
    "email": "nora@northshire.example",
    "position": "Nurse",
    "organisation": "surgery",
    "hire_on": "",
}


def step(browser, page, name, **said):
    """Fill in the form of a step and send it."""
    return browser.post(f"{page}/step/{name}", said)


def lines():
    """Return the lines of the usual transfer as the form shows them."""
    return {
        "take-1": "1",
        "ends-1": "2027-06-01",
        "reason-1": "",
        "take-2": "1",
        "ends-2": "2028-03-01",
        "reason-2": "",
    }


def question(place):
    """Return the address of the question that is open."""
    with place.engine.reading() as connection:
        found = connection.scalars(select(approvals.c.id).where(approvals.c.state == "OPEN")).one()
    return f"/worklist/{found}"
