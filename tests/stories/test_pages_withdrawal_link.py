"""Withdrawing by the link of a mail, and what learners and administrators see of answers by calendar."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from engine.settings import secret_for
from engine.storage import database
from engine.tables import invitations, outbox
from tests import northshire
from tests.desk import Browser
from tests.northshire import HELEN, enrol, fire, learner, open_class, standing
from tests.workplace import workplace_on
from workflows.learning import withdrawal_links

pytestmark = pytest.mark.story


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    place.engine.database.dispose()


def declined(place, **facts):
    """Enrol a learner who declines; return the class and the link of the offer."""
    key = open_class(place.engine, place.clock, **facts)
    identifier = enrol(place.engine, key, "ann")
    fire(place.engine, learner("ann"), "enrolment", identifier, "DECLINE", {})
    with place.engine.reading() as connection:
        chosen = select(outbox).where(outbox.c.notice.startswith("LRN-28"))
        row = connection.execute(chosen).mappings().one()
    return key, f"/withdraw/{withdrawal_links.secret_of(secret_for(place.settings), row)}"


def test_a_link_asks_first_and_then_withdraws_without_a_session(place):
    key, link = declined(place)
    browser = Browser(place.app.test_client())

    asked = browser.page(link)
    neither = browser.post(link, {})
    kept = browser.post(link, {"choice": "keep"})
    before = standing(place.engine, key)["ann"][0]
    done = browser.post(link, {"choice": "withdraw"})

    assert "Do you keep your place on Fire Safety?" in asked
    assert (neither.status_code, "Choose whether you keep your place." in neither.text) == (422, True)
    assert ("You keep your place" in kept.text, before) == (True, "CONFIRMED")
    assert ("You have withdrawn" in done.text, standing(place.engine, key)["ann"][0]) == (True, "WITHDRAWN")
    assert browser.get(link).status_code == 410
    assert browser.get("/withdraw/northshire.x.y").status_code == 410


def test_behind_the_bar_the_link_withdraws_nobody(place, clock):
    key, link = declined(place)
    with database.writing(place.engine.database) as connection:
        table = place.engine.kept("class")[1].table
        connection.execute(update(table).values(withdraw_days=60))

    answer = Browser(place.app.test_client()).post(link, {"choice": "withdraw"})

    assert (answer.status_code, "too close to the class" in answer.text) == (409, True)
    assert standing(place.engine, key)["ann"][0] == "CONFIRMED"


def test_what_was_answered_by_calendar_stands_beside_the_enrolment(place, clock):
    key = open_class(place.engine, place.clock)
    enrol(place.engine, key, "ann")
    with database.writing(place.engine.database) as connection:
        said = {"partstat": "DECLINED", "replied_at": clock(), "reply_comment": "On <nights>"}
        connection.execute(update(invitations).values(**said))

    pages = [place.signed_in(HELEN).page(f"/classes/{key}"), place.signed_in("ann").page("/")]

    assert all("Declined by calendar, 22 November 2026" in page for page in pages)
    assert all("On &lt;nights&gt;" in page for page in pages)


def test_a_class_is_set_so_that_declining_gives_up_the_place(place):
    helen = place.signed_in(HELEN)
    key = open_class(place.engine, place.clock)
    page = helen.get(f"/classes/{key}/change").text

    assert "Who declines every meeting in their calendar gives up their place at once" in page
    assert not northshire.record(place.engine, "class", key).decline_withdraws
