"""What learners are told about their enrolments: one letter for each session where a calendar takes part. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from engine import calendar
from engine.letters import OLD_START, Invitation, Letter, Method, Relevant, Subject
from engine.machine import Case, Notice
from workflows.competence.compliance import expiry
from workflows.learning.records import Enrolment, EnrolmentState, Session

KIND = "enrolment"


def uid(enrolment: Enrolment, session: Session, spell: int) -> str:
    """Return the UID of a meeting: one for an enrolment, a session and a spell of confirmation (decision 4)."""
    return f"{enrolment.id}-{session.id}-{spell}@{enrolment.site.domain}"


def award_dates(case: Case[Enrolment]) -> tuple[date, date | None]:
    """Return from when and through when an award for this enrolment is valid (catalogue A8-T01)."""
    completed_on = case.record.course_class.completed_on(case.now)
    return completed_on, expiry(completed_on, case.record.course_class.offering.months)


def _joining(case: Case[Enrolment]) -> Iterator[Letter]:
    """Invite to every session; e-learning has none, and needs no joining."""
    yield from meetings(case, JOINING, _HAS_PLACE, case.record.spell + 1)


def _promoted(case: Case[Enrolment]) -> Iterator[Letter]:
    reason = "You get this message because a place became free and you were first on the waitlist."
    said = {"start": _start(case)} | way_out(case.record)
    yield letter(case, PROMOTED, reason, said, still(EnrolmentState.CONFIRMED, until=_start(case)))


def _waitlisted(case: Case[Enrolment]) -> Iterator[Letter]:
    reason = "You get this message because the class is full and you are on its waitlist."
    yield letter(case, WAITLISTED, reason, _queue(case), still(EnrolmentState.WAITLISTED, until=_start(case)))


def _set_back(case: Case[Enrolment]) -> Iterator[Letter]:
    """Say that the place became a place on the waitlist, and take the meetings back."""
    reason = "You get this message because the class is being planned again and you are on its waitlist."
    for meeting in cancellations(case):
        yield letter(case, SET_BACK, reason, _queue(case), meeting=meeting)


def _changed(case: Case[Enrolment]) -> Iterator[Letter]:
    """Tell of each session whose date, time or place changed, and of no other (S2 6.3.1).

    The facts hold, by session, what it was before (None for a new one).
    """
    reason = f"{_HAS_PLACE[:-1]}, and its date, time or place changed."
    before: Mapping[str, Any] = case.facts["sessions"]
    yield from meetings(case, CHANGED, reason, case.record.spell, before)


def _withdrawn(case: Case[Enrolment]) -> Iterator[Letter]:
    reason = "You get this message because you no longer have a place on this class."
    said = way_on(case, "withdrawal_reason")
    for meeting in cancellations(case):
        yield letter(case, WITHDRAWN, reason, said, meeting=meeting)
    if not case.record.course_class.sessions:
        yield letter(case, WITHDRAWN, reason, said)


def _declined(case: Case[Enrolment]) -> Iterator[Letter]:
    """Offer to withdraw to whoever declined a meeting, or say why that is too late (decision 5)."""
    record = case.record
    if record.course_class.started(case.now):
        return
    too_late = not record.course_class.withdrawable(case.now)
    said = {
        "start": _start(case),
        "comment": case.facts.get("comment") or None,
        "too_late": "It is too close to the class to withdraw by yourself: ask whoever runs it." if too_late else None,
        **({} if too_late else way_out(record)),
    }
    reason = "You get this message because you declined a meeting of a class on which you have a place."
    yield letter(case, DECLINED, reason, said, still(EnrolmentState.CONFIRMED, until=_start(case)))


def _left(case: Case[Enrolment]) -> Iterator[Letter]:
    reason = "You get this message because you are no longer on the waitlist of this class."
    yield letter(case, LEFT, reason, way_on(case, "withdrawal_reason"))


def _class_cancelled(case: Case[Enrolment]) -> Iterator[Letter]:
    reason = "You get this message because you had a place on a class that was cancelled."
    for meeting in cancellations(case):
        yield letter(case, CANCELLED, reason, way_on(case, "cancellation_reason"), meeting=meeting)


def _class_cancelled_plainly(case: Case[Enrolment]) -> Iterator[Letter]:
    """Tell those who never had a meeting (decision on A18)."""
    if not case.record.course_class.started(case.now):
        reason = "You get this message because you were waiting for a place on a class that was cancelled."
        yield letter(case, CANCELLED_PLAINLY, reason, way_on(case, "cancellation_reason"))


def _completed(case: Case[Enrolment]) -> Iterator[Letter]:
    record = case.record
    said = {
        "completed_at": case.now.isoformat(),
        "score": f"{record.score:g}%" if record.score is not None else None,
        "status": str(record.performed).capitalize() if record.performed else None,
        "learning_link": f"{record.site.origin}/",
    }
    reason = "You get this message because you completed this course."
    yield letter(case, COMPLETED, reason, said, still(EnrolmentState.ATTENDED))


def _missed(case: Case[Enrolment]) -> Iterator[Letter]:
    """Tell the learner; their manager is not known here (catalogue B, LRN-23)."""
    reason = "You get this message because you had a place on this class and are marked as not having attended."
    said = {"start": _start(case)} | way_on(case, "comment")
    yield letter(case, MISSED, reason, said, still(EnrolmentState.DID_NOT_ATTEND))


JOINING = Notice("LRN-01-joining-instructions", _joining)
CHANGED = Notice("LRN-02-meeting-update", _changed)
WITHDRAWN = Notice("LRN-03-meeting-cancelled-withdrawn", _withdrawn)
DECLINED = Notice("LRN-28-meeting-declined", _declined)
LEFT = Notice("LRN-03-meeting-cancelled-withdrawn", _left)
CANCELLED = Notice("LRN-04-class-cancelled", _class_cancelled)
CANCELLED_PLAINLY = Notice("LRN-04-class-cancelled", _class_cancelled_plainly)
WAITLISTED = Notice("LRN-05-placed-on-waitlist", _waitlisted)
SET_BACK = Notice("LRN-05-placed-on-waitlist", _set_back)
PROMOTED = Notice("LRN-06-enrolled-from-waitlist", _promoted)
COMPLETED = Notice("LRN-17-course-completed", _completed)
MISSED = Notice("LRN-23-did-not-attend", _missed)

_HAS_PLACE = "You get this message because you have a place on this class."


def _coming(case: Case[Enrolment]) -> tuple[Session, ...]:
    """Return the sessions that may still be spoken of: none of a class that has started (S2 6.3.2)."""
    return () if case.record.course_class.started(case.now) else case.record.course_class.sessions


def meetings(
    case: Case[Enrolment], notice: Notice, reason: str, spell: int, before: Mapping[str, Any] | None = None
) -> Iterator[Letter]:
    """Ask to each coming session; with `before`, only to those that it names, beside what they were."""
    for session in _coming(case):
        if before is None or session.id in before:
            meeting = invitation(case.record, session, spell)
            said = _place(case.record, session) | _old(case.record, session, (before or {}).get(session.id))
            relevant = still(EnrolmentState.CONFIRMED, until=session.starts_at.isoformat())
            yield letter(case, notice, reason, said, relevant, meeting)


def cancellations(case: Case[Enrolment]) -> Iterator[Invitation]:
    """Take back every coming meeting."""
    for session in _coming(case):
        yield invitation(case.record, session, case.record.spell, Method.CANCEL)


def invitation(enrolment: Enrolment, session: Session, spell: int, method: Method = Method.REQUEST) -> Invitation:
    """Return one session of a class as a meeting of one learner."""
    course_class = enrolment.course_class
    return Invitation(
        uid=uid(enrolment, session, spell),
        method=method,
        start=session.starts_at,
        end=session.ends_at,
        zone=course_class.zone,
        summary=course_class.title,
        location=session.venue,
        description=course_class.words,
        url=_home(enrolment),
        conference=course_class.online,
        alarm=course_class.alarm(enrolment.site.alarm_minutes),
    )


def letter(  # noqa: PLR0913, PLR0917 - what differs between letters
    case: Case[Enrolment],
    notice: Notice,
    reason: str,
    said: Mapping[str, Any],
    relevant: Relevant | None = None,
    meeting: Invitation | None = None,
) -> Letter:
    """Address what is said to the learner."""
    enrolment = case.record
    course_class = enrolment.course_class
    common = {"course": course_class.offering.course_title, "class": course_class.title, "zone": course_class.zone}
    return Letter(
        notice=notice.name,
        to=enrolment.learner.recipient(enrolment.email),
        subject=Subject(kind=KIND, trust=enrolment.trust, id=enrolment.id),
        organisation=enrolment.organisation,
        places=(course_class.id, course_class.offering.id),
        reason=reason,
        context={**common, "class_link": _home(enrolment), **said},
        invitation=meeting,
        relevant=relevant,
    )


def _place(enrolment: Enrolment, session: Session) -> dict[str, Any]:
    """Return what a joining letter says about one session; which of several it is, only where there are several."""
    sessions = enrolment.course_class.sessions
    several = len(sessions) > 1
    return {
        "session": sessions.index(session) + 1 if several else None,
        "sessions": len(sessions) if several else None,
        "venue": session.venue or None,
        "online_link": enrolment.course_class.online or None,
        "custom_text": enrolment.course_class.words or None,
        **way_out(enrolment),
    }


def _old(enrolment: Enrolment, session: Session, before: Mapping[str, Any] | None) -> dict[str, Any]:
    if before is None:
        return {}
    starts_at, ends_at = datetime.fromisoformat(before["starts_at"]), datetime.fromisoformat(before["ends_at"])
    moved = (starts_at, ends_at) != (session.starts_at, session.ends_at)
    return {
        "old_when": calendar.when(starts_at, ends_at, enrolment.course_class.zone) if moved else None,
        "old_venue": before["venue"] if before["venue"] != session.venue else None,
        OLD_START: before["starts_at"],
    }


def _queue(case: Case[Enrolment]) -> dict[str, Any]:
    course_class = case.record.course_class
    return {
        "start": _start(case),
        "position_on_waitlist": course_class.waiting + 1,
        "restrict_days": course_class.restriction,
        **way_out(case.record),
    }


def _start(case: Case[Enrolment]) -> str | None:
    starts_at = case.record.course_class.starts_at
    return starts_at.isoformat() if starts_at else None


def _home(enrolment: Enrolment) -> str:
    """Return the learner's own page, for the page of the class is for those who run it."""
    return f"{enrolment.site.origin}/"


def way_out(enrolment: Enrolment) -> dict[str, Any]:
    """Return where a learner gives up the place."""
    return {"withdraw_link": f"{enrolment.site.origin}/learning/withdraw/{enrolment.id}"}


def way_on(case: Case[Enrolment], why: str) -> dict[str, Any]:
    """Return the reason that was given, under the name that its template knows, and where another class is found."""
    return {why: case.facts.get("reason"), "book_link": f"{case.record.site.origin}/learning/find"}


def still(*states: EnrolmentState, until: str | None = None) -> Relevant:
    """Say that a letter is true while the enrolment is in one of these states, and before a moment (ISO 8601)."""
    over = {"until": until} if until else {}
    return Relevant(name="still_in", facts={"states": [str(state) for state in states], **over})
