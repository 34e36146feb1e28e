"""What children make of a cluster: SN [RB.1.1] to [RB.1.5]."""

from dataclasses import replace

import pytest

from scorm.sequencing.definition import (
    Action,
    Aspect,
    ChildSet,
    Circumstance,
    Map,
    Required,
    RollupAction,
)
from tests.trees import Walk, cluster, objective, rollup, rule, sco, when


def played(*reports: dict[str, object], scos: list[dict[str, object]] | None = None, **settings: object) -> Walk:
    """Play one SCO after the other, reporting what each is to report, and end on a leaf outside the cluster."""
    parts = scos or [{}] * len(reports)
    leaves = [
        sco(f"s{at}", **{"completion_by_content": True, "objective_by_content": True, **own})
        for at, own in enumerate(parts)
    ]
    walk = Walk(cluster("root", cluster("m", *leaves, **settings), sco("end")))
    walk.start()
    for one in reports:
        walk.report(**one)
        walk.forward()
    return walk


def test_by_default_a_cluster_is_done_when_all_its_children_are() -> None:
    walk = played({"completed": True, "satisfied": True}, {"completed": True, "satisfied": True})

    assert walk.status("m") == (True, True)


def test_by_default_a_cluster_is_not_done_when_all_are_known_and_one_is_not() -> None:
    walk = played({"completed": True, "satisfied": True}, {"completed": False, "satisfied": False})

    assert walk.status("m") == (False, False)


def test_what_one_child_leaves_unknown_stays_unknown() -> None:
    assert played({"completed": True}, {"satisfied": True}).status("m") == (None, None)


def test_a_measure_is_the_weighted_mean_in_which_the_unknown_counts_nothing() -> None:
    walk = played({"measure": 1.0}, {"measure": 0.5}, {}, scos=[{}, {"measure_weight": 0.5}, {"measure_weight": 0.5}])

    assert walk.known("m", Aspect.MEASURE) == pytest.approx(1.25 / 2)


def test_children_without_weight_and_untracked_ones_make_no_measure() -> None:
    walk = played({"measure": 1.0}, {"measure": 0.5}, scos=[{"measure_weight": 0.0}, {"tracked": False}])

    assert walk.known("m", Aspect.MEASURE) is None


@pytest.mark.parametrize(("measure", "satisfied"), [(0.8, True), (0.7, False)])
def test_a_cluster_satisfied_by_measure_compares_it(measure: float, *, satisfied: bool) -> None:
    walk = played({"measure": measure, "satisfied": not satisfied}, primary=objective(minimum=0.75))

    assert walk.status("m")[1] is satisfied


def test_a_cluster_that_must_not_be_satisfied_while_active_waits_for_its_end() -> None:
    leaves = [sco("a", primary=objective(minimum=0.1)), sco("b")]
    walk = Walk(
        cluster(
            "root", cluster("m", *leaves, primary=objective(minimum=0.2), satisfaction_while_active=False), sco("c")
        )
    )
    walk.start()
    walk.report(measure=0.9)
    walk.forward()

    while_active = walk.status("m")[1]
    walk.forward()

    assert (while_active, walk.status("m")[1]) == (None, True)


@pytest.mark.parametrize(("amount", "completed"), [(0.5, True), (0.3, False)])
def test_a_cluster_completed_by_progress_compares_it(amount: float, *, completed: bool) -> None:
    walk = played({"progress": amount}, by_progress=True, minimum_progress=0.4)

    assert walk.status("m")[0] is completed


def test_progress_is_weighted_too() -> None:
    walk = played({"progress": 1.0}, {"progress": 0.0}, scos=[{"progress_weight": 0.25}, {"progress_weight": 0.75}])

    assert walk.known("m", Aspect.PROGRESS) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("child_set", "more", "wanted"),
    [
        (ChildSet.ALL, {}, None),
        (ChildSet.ANY, {}, True),
        (ChildSet.NONE, {}, None),
        (ChildSet.AT_LEAST_COUNT, {"count": 2}, True),
        (ChildSet.AT_LEAST_COUNT, {"count": 3}, None),
        (ChildSet.AT_LEAST_PERCENT, {"percent": 0.6}, True),
        (ChildSet.AT_LEAST_PERCENT, {"percent": 0.7}, None),
    ],
)
def test_a_rule_asks_for_so_many_children(child_set: ChildSet, more: dict[str, object], wanted: object) -> None:
    stated = rollup(RollupAction.COMPLETED, Circumstance.SATISFIED, child_set, **more)
    walk = played({"satisfied": True}, {"satisfied": True}, {"satisfied": False}, rollup_rules=(stated,))

    assert walk.status("m")[0] is wanted


