"""Rollup rules: whether the children of a cluster make one of them hold, SN 3.7, 3.8 and [RB.1.4]. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from scorm.sequencing import conditions
from scorm.sequencing.definition import (
    Action,
    ChildSet,
    Circumstance,
    Condition,
    Required,
    RollupAction,
    RollupRule,
)
from scorm.sequencing.tracking import State


def _default(action: RollupAction, circumstance: Circumstance) -> RollupRule:
    return RollupRule(action=action, conditions=(Condition(circumstance=circumstance),))


# RB.1.2b 1.1, 1.2 and RB.1.3b 1.1, 1.2: what holds where the cluster has no rule of its own of either kind.
_SATISFACTION = (RollupAction.SATISFIED, RollupAction.NOT_SATISFIED)
_COMPLETION = (RollupAction.COMPLETED, RollupAction.INCOMPLETE)
_DEFAULTS: Mapping[RollupAction, tuple[tuple[RollupAction, RollupAction], RollupRule]] = {
    RollupAction.SATISFIED: (_SATISFACTION, _default(RollupAction.SATISFIED, Circumstance.SATISFIED)),
    RollupAction.NOT_SATISFIED: (_SATISFACTION, _default(RollupAction.NOT_SATISFIED, Circumstance.STATUS_KNOWN)),
    RollupAction.COMPLETED: (_COMPLETION, _default(RollupAction.COMPLETED, Circumstance.COMPLETED)),
    RollupAction.INCOMPLETE: (_COMPLETION, _default(RollupAction.INCOMPLETE, Circumstance.PROGRESS_KNOWN)),
}


def checked(state: State, index: int, action: RollupAction) -> bool:
    """[RB.1.4] Rollup Rule Check Subprocess: does one of the rules for this action hold?"""
    stated = state.tree.activities[index].settings.rollup_rules
    pair, default = _DEFAULTS[action]
    if not any(rule.action in pair for rule in stated):
        return _holds(state, index, default)
    return any(_holds(state, index, rule) for rule in stated if rule.action is action)


def _holds(state: State, index: int, rule: RollupRule) -> bool:
    answers = [
        conditions.combined(state, child, rule.conditions, rule.every, state.recent)
        for child in state.available[index]
        if state.tree.activities[child].settings.tracked and included(state, child, rule.action)
    ]
    return _ENOUGH[rule.child_set](answers, rule)


def _at_least_share(answers: Sequence[bool | None], rule: RollupRule) -> bool:
    return bool(answers) and answers.count(True) / len(answers) >= rule.percent


_ENOUGH: Mapping[ChildSet, Callable[[Sequence[bool | None], RollupRule], bool]] = {
    ChildSet.ALL: lambda answers, _rule: all(answers),
    ChildSet.ANY: lambda answers, _rule: any(answers),
    ChildSet.NONE: lambda answers, _rule: all(answer is False for answer in answers),
    ChildSet.AT_LEAST_COUNT: lambda answers, rule: answers.count(True) >= rule.count,
    ChildSet.AT_LEAST_PERCENT: _at_least_share,
}


def included(state: State, child: int, action: RollupAction) -> bool:
    """[RB.1.4.2] Check Child for Rollup Subprocess: does this child count for rules of this action?"""
    settings = state.tree.activities[child].settings
    if not (settings.rollup_satisfied if action in _SATISFACTION else settings.rollup_completion):
        return False
    required = {
        RollupAction.SATISFIED: settings.required_satisfied,
        RollupAction.NOT_SATISFIED: settings.required_not_satisfied,
        RollupAction.COMPLETED: settings.required_completed,
        RollupAction.INCOMPLETE: settings.required_incomplete,
    }[action]
    return required is Required.ALWAYS or _REQUIRED[required](state, child)


def _not_suspended(state: State, child: int) -> bool:
    standing = state.standing[child]
    return standing.attempts > 0 and not standing.suspended


_REQUIRED: Mapping[Required, Callable[[State, int], bool]] = {
    Required.IF_ATTEMPTED: lambda state, child: state.standing[child].attempts > 0,
    Required.IF_NOT_SKIPPED: lambda state, child: not conditions.applies(state, child, Action.SKIP),
    Required.IF_NOT_SUSPENDED: _not_suspended,
}
