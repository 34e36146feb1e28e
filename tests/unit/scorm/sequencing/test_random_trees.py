"""Whatever the tree and whatever is asked: nothing but refusals is raised, and what is tracked stays sound."""

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorm.sequencing.definition import (
    Action,
    Aspect,
    ChildSet,
    Circumstance,
    Condition,
    Map,
    Node,
    Objective,
    Organisation,
    Required,
    RollupAction,
    RollupRule,
    Rule,
    Settings,
    Timing,
)
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from scorm.sequencing.survey import survey
from scorm.sequencing.tracking import State
from tests.trees import Walk

TARGETS = st.sampled_from(["g1", "g2"])
UNIT = st.sampled_from([0.0, 0.25, 0.5, 1.0])
MEASURE = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])
ASPECTS = st.frozensets(st.sampled_from(Aspect))

conditions = st.builds(
    Condition,
    circumstance=st.sampled_from(Circumstance),
    negated=st.booleans(),
    objective=st.sampled_from(["", "o"]),
    threshold=MEASURE,
)
some_conditions = st.lists(conditions, max_size=2).map(tuple)
rules = st.builds(Rule, action=st.sampled_from(Action), conditions=some_conditions, every=st.booleans())
rollup_rules = st.builds(
    RollupRule,
    action=st.sampled_from(RollupAction),
    conditions=some_conditions,
    every=st.booleans(),
    child_set=st.sampled_from(ChildSet),
    count=st.integers(0, 3),
    percent=UNIT,
)
maps = st.builds(Map, target=TARGETS, reads=ASPECTS, writes=ASPECTS)
objectives = st.builds(
    Objective,
    identifier=st.sampled_from(["", "o", "p"]),
    by_measure=st.booleans(),
    minimum_measure=MEASURE,
    maps=st.lists(maps, max_size=2).map(tuple),
)
required = st.sampled_from(Required)
plain = st.builds(Settings, flow=st.just(value=True))
wild = st.builds(
    Settings,
    choice=st.booleans(),
    choice_exit=st.booleans(),
    flow=st.booleans(),
    forward_only=st.booleans(),
    current_objectives=st.booleans(),
    current_progress=st.booleans(),
    constrain_choice=st.booleans(),
    prevent_activation=st.booleans(),
    rules=st.lists(rules, max_size=2).map(tuple),
    attempt_limit=st.sampled_from([None, 1, 2]),
    rollup_rules=st.lists(rollup_rules, max_size=2).map(tuple),
    rollup_satisfied=st.booleans(),
    measure_weight=UNIT,
    required_satisfied=required,
    required_completed=required,
    satisfaction_while_active=st.booleans(),
    primary=objectives,
    objectives=st.lists(objectives, max_size=1).map(tuple),
    select=st.sampled_from(Timing),
    select_count=st.sampled_from([None, 0, 1, 2]),
    randomise=st.sampled_from(Timing),
    reorder=st.booleans(),
    tracked=st.booleans(),
    completion_by_content=st.booleans(),
    by_progress=st.booleans(),
    minimum_progress=UNIT,
    progress_weight=UNIT,
)
some_settings = st.one_of(plain, wild)
leaves = st.builds(Node, identifier=st.just("x"), resource=st.just("r"), settings=some_settings)
nodes = st.recursive(
    leaves,
    lambda inner: st.builds(
        Node,
        identifier=st.just("x"),
        settings=some_settings,
        children=st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=8,
)
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


def numbered(node: Node, path: str = "r") -> Node:
    children = tuple(numbered(child, f"{path}.{at}") for at, child in enumerate(node.children))
    return replace(node, identifier=path, children=children)


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


@given(node=nodes)
def test_any_definition_survives_a_journey_through_json(node: Node) -> None:
    organisation = Organisation(root=numbered(node))

    assert Organisation.recorded(json.loads(json.dumps(organisation.as_record()))) == organisation
