"""Both data models: every element against every way in which a SCO may ask for it, as the books say."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from scorm.runtime import elements
from tests import scorm_book12, scorm_book2004, scorm_sheet

BOOKS = [scorm_book12.BOOK, scorm_book2004.BOOK]


def table_of(book):
    text = resources.files("scorm").joinpath("model", f"{book.launch.model}.json").read_text("utf-8")
    return json.loads(text)


def seen(changed, book, about):
    """Say whether a changed table is told from the book; one that cannot even be asked is."""
    try:
        return any(scorm_sheet.faults(elements.stated("changed", changed), changed, book, about))
    except (LookupError, ValueError):
        return True


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.launch.model)
def test_the_table_says_what_the_book_says(book):
    table = table_of(book)

    assert list(scorm_sheet.faults(elements.model(book.launch.model), table, book)) == []


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.launch.model)
def test_no_small_change_of_the_table_goes_unseen(book):
    changes = list(scorm_sheet.mutations(table_of(book)))

    unseen = [what for what, changed, about in changes if not seen(changed, book, about)]

    assert unseen == []
    assert len(changes) > len(table_of(book)["elements"]) * 3
