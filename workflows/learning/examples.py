"""Small cases of the workflows of learning, on which they are explored before they run. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from engine.exploring import Examples
from engine.machine import Actor
from scorm.runtime.stuck import Sign
from workflows.competence.records import Competence
from workflows.learning import attempt, classes, enrolment, performance, stuck, version
from workflows.learning.attempts.grading import Played
from workflows.learning.attempts.rules import Begin, Rules
from workflows.learning.records import (
    Attempt,
    Class,
    ClassState,
    Delivery,
    Enrolment,
    Offering,
    Performance,
    PerformanceState,
    Session,
)
from workflows.learning.stuck import Stuck
from workflows.learning.version import Version
from workflows.people.records import Person, Site
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR

_NOW: Final = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
_TRUST, _WARD = "trust", "ward"
_PLACE: Final = (_WARD, _TRUST)
_ADMINISTRATOR: Final = Actor(
    id="administrator", name="Administrator", grants=frozenset({(LEARNING_ADMINISTRATOR, _TRUST)})
)
_LEARNER: Final = Person(
    trust=_TRUST, id="learner", name="Lin Chen", email="lin.chen@trust.example", organisation=_WARD
)
_FIRE: Final = Competence(
    trust=_TRUST, id="fire", name="NHS|CSTF|Fire Safety|", framework="NHS|CSTF", validity_months=24, national=True
)
_CLASSROOM: Final = Offering(
    trust=_TRUST,
    id="classroom",
    course="fire",
    course_title="Fire Safety",
    title="Fire Safety",
    delivery=Delivery.CLASSROOM,
    package=None,
    competence=_FIRE,
    validity_months=None,
    restrict_days=None,
    max_attempts=2,
    joining_text="",
)
_E_LEARNING: Final = replace(_CLASSROOM, id="e-learning", delivery=Delivery.E_LEARNING, package="package")
_SITE: Final = Site(origin="https://learn.trust.example", domain="learn.trust.example")


def _session(days: int) -> Session:
    start = _NOW + timedelta(days=days)
    return Session(id="1", starts_at=start, ends_at=start + timedelta(hours=3), venue="Room 2")


_CLASS: Final = Class(
    trust=_TRUST,
    id="class",
    state=ClassState.NORMAL,
    revision=1,
    head="",
    organisation=_WARD,
    organisations=_PLACE,
    title="Fire Safety",
    offering=_CLASSROOM,
    minimum=0,
    maximum=12,
    waitlist=True,
    waitlist_maximum=None,
    restrict_days=None,
    withdraw_days=1,
    approval=False,
    venue="Room 2",
    joining_text="",
    zone="Europe/London",
    opens_at=None,
    closes_at=None,
    sessions=(_session(21),),
)
_FULL: Final = replace(_CLASS, state=ClassState.FULL, taken=12)
_PAST: Final = replace(_CLASS, sessions=(_session(-1),))
_ONLINE: Final = replace(_CLASS, offering=_E_LEARNING, sessions=())
_CLASSES: Final = (
    _CLASS,
    _FULL,
    _PAST,
    _ONLINE,
    replace(_CLASS, state=ClassState.CLOSED),
    replace(_CLASS, state=ClassState.CANCELLED),
    replace(_CLASS, approval=True),
    replace(_FULL, approval=True),
    replace(_FULL, waitlist=False),
    replace(_FULL, waitlist_maximum=0),
    replace(_CLASS, opens_at=_NOW + timedelta(days=1)),
    replace(_CLASS, sessions=(_session(3),)),
    replace(_CLASS, attended=1),
    replace(_CLASS, decline_withdraws=True),
)
_ENROLMENT: Final = Enrolment(
    trust=_TRUST,
    id="enrolment",
    state=None,
    revision=1,
    head="",
    organisation=_WARD,
    organisations=_PLACE,
    person=_LEARNER.id,
    learner=_LEARNER,
    email=None,
    course_class=_CLASS,
    spell=1,
    position=1,
    overlap=None,
    enrolled_already=False,
    performed=None,
    score=None,
    site=_SITE,
)
_ENROLMENTS: Final = (
    *(replace(_ENROLMENT, course_class=each) for each in _CLASSES),
    replace(_ENROLMENT, course_class=_ONLINE, performed=PerformanceState.PASSED, score=90.0),
    replace(_ENROLMENT, overlap="Another class"),
    replace(_ENROLMENT, enrolled_already=True),
    replace(_ENROLMENT, position=2),
)
_PERFORMANCE: Final = Performance(
    trust=_TRUST,
    id="performance",
    state=None,
    revision=1,
    head="",
    organisation=_WARD,
    organisations=_PLACE,
    person=_LEARNER.id,
    learner=_LEARNER,
    offering=_E_LEARNING,
    score=None,
    attempt="attempt-1",
    attempts=1,
    waiting_on_it=("enrolment",),
    site=_SITE,
)
_ATTEMPT: Final = Attempt(
    trust=_TRUST,
    id="attempt",
    state=None,
    revision=1,
    head="",
    organisation=_WARD,
    organisations=_PLACE,
    person=_LEARNER.id,
    enrolment="enrolment",
    playable=True,
    final=False,
)
_FAILED: Final = Played(id="attempt-1", opened_at=_NOW, status="failed", finished=True)
_STUCK: Final = Stuck(
    trust=_TRUST,
    id="stuck",
    state=None,
    revision=1,
    head="",
    organisation=_WARD,
    organisations=_PLACE,
    person=_LEARNER.id,
    learner=_LEARNER,
    course="Fire Safety",
    enrolment="enrolment",
    attempt="attempt",
    performance="performance",
    sign=Sign.SILENT,
    site=_SITE,
)
_VERSION: Final = Version(
    trust=_TRUST,
    id="version",
    state=None,
    revision=1,
    head="",
    organisation=_WARD,
    organisations=_PLACE,
    line="package",
    number=2,
    package="package",
    needed=0,
)
_V: Final = (version.Trigger.PUBLISH, version.Trigger.ROLL_BACK, version.Trigger.REMOVE)
_REASON: Final = {"reason": "It is needed."}
_EVERY_REASON: Final[tuple[dict[str, str], ...]] = ({}, _REASON)
_LATER: Final = _NOW + timedelta(days=22)
_MOVED: Final = {
    "sessions": [
        {
            "id": "1",
            "starts_at": _LATER.isoformat(),
            "ends_at": (_LATER + timedelta(hours=3)).isoformat(),
        }
    ]
}
_BACKWARDS: Final = {
    "sessions": [{"id": "1", "starts_at": _LATER.isoformat(), "ends_at": _NOW.isoformat()}],
}
_BEFORE: Final = {
    "1": {"starts_at": _NOW.isoformat(), "ends_at": (_NOW + timedelta(hours=3)).isoformat(), "venue": "Room 1"}
}
_E: Final = enrolment.Trigger
_C: Final = classes.Trigger

EXAMPLES: Final = {
    enrolment.KIND: Examples(
        records=_ENROLMENTS,
        now=_NOW,
        actors=(_ADMINISTRATOR,),
        facts={
            **dict.fromkeys((_E.REJECT, _E.DID_NOT_ATTEND, _E.WITHDRAW), _EVERY_REASON),
            _E.DECLINE: ({}, {"everything": True}),
            _E.ENROL: ({}, {"email": "elsewhere@trust.example"}),
            _E.NOTIFY: ({"text": "Bring a pen.", "states": ["CONFIRMED"]},),
            _E.RESCHEDULE: ({"sessions": _BEFORE}, {"sessions": {"1": None}}),
        },
    ),
    classes.KIND: Examples(
        records=_CLASSES,
        now=_NOW,
        facts={
            _C.REOPEN: _EVERY_REASON,
            _C.NOTIFY: ({}, {"text": "Bring a pen.", "states": ["CONFIRMED"]}),
            _C.CHANGE: ({}, _MOVED, _BACKWARDS, {"maximum": 1}, {"venue": "Room 9"}),
        },
    ),
    performance.KIND: Examples(
        records=(_PERFORMANCE, replace(_PERFORMANCE, attempts=2), replace(_PERFORMANCE, waiting_on_it=())),
        now=_NOW,
        facts={
            performance.Trigger.PROGRESS: ({"attempt": "attempt-1"}, {"attempt": "attempt-2"}),
            performance.Trigger.GRADE: ({"score": 80.0, "graded": True},),
            performance.Trigger.RECORD: _EVERY_REASON,
            performance.Trigger.FAIL: ({"attempt": "attempt-1", "score": 40.0}, {"attempt": "attempt-2"}),
        },
    ),
    attempt.KIND: Examples(
        records=(
            _ATTEMPT,
            replace(_ATTEMPT, playable=False),
            replace(_ATTEMPT, rules=Rules(most=1), before=(_FAILED,)),
            replace(_ATTEMPT, rules=Rules(begin=Begin.NEVER), before=(_FAILED,)),
            replace(_ATTEMPT, final=True),
        ),
        now=_NOW,
        facts=dict.fromkeys((attempt.Trigger.RESET, attempt.Trigger.MOVE), _EVERY_REASON),
    ),
    version.KIND: Examples(
        records=(_VERSION, replace(_VERSION, needed=3)),
        now=_NOW,
        facts=dict.fromkeys(_V, _EVERY_REASON),
    ),
    stuck.KIND: Examples(
        records=(_STUCK,),
        now=_NOW,
        facts=dict.fromkeys((stuck.Trigger.RECORD, stuck.Trigger.RESET), _EVERY_REASON),
    ),
}
