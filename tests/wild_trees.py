"""Trees of any shape with any rules, as Hypothesis strategies."""

from dataclasses import replace

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
    Required,
    RollupAction,
    RollupRule,
    Rule,
    Settings,
    Timing,
)

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


def numbered(node: Node, path: str = "r") -> Node:
    children = tuple(numbered(child, f"{path}.{at}") for at, child in enumerate(node.children))
    return replace(node, identifier=path, children=children)
