"""Versions of a package, on both databases: uploaded, published, rolled back, removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from engine.errors import Conflict, Invalid, Missing, NotAllowed, NotDeclared, Refused
from scorm import blobs, library
from tests.clock import FrozenClock
from tests.northshire import HELEN, TRUST
from tests.played import BEGIN, END, EXIT, STATUS, put
from tests.versions import Shelf, package, part, shelf_of
from tests.workplace import SAM, workplace_on
from workflows.learning import version_store, versioning
from workflows.learning.attempts import store as rules
from workflows.learning.attempts.rules import Change, Scope
from workflows.learning.tables import offerings
from workflows.learning.version import VersionState
from workflows.learning.version_store import Usage


@pytest.fixture
def shelf(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Shelf]:
    place = workplace_on(database_url, clock, tmp_path)
    yield shelf_of(place)
    place.engine.database.dispose()


def test_a_package_without_a_newer_one_is_its_own_first_version(shelf: Shelf) -> None:
    line = shelf.line()

    assert [(one.number, one.state, one.id) for one in line.versions] == [(1, VersionState.PUBLISHED, None)]
    assert line.offered == ("Fire online",)


def test_a_newer_version_is_a_draft_and_changes_nothing_until_it_is_published(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    draft = shelf.upload(package(shelf.place, text="newer"))

    ann.play(BEGIN)

    assert [(one.number, one.state) for one in shelf.line().versions] == [
        (2, VersionState.DRAFT),
        (1, VersionState.PUBLISHED),
    ]
    assert shelf.attempt("ann").package == shelf.first
    assert shelf.line().version(draft).usage == Usage()


def test_no_offering_is_made_of_a_version_that_is_not_published(shelf: Shelf) -> None:
    draft = shelf.upload(package(shelf.place, text="newer"))

    with shelf.place.engine.reading() as connection:
        version_store.require_published(connection, TRUST, shelf.first)
        with pytest.raises(Invalid, match="Version 2 of this package is not the published one"):
            version_store.require_published(connection, TRUST, draft)


def test_new_attempts_begin_on_the_published_version_and_running_ones_stay(shelf: Shelf) -> None:
    ann, bob = shelf.enrolled("ann", "bob")
    ann.play(BEGIN, put(EXIT, "suspend"), END)

    second = shelf.newer()
    ann.play(BEGIN)
    bob.play(BEGIN)

    assert (shelf.attempt("ann").package, shelf.attempt("bob").package) == (shelf.first, second)
    assert {one.number: one.usage.going_on for one in shelf.line().versions} == {1: 1, 2: 1}


def test_an_attempt_that_ended_keeps_pointing_to_what_was_played(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(BEGIN, put(STATUS, "completed"), END)

    shelf.newer()

    assert shelf.attempt("ann").package == shelf.first
    assert shelf.line().version(shelf.first).usage == Usage(going_on=0, over=1)


def test_rolling_back_publishes_the_earlier_version_again(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    second = shelf.newer()

    shelf.roll_back(shelf.first)
    ann.play(BEGIN)

    assert {one.package: str(one.state) for one in shelf.line().versions} == {
        second: "RETIRED",
        shelf.first: "PUBLISHED",
    }
    assert shelf.attempt("ann").package == shelf.first
    assert shelf.line().published.comment == "The newer one does not report"


def test_publishing_needs_a_comment_and_the_role_for_all_who_offer_it(shelf: Shelf) -> None:
    draft = shelf.upload(package(shelf.place, text="newer"))

    with pytest.raises(Refused), shelf.place.engine.transaction(HELEN) as tx:
        versioning.publish(tx, TRUST, draft, "  ")
    with pytest.raises(NotAllowed), shelf.place.engine.transaction(SAM) as tx:
        versioning.publish(tx, TRUST, draft, "Now")

    assert shelf.line().published.package == shelf.first


def test_what_is_published_is_not_published_again(shelf: Shelf) -> None:
    second = shelf.newer()

    with pytest.raises(NotDeclared), shelf.place.engine.transaction(HELEN) as tx:
        versioning.publish(tx, TRUST, second, "Again")

    assert shelf.line().published.package == second


def test_the_same_contents_are_no_new_version(shelf: Shelf) -> None:
    second = package(shelf.place, text="newer")
    shelf.upload(second)
    other = shelf_of(shelf.place, text="another course")

    with pytest.raises(Refused, match="version 2 of this package"):
        shelf.upload(second)
    with pytest.raises(Refused, match="in use already"):
        shelf.upload(package(shelf.place, text="another course"))
    with pytest.raises(Refused, match="of another package"):
        other.upload(second)
    with pytest.raises(Missing), shelf.place.engine.transaction(HELEN) as tx:
        versioning.upload(tx, TRUST, "0" * 64, second)


def test_a_version_that_attempts_need_is_not_removed_and_it_says_how_many(shelf: Shelf) -> None:
    ann, bob = shelf.enrolled("ann", "bob")
    ann.play(BEGIN, put(STATUS, "completed"), END)
    bob.play(BEGIN)
    shelf.newer()

    with pytest.raises(Refused) as refusal, shelf.place.engine.transaction(HELEN) as tx:
        versioning.remove(tx, TRUST, shelf.first, "Old")

    assert "1 attempt goes on with it" in refusal.value.sentence
    assert "1 ended on it" in refusal.value.sentence


def test_the_published_version_is_not_removed(shelf: Shelf) -> None:
    second = shelf.newer()

    with pytest.raises(NotDeclared), shelf.place.engine.transaction(HELEN) as tx:
        versioning.remove(tx, TRUST, second, "Old")


def test_the_files_of_a_removed_version_go_after_an_hour_unless_they_are_shared(shelf: Shelf) -> None:
    engine, folder = shelf.place.engine, shelf.place.settings.blobs
    draft = shelf.upload(package(shelf.place, text="newer"))
    with engine.reading() as connection:
        files = library.files_of(connection, TRUST, draft)
    for digest in files.values():
        os.utime(blobs.place(folder, digest), (0, 0))
    with engine.transaction(HELEN) as tx:
        versioning.remove(tx, TRUST, draft, "It was the wrong file")

    at_once = versioning.sweep(engine, folder)
    shelf.place.clock.advance(timedelta(hours=2))
    later = versioning.sweep(engine, folder)

    assert (at_once, later) == (0, 1)
    assert not blobs.place(folder, files["index.html"]).exists()
    assert blobs.place(folder, files["course.js"]).exists()
    assert versioning.sweep(engine, folder) == 0


def test_what_was_removed_can_be_uploaded_again(shelf: Shelf) -> None:
    engine = shelf.place.engine
    draft = shelf.upload(package(shelf.place, text="newer"))
    with engine.transaction(HELEN) as tx:
        versioning.remove(tx, TRUST, draft, "It was the wrong file")
    shelf.place.clock.advance(timedelta(hours=2))
    versioning.sweep(engine, shelf.place.settings.blobs)

    again = shelf.upload(package(shelf.place, text="newer"))

    with engine.reading() as connection:
        files = library.files_of(connection, TRUST, again)
    assert again == draft
    assert shelf.line().version(again).state is VersionState.DRAFT
    assert sorted(files) == ["course.js", "index.html"]


def test_no_package_has_two_published_versions_whoever_is_first(shelf: Shelf) -> None:
    draft = shelf.upload(package(shelf.place, text="newer"))
    table = version_store.package_versions
    forced = update(table).where(table.c.package == draft).values(state=VersionState.PUBLISHED)

    with pytest.raises(Conflict), shelf.place.engine.transaction(HELEN) as tx:
        tx.connection.execute(forced)

    assert shelf.line().published.package == shelf.first


def test_every_offering_of_a_package_follows_it(shelf: Shelf) -> None:
    with shelf.place.engine.transaction(HELEN) as tx:
        row = tx.connection.execute(select(offerings).where(offerings.c.package == shelf.first)).mappings().one()
        tx.connection.execute(offerings.insert().values({**row, "id": "again", "title": "Again"}))

    second = shelf.newer(part(), text="newer")

    with shelf.place.engine.reading() as connection:
        offered = version_store.offered(connection, TRUST, [second])
    assert offered == ("Again", "Fire online")


def test_the_rules_of_attempts_of_a_package_hold_for_its_newer_version(shelf: Shelf) -> None:
    with shelf.place.engine.transaction(HELEN) as tx:
        change = Change(name="most", value="2")
        rules.change(tx.connection, TRUST, Scope.PACKAGE, shelf.first, [change], by=HELEN, now=tx.now)

    second = shelf.newer()

    with shelf.place.engine.reading() as connection:
        said = rules.said(connection, TRUST, Scope.PACKAGE, second)
    assert said == {"most": "2"}
