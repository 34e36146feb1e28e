"""Those on a class, in pages on both databases: in the same order as whole, and found by name."""

from __future__ import annotations

import re

import pytest

from tests import northshire
from tests.northshire import HELEN, TRUST
from tests.workplace import workplace_on
from workflows.learning import class_pages, class_people, pages
from workflows.learning.pages import Wanted
from workflows.learning.records import EnrolmentState


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    place.engine.database.dispose()


@pytest.fixture
def crowded(place):
    """A class with two places taken, two on the waitlist and one who withdrew."""
    key = northshire.open_class(place.engine, place.clock, maximum=2)
    for name in ("dan", "bob", "cat", "ann"):
        northshire.enrol(place.engine, key, name)
    gone = northshire.enrol(place.engine, key, "eve")
    northshire.fire(place.engine, HELEN, "enrolment", gone, "WITHDRAW")
    return key


def test_the_pages_of_those_on_a_class_are_the_whole_list_in_its_order(place, crowded):
    seen, cursor = [], None
    with place.engine.reading() as connection:
        while True:
            wanted = Wanted(cursor=cursor, limit=2)
            page = class_people.page(connection, TRUST, crowded, wanted, northshire.SITE)
            seen += page.found
            if (cursor := page.next) is None:
                break
        whole = pages.enrolments_on(connection, TRUST, crowded, northshire.SITE)
        counts = class_people.counts(connection, TRUST, crowded)

    assert seen == list(whole)
    assert [counts[state] for state in (EnrolmentState.CONFIRMED, EnrolmentState.WAITLISTED)] == [2, 2]
    assert (counts[EnrolmentState.WITHDRAWN], counts[EnrolmentState.ATTENDED]) == (1, 0)


def test_a_long_class_is_searched_and_leads_on_from_page_to_page(place, crowded, monkeypatch):
    monkeypatch.setattr(class_pages, "_PEOPLE", 3)
    helen = place.signed_in(HELEN)

    first = helen.page(f"/classes/{crowded}")
    following = re.search(r'href="(/classes/[^"]*after=[^"]*)"', first)
    found, none = helen.page(f"/classes/{crowded}?q=CAT"), helen.page(f"/classes/{crowded}?q=zoe")

    assert "Search by name or e-mail address" in first
    assert (">Ann<" in first, ">Ann<" in helen.page(following[1].replace("&amp;", "&"))) == (False, True)
    assert (">Cat<" in found, ">Bob<" in found) == (True, False)
    assert "Nobody on this class matches what you look for." in none


def test_the_page_of_an_e_learning_says_how_far_each_has_come(place, tmp_path):
    enrolment = place.e_learning(tmp_path, "ann")["ann"]
    with place.engine.reading() as connection:
        key = pages.enrolment(connection, TRUST, enrolment, northshire.SITE).course_class.id

    page = place.signed_in(HELEN).page(f"/classes/{key}")

    assert "Result" in page
    assert "Not started" in page
