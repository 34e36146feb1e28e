"""One learner on one class (catalogue A1). Pure."""

from __future__ import annotations

from enum import StrEnum

from engine.machine import SELF, Step, Workflow, reason_given
from workflows.learning import conditions as on
from workflows.learning import letters, request, tidings
from workflows.learning.records import EnrolmentState
from workflows.people.responsibilities import RUNS_CLASSES

KIND = letters.KIND


class Trigger(StrEnum):
    """What happens to an enrolment; the journal keeps it."""

    ENROL = "ENROL"
    REQUEST = "REQUEST"
    WALK_IN = "WALK_IN"
    APPROVE = "APPROVE"
    REJECT = "REJECT"
    HOLD = "HOLD"
    EXPIRE = request.EXPIRE
    CLOSE = "CLOSE"
    PROMOTE = "PROMOTE"
    PICK = "PICK"
    WITHDRAW = "WITHDRAW"
    ATTEND = "ATTEND"
    DID_NOT_ATTEND = "DID_NOT_ATTEND"
    RENEW = "RENEW"
    RESCHEDULE = "RESCHEDULE"
    DECLINE = "DECLINE"
    CANCEL_CLASS = "CANCEL_CLASS"
    SET_BACK = "SET_BACK"
    REPAIR = "REPAIR"
    NOTIFY = "NOTIFY"


_S, _T = EnrolmentState, Trigger
_MAY_ASK = (on.not_enrolled, on.class_open, on.window_open, on.not_started, on.no_overlap, on.own_address)
_MAY_ENROL = (*_MAY_ASK, on.no_approval_needed)
_CONFIRM = (letters.JOINING,)
_OFFER = (letters.DECLINED,)
_HERE = (_S.CONFIRMED,)
_DONE = (letters.COMPLETED,)
_ANYBODY = (SELF, *RUNS_CLASSES)
_MAY_APPROVE = (request.not_own, on.class_open, on.not_started, on.no_overlap)

