"""SCORM 1.2 packages of several SCOs, as courses."""

from scorm import items
from scorm.coupling import Learner
from scorm.course import Click, Course, Shared
from scorm.manifest import Item, Manifest
from scorm.sequencing.requests import Request


def sco(identifier: str, **more: object) -> Item:
    return Item(identifier=identifier, title=identifier.upper(), kind="sco", path=f"{identifier}.html", **more)


def begun(*contents: Item) -> Course:
    organisation = items.organisation(Manifest(identifier="pkg", title="Safety", items=contents))
    assert organisation is not None
    course = Course.begin(organisation, Learner(identifier="l", name="L"), seed="1", shared=Shared())
    course.start()
    return course


def test_headings_become_clusters_and_empty_ones_are_left_out() -> None:
    heading = Item(identifier="h", title="H", items=(sco("a"), sco("b", suffix="?x=1")))
    course = begun(heading, Item(identifier="empty", title="E"), sco("c", mastery_score="80"))

    assert [(one.identifier, one.depth, one.leaf) for one in course.contents()] == [
        ("pkg (course)", 0, False), ("h", 1, False), ("a", 2, True), ("b", 2, True), ("c", 1, True),
    ]  # fmt: skip
    assert course.delivered == "a"
    assert course.tree.activities[3].node.parameters == "?x=1"


def test_what_is_locked_stays_so_until_its_prerequisite_is_met() -> None:
    course = begun(sco("a"), sco("b", prerequisites="a"))

    assert [one.why is None for one in course.contents()] == [True, True, False]


def test_an_asset_is_done_when_it_was_opened() -> None:
    asset = Item(identifier="x", title="X", kind="asset", path="x.pdf")
    course = begun(asset, sco("b"))

    course.request(Click(Request.CONTINUE))

    assert course.contents()[1].completed is True
    assert course.contents()[1].satisfied is None


def test_a_prerequisite_that_cannot_be_read_is_said() -> None:
    manifest = Manifest(items=(sco("a"), sco("b", prerequisites="((")))

    assert items.doubts(manifest) == ("The prerequisites '((' of item 'b' cannot be read and lock nothing.",)


def test_a_prerequisite_that_nothing_can_meet_locks_nothing_and_is_said() -> None:
    contents = (sco("a"), Item(identifier="h", title="H", items=(sco("b"),), prerequisites="a & gone"))

    open_now = [one.why is None for one in begun(*contents).contents()]

    assert all(open_now)
    assert items.doubts(Manifest(items=contents)) == (
        "The prerequisites 'a & gone' of item 'h' ask for 'gone', which the course does not have, and lock nothing.",
    )


def test_units_of_aicc_make_a_course_wherever_they_are() -> None:
    here = Item(identifier="A1", title="One", kind="au", path="one.html")
    there = Item(identifier="A2", title="Two", kind="au", url="https://learning.example/two", prerequisites="A1")

    organisation = items.course(Manifest(edition="AICC 4.0", items=(here, there)))

    assert organisation is not None
    assert (organisation.edition, [one.identifier for one in organisation.root.children]) == ("AICC", ["A1", "A2"])
    assert items.course(Manifest(edition="AICC 4.0", items=(here,))) is None


def test_a_page_of_an_item_with_parts_beneath_it_is_said_to_be_left_out() -> None:
    manifest = Manifest(items=(Item(identifier="h", title="H", path="h.html", items=(sco("a"),)), sco("b")))

    assert items.doubts(manifest) == (
        "Item 'h' has a page of its own and parts beneath it: only the parts are played.",
    )


def test_nothing_to_launch_makes_no_course() -> None:
    assert items.organisation(Manifest(items=(Item(identifier="h", title="H"),))) is None
