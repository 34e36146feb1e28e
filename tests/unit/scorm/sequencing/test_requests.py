"""The exceptions of the single processes, which a whole request never meets: navigation has looked before."""

from collections.abc import Callable

import pytest

from scorm.sequencing import choosing, delivery, requests, termination, traversal
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from scorm.sequencing.termination import Ending, Next
from tests.trees import Walk, cluster, sco


def walk_in(**settings: object) -> Walk:
    walk = Walk(cluster("root", sco("a"), sco("b"), **settings))
    walk.choose("a")
    return walk


def fresh() -> Walk:
    return Walk(cluster("root", sco("a"), sco("b")))


@pytest.mark.parametrize(
    ("following", "code"),
    [
        (Next.RESUME_ALL, "SB.2.6-2"),
        (Next.CONTINUE, "SB.2.7-1"),
        (Next.PREVIOUS, "SB.2.8-1"),
        (Next.CHOICE, "SB.2.9-1"),
        (Next.JUMP, "SB.2.13-1"),
        (Next.RETRY, "SB.2.10-1"),
        (Next.EXIT, "SB.2.11-1"),
    ],
)
def test_before_a_session_nothing_but_a_start_is_sequenced(following: Next, code: str) -> None:
    with pytest.raises(Refusal) as raised:
        requests.sequence(fresh().state, following, None)

    assert raised.value.code == code


@pytest.mark.parametrize(
    ("following", "code"),
    [
        (Next.START, "SB.2.5-1"),
        (Next.RESUME_ALL, "SB.2.6-1"),
        (Next.CONTINUE, "SB.2.7-2"),
        (Next.PREVIOUS, "SB.2.8-2"),
        (Next.RETRY, "SB.2.10-2"),
        (Next.EXIT, "SB.2.11-2"),
        (Next.JUMP, "SB.2.13-2"),
    ],
)
def test_what_is_open_bars_a_beginning_and_what_does_not_flow_a_move(following: Next, code: str) -> None:
    with pytest.raises(Refusal) as raised:
        requests.sequence(walk_in(flow=False).state, following, None)

    assert raised.value.code == code


def test_a_retry_of_a_leaf_delivers_it_again() -> None:
    walk = walk_in()
    walk.ask(Request.EXIT)

    assert requests.sequence(walk.state, Next.RETRY, None) == walk.tree.numbers["a"]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda _walk: termination.terminate(fresh().state, Ending.EXIT), "TB.2.3-1"),
        (lambda walk: delivery.deliver(walk.state, 2), "DB.2-1"),
        (lambda walk: traversal.choice_step(walk.state, 0, traversal.Direction.BACKWARD), "SB.2.4-3"),
        (lambda _walk: choosing.selectable(Walk(cluster("root", sco("a"), choice=False)).state, 1), "SB.2.9-4"),
    ],
)
def test_each_process_looks_for_itself(act: Callable[[Walk], object], code: str) -> None:
    with pytest.raises(Refusal) as raised:
        act(walk_in())

    assert raised.value.code == code


def test_what_is_closed_cannot_be_closed_again() -> None:
    walk = walk_in()
    walk.ask(Request.EXIT)

    with pytest.raises(Refusal) as raised:
        termination.terminate(walk.state, Ending.ABANDON)

    assert raised.value.code == "TB.2.3-2"
