"""Choices and jumps: SN [NB.2.1] and [SB.2.9] with its subprocesses, [SB.2.13]."""

import pytest

from scorm.sequencing.definition import Action
from scorm.sequencing.requests import Request
from tests.trees import Walk, cluster, rule, sco


def three_modules(**middle: object) -> Walk:
    first = cluster("m", sco("a"), sco("b"))
    second = cluster("n", sco("c"), sco("d"), **middle)
    third = cluster("o", sco("e"), sco("f"))
    return Walk(cluster("root", first, second, third))


@pytest.mark.parametrize("target", ["a", "b", "d", "f"])
def test_any_leaf_can_be_chosen_from_any_other(target: str) -> None:
    walk = three_modules()
    walk.choose("c")

    assert walk.choose(target) == target


def test_choosing_what_is_open_delivers_it_again_as_a_new_attempt() -> None:
    walk = three_modules()
    walk.choose("c")

    assert walk.choose("c") == "c"
    assert walk.attempts("c") == 2


def test_choosing_a_cluster_opens_its_first_leaf() -> None:
    walk = three_modules()
    walk.choose("a")

    assert walk.choose("o") == "e"


def test_choosing_an_ancestor_of_what_is_open_begins_that_ancestor_again() -> None:
    walk = three_modules()
    walk.choose("d")

    assert walk.choose("n") == "c"


def test_choosing_a_cluster_that_leads_nowhere_leaves_the_learner_standing_at_it() -> None:
    walk = three_modules(flow=False)
    walk.choose("a")

    assert walk.refused(Request.CHOICE, "n") == "SB.2.9-9"
    assert walk.state.current == walk.tree.numbers["n"]
    assert walk.choose("d") == "d"


def test_children_of_a_cluster_without_choice_cannot_be_chosen() -> None:
    walk = three_modules(choice=False)
    walk.choose("a")

    assert walk.refused(Request.CHOICE, "d") == "NB.2.1-10"


def test_whoever_is_in_a_cluster_without_choice_exit_stays_there() -> None:
    walk = three_modules(choice_exit=False)
    walk.choose("c")

    assert walk.refused(Request.CHOICE, "a") == "NB.2.1-8"
    assert walk.choose("d") == "d"


def test_what_is_hidden_from_choice_cannot_be_chosen_nor_anything_beneath_it() -> None:
    walk = three_modules(rules=(rule(Action.HIDDEN_FROM_CHOICE),))
    walk.choose("a")

    assert walk.refused(Request.CHOICE, "d") == "SB.2.9-3"


def test_what_was_not_selected_cannot_be_chosen_or_jumped_to() -> None:
    walk = three_modules()
    walk.choose("a")
    walk.state.available[walk.tree.numbers["n"]] = (walk.tree.numbers["c"],)

    assert walk.refused(Request.JUMP, "d") == "NB.2.1-11"
    assert walk.refused(Request.CHOICE, "d") == "SB.2.9-2"


def test_a_disabled_leaf_is_not_delivered_by_choice() -> None:
    walk = Walk(cluster("root", sco("a"), sco("b", rules=(rule(Action.DISABLED),))))
    walk.start()

    assert walk.refused(Request.CHOICE, "b") == "DB.1.1-3"


def test_stop_forward_traversal_bars_choices_past_it_but_not_back() -> None:
    stopping = sco("b", rules=(rule(Action.STOP_FORWARD_TRAVERSAL),))
    walk = Walk(cluster("root", sco("a"), stopping, sco("c")))
    walk.choose("a")

    assert walk.refused(Request.CHOICE, "c") == "SB.2.4-1"
    assert walk.choose("b") == "b"
    assert walk.choose("a") == "a"


def test_a_forward_only_cluster_bars_choices_back_inside_it() -> None:
    walk = Walk(cluster("root", sco("a"), sco("b"), forward_only=True))
    walk.choose("b")

    assert walk.refused(Request.CHOICE, "a") == "SB.2.4-2"


def test_constrain_choice_lets_nothing_but_the_neighbours_be_chosen_from_inside() -> None:
    far = cluster("p", sco("g"))
    near = [cluster("m", sco("a")), cluster("n", sco("c"), sco("d"), constrain_choice=True), cluster("o", sco("e"))]
    walk = Walk(cluster("root", cluster("l", sco("z")), *near, far))
    walk.choose("c")

    assert walk.refused(Request.CHOICE, "g") == "SB.2.9-8"


def test_choices_inside_and_next_to_a_constraining_cluster_are_possible() -> None:
    near = [cluster("m", sco("a")), cluster("n", sco("c"), sco("d"), constrain_choice=True), cluster("o", sco("e"))]
    walk = Walk(cluster("root", cluster("l", sco("z")), *near, cluster("p", sco("g"))))
    walk.choose("c")

    choosable = walk.choosable()

    assert [one for one in ("z", "a", "c", "d", "e", "g") if one in choosable] == ["a", "c", "d", "e"]


def test_prevent_activation_bars_choices_into_the_middle_of_what_has_not_begun() -> None:
    barred = cluster("n", sco("c"), sco("d"), prevent_activation=True)
    walk = Walk(cluster("root", cluster("m", sco("a")), cluster("x", barred)))
    walk.choose("a")

    assert walk.refused(Request.CHOICE, "d") == "SB.2.9-6"
    assert walk.choose("a") == "a"


def test_at_the_end_of_a_constraining_tree_there_is_no_neighbour_to_choose() -> None:
    walk = Walk(cluster("root", cluster("l", sco("z")), cluster("n", sco("c"), constrain_choice=True)))
    walk.choose("c")

    assert walk.choose("z") == "z"
    assert walk.choose("c") == "c"


def test_a_jump_goes_where_no_choice_may_but_only_to_a_leaf() -> None:
    walk = three_modules(choice=False, rules=(rule(Action.HIDDEN_FROM_CHOICE),))
    walk.choose("a")

    assert walk.go(Request.JUMP, "d") == "d"
    assert walk.refused(Request.JUMP, "m") == "DB.1.1-1"


def test_a_first_choice_opens_a_session_without_a_start() -> None:
    assert three_modules().choose("f") == "f"


def test_what_is_open_may_have_been_left_out_of_the_next_selection() -> None:
    walk = Walk(cluster("root", cluster("m", sco("a"), sco("b"), sco("c"))))
    walk.choose("b")
    numbers = walk.tree.numbers
    walk.state.available[numbers["m"]] = (numbers["a"], numbers["c"])

    assert walk.choose("c") == "c"
