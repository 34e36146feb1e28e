"""SCORM 1.2 packages of several SCOs, as courses."""

from dataclasses import replace

from scorm.coupling import Learner
from scorm.course import Click, Course, Shared
from scorm.packaging import items
from scorm.packaging.manifest import Item, Manifest
from scorm.sequencing.definition import Aspect
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


def paged() -> Item:
    below = (sco("a"), sco("b", prerequisites="h"))
    return Item(identifier="h", title="H", kind="sco", path="h.html", prerequisites="z", items=below)


def test_an_item_with_a_page_and_parts_plays_its_page_first() -> None:
    course = begun(sco("z"), paged())

    assert [(one.identifier, one.depth, one.leaf) for one in course.contents()][2:] == [
        ("h (parts)", 1, False), ("h", 2, True), ("a", 2, True), ("b", 2, True),
    ]  # fmt: skip
    assert [one.said for one in course.contents()][2:] == ["Open after you have finished “Z”."] * 4


def test_a_prerequisite_that_names_an_item_with_a_page_means_the_page() -> None:
    course = begun(sco("y"), replace(paged(), prerequisites=""))

    course.request(Click(Request.CHOICE, "h"))

    assert course.delivered == "h"
    assert course.contents()[-1].said == "Open after you have finished “H”."


def test_a_course_that_was_kept_before_its_page_was_played_goes_on_with_what_was_done() -> None:
    old = items.organisation(
        Manifest(identifier="pkg", items=(Item(identifier="h", title="H", items=(sco("a"), sco("b"))), sco("c")))
    )
    new = items.organisation(Manifest(identifier="pkg", items=(replace(paged(), prerequisites=""), sco("c"))))
    assert old is not None
    assert new is not None
    learner = Learner(identifier="l", name="L")
    before = Course.begin(old, learner, seed="1", shared=Shared())
    before.start()
    before.state.write(before.tree.activities[before.tree.numbers["a"]].primary, Aspect.COMPLETION, value=True)
    before.left()

    course = Course.restore(new, learner, before.snapshot(), shared=Shared())
    course.start()

    assert [(one.identifier, one.completed) for one in course.contents() if one.completed] == [("a", True)]
    assert course.delivered == "a"


def test_nothing_to_launch_makes_no_course() -> None:
    assert items.organisation(Manifest(items=(Item(identifier="h", title="H"),))) is None