def test_rules_can_also_say_what_is_not_done() -> None:
    rules = (
        rollup(RollupAction.NOT_SATISFIED, Circumstance.ATTEMPTED, ChildSet.ANY),
        rollup(RollupAction.INCOMPLETE, Circumstance.ATTEMPTED, ChildSet.ANY),
    )

    assert played({"completed": True, "satisfied": True}, rollup_rules=rules).status("m") == (False, False)


def test_none_of_the_children_may_meet_a_condition() -> None:
    stated = rollup(RollupAction.COMPLETED, Circumstance.SATISFIED, ChildSet.NONE)

    assert played({"satisfied": False}, {"satisfied": False}, rollup_rules=(stated,)).status("m")[0] is True


def test_children_can_stand_aside() -> None:
    aside = {"rollup_satisfied": False, "rollup_completion": False}
    walk = played({"completed": True, "satisfied": True}, {"completed": False, "satisfied": False}, scos=[{}, aside])

    assert walk.status("m") == (True, True)


@pytest.mark.parametrize("required", [Required.IF_ATTEMPTED, Required.IF_NOT_SUSPENDED])
def test_a_child_that_was_not_attempted_may_not_count(required: Required) -> None:
    children = (
        sco("a"),
        sco("b", required_completed=required, required_satisfied=required),
    )
    walk = Walk(cluster("root", cluster("m", *children), sco("c")))
    walk.start()
    walk.choose("c")

    assert walk.status("m") == (True, True)


def test_a_suspended_child_may_not_count() -> None:
    walk = Walk(
        cluster("root", cluster("m", sco("a"), sco("b", required_completed=Required.IF_NOT_SUSPENDED)), sco("c"))
    )
    walk.start()
    walk.forward()
    walk.suspend()
    walk.forward()

    assert walk.status("m")[0] is True


def test_a_skipped_child_may_not_count() -> None:
    skipped = sco("b", rules=(rule(Action.SKIP),), required_completed=Required.IF_NOT_SKIPPED)
    walk = Walk(cluster("root", cluster("m", sco("a"), skipped), sco("c")))
    walk.start()
    walk.forward()

    assert walk.status("m")[0] is True


def test_a_new_attempt_on_a_cluster_counts_only_what_was_done_in_it() -> None:
    walk = played({"completed": True}, {"completed": True})
    walk.choose("s0")
    walk.report(completed=True)
    walk.choose("end")

    assert walk.status("m")[0] is None
    assert walk.status("s1")[0] is True


def test_a_cluster_may_let_earlier_attempts_count() -> None:
    walk = played({"completed": True}, {"completed": True}, current_progress=False, current_objectives=False)
    walk.choose("s0")
    walk.report(completed=True)
    walk.choose("end")

    assert walk.status("m")[0] is True


def test_what_a_shared_objective_says_rolls_up_wherever_it_is_read() -> None:
    writer = sco("a", primary=objective("o", writes="g"))
    reader = cluster("m", sco("b", primary=objective("o", reads="g")))
    walk = Walk(cluster("root", writer, reader, sco("c")))
    walk.start()
    walk.report(satisfied=True, measure=0.7)
    walk.choose("c")

    assert walk.status("m")[1] is True
    assert walk.known("m", Aspect.MEASURE) == pytest.approx(0.7)


def test_a_measure_read_from_elsewhere_means_what_this_activity_makes_of_it() -> None:
    writer = sco("a", primary=objective("o", writes="g", minimum=0.9))
    reader = sco(
        "b", primary=objective("o", reads="g", minimum=0.5), rules=(rule(Action.SKIP, when(Circumstance.SATISFIED)),)
    )
    walk = Walk(cluster("root", writer, reader, sco("c")))
    walk.start()
    walk.report(measure=0.7)

    assert walk.forward() == "c"
    assert walk.status("a")[1] is False


def test_what_follows_from_a_measure_read_from_elsewhere_is_passed_on() -> None:
    writes = Map(target="h", writes=frozenset({Aspect.SATISFIED}))
    between = objective("o", reads="g", minimum=0.5)
    between = replace(between, maps=(*between.maps, writes))
    skipped = sco("c", primary=objective("o", reads="h"), rules=(rule(Action.SKIP, when(Circumstance.SATISFIED)),))
    walk = Walk(
        cluster("root", sco("a", primary=objective("o", writes="g")), sco("b", primary=between), skipped, sco("d"))
    )
    walk.start()
    walk.report(measure=0.7, satisfied=False)
    walk.forward()

    assert walk.forward() == "d"


def test_a_shared_objective_that_nobody_wrote_is_unknown_whatever_was_done_here() -> None:
    walk = Walk(cluster("root", sco("a", primary=objective("o", reads="g")), sco("b")))
    walk.start()
    walk.report(satisfied=True)
    walk.forward()

    assert walk.status("a")[1] is None
