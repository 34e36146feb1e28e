"""How far a learner is in one version of a course of several parts, taken over by another version's tree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scorm import carrying
from scorm.coupling import Learner
from scorm.course import Course, Shared
from scorm.runtime.session import Session
from scorm.sequencing.definition import Node, Organisation
from tests.trees import cluster, objective, sco

AT = "2026-11-22T09:00:00Z"
LEARNER = Learner(identifier="L7", name="Okafor, Ada")


def tree(*identifiers: str, root: str = "m", **settings: Any) -> Organisation:
    settings.setdefault("completion_by_content", True)
    return Organisation(root=cluster(root, *(sco(one, **settings) for one in identifiers)))


def opened(course: Course) -> Session:
    delivery = course.delivery(AT)
    assert delivery
    session = Session.open(delivery.launch, delivery.data)
    session.call("Initialize", [""], AT)
    return session


def halfway(organisation: Organisation) -> Course:
    """Complete the first part, and put the second aside on its page 7."""
    course = Course.begin(organisation, LEARNER, seed="1", shared=Shared())
    course.start()
    first = opened(course)
    for name, value in (("cmi.completion_status", "completed"), ("adl.nav.request", "continue")):
        first.call("SetValue", [name, value], AT)
    first.call("Terminate", [""], AT)
    course.terminated(first)
    second = opened(course)
    for name, value in (("cmi.location", "7"), ("cmi.exit", "suspend")):
        second.call("SetValue", [name, value], AT)
    second.call("Terminate", [""], AT)
    course.left(second)
    return course


def taken_over(course: Course, new: Organisation, **renamed: str) -> Course:
    """Have the course go on in another tree, by way of JSON as it is kept."""
    snapshot = json.loads(json.dumps(course.snapshot()))
    old = course.tree.organisation
    there = set(leaves(new.root))
    parts = {one: renamed.get(one, one) for one in leaves(old.root) if renamed.get(one, one) in there}
    return Course.restore(new, LEARNER, carrying.carried(snapshot, old, new, parts), shared=Shared())


def leaves(node: Node) -> list[str]:
    return [name for child in node.children for name in leaves(child)] or [node.identifier]


def completed(course: Course) -> list[str]:
    return [one.identifier for one in course.tree.activities if course.state.progress[one.primary].completion]


@pytest.mark.parametrize(
    "new", [tree("a", "b", "c"), tree("a", "b", "c", "d"), tree("z", "a", "b"), tree("a", "b", root="other")]
)
def test_a_course_goes_on_at_the_part_where_it_was_left(new: Organisation) -> None:
    course = taken_over(halfway(tree("a", "b", "c")), new)

    course.start()

    assert course.delivered == "b"
    assert opened(course).value("cmi.location") == "7"
    assert completed(course) == ["a"]


def test_a_part_under_another_name_takes_over_what_was_done_in_it() -> None:
    course = taken_over(halfway(tree("a", "b", "c")), tree("a", "beta", "c"), b="beta")

    course.start()

    assert (course.delivered, opened(course).value("cmi.location")) == ("beta", "7")


def test_where_its_part_is_gone_it_goes_on_at_the_last_one_that_was_played() -> None:
    course = taken_over(halfway(tree("a", "b", "c")), tree("a", "c", "d"))

    course.start()

    assert course.delivered == "a"
    assert completed(course) == ["a"]


def test_where_nothing_that_was_played_is_left_it_begins() -> None:
    course = taken_over(halfway(tree("a", "b", "c")), tree("x", "y"))

    course.start()

    assert course.delivered == "x"


def test_a_part_that_is_on_the_screen_can_still_report_afterwards() -> None:
    before = Course.begin(tree("a", "b"), LEARNER, seed="1", shared=Shared())
    before.start()
    session = opened(before)
    session.call("SetValue", ["cmi.location", "3"], AT)

    course = taken_over(before, tree("new", "a", "b"))
    course.left(session)
    course.start()

    assert (course.delivered, opened(course).value("cmi.location")) == ("a", "3")


def test_objectives_go_by_their_names() -> None:
    old = Organisation(root=cluster("m", sco("a", objectives=(objective("one"), objective("two")))))
    new = Organisation(root=cluster("m", sco("x"), sco("a", objectives=(objective("two"), objective("three")))))
    course = Course.begin(old, LEARNER, seed="1", shared=Shared())
    course.start()
    session = opened(course)
    for entry, status in ((0, "failed"), (1, "passed")):
        session.call("SetValue", [f"cmi.objectives.{entry}.success_status", status], AT)
    course.left(session)

    found = taken_over(course, new)

    slots = found.tree.activities[found.tree.numbers["a"]].slots
    assert {name: found.state.progress[slot].satisfied for name, slot in slots.items()} == {"two": True, "three": None}


def test_the_order_that_a_learner_was_given_stays_while_its_parts_do() -> None:
    course = halfway(tree("a", "b", "c"))
    shuffled = course.snapshot()
    shuffled["state"]["available"] = {"m": ["b", "a"]}
    old = course.tree.organisation

    kept = carrying.carried(shuffled, old, tree("a", "b", "d"), {"a": "a", "b": "b"})
    lost = carrying.carried(shuffled, old, tree("a", "d"), {"a": "a"})

    assert kept["state"]["available"] == {"m": ["b", "a"]}
    assert lost["state"]["available"] == {}


def test_only_parts_in_which_the_learner_has_been_count_as_played() -> None:
    assert carrying.played(halfway(tree("a", "b", "c")).snapshot(), frozenset("abc")) == {"a", "b"}