WORKFLOW = Workflow(
    kind=KIND,
    title="Enrolment",
    states=EnrolmentState,
    triggers=Trigger,
    questions={_S.REQUESTED: request.question(lapse=_T.EXPIRE, fallback=_T.HOLD)},
    finals=(_S.ATTENDED, _S.DID_NOT_ATTEND, _S.WITHDRAWN, _S.CANCELLED),
    steps=(
        Step(
            id="A1-T01",
            trigger=_T.ENROL,
            sources=(),
            target=_S.CONFIRMED,
            by=_ANYBODY,
            when=(*_MAY_ENROL, on.class_normal, on.place_free),
            effects=on.settle,
            notices=_CONFIRM,
        ),
        Step(
            id="A1-T03",
            trigger=_T.ENROL,
            sources=(),
            target=_S.WAITLISTED,
            by=_ANYBODY,
            when=(*_MAY_ENROL, on.class_full, on.waitlist_on, on.waitlist_room),
            notices=(letters.WAITLISTED,),
        ),
        Step(
            id="A1-T02",
            trigger=_T.REQUEST,
            sources=(),
            target=_S.REQUESTED,
            by=_ANYBODY,
            when=(*_MAY_ASK, on.approval_needed),
        ),
        Step(
            id="A1-T05",
            trigger=_T.WALK_IN,
            sources=(),
            target=_S.ATTENDED,
            by=RUNS_CLASSES,
            when=(on.not_enrolled, on.class_runs, on.lately, on.place_free),
            effects=on.award_and_settle,
            notices=_DONE,
        ),
        Step(
            id="A1-T06",
            trigger=_T.APPROVE,
            sources=(_S.REQUESTED,),
            target=_S.CONFIRMED,
            by=RUNS_CLASSES,
            when=(*_MAY_APPROVE, on.class_normal, on.place_free),
            effects=request.approve,
            notices=(request.APPROVED, *_CONFIRM),
            answer=True,
        ),
        Step(
            id="A1-T07",
            trigger=_T.APPROVE,
            sources=(_S.REQUESTED,),
            target=_S.WAITLISTED,
            by=RUNS_CLASSES,
            when=(*_MAY_APPROVE, on.class_full, on.waitlist_on, on.waitlist_room),
            effects=request.forget,
            notices=(request.WAITLISTED, letters.WAITLISTED),
            answer=True,
        ),
        Step(
            id="A1-T08",
            trigger=_T.REJECT,
            sources=(_S.REQUESTED,),
            target=_S.CANCELLED,
            by=RUNS_CLASSES,
            when=(request.not_own, reason_given),
            effects=request.forget,
            notices=(request.REJECTED,),
            answer=True,
        ),
        Step(id="A1-T08-close", trigger=_T.CLOSE, sources=(_S.REQUESTED,), target=_S.CANCELLED, effects=request.forget),
        Step(
            id="A1-T08-late",
            trigger=_T.EXPIRE,
            sources=(_S.REQUESTED,),
            target=_S.CANCELLED,
            effects=request.forget,
            notices=(request.EXPIRED,),
        ),
        # Ours: where the role is not allocated nobody is asked, and it waits for whoever runs the class.
        Step(id="A1-T02-hold", trigger=_T.HOLD, sources=(_S.REQUESTED,), target=_S.REQUESTED, effects=request.remember),
        Step(
            id="A1-T09",
            trigger=_T.PROMOTE,
            sources=(_S.WAITLISTED,),
            target=_S.CONFIRMED,
            when=(on.class_open, on.place_free, on.early_enough, on.first_in_order),
            effects=on.leave_waitlist,
            notices=(letters.PROMOTED, *_CONFIRM),
        ),
        Step(
            id="A1-T10",
            trigger=_T.PICK,
            sources=(_S.WAITLISTED,),
            target=_S.CONFIRMED,
            by=RUNS_CLASSES,
            when=(on.class_runs, on.place_free),
            effects=on.leave_and_settle,
            notices=(letters.PROMOTED, *_CONFIRM),
        ),
        Step(
            id="A1-T12",
            trigger=_T.WITHDRAW,
            sources=(_S.CONFIRMED,),
            target=_S.WITHDRAWN,
            by=RUNS_CLASSES,
            effects=on.settle,
            notices=(letters.WITHDRAWN,),
        ),
        Step(
            id="A1-T11",
            trigger=_T.WITHDRAW,
            sources=(_S.CONFIRMED,),
            target=_S.WITHDRAWN,
            by=(SELF,),
            when=(on.before_bar,),
            effects=on.settle,
            notices=(letters.WITHDRAWN,),
        ),
        Step(
            id="A1-T13",
            trigger=_T.WITHDRAW,
            sources=(_S.WAITLISTED,),
            target=_S.WITHDRAWN,
            by=_ANYBODY,
            effects=on.leave_waitlist,
            notices=(letters.LEFT,),
        ),
        Step(
            id="A1-T14",
            trigger=_T.WITHDRAW,
            sources=(_S.REQUESTED,),
            target=_S.WITHDRAWN,
            by=_ANYBODY,
            effects=request.forget,
        ),
        Step(
            id="A1-T15",
            trigger=_T.ATTEND,
            sources=(_S.CONFIRMED,),
            target=_S.ATTENDED,
            by=RUNS_CLASSES,
            when=(on.done,),
            effects=on.award,
            notices=_DONE,
        ),
        Step(
            id="A1-T16",
            trigger=_T.DID_NOT_ATTEND,
            sources=(_S.CONFIRMED,),
            target=_S.DID_NOT_ATTEND,
            by=RUNS_CLASSES,
            when=(on.class_started,),
            notices=(letters.MISSED,),
        ),
        Step(
            id="A1-T17",
            trigger=_T.ATTEND,
            sources=(_S.DID_NOT_ATTEND,),
            target=_S.ATTENDED,
            by=RUNS_CLASSES,
            when=(on.place_free,),
            effects=on.award,
        ),
        Step(
            id="A1-T18",
            trigger=_T.DID_NOT_ATTEND,
            sources=(_S.ATTENDED,),
            target=_S.DID_NOT_ATTEND,
            by=RUNS_CLASSES,
            when=(reason_given,),
            effects=on.take_back,
        ),
        Step(id="A1-T19", trigger=_T.CANCEL_CLASS, sources=_HERE, target=_S.CANCELLED, notices=(letters.CANCELLED,)),
        Step(
            id="A1-T20",
            trigger=_T.CANCEL_CLASS,
            sources=(_S.WAITLISTED,),
            target=_S.CANCELLED,
            notices=(letters.CANCELLED_PLAINLY,),
        ),
        Step(
            id="A1-T21",
            trigger=_T.CANCEL_CLASS,
            sources=(_S.REQUESTED,),
            target=_S.CANCELLED,
            effects=request.forget,
            notices=(letters.CANCELLED_PLAINLY,),
        ),
        Step(id="A1-T22", trigger=_T.SET_BACK, sources=_HERE, target=_S.WAITLISTED, notices=(letters.SET_BACK,)),
        # Ours: who trains again in the same e-learning, for what it gave runs out, is awarded anew.
        Step(
            id="A1-renew", trigger=_T.RENEW, sources=(_S.ATTENDED,), target=_S.ATTENDED, effects=on.award, notices=_DONE
        ),
        # A1-T23 is not here: a class that anybody attended cannot be set back (decision 7).
        Step(
            id="A1-T24",
            trigger=_T.ENROL,
            sources=(_S.WITHDRAWN,),
            target=_S.CONFIRMED,
            by=_ANYBODY,
            when=(*_MAY_ENROL, on.class_normal, on.place_free),
            effects=on.settle,
            notices=_CONFIRM,
        ),
        # Ours: who withdrew and comes back to a full class waits like anybody else, or asks again.
        Step(
            id="A1-T24-wait",
            trigger=_T.ENROL,
            sources=(_S.WITHDRAWN,),
            target=_S.WAITLISTED,
            by=_ANYBODY,
            when=(*_MAY_ENROL, on.class_full, on.waitlist_on, on.waitlist_room),
            notices=(letters.WAITLISTED,),
        ),
        Step(
            id="A1-T24-ask",
            trigger=_T.REQUEST,
            sources=(_S.WITHDRAWN,),
            target=_S.REQUESTED,
            by=_ANYBODY,
            when=(on.class_open, on.window_open, on.not_started, on.no_overlap, on.approval_needed),
        ),
        # Ours: by mail the meeting was declined (decision 5). The class may say that this gives the place up.
        Step(
            id="A1-decline-all",
            trigger=_T.DECLINE,
            sources=_HERE,
            target=_S.WITHDRAWN,
            by=(SELF,),
            when=(on.gives_up_at_once, on.declined_all, on.before_bar),
            effects=on.settle,
            notices=(letters.WITHDRAWN,),
        ),
        Step(id="A1-decline", trigger=_T.DECLINE, sources=_HERE, target=_S.CONFIRMED, by=(SELF,), notices=_OFFER),
        Step(id="A18-T02", trigger=_T.RESCHEDULE, sources=_HERE, target=_S.CONFIRMED, notices=(letters.CHANGED,)),
        *tidings.steps(_T.REPAIR, _T.NOTIFY),
    ),
)
