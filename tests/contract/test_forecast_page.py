"""The page of forecasts: asked, watched, stopped and read by whoever looks after the learning of the trust."""

from __future__ import annotations

import threading

import pytest

from engine.wording import notices
from tests import northshire
from tests.contract.test_reminders import TODAY, award
from tests.databases import close
from tests.northshire import HELEN, TRUST
from tests.waiting import until
from tests.workplace import SAM, workplace_on
from workflows.foresight import asking
from workflows.foresight.forms import FORMS


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    close(place.engine.database)


def ask(place, change=None, days=8):
    """Ask as Helen does on the page, and wait until it is done."""
    account = HELEN.id
    asking.ask(place.engine, place.settings, trust=TRUST, account=account, days=days, change=change).join(60)


def latest(place, account=HELEN.id):
    with place.engine.reading() as connection:
        return asking.latest(connection, TRUST, account, place.clock())


def test_a_forecast_is_made_in_the_background_and_shown(place):
    award(place.engine, "ann", "fire", TODAY.replace(day=27))

    ask(place)

    page = place.signed_in(HELEN).get("/forecast/").text
    assert latest(place)["state"] == "DONE"
    assert "will be sent, 0 withdrawn before they go" in page
    assert "Competence expired" in page
    assert 'href="#found"' in page


def test_a_change_is_compared(place):
    award(place.engine, "ann", "cake", TODAY.replace(day=30))

    ask(place, {"kind": "requirement-added", "competence": "cake", "organisation": TRUST})

    assert "1 more message would be sent" in place.signed_in(HELEN).get("/forecast/").text


def test_a_change_that_cannot_be_made_says_why(place):
    ask(place, {"kind": "absence", "account": HELEN.id, "to": "nobody"})

    assert "somebody with an active account" in place.signed_in(HELEN).get("/forecast/").text


def test_what_runs_is_shown_with_its_part_is_not_begun_twice_and_can_be_stopped(place, clock):
    with place.engine.transaction() as tx:
        row = {"trust": TRUST, "id": "one", "account": HELEN.id, "state": "RUNNING", "days": 8, "progress": 40}
        tx.connection.execute(asking.forecasts.insert(), {**row, "asked_at": clock(), "seen_at": clock()})
    browser = place.signed_in(HELEN)

    shown = browser.get("/forecast/").text
    again = browser.post("/forecast/", {"days": "8", "kind": ""})
    browser.post("/forecast/", {}, to="/forecast/stop")

    assert "40%" in shown
    assert again.status_code == 409
    assert latest(place)["state"] == "CANCELED"


def test_what_is_stopped_ends_at_once(place):
    running = asking.ask(place.engine, place.settings, trust=TRUST, account=HELEN.id, days=92, change=None)

    asking.cancel(place.engine, TRUST, HELEN.id)
    running.join(30)

    assert not running.is_alive()
    assert latest(place)["state"] == "CANCELED"


def test_one_of_which_nothing_is_heard_has_stopped_and_after_a_day_it_is_forgotten(place, clock):
    with place.engine.transaction() as tx:
        row = {"trust": TRUST, "id": "one", "account": HELEN.id, "state": "RUNNING", "days": 8, "progress": 40}
        tx.connection.execute(asking.forecasts.insert(), {**row, "asked_at": clock(), "seen_at": clock()})

    clock.advance(asking.SILENCE * 2)
    silent = latest(place)
    clock.advance(asking.KEPT)

    assert (silent["state"], latest(place)) == ("FAILED", None)


@pytest.mark.parametrize("kind", list(FORMS))
def test_every_kind_of_change_has_a_form_with_its_own_fields(place, kind):
    page = place.signed_in(HELEN).get(f"/forecast/?kind={kind}").text

    assert FORMS[kind].title in page
    assert "Make the forecast" in page


def test_a_link_may_name_what_is_changed(place):
    clicked = "kind=absence&account=acc-ann"

    page = place.signed_in(HELEN).get(f"/forecast/?{clicked}").text

    assert 'value="Ann"' in page


