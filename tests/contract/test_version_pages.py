"""The pages of versions, on both databases: upload, compare, publish, move, undo, roll back, remove."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.clock import FrozenClock
from tests.northshire import HELEN
from tests.played import BEGIN, END, EXIT, STATUS, put
from tests.versions import Shelf, package, part, shelf_of
from tests.workplace import ELSEWHERE, SAM, workplace_on

HALF = (BEGIN, put("cmi.core.lesson_location", "7"), put(EXIT, "suspend"), END)
LATER = timedelta(hours=1)
MOVE = {"scope": "all", "progress": "keep", "reason": "It is corrected"}


@pytest.fixture
def shelf(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Shelf]:
    place = workplace_on(database_url, clock, tmp_path)
    yield shelf_of(place)
    place.engine.database.dispose()


def page(shelf: Shelf, address: str) -> str:
    return shelf.place.signed_in(HELEN).page(address)


def post(shelf: Shelf, address: str, data: dict[str, Any], to: str = "") -> TestResponse:
    return shelf.place.signed_in(HELEN).post(address, data, to=to)


def in_one_line(answer: TestResponse) -> str:
    return " ".join(answer.text.split())


def test_packages_are_listed_with_their_published_version(shelf: Shelf) -> None:
    empty = shelf.place.signed_in(ELSEWHERE).page("/packages/")
    shelf.newer()

    listed = page(shelf, "/packages/")

    assert "There are no packages yet." in empty
    assert "Fire safety" in listed
    assert "Packages and their versions" in page(shelf, "/classes/")


def test_a_zip_is_uploaded_as_a_draft_and_what_it_changes_is_shown(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(*HALF)
    zipped = (io.BytesIO(shelf.place.zipped()), "course.zip")

    answer = post(shelf, f"/packages/{shelf.first}/versions", {"package": zipped})
    shown = page(shelf, answer.location)

    assert answer.status_code == 303
    assert "Draft" in shown
    assert "What is different from version 1" in shown
    assert " new: " in shown
    assert "Version 1: 1 attempt goes on" in shown
    assert page(shelf, f"/packages/{shelf.first}/versions").count("Version 2") == 1


def test_what_cannot_be_used_as_a_version_says_why_beside_the_form(shelf: Shelf) -> None:
    address = f"/packages/{shelf.first}/versions"
    broken = (io.BytesIO(b"no zip at all"), "course.zip")

    nothing, refused = (post(shelf, address, one) for one in ({}, {"package": broken}))
    post(shelf, address, {"package": (io.BytesIO(shelf.place.zipped()), "course.zip")})
    twice = post(shelf, address, {"package": (io.BytesIO(shelf.place.zipped()), "course.zip")})

    assert [one.status_code for one in (nothing, refused, twice)] == [422, 422, 422]
    assert "Choose a zip file." in nothing.text
    assert "This version cannot be used, and nothing was changed" in in_one_line(refused)
    assert "exactly the contents of version 2 of this package" in in_one_line(twice)


def test_publishing_asks_for_a_comment_and_says_what_happens(shelf: Shelf) -> None:
    draft = shelf.upload(package(shelf.place, part(mastery_score="80"), text="newer"))
    address = f"/packages/{draft}/version"

    without = post(shelf, address, {"reason": " "}, to=f"/packages/{draft}/publish")
    done = post(shelf, address, {"reason": "A pass mark"}, to=f"/packages/{draft}/publish")
    twice = post(shelf, f"/packages/{draft}/versions", {"reason": "Again"}, to=f"/packages/{draft}/publish")

    assert without.status_code == 422
    assert "Say why: it is kept with your name." in without.text
    assert "its pass mark is “80”; it was not set." in in_one_line(without)
    assert done.status_code == 303
    assert "New attempts begin on version 2" in page(shelf, done.location)
    assert (twice.status_code, "Nothing has changed." in twice.text) == (422, True)


def test_attempts_are_moved_with_a_result_for_each_and_back(shelf: Shelf) -> None:
    ann, bob = shelf.enrolled("ann", "bob")
    ann.play(*HALF)
    shelf.place.clock.advance(LATER)
    bob.play(BEGIN)
    second = shelf.newer()
    address = f"/packages/{second}/attempts"

    listed = page(shelf, address)
    moved = post(shelf, address, MOVE)
    results = page(shelf, moved.location)
    helen = shelf.place.signed_in(HELEN)
    undone = helen.post(moved.location, {"attempt": ann.attempt}, to=f"{moved.location}/undo")
    after = helen.page(undone.location)

    assert listed.count("Can be kept") >= 2
    assert "May be open" in listed
    assert "2 in all: 2 with progress, 0 afresh; 1 of them when opened next, 0 undone; 0 could not be moved." in results
    assert "When it is opened next" in results
    assert "Helen Marsh" in results
    assert "1 undone." in after
    assert shelf.attempt("ann").package == shelf.first
    assert "It is corrected" in page(shelf, f"/packages/{shelf.first}/versions")


def test_all_that_was_moved_is_undone_at_once_but_for_what_was_played_since(shelf: Shelf) -> None:
    ann, bob = shelf.enrolled("ann", "bob")
    ann.play(*HALF)
    bob.play(*HALF)
    shelf.place.clock.advance(LATER)
    order = shelf.move(shelf.newer())
    bob.play(BEGIN)

    helen = shelf.place.signed_in(HELEN)
    answer = helen.post(f"/packages/moves/{order}", {}, to=f"/packages/moves/{order}/undo")

    assert "1 undone. 1 could not be: It has been played since." in helen.page(answer.location)


def test_a_form_that_says_too_little_is_told_what_is_missing(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(*HALF)
    address = f"/packages/{shelf.newer()}/attempts"

    nothing = post(shelf, address, {})
    nobody = post(shelf, address, {**MOVE, "scope": "chosen"})
    one = post(shelf, address, {**MOVE, "scope": "chosen", "attempt": ann.attempt})

    assert [answer.status_code for answer in (nothing, nobody, one)] == [422, 422, 303]
    assert "Choose which attempts are moved." in nothing.text
    assert "Tick at least one attempt, or choose others." in nobody.text


def test_where_nothing_can_be_moved_the_page_says_so(shelf: Shelf) -> None:
    second = shelf.newer()

    listed, order = page(shelf, f"/packages/{second}/attempts"), shelf.move(second)

    assert "No attempt that you look after goes on with another version" in listed
    assert "No attempt was moved" in page(shelf, f"/packages/moves/{order}")


def test_rolling_back_asks_why_and_the_attempts_of_the_newer_one_can_be_moved_back(shelf: Shelf) -> None:
    second = shelf.newer()
    (ann,) = shelf.enrolled("ann")
    ann.play(*HALF)
    address = f"/packages/{shelf.first}/version"

    offered = page(shelf, address)
    done = post(shelf, address, {"reason": "It does not report"}, to=f"/packages/{shelf.first}/roll-back")
    line = page(shelf, done.location)

    assert "Roll back to this version" in offered
    assert "New attempts begin on version 1" in line
    assert "1 attempt goes on with another version: move it to version 1" in line
    assert shelf.attempt("ann").package == second


def test_removing_says_who_needs_it_and_else_removes(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(BEGIN, put(STATUS, "completed"), END)
    second, draft = shelf.newer(), shelf.upload(package(shelf.place, text="wrong"))

    needed, published = (page(shelf, f"/packages/{one}/remove") for one in (shelf.first, second))
    without = post(shelf, f"/packages/{draft}/remove", {"reason": ""})
    done = post(shelf, f"/packages/{draft}/remove", {"reason": "The wrong file"})
    forced = post(shelf, f"/packages/{draft}/versions", {"reason": "Old"}, to=f"/packages/{shelf.first}/remove")

    assert "It cannot be removed: 1 ended on it and can be looked at again." in needed
    assert "This is the published version: publish another one first." in published
    assert (without.status_code, done.status_code, forced.status_code) == (422, 303, 422)
    assert "Removed" in page(shelf, done.location)
    assert "Its files were removed." in page(shelf, f"/packages/{draft}/version")
    assert "It was removed before." in page(shelf, f"/packages/{draft}/remove")


def test_the_pages_are_of_the_trust_and_of_those_who_look_after_learning(shelf: Shelf) -> None:
    order = shelf.move(shelf.newer())
    addresses = [f"/packages/{shelf.first}{end}" for end in ("/versions", "/version", "/attempts", "/remove")]

    other = [shelf.place.signed_in(ELSEWHERE).get(one).status_code for one in [*addresses, f"/packages/moves/{order}"]]
    without = [shelf.place.signed_in(SAM).get(one).status_code for one in addresses]

    assert set(other) == {404}
    assert set(without) == {403}
