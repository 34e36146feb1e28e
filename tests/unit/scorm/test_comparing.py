"""What differs between two versions of a package, and how much of a learner's progress the newer one takes over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scorm.packaging.comparing import Contents, Keeps, compare
from scorm.packaging.manifest import Item, Manifest
from scorm.sequencing.definition import Node, Organisation, Settings

PAGES = {"a.html": "1", "b.html": "2"}
PROGRAM = {**PAGES, "lib/run.js": "9"}


def part(identifier: str = "a", **more: Any) -> Item:
    return Item(
        **{"identifier": identifier, "title": identifier.upper(), "kind": "sco", "path": f"{identifier}.html", **more}
    )


def version(*parts: Item, edition: str = "1.2", files: dict[str, str] | None = None, **more: Any) -> Contents:
    manifest = Manifest(
        standard="SCORM", edition=edition, identifier="m", title="Fire", items=parts or (part(),), **more
    )
    return Contents(manifest=manifest, files=PROGRAM if files is None else files)


def sequenced(*identifiers: str, **settings: Any) -> Contents:
    nodes = tuple(
        Node(identifier=one, title=one.upper(), resource="r", settings=Settings(**settings)) for one in identifiers
    )
    root = Node(identifier="root", title="Fire", settings=Settings(), children=nodes)
    course = Organisation(root=root, edition="2004 4th Edition").as_record()
    return version(*map(part, identifiers), edition="2004 4th Edition", course=course)


def test_of_the_same_contents_all_is_kept_and_there_is_nothing_to_say() -> None:
    found = compare(version(), version())

    assert (found.keeps, found.says) == (Keeps.ALL, ())
    assert found.reasons == ("Its programs (1 file) are the same, so that it reads what it wrote before.",)


def test_files_are_counted_by_what_became_of_them() -> None:
    found = compare(version(), version(files={"a.html": "1", "b.html": "3", "lib/run.js": "9", "c.png": "4"}))
    less = compare(version(), version(files={"a.html": "1", "lib/run.js": "9"}))

    assert (found.new_files.names, found.changed_files.names, found.lost_files.count) == (("c.png",), ("b.html",), 0)
    assert less.lost_files.names == ("b.html",)


def test_parts_are_told_as_new_gone_or_changed() -> None:
    old = version(part("a", mastery_score="80"), part("b"))
    new = version(part("a", title="Alarm", mastery_score="60"), part("c"))

    found = compare(old, new)

    assert (found.added, found.removed, dict(found.parts)) == (("c",), ("b",), {"a": "a"})
    assert "“C” is new (item c, c.html)." in found.says
    assert "“B” is gone (item b, b.html)." in found.says
    assert "“A”: its pass mark is “60”; it was “80”." in found.says
    assert "“A”: its title is “Alarm”; it was “A”." in found.says


def test_a_part_under_another_identifier_is_known_by_its_page_and_nobody_is_sure() -> None:
    found = compare(version(part("a")), version(part("z", path="a.html")))

    assert dict(found.parts) == {"a": "z"}
    assert found.keeps is Keeps.UNKNOWN
    assert "“A” has another identifier, so that nobody can be sure that it is the same part." in found.reasons


def test_a_page_that_two_parts_open_tells_none_from_the_other() -> None:
    old = version(part("a", path="p.html"), part("b", path="p.html"))
    new = version(part("c", path="p.html"), part("d", path="p.html"))

    assert dict(compare(old, new).parts) == {}


def test_a_part_with_another_first_page_is_doubtful() -> None:
    found = compare(version(part("a")), version(part("a", path="b.html")))

    assert found.keeps is Keeps.UNKNOWN
    assert found.keeps_of(()) is Keeps.ALL


def test_how_much_is_kept_depends_on_where_the_learner_has_been() -> None:
    found = compare(version(part("a"), part("b"), part("c")), version(part("a"), part("b")))

    assert [found.keeps_of(one) for one in (["a"], ["a", "c"], ["c"])] == [Keeps.ALL, Keeps.PART, Keeps.NONE]
    assert found.keeps is Keeps.PART


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (version(), version(edition="2004 4th Edition"), "It speaks SCORM 2004 4th Edition instead of SCORM 1.2"),
        (version(), version(edition="AICC"), "It speaks SCORM AICC instead of"),
        (version(), version(part("a"), part("b")), "It was one part and is several now"),
    ],
)
def test_what_speaks_or_is_built_otherwise_keeps_nothing(old: Contents, new: Contents, why: str) -> None:
    found = compare(old, new)

    assert (found.keeps, found.keeps_of(["a"])) == (Keeps.NONE, Keeps.NONE)
    assert found.reasons[0].startswith(why)


@pytest.mark.parametrize(
    ("old", "new", "keeps", "why"),
    [
        ({"a.html": "1", "x.js": "1"}, {"a.html": "2", "x.js": "1"}, Keeps.ALL, "Its programs (1 file) are the same"),
        (
            {"x.js": "1", "y.js": "1"},
            {"x.js": "2", "y.js": "1"},
            Keeps.UNKNOWN,
            "Of its programs 1 file changed (x.js)",
        ),
        ({"a.html": "1"}, {"a.html": "1", "b.png": "2"}, Keeps.ALL, "Its pages that begin are the same"),
        ({"a.html": "1"}, {"a.html": "2"}, Keeps.UNKNOWN, "It has no program of its own to compare"),
        (
            {"story.html": "1"},
            {"a/CPM.js": "1"},
            Keeps.NONE,
            "It was made with Adobe Captivate instead of Articulate Sto",
        ),
        (
            {"story.html": "1", "html5/lib/run.js": "1", "html5/data/js/slide.js": "1"},
            {"story.html": "1", "html5/lib/run.js": "1", "html5/data/js/slide.js": "2"},
            Keeps.ALL,
            "Its programs of Articulate Storyline (1 file) are the same",
        ),
        (
            {"story.html": "1", "html5/lib/run.js": "1"},
            {"story.html": "1", "html5/lib/run.js": "2"},
            Keeps.UNKNOWN,
            "Of its programs of Articulate Storyline 1 file changed",
        ),
    ],
)
def test_whether_it_reads_what_was_kept_goes_by_its_programs(
    old: dict[str, str], new: dict[str, str], keeps: Keeps, why: str
) -> None:
    found = compare(version(files=old), version(files=new))

    assert found.keeps is keeps
    assert found.reasons[0].startswith(why)


def test_rules_and_order_of_a_sequenced_course_are_told() -> None:
    rules = compare(sequenced("a", "b"), sequenced("a", "b", attempt_limit=2))
    order = compare(sequenced("a", "b"), sequenced("b", "a"))

    assert "The rules of “A” (sequencing, objectives, pass mark) are others." in rules.says
    assert order.says == ("The parts come in another order.",)


def test_another_title_and_edition_are_told() -> None:
    old, new = sequenced("a"), sequenced("a")
    other = replace(new, manifest=replace(new.manifest, title="Fires", edition="2004 3rd Edition"))

    found = compare(old, other)

    assert found.says[:2] == (
        "It is SCORM 2004 3rd Edition; it was SCORM 2004 4th Edition.",
        "It is called “Fires”; it was called “Fire”.",
    )
    assert found.as_dict()["keeps"] == "all"
