"""The imsss:sequencing of one activity -> Settings, with the defaults of CAM 5.1 and what adlseq adds. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from scorm import markup
from scorm.sequencing.conditions import POST
from scorm.sequencing.definition import (
    Action,
    ChildSet,
    Circumstance,
    Condition,
    Required,
    RollupAction,
    RollupRule,
    Rule,
    Settings,
    Timing,
)
from scorm.sequencing.literals import Literals
from scorm.sequencing.objectives_reading import read_objectives

_RULES = (
    (
        "preConditionRule",
        (Action.SKIP, Action.DISABLED, Action.HIDDEN_FROM_CHOICE, Action.STOP_FORWARD_TRAVERSAL),
    ),
    ("exitConditionRule", (Action.EXIT,)),
    ("postConditionRule", POST),
)

Part = Callable[[str, str], Element | None]
"""Gives the child element of a namespace and name that counts for this activity."""


def read_settings(part: Part, threshold: Element | None, literals: Literals) -> Settings:
    """Read all parts; `threshold` is the item's adlcp:completionThreshold."""
    reader = _Reader(literals)
    primary, objectives = read_objectives(part("imsss", "objectives"), part("adlseq", "objectives"), literals)
    return Settings(
        primary=primary,
        objectives=objectives,
        rules=reader.rules(part("imsss", "sequencingRules")),
        rollup_rules=reader.rollup_rules(part("imsss", "rollupRules")),
        **reader.truths(part),
        **reader.limits(part("imsss", "limitConditions")),
        **reader.rollup(part("imsss", "rollupRules"), part("adlseq", "rollupConsiderations")),
        **reader.arrangement(part("imsss", "randomizationControls")),
        **reader.threshold(threshold),
    )


# Field, the part that says it, its attribute, and what holds where nothing is said (CAM 5.1.2, 5.1.10, 5.2.1, 5.2.2).
_TRUTHS = (
    ("choice", "imsss", "controlMode", "choice", True),
    ("choice_exit", "imsss", "controlMode", "choiceExit", True),
    ("flow", "imsss", "controlMode", "flow", False),
    ("forward_only", "imsss", "controlMode", "forwardOnly", False),
    ("current_objectives", "imsss", "controlMode", "useCurrentAttemptObjectiveInfo", True),
    ("current_progress", "imsss", "controlMode", "useCurrentAttemptProgressInfo", True),
    ("tracked", "imsss", "deliveryControls", "tracked", True),
    ("completion_by_content", "imsss", "deliveryControls", "completionSetByContent", False),
    ("objective_by_content", "imsss", "deliveryControls", "objectiveSetByContent", False),
    ("prevent_activation", "adlseq", "constrainedChoiceConsiderations", "preventActivation", False),
    ("constrain_choice", "adlseq", "constrainedChoiceConsiderations", "constrainChoice", False),
    ("satisfaction_while_active", "adlseq", "rollupConsiderations", "measureSatisfactionIfActive", True),
    ("rollup_satisfied", "imsss", "rollupRules", "rollupObjectiveSatisfied", True),
    ("rollup_completion", "imsss", "rollupRules", "rollupProgressCompletion", True),
)
_REQUIRED = (
    ("required_satisfied", "requiredForSatisfied"),
    ("required_not_satisfied", "requiredForNotSatisfied"),
    ("required_completed", "requiredForCompleted"),
    ("required_incomplete", "requiredForIncomplete"),
)


