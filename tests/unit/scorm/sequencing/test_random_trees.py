"""Whatever the tree and whatever is asked: nothing but refusals is raised, and what is tracked stays sound."""

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorm.sequencing.definition import Aspect, Node, Organisation
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from scorm.sequencing.survey import Survey, survey
from scorm.sequencing.tracking import State
from tests.trees import Walk
from tests.wild_trees import MEASURE, UNIT, nodes, numbered

reports = st.fixed_dictionaries(
    {},
    optional={
        "completed": st.booleans(),
        "satisfied": st.booleans(),
        "measure": MEASURE,
        "progress": UNIT,
    },
)
steps = st.lists(
    st.tuples(st.sampled_from(Request), st.integers(0, 12), reports, st.booleans()),
    max_size=12,
)


def asked(walk: Walk, request: Request, target: int, report: dict[str, float], *, suspended: bool) -> None:
    if walk.open is not None:
        walk.report(**report)
        if suspended:
            walk.suspend()
    names = [one.identifier for one in walk.tree.activities]
    try:
        result = walk.ask(request, names[target % len(names)])
    except Refusal:
        return
    if result.delivered is not None:
        assert walk.open == names[result.delivered]


def assert_sound(walk: Walk) -> None:
    state = walk.state
    for activity in walk.tree.activities:
        standing = state.standing[activity.index]
        assert set(state.available[activity.index]) <= set(activity.children)
        if standing.active and activity.parent >= 0 and state.current is not None:
            assert activity.index in walk.tree.activities[state.current].path
        if standing.active:
            assert all(state.standing[above].active for above in activity.path if above != activity.index)
        for aspect, least in ((Aspect.MEASURE, -1.0), (Aspect.PROGRESS, 0.0)):
            known = state.read(activity.primary, aspect)
            assert known is None or least - 1e-9 <= known <= 1.0 + 1e-9


@given(node=nodes, walked=steps, seed=st.sampled_from(["1", "2"]))
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_any_requests_in_any_tree_are_done_or_refused_and_leave_it_sound(
    node: Node, walked: list[tuple[Request, int, dict[str, float], bool]], seed: str
) -> None:
    walk = Walk(numbered(node), seed=seed)

    for request, target, report, suspended in walked:
        before = walk.state.snapshot()
        survey(walk.state)
        assert walk.state.snapshot() == before
        asked(walk, request, target, report, suspended=suspended)
        assert_sound(walk)

    kept = json.loads(json.dumps(walk.state.snapshot()))
    restored = State.restore(walk.tree, kept)
    assert restored.snapshot() == walk.state.snapshot()
    assert restored.standing == walk.state.standing
    assert restored.progress == walk.state.progress


@given(node=nodes, walked=steps)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_what_a_survey_promises_is_what_happens(
    node: Node, walked: list[tuple[Request, int, dict[str, float], bool]]
) -> None:
    walk = Walk(numbered(node))
    for request, target, report, suspended in walked:
        asked(walk, request, target, report, suspended=suspended)
    promised = survey(walk.state)

    for activity in walk.tree.activities:
        trial = Walk(walk.tree.organisation.root)
        trial.state = walk.state.copied()
        why = promised.choices[activity.index]

        refused = trial.refused(Request.CHOICE, activity.identifier)

        assert refused == (why.code if why else None)


def unruled(node: Node) -> Node:
    settled = replace(node.settings, rules=())
    return replace(node, settings=settled, prerequisites="", children=tuple(map(unruled, node.children)))


@given(node=nodes.map(unruled), walked=steps)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_without_rules_what_was_reported_changes_nothing_that_may_follow(
    node: Node, walked: list[tuple[Request, int, dict[str, float], bool]]
) -> None:
    walk = Walk(numbered(node))
    for request, target, report, suspended in walked:
        asked(walk, request, target, report, suspended=suspended)
        ruled = State.restore(replace(walk.tree, ruled=True), walk.state.snapshot())

        remembered, tried = survey(walk.state), survey(ruled)

        assert codes(remembered) == codes(tried)


def codes(found: Survey) -> tuple[object, ...]:
    moves = {move: why and why.code for one in (found.offers, found.moves) for move, why in one.items()}
    refusals = [why and why.code for why in (*found.choices, *found.jumps)]
    return moves, refusals, list(found.hidden), found.ends


@given(node=nodes)
def test_any_definition_survives_a_journey_through_json(node: Node) -> None:
    organisation = Organisation(root=numbered(node))

    assert Organisation.recorded(json.loads(json.dumps(organisation.as_record()))) == organisation
