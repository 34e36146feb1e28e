"""What a SCO is told of its activity when it opens, and what the activity takes from it when it ends. Pure.

RTE 4.2 says of each element how it and the tracking model of SN 4.2 depend on each other; here is the whole of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from scorm.runtime import intervals
from scorm.runtime.launch import Launch
from scorm.runtime.outcome import Completion, Success, outcome_of
from scorm.runtime.session import Session
from scorm.runtime.values import number, timespan
from scorm.runtime.values import seconds as span_seconds
from scorm.sequencing.definition import Aspect, Organisation
from scorm.sequencing.requests import Request
from scorm.sequencing.survey import Survey
from scorm.sequencing.tracking import State, Value
from scorm.sequencing.tree import Activity

LONGEST_SESSION = 36_000 - 1
"""Seconds that one session may add: a window left open overnight is not learning."""

_SUCCESS: Mapping[str, bool | None] = {"passed": True, "failed": False, "unknown": None}
_COMPLETION: Mapping[str, bool | None] = {
    "completed": True,
    "incomplete": False,
    "not attempted": False,
    "unknown": None,
}
_MODELS: Mapping[str, str] = {"1.2": "scorm12", "AICC": "aicc"}
_OLD = frozenset(_MODELS.values())
_NUMBERS: Mapping[str, Aspect] = {
    "score.scaled": Aspect.MEASURE,
    "score.raw": Aspect.RAW,
    "score.min": Aspect.MINIMUM,
    "score.max": Aspect.MAXIMUM,
    "progress_measure": Aspect.PROGRESS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Who takes the course, and how: what every SCO of it is told alike (RTE 4.2.3, 4.2.10 to 4.2.13)."""

    identifier: str
    name: str
    credit: str = "credit"
    mode: str = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one activity's suspended attempt goes on with: elements by name, and the seconds spent on it so far."""

    data: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


NOTHING_KEPT = Kept()


def launch(  # noqa: PLR0913 - each is from somewhere else, and all are needed at once
    state: State,
    activity: Activity,
    learner: Learner,
    kept: Kept,
    *,
    entry: str,
    survey: Survey,
    stores: Mapping[str, str],
    server_time: str,
) -> Launch:
    """Say all that the SCO of this activity is told; `stores` is adl.data by target."""
    model = model_of(state.tree.organisation)
    old = model in _OLD
    settings = activity.settings
    return Launch(
        model=model,
        student_id=learner.identifier,
        student_name=learner.name,
        credit=learner.credit,
        lesson_mode=learner.mode,
        entry=entry,
        launch_data=activity.node.launch_data,
        mastery_score=activity.node.mastery_score,
        max_time_allowed=activity.node.maximum_time if old else settings.duration_limit,
        time_limit_action=activity.node.time_limit_action,
        total_time=timespan(kept.seconds) if old else intervals.interval(kept.seconds),
        completion_threshold=_decimal(settings.minimum_progress) if settings.by_progress else "",
        scaled_passing_score=_decimal(settings.primary.minimum_measure) if settings.primary.by_measure else "",
        server_time=server_time,
        given={} if old else {**_objectives(state, activity), **_stored(activity, stores), **_valid(state, survey)},
        access={} if old else _access(activity),
    )


def model_of(organisation: Organisation) -> str:
    """Name the data model that the parts of a course speak."""
    return _MODELS.get(organisation.edition, "scorm2004")


def old(session: Session) -> bool:
    """Say whether a session has the one status of SCORM 1.2 and AICC, which know of no navigation by content."""
    return session.launch.model in _OLD


def _decimal(value: Value) -> str:
    return f"{float(value or 0.0):.7f}".rstrip("0").rstrip(".")


def _objectives(state: State, activity: Activity) -> dict[str, str]:
    """RTE 4.2.17: an entry for each objective that has an identifier, with what is known of it."""
    told: dict[str, str] = {}
    for entry, (identifier, slot) in enumerate(activity.slots.items()):
        told[f"cmi.objectives.{entry}.id"] = identifier
        for name, value in _known(state, slot):
            told[f"cmi.objectives.{entry}.{name}"] = value
    return told