class _Reader:
    """Reads the parts, each as fields of Settings."""

    def __init__(self, literals: Literals) -> None:
        self.literals = literals

    def truths(self, part: Part) -> dict[str, Any]:
        return {
            field: self.literals.truth(_said(part(space, name), attribute), attribute, default=default)
            for field, space, name, attribute, default in _TRUTHS
        }

    def limits(self, stated: Element | None) -> dict[str, Any]:
        return {
            "attempt_limit": self.literals.count(_said(stated, "attemptLimit"), "attemptLimit"),
            "duration_limit": _said(stated, "attemptAbsoluteDurationLimit").strip(),
        }

    def rollup(self, stated: Element | None, considered: Element | None) -> dict[str, Any]:
        weight = _said(stated, "objectiveMeasureWeight")
        required = {
            field: self.literals.term(_said(considered, attribute), attribute, Required.ALWAYS)
            for field, attribute in _REQUIRED
        }
        return {"measure_weight": self.literals.number(weight, "objectiveMeasureWeight", 0.0, 1.0, 1.0), **required}

    def arrangement(self, stated: Element | None) -> dict[str, Any]:
        return {
            "select": self.literals.term(_said(stated, "selectionTiming"), "selectionTiming", Timing.NEVER),
            "select_count": self.literals.count(_said(stated, "selectCount"), "selectCount"),
            "randomise": self.literals.term(_said(stated, "randomizationTiming"), "randomizationTiming", Timing.NEVER),
            "reorder": self.literals.truth(_said(stated, "reorderChildren"), "reorderChildren", default=False),
        }

    def threshold(self, stated: Element | None) -> dict[str, Any]:
        """Read the 4th Edition's attributes; before it, the element's text was the measure that completes."""
        if stated is None:
            return {}
        measure, text = stated.get("minProgressMeasure"), (stated.text or "").strip()
        by_progress = self.literals.truth(
            stated.get("completedByMeasure"), "completedByMeasure", default=measure is None and bool(text)
        )
        return {
            "by_progress": by_progress,
            "minimum_progress": self.literals.number(measure or text, "minProgressMeasure", 0.0, 1.0, 1.0),
            "progress_weight": self.literals.number(stated.get("progressWeight"), "progressWeight", 0.0, 1.0, 1.0),
        }

    def rules(self, stated: Element | None) -> tuple[Rule, ...]:
        read = (self._rule(one, actions) for name, actions in _RULES for one in markup.within(stated, "imsss", name))
        return tuple(rule for rule in read if rule is not None)

    def _rule(self, element: Element, actions: tuple[Action, ...]) -> Rule | None:
        stated = next(iter(markup.within(element, "imsss", "ruleAction")), None)
        action = self.literals.known(Action, _said(stated, "action"), "ruleAction")
        if action not in actions:
            return None
        holder = next(iter(markup.within(element, "imsss", "ruleConditions")), None)
        every = _said(holder, "conditionCombination").strip() != "any"
        return Rule(action=action, conditions=self._conditions(holder, "ruleCondition"), every=every)

    def rollup_rules(self, stated: Element | None) -> tuple[RollupRule, ...]:
        read = (self._rollup_rule(one) for one in markup.within(stated, "imsss", "rollupRule"))
        return tuple(rule for rule in read if rule is not None)

    def _rollup_rule(self, element: Element) -> RollupRule | None:
        stated = next(iter(markup.within(element, "imsss", "rollupAction")), None)
        action = self.literals.known(RollupAction, _said(stated, "action"), "rollupAction")
        if action is None:
            return None
        holder = next(iter(markup.within(element, "imsss", "rollupConditions")), None)
        return RollupRule(
            action=action,
            conditions=self._conditions(holder, "rollupCondition"),
            every=_said(holder, "conditionCombination").strip() == "all",
            child_set=self.literals.term(element.get("childActivitySet"), "childActivitySet", ChildSet.ALL),
            count=self.literals.count(element.get("minimumCount"), "minimumCount") or 0,
            percent=self.literals.number(element.get("minimumPercent"), "minimumPercent", 0.0, 1.0, 0.0),
        )

    def _conditions(self, holder: Element | None, name: str) -> tuple[Condition, ...]:
        read = (self._condition(one) for one in markup.within(holder, "imsss", name))
        return tuple(condition for condition in read if condition is not None)

    def _condition(self, element: Element) -> Condition | None:
        circumstance = self.literals.known(Circumstance, element.get("condition"), "condition")
        if circumstance is None:
            return None
        return Condition(
            circumstance=circumstance,
            negated=element.get("operator", "").strip() == "not",
            objective=markup.identifier(element.get("referencedObjective")),
            threshold=self.literals.number(element.get("measureThreshold"), "measureThreshold", -1.0, 1.0, 0.0),
        )


def _said(element: Element | None, attribute: str) -> str:
    return element.get(attribute, "") if element is not None else ""
