"""A personal calendar feed: who reads it, what stands in it, and when it changed."""

import re
from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select, update

from engine.roles.directory_tables import accounts
from engine.storage import database
from tests import northshire
from tests.databases import close
from tests.northshire import HELEN, TRUST, enrol, fire, learner, open_class
from tests.workplace import SAM, workplace_on
from workflows.competence.award import KIND, Trigger
from workflows.learning import feeds
from workflows.learning.calendar_pages import Throttle
from workflows.learning.calendar_tables import calendar_feeds

ADDRESS = re.compile(r"/calendar/[A-Za-z0-9_=-]+\.ics")


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    close(place.engine.database)


@pytest.fixture
def ann(place):
    return place.signed_in("ann")


def made(browser):
    """Make a feed on its page, and return the path of its address."""
    found = ADDRESS.search(browser.post("/calendar", {}).text)
    assert found
    return found[0]


def events(answer):
    assert answer.status_code == 200, answer.status_code
    return {str(event["uid"]): event for event in Calendar.from_ical(answer.data).walk("VEVENT")}


def test_a_feed_has_the_sessions_of_the_learner_with_the_uids_of_their_invitations(place, ann):
    course_class = open_class(place.engine, place.clock, sessions=2, conference="https://meet.example/1")
    enrol(place.engine, course_class, "ann")
    fire(place.engine, HELEN, "class", course_class, "CHANGE", {"venue": "Room 9"})
    enrol(place.engine, open_class(place.engine, place.clock, days=50), "bob")

    answer = place.app.test_client().get(made(ann))

    shown = events(answer)
    asked = {letter.uid for letter in northshire.letters(place.engine) if letter.person == "ann"}
    assert (set(shown), len(shown)) == (asked, 2)
    assert {(int(one["sequence"]), str(one["location"])) for one in shown.values()} == {(1, "Room 9")}
    assert answer.mimetype == "text/calendar"
    assert b"METHOD" not in answer.data
    assert b"ATTENDEE" not in answer.data
    assert answer.data.count(b"BEGIN:VTIMEZONE") == 1


def test_a_feed_has_the_last_days_of_what_a_post_requires_and_they_block_no_time(place, ann):
    facts = {"person": "ann", "competence": "fire", "starts_on": "2026-01-05", "ends_on": "2027-01-04", "source": {}}
    with place.engine.transaction() as tx:
        tx.start(KIND, TRUST, Trigger.COPY, facts)
        tx.start(KIND, TRUST, Trigger.COPY, {**facts, "competence": "cake"})

    (due,) = events(place.app.test_client().get(made(ann))).values()

    assert (due["dtstart"].dt.isoformat(), due["dtend"].dt.isoformat()) == ("2027-01-04", "2027-01-05")
    assert due["transp"] == "TRANSPARENT"
    assert "Fire Safety" in due["summary"]


def test_what_is_given_up_or_long_past_is_not_in_it(place, ann):
    left = enrol(place.engine, open_class(place.engine, place.clock), "ann")
    fire(place.engine, learner("ann"), "enrolment", left, "WITHDRAW")
    enrol(place.engine, open_class(place.engine, place.clock, days=1), "ann")
    address = made(ann)
    before = events(place.app.test_client().get(address))

    place.clock.advance(timedelta(days=40))

    assert (len(before), events(place.app.test_client().get(address))) == (1, {})


def test_a_program_that_has_it_already_is_told_so_until_it_changes(place, ann):
    course_class = open_class(place.engine, place.clock)
    enrol(place.engine, course_class, "ann")
    address, client = made(ann), place.app.test_client()
    first = client.get(address)
    has = {"If-None-Match": first.headers["ETag"]}

    same = client.get(address, headers=has)
    by_time = client.get(address, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    place.clock.advance(timedelta(minutes=1))
    fire(place.engine, HELEN, "class", course_class, "CHANGE", {"venue": "Room 9"})
    changed = client.get(address, headers=has)

    assert (same.status_code, by_time.status_code, changed.status_code) == (304, 304, 200)
    assert changed.last_modified > first.last_modified


def test_a_new_address_ends_the_old_one_and_it_can_be_switched_off(place, ann):
    client, old = place.app.test_client(), made(ann)
    new = made(ann)
    answers = [client.get(address).status_code for address in (old, new)]

    ann.post("/calendar", {}, to="/calendar/off")

    assert answers == [404, 200]
    assert client.get(new).status_code == 404
    assert "You have no address yet" in ann.page("/calendar")


def test_reloading_the_page_of_a_new_address_does_not_end_it(place, ann):
    shown = ann.post("/calendar", {"seen": ""}).text

    again = ann.post("/calendar", {"seen": ""})

    assert again.status_code == 303
    assert place.app.test_client().get(ADDRESS.search(shown)[0]).status_code == 200
    assert "Nothing has changed: an address was made" in ann.page("/calendar")


def test_only_the_hash_of_an_address_is_kept_and_the_page_never_shows_it_again(place, ann):
    address = made(ann)

    with database.reading(place.engine.database) as connection:
        kept = connection.execute(select(calendar_feeds)).mappings().one()
    assert address.removeprefix("/calendar/").removesuffix(".ics") not in str(dict(kept))
    assert ADDRESS.search(ann.page("/calendar")) is None
    assert "Make a new address" in ann.page("/calendar")


def test_whoever_may_not_sign_in_any_more_has_no_feed(place, ann):
    address = made(ann)

    with database.writing(place.engine.database) as connection:
        connection.execute(update(accounts).where(accounts.c.id == "acc-ann").values(active=False))

    assert place.app.test_client().get(address).status_code == 404


@pytest.mark.parametrize("token", ["x", "é", "AAAA", "A" * 48])
def test_an_address_that_we_did_not_make_is_refused_without_the_database(token):
    assert not feeds.ours("key", token)


def test_an_account_of_nobody_has_no_feed(place):
    sam = place.signed_in(SAM)

    shown = sam.page("/calendar")

    assert "not linked to a staff record" in shown


def test_a_feed_that_is_fetched_too_often_has_to_wait(clock):
    throttle = Throttle(most=2, span=timedelta(minutes=15))

    first = [throttle.admits("a", clock()) for _ in range(3)] + [throttle.admits("b", clock())]
    clock.advance(timedelta(minutes=15))

    assert (first, throttle.admits("a", clock())) == ([True, True, False, True], True)


def test_a_learner_sends_themselves_a_meeting_again_but_not_for_ever_nor_anybody_elses(place, ann):
    enrolment = enrol(place.engine, open_class(place.engine, place.clock), "ann")
    other = enrol(place.engine, open_class(place.engine, place.clock, days=40), "bob")
    northshire.sent(place.engine)

    answers = [ann.post("/", {}, to=f"/learning/meetings/{enrolment}/again").status_code for _ in range(6)]
    theirs = ann.post("/", {}, to=f"/learning/meetings/{other}/again").status_code

    assert (answers, theirs) == ([303] * 5 + [429], 404)
    assert len(northshire.letters(place.engine)) == 5


def test_of_a_class_that_has_started_nothing_is_sent_again(place):
    enrolment = enrol(place.engine, open_class(place.engine, place.clock, days=1), "ann")
    northshire.sent(place.engine)
    place.clock.advance(timedelta(days=2))
    ann = place.signed_in("ann")

    ann.post("/", {}, to=f"/learning/meetings/{enrolment}/again")

    assert "Nothing is sent. This class has started." in ann.page("/")
    assert northshire.letters(place.engine) == []