def test_a_class_is_chosen_by_its_name_and_its_new_day_asked(place):
    course_class = northshire.open_class(place.engine, place.clock, days=9)
    form = FORMS["class-moved"]
    with place.app.test_request_context(method="POST", data={**MOVED, "words": "fire"}), place.engine.reading() as conn:
        asked = form()
        asked.offer(conn, TRUST, place.clock())
        found = asked.change(conn, TRUST, place.clock())

    assert found == {"class": course_class, "days": 19}


def asked_of(place, **said):
    """Return what the form of a class that moves makes of what was typed, with the form."""
    data = {**MOVED, "words": "fire", **said}
    with place.app.test_request_context(method="POST", data=data), place.engine.reading() as conn:
        form = FORMS["class-moved"]()
        form.offer(conn, TRUST, place.clock())
        return form.change(conn, TRUST, place.clock()), form


def test_of_a_class_that_meets_twice_all_meetings_move_or_one(place):
    course_class = northshire.open_class(place.engine, place.clock, days=9, sessions=2)

    unsaid, form = asked_of(place)
    all_, _form = asked_of(place, course_class=course_class, session="all")
    second, _form = asked_of(place, course_class=course_class, session="2")

    assert (unsaid, form.session.errors) == (None, ["This class meets 2 times: choose what moves."])
    assert form.session.choices[0][1] == "All of them, by the same number of days"
    assert all_ == {"class": course_class, "days": 19}
    assert second == {"class": course_class, "session": "2", "days": 18}


def test_a_link_from_a_class_offers_its_meetings_with_all_of_them_chosen(place):
    course_class = northshire.open_class(place.engine, place.clock, days=9, sessions=2)

    page = place.signed_in(HELEN).get(f"/forecast/?kind=class-moved&course_class={course_class}").text

    assert "Only the one on" in page
    assert 'value="all" checked' in page


def test_the_page_of_competences_leads_to_what_a_change_would_do(place):
    page = place.signed_in(HELEN).get("/competences/").text

    assert "/forecast/?kind=validity&amp;competence=fire" in page


def test_a_text_under_the_hand_is_tried_without_saving_it(place):
    notice = "LRN-12-competence-nearing-expiry"
    source = notices.notice(notice).source
    said = {"subject": source.subject, "text": source.text, "html": source.html}

    answer = place.signed_in(HELEN).post("/forecast/", said, to=f"/forecast/text/{TRUST}/{notice}")
    begun = latest(place)["change"]
    asking.cancel(place.engine, TRUST, HELEN.id)

    assert answer.status_code == 303
    assert (begun["kind"], begun["notice"], begun["organisation"]) == ("template", notice, TRUST)
    until(lambda: not any(one.name == "forecast" for one in threading.enumerate()))


AWAY = {"days": "8", "kind": "absence", "words": "Ann", "to_words": "Bob", "first": "2026-11-23"}
MOVED = {"days": "8", "kind": "class-moved", "starts_on": "2026-12-20"}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"days": "0", "kind": ""}, "days"),
        ({"days": "", "kind": ""}, "days"),
        ({"days": "8", "kind": "validity", "competence": "fire"}, "months"),
        ({"days": "8", "kind": "requirement-added", "competence": "fire"}, "organisation"),
        ({"days": "8", "kind": "template", "notice": "LRN-12-competence-nearing-expiry"}, "version"),
        ({**MOVED, "words": "no such class"}, "words"),
        ({**AWAY, "words": "nobody of this name"}, "words"),
        ({**AWAY, "words": "example"}, "words"),
        ({**AWAY, "to_words": "Ann"}, "to_words"),
        ({**AWAY, "last": "2026-11-01"}, "last"),
    ],
)
def test_what_is_wrong_on_the_form_is_said_at_its_field(place, said, field):
    answer = place.signed_in(HELEN).post("/forecast/", said)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


def test_only_who_looks_after_the_whole_trust_sees_it(place):
    assert place.signed_in(SAM).get("/forecast/").status_code in {403, 404}
