"""What a package says of its activities: the sequencing definition model of SN 3, which never changes. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from scorm.sequencing import records


class Aspect(StrEnum):
    """What is known of an objective, and can be mapped by itself (SN 3.10); stored as fields of its progress."""

    SATISFIED = "satisfied"
    MEASURE = "measure"
    RAW = "raw"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    PROGRESS = "progress"
    COMPLETION = "completion"


class Action(StrEnum):
    """What a sequencing rule does (SN 3.4); stored with the definition, as the manifest spells it."""

    SKIP = "skip"
    DISABLED = "disabled"
    HIDDEN_FROM_CHOICE = "hiddenFromChoice"
    STOP_FORWARD_TRAVERSAL = "stopForwardTraversal"
    EXIT = "exit"
    EXIT_PARENT = "exitParent"
    EXIT_ALL = "exitAll"
    RETRY = "retry"
    RETRY_ALL = "retryAll"
    CONTINUE = "continue"
    PREVIOUS = "previous"


class Circumstance(StrEnum):
    """What a condition of a rule asks (SN 3.4.1 and 3.7); stored with the definition, as the manifest spells it."""

    SATISFIED = "satisfied"
    STATUS_KNOWN = "objectiveStatusKnown"
    MEASURE_KNOWN = "objectiveMeasureKnown"
    MEASURE_GREATER = "objectiveMeasureGreaterThan"
    MEASURE_LESS = "objectiveMeasureLessThan"
    COMPLETED = "completed"
    PROGRESS_KNOWN = "activityProgressKnown"
    ATTEMPTED = "attempted"
    ATTEMPT_LIMIT_EXCEEDED = "attemptLimitExceeded"
    TIME_LIMIT_EXCEEDED = "timeLimitExceeded"
    OUTSIDE_TIME_RANGE = "outsideAvailableTimeRange"
    ALWAYS = "always"


class RollupAction(StrEnum):
    """What a rollup rule makes of the parent (SN 3.7.5); stored with the definition, as the manifest spells it."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "notSatisfied"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


class ChildSet(StrEnum):
    """How many children a rollup rule asks for (SN 3.7.2); stored with the definition, as the manifest spells it."""

    ALL = "all"
    ANY = "any"
    NONE = "none"
    AT_LEAST_COUNT = "atLeastCount"
    AT_LEAST_PERCENT = "atLeastPercent"


class Required(StrEnum):
    """When a child counts in a rollup (SN 3.8); stored with the definition, as the manifest spells it."""

    ALWAYS = "always"
    IF_ATTEMPTED = "ifAttempted"
    IF_NOT_SKIPPED = "ifNotSkipped"
    IF_NOT_SUSPENDED = "ifNotSuspended"


class Timing(StrEnum):
    """When children are selected or put in order (SN 3.12, 3.13); stored with the definition, as in the manifest."""

    NEVER = "never"
    ONCE = "once"
    EACH_NEW_ATTEMPT = "onEachNewAttempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of a rule; `objective` is "" for the primary one, `threshold` a measure from -1 to 1."""

    circumstance: Circumstance
    negated: bool = False
    objective: str = ""
    threshold: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A sequencing rule: with `every` all conditions must hold, else any one of them (SN 3.4)."""

    action: Action
    conditions: tuple[Condition, ...]
    every: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupRule:
    """A rollup rule; `count` is a number of children, `percent` a share from 0 to 1 (SN 3.7)."""

    action: RollupAction
    conditions: tuple[Condition, ...]
    every: bool = False
    child_set: ChildSet = ChildSet.ALL
    count: int = 0
    percent: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """What an objective reads from the shared objective `target`, and writes to it (SN 3.10.3)."""

    target: str
    reads: frozenset[Aspect] = frozenset()
    writes: frozenset[Aspect] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A local objective; the primary one contributes to rollup, and may have no identifier (SN 3.10)."""

    identifier: str = ""
    by_measure: bool = False
    minimum_measure: float = 1.0
    maps: tuple[Map, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The sequencing definition of one activity, with the defaults of SN 3."""

    choice: bool = True
    choice_exit: bool = True
    flow: bool = False
    forward_only: bool = False
    current_objectives: bool = True
    current_progress: bool = True
    constrain_choice: bool = False
    prevent_activation: bool = False
    rules: tuple[Rule, ...] = ()
    attempt_limit: int | None = None
    duration_limit: str = ""
    rollup_rules: tuple[RollupRule, ...] = ()
    rollup_satisfied: bool = True
    rollup_completion: bool = True
    measure_weight: float = 1.0
    required_satisfied: Required = Required.ALWAYS
    required_not_satisfied: Required = Required.ALWAYS
    required_completed: Required = Required.ALWAYS
    required_incomplete: Required = Required.ALWAYS
    satisfaction_while_active: bool = True
    primary: Objective = Objective()
    objectives: tuple[Objective, ...] = ()
    select: Timing = Timing.NEVER
    select_count: int | None = None
    randomise: Timing = Timing.NEVER
    reorder: bool = False
    tracked: bool = True
    completion_by_content: bool = False
    objective_by_content: bool = False
    by_progress: bool = False
    minimum_progress: float = 1.0
    progress_weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One bucket of adl.data that an activity may use (CAM 3.4.1.20, adlcp:map)."""

    target: str
    reads: bool = True
    writes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An activity as the manifest has it: an item, or the organisation itself at the top.

    `resource` is the resource that it launches ("" for a cluster), `hidden_controls` what adlnav:hideLMSUI names;
    `mastery_score`, `maximum_time` and `prerequisites` are said in SCORM 1.2 only.
    """

    identifier: str
    title: str = ""
    visible: bool = True
    resource: str = ""
    parameters: str = ""
    launch_data: str = ""
    time_limit_action: str = ""
    threshold_stated: bool = False
    stores: tuple[Store, ...] = ()
    hidden_controls: frozenset[str] = frozenset()
    mastery_score: str = ""
    maximum_time: str = ""
    prerequisites: str = ""
    settings: Settings = Settings()
    children: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A whole course; `global_objectives` and `global_data` outlive it for the same learner (SN 3.10, CAM 3.4)."""

    root: Node
    edition: str = "2004 4th Edition"
    global_objectives: bool = True
    global_data: bool = True

    def as_record(self) -> dict[str, Any]:
        """Give every field, ready for JSON."""
        plain: dict[str, Any] = records.plain(asdict(self))
        return plain

    @classmethod
    def recorded(cls, record: dict[str, Any]) -> Self:
        """Read what `as_record` wrote, also after a journey through JSON."""
        return records.read(cls, record)
