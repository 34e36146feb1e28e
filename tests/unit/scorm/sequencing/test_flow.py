"""Continue, Previous and Start: SN [SB.2.1] to [SB.2.3], [SB.2.5], [SB.2.7] and [SB.2.8]."""

import pytest

from scorm.sequencing.definition import Action
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from tests.trees import Walk, cluster, rule, sco


def two_modules(**settings: object) -> Walk:
    return Walk(cluster("root", cluster("m", sco("a"), sco("b")), cluster("n", sco("c"), sco("d"), **settings)))


def test_continue_goes_through_every_leaf_in_order_and_then_ends_the_session() -> None:
    walk = two_modules()

    visited = [walk.start(), walk.forward(), walk.forward(), walk.forward()]
    end = walk.ask(Request.CONTINUE)

    assert visited == ["a", "b", "c", "d"]
    assert (end.over, walk.state.current) == (True, None)


def test_previous_goes_back_into_the_last_leaf_of_the_cluster_before() -> None:
    walk = two_modules()
    walk.start()
    walk.choose("c")

    assert walk.back() == "b"


def test_previous_into_a_forward_only_cluster_begins_it_from_its_first_leaf() -> None:
    walk = Walk(cluster("root", cluster("m", sco("a"), sco("b"), forward_only=True), sco("c")))
    walk.start()
    walk.choose("c")

    assert walk.back() == "a"


def test_a_forward_only_cluster_whose_every_leaf_is_skipped_is_passed_backward() -> None:
    skipped = cluster(
        "m", sco("a", rules=(rule(Action.SKIP),)), sco("b", rules=(rule(Action.SKIP),)), forward_only=True
    )
    walk = Walk(cluster("root", sco("x"), skipped, sco("c")))
    walk.start()
    walk.choose("c")

    assert walk.back() == "x"


def test_nobody_goes_back_inside_a_forward_only_cluster() -> None:
    walk = two_modules(forward_only=True)
    walk.start()
    walk.choose("d")

    assert walk.refused(Request.PREVIOUS) == "NB.2.1-5"


def test_nothing_comes_before_the_first_leaf() -> None:
    walk = two_modules()
    walk.start()

    assert walk.refused(Request.PREVIOUS) == "SB.2.1-3"


@pytest.mark.parametrize("request_", [Request.CONTINUE, Request.PREVIOUS])
def test_without_flow_there_is_no_way_on_by_itself(request_: Request) -> None:
    walk = Walk(cluster("root", cluster("m", sco("a"), sco("b"), flow=False)))
    walk.choose("b")

    assert walk.refused(request_) in ("NB.2.1-4", "NB.2.1-5")
    assert walk.open == "b"


def test_flow_stops_before_a_cluster_that_does_not_flow_and_what_was_open_has_ended() -> None:
    walk = Walk(cluster("root", sco("a"), cluster("m", sco("b"), flow=False)))
    walk.start()

    assert walk.refused(Request.CONTINUE) == "SB.2.2-1"
    assert walk.open is None
    assert walk.status("a") == (True, True)


def test_skipped_activities_are_passed_and_disabled_ones_stop_the_flow() -> None:
    skipping, disabled = sco("b", rules=(rule(Action.SKIP),)), sco("c", rules=(rule(Action.DISABLED),))
    walk = Walk(cluster("root", sco("a"), skipping, disabled))
    walk.start()

    assert walk.refused(Request.CONTINUE) == "SB.2.2-2"


def test_start_delivers_a_course_of_one_leaf_and_cannot_begin_twice() -> None:
    walk = Walk(sco("only"))

    assert walk.start() == "only"
    assert walk.refused(Request.START) == "NB.2.1-1"


def test_start_of_a_course_that_does_not_flow_delivers_nothing_and_says_why() -> None:
    walk = Walk(cluster("root", sco("a"), sco("b"), flow=False))

    assert walk.refused(Request.START) == "SB.2.2-1"
    assert walk.choose("b") == "b"


def test_a_cluster_without_available_children_cannot_be_entered() -> None:
    walk = Walk(cluster("root", sco("a"), cluster("m", sco("b"))))
    walk.state.available[walk.tree.numbers["m"]] = ()
    walk.start()

    assert walk.refused(Request.CONTINUE) == "SB.2.1-2"


def test_going_back_into_a_cluster_without_available_children_is_refused() -> None:
    walk = Walk(cluster("root", cluster("m", sco("b")), sco("a")))
    walk.choose("a")
    walk.state.available[walk.tree.numbers["m"]] = ()

    assert walk.refused(Request.PREVIOUS) == "SB.2.1-2"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Request.CONTINUE, "NB.2.1-2"),
        (Request.PREVIOUS, "NB.2.1-2"),
        (Request.EXIT, "NB.2.1-2"),
        (Request.EXIT_ALL, "NB.2.1-2"),
        (Request.SUSPEND_ALL, "NB.2.1-2"),
        (Request.ABANDON, "NB.2.1-2"),
        (Request.ABANDON_ALL, "NB.2.1-2"),
        (Request.JUMP, "NB.2.1-2"),
        (Request.RESUME_ALL, "NB.2.1-3"),
    ],
)
def test_before_anything_is_open_only_a_beginning_is_valid(request_: Request, code: str) -> None:
    assert two_modules().refused(request_) == code


def test_a_refused_request_changes_nothing() -> None:
    walk = two_modules()
    walk.start()
    before = walk.state.snapshot()

    with pytest.raises(Refusal) as raised:
        walk.ask(Request.CHOICE, "nowhere")

    assert raised.value.sentence == "There is no such part in this course."
    assert walk.state.snapshot() == before


def test_a_leaf_at_the_top_has_nothing_after_or_before_it() -> None:
    walk = Walk(sco("only"))
    walk.start()

    assert (walk.refused(Request.CONTINUE), walk.refused(Request.PREVIOUS)) == ("NB.2.1-4", "NB.2.1-6")