def _known(state: State, slot: int) -> Iterator[tuple[str, str]]:
    satisfied, completed = state.read(slot, Aspect.SATISFIED), state.mapped(slot, Aspect.COMPLETION)
    if satisfied is not None:
        yield "success_status", "passed" if satisfied else "failed"
    if completed is not None:
        yield "completion_status", "completed" if completed else "incomplete"
    for name, aspect in _NUMBERS.items():
        value = state.mapped(slot, aspect)
        if value is not None:
            yield name, _decimal(value)


def _stored(activity: Activity, stores: Mapping[str, str]) -> dict[str, str]:
    """RTE 4.3.1: an entry of adl.data for each map, with what any activity stored under its target."""
    told: dict[str, str] = {}
    for entry, store in enumerate(activity.node.stores):
        told[f"adl.data.{entry}.id"] = store.target
        if store.target in stores:
            told[f"adl.data.{entry}.store"] = stores[store.target]
    return told


def _access(activity: Activity) -> dict[str, str]:
    return {
        f"adl.data.{entry}.store": ("r" if store.reads else "") + ("w" if store.writes else "")
        for entry, store in enumerate(activity.node.stores)
    }


def _valid(state: State, survey: Survey) -> dict[str, str]:
    """RTE 4.4.2: what adl.nav.request_valid answers, as of the beginning of the session."""
    asked_after = (Request.CONTINUE, Request.PREVIOUS)
    told = {f"adl.nav.request_valid.{move}": _truth(survey.moves[move]) for move in asked_after}
    for way, refusals in (("choice", survey.choices), ("jump", survey.jumps)):
        told[f"adl.nav.request_valid.{way}.{{target=}}"] = "false"
        for activity, refusal in zip(state.tree.activities, refusals, strict=True):
            told[f"adl.nav.request_valid.{way}.{{target={activity.identifier}}}"] = _truth(refusal)
    return told


def _truth(refusal: object) -> str:
    return "true" if refusal is None else "false"


def report(state: State, activity: Activity, session: Session) -> None:
    """Record what the SCO has reported in the tracking of its activity, unless that is not tracked."""
    if activity.settings.tracked:
        _REPORTS[session.launch.model](state, activity, session)


def _report_2004(state: State, activity: Activity, session: Session) -> None:
    for entry in range(session.count("cmi.objectives")):
        slot = activity.slots.get(session.value(f"cmi.objectives.{entry}.id"))
        if slot is not None:
            _report_objective(state, slot, session, f"cmi.objectives.{entry}")
    _report_objective(state, activity.primary, session, "cmi")
    state.stand(
        activity.index,
        spoke_completion=_spoke(activity, session, "completion_status"),
        spoke_success=_spoke(activity, session, "success_status"),
    )
    _judge(state, activity)


def _spoke(activity: Activity, session: Session, element: str) -> bool:
    entries = [f"cmi.objectives.{entry}" for entry in range(session.count("cmi.objectives"))]
    own = (one for one in entries if activity.slots.get(session.value(f"{one}.id")) == activity.primary)
    return any(f"{prefix}.{element}" in session.data for prefix in ("cmi", *own))


def _report_objective(state: State, slot: int, session: Session, prefix: str) -> None:
    """RTE 4.2.17 and 4.2.4, 4.2.18, 4.2.20, 4.2.22: only what the SCO itself has said, or what follows from it."""
    objective = state.tree.slots[slot].objective
    completion = f"{prefix}.completion_status"
    for name, aspect in _NUMBERS.items():
        reported = session.data.get(f"{prefix}.{name}")
        if reported is not None:
            write = state.measure if aspect is Aspect.MEASURE else _writing(state, aspect)
            write(slot, number(reported))
    success = _SUCCESS[session.value(f"{prefix}.success_status") or "unknown"]
    if not objective.by_measure and (success is not None or f"{prefix}.success_status" in session.data):
        state.write(slot, Aspect.SATISFIED, success, said=True)
    completed = _COMPLETION[session.value(completion) or "unknown"]
    said = completion in session.data or (completed is not None and prefix == "cmi")
    if said and not _by_progress(state, slot):
        state.write(slot, Aspect.COMPLETION, completed, said=True)


