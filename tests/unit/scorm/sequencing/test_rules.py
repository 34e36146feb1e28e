"""Conditions of rules, by SN 3.4.1 and [UP.2.1]."""

import pytest

from scorm.sequencing.definition import Action, Aspect, Circumstance
from scorm.sequencing.tracking import Progress
from tests.trees import Walk, cluster, objective, rule, sco, when

KNOWN = {"g": Progress(satisfied=True, measure=0.5, completion=True, progress=0.4)}
EVERYTHING = (Aspect.SATISFIED, Aspect.MEASURE, Aspect.COMPLETION, Aspect.PROGRESS)


def skipped(
    *conditions: object, every: bool = True, shared: dict[str, Progress] | None = None, **settings: object
) -> bool:
    """Say whether an activity is skipped whose primary objective reads everything from the shared objective g."""
    primary = objective("o", reads="g", aspects=EVERYTHING)
    asked = sco("b", primary=primary, rules=(rule(Action.SKIP, *conditions, every=every),), **settings)
    walk = Walk(cluster("root", sco("a"), asked, sco("c")), shared=KNOWN if shared is None else shared)
    walk.start()
    return walk.forward() == "c"


@pytest.mark.parametrize(
    ("circumstance", "known", "unknown"),
    [
        (Circumstance.SATISFIED, True, False),
        (Circumstance.STATUS_KNOWN, True, False),
        (Circumstance.MEASURE_KNOWN, True, False),
        (Circumstance.COMPLETED, True, False),
        (Circumstance.PROGRESS_KNOWN, True, False),
        (Circumstance.ATTEMPTED, False, False),
        (Circumstance.ATTEMPT_LIMIT_EXCEEDED, False, False),
        (Circumstance.TIME_LIMIT_EXCEEDED, False, False),
        (Circumstance.OUTSIDE_TIME_RANGE, False, False),
        (Circumstance.ALWAYS, True, True),
    ],
)
def test_a_condition_holds_by_what_is_known(circumstance: Circumstance, *, known: bool, unknown: bool) -> None:
    assert (skipped(when(circumstance)), skipped(when(circumstance), shared={})) == (known, unknown)


@pytest.mark.parametrize(
    ("circumstance", "threshold", "wanted"),
    [
        (Circumstance.MEASURE_GREATER, 0.4, True),
        (Circumstance.MEASURE_GREATER, 0.5, False),
        (Circumstance.MEASURE_LESS, 0.6, True),
        (Circumstance.MEASURE_LESS, 0.5, False),
    ],
)
def test_a_measure_is_compared_strictly(circumstance: Circumstance, threshold: float, *, wanted: bool) -> None:
    assert skipped(when(circumstance, threshold=threshold)) is wanted


@pytest.mark.parametrize("circumstance", [Circumstance.SATISFIED, Circumstance.MEASURE_LESS, Circumstance.COMPLETED])
def test_the_opposite_of_what_is_not_known_is_not_known_either(circumstance: Circumstance) -> None:
    assert not skipped(when(circumstance, negated=True), shared={})


def test_a_negated_condition_holds_where_the_plain_one_does_not() -> None:
    assert skipped(when(Circumstance.ATTEMPTED, negated=True))


@pytest.mark.parametrize(("every", "wanted"), [(True, False), (False, True)])
def test_conditions_are_combined_by_all_or_any(*, every: bool, wanted: bool) -> None:
    assert skipped(when(Circumstance.SATISFIED), when(Circumstance.ATTEMPTED), every=every) is wanted


def test_any_of_false_and_unknown_is_unknown() -> None:
    assert not skipped(when(Circumstance.SATISFIED), when(Circumstance.ATTEMPTED), every=False, shared={})


def test_a_rule_may_ask_another_objective_and_one_that_is_missing_is_unknown() -> None:
    here = (objective("x", reads="g"),)

    assert skipped(when(Circumstance.SATISFIED, objective="x"), objectives=here)
    assert not skipped(when(Circumstance.SATISFIED, objective="missing"), objectives=here)


def test_of_an_activity_that_is_not_tracked_nothing_is_known() -> None:
    assert not skipped(when(Circumstance.SATISFIED), tracked=False)


def test_the_attempt_limit_is_a_condition_too() -> None:
    tried = sco("b", attempt_limit=1, rules=(rule(Action.SKIP, when(Circumstance.ATTEMPT_LIMIT_EXCEEDED)),))
    walk = Walk(cluster("root", sco("a"), tried, sco("c")))
    walk.choose("b")
    walk.choose("a")

    assert walk.forward() == "c"