def _writing(state: State, aspect: Aspect) -> Callable[[int, Value], None]:
    return lambda slot, value: state.write(slot, aspect, value)


def _by_progress(state: State, slot: int) -> bool:
    activity = state.tree.activities[state.tree.slots[slot].owner]
    return slot == activity.primary and activity.settings.by_progress


def _judge(state: State, activity: Activity) -> None:
    """RTE 4.2.4.1: where progress decides on completion, it does so however it was reported."""
    amount = state.local(activity.primary, Aspect.PROGRESS)
    if activity.settings.by_progress and amount is not None:
        state.write(activity.primary, Aspect.COMPLETION, amount >= activity.settings.minimum_progress)


def _report_12(state: State, activity: Activity, session: Session) -> None:
    """RTE 1.2 3.4.4: one status for two questions, and a score from 0 to 100 as the measure."""
    outcome = outcome_of(session, number(activity.node.mastery_score))
    primary = activity.primary
    if outcome.score_raw is not None:
        state.write(primary, Aspect.MEASURE, outcome.score_raw / 100)
        state.write(primary, Aspect.RAW, outcome.score_raw)
    if outcome.success is not Success.UNKNOWN:
        state.write(primary, Aspect.SATISFIED, outcome.success is Success.PASSED)
    if outcome.completion is not Completion.UNKNOWN:
        state.write(primary, Aspect.COMPLETION, outcome.completion is Completion.COMPLETED)


_REPORTS: Mapping[str, Callable[[State, Activity, Session], None]] = {
    "scorm12": _report_12,
    "aicc": _report_12,
    "scorm2004": _report_2004,
}


def stored(activity: Activity, session: Session) -> dict[str, str]:
    """Give what the SCO put into adl.data, by target (RTE 4.3.1)."""
    said = ((store.target, f"adl.data.{entry}.store") for entry, store in enumerate(activity.node.stores))
    return {target: session.value(element) for target, element in said if element in session.data}


def kept(session: Session, before: Kept) -> Kept:
    """Give what the attempt goes on with if it was suspended (RTE 4.2.8)."""
    return Kept(data=session.kept(), seconds=before.seconds + spent(session))


def opened_on(before: Kept, told: Launch) -> dict[str, str]:
    """Give the data that a session opens on: what was kept, but for what the LMS knows better by now."""
    return {name: value for name, value in before.data.items() if name not in told.given}


def spent(session: Session) -> float:
    """Give the seconds that one session may add to the time of its course."""
    if old(session):
        return min(span_seconds(session.value("cmi.core.session_time")), LONGEST_SESSION)
    return min(intervals.seconds(session.value("cmi.session_time")), LONGEST_SESSION)


def leaving(session: Session) -> str:
    """Give what the SCO said of how it ends: `time-out`, `suspend`, `logout`, `normal` or "" (RTE 4.2.8)."""
    return session.value("cmi.core.exit" if old(session) else "cmi.exit")


def ends_all(session: Session) -> bool:
    """Say whether the course ends with its SCO (RTE 4.2.8); that of AICC is not what one unit of it can end."""
    return session.launch.model != "aicc" and leaving(session) in ("time-out", "logout")


def asked(session: Session) -> str:
    """Give what the SCO asked for with adl.nav.request, `_none_` where it asked for nothing (RTE 4.4.1)."""
    return "_none_" if old(session) else session.value("adl.nav.request") or "_none_"
