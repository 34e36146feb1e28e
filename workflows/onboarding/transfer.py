"""The stat & mand review of what an applicant brings along (catalogue A11, decision 6). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.effects import Effect
from engine.letters import Letter, Recipient, Relevant, Subject
from engine.machine import Case, Question, Step, Workflow, reason_given
from workflows.competence.award import Trigger as AwardTrigger
from workflows.competence.writes import PutOnProfile
from workflows.onboarding import review
from workflows.onboarding.records import Transfer, TransferState
from workflows.onboarding.review import Decided
from workflows.onboarding.writes import KeepDecision, WriteLines
from workflows.people.responsibilities import RECRUITER, STAT_AND_MAND

KIND = "transfer"
RECEIVED = "IAT-05-stat-and-mand-received"
_ZONE: Final = ZoneInfo("Europe/London")


class Trigger(StrEnum):
    """What happens to a transfer; the journal keeps it."""

    RECEIVE = "RECEIVE"
    ACCEPT = "ACCEPT"
    ACCEPT_WITH_EDITS = "ACCEPT_WITH_EDITS"
    REJECT = "REJECT"
    LAPSE = "LAPSE"
    REOPEN = "REOPEN"
    COPY = "COPY"


def due(case: Case[Transfer]) -> datetime:
    """Return when the form lapses: at the end of the hire date + n days, or of today + n days once that is past."""
    today = case.now.astimezone(_ZONE).date()
    last = max(case.record.hire_on or today, today) + timedelta(days=case.record.review_days)
    return datetime.combine(last + timedelta(days=1), time.min, _ZONE).astimezone(UTC)


def _title(case: Case[Transfer]) -> str:
    return f"Competences of {case.record.applicant_name} from {case.record.source_organisation}"


def _letter(case: Case[Transfer], to: Recipient, approval: str) -> Letter:
    record = case.record
    return Letter(
        notice=RECEIVED,
        to=to,
        subject=Subject(kind=KIND, trust=record.trust, id=record.id),
        organisation=record.organisation,
        reason="You get this message because you hold the stat & mand role for this applicant's organisation.",
        context={
            "applicant_name": record.applicant_name,
            "source_organisation": record.source_organisation,
            "competence_count": len(record.lines),
            "required_count": sum(line.required for line in record.lines),
            "position": record.position,
            "start_date": record.hire_on.isoformat() if record.hire_on else None,
            "deadline": (due(case) - timedelta(minutes=1)).isoformat(),  # a day's last minute, not the next day's first
            "worklist_link": f"{record.site.origin}/worklist/{approval}",
        },
        relevant=Relevant(name="still_in", facts={"states": [str(TransferState.PENDING)]}),
    )


def _write_lines(case: Case[Transfer]) -> Iterator[Effect]:
    yield WriteLines(trust=case.record.trust, transfer=case.record.id, lines=case.record.lines)


def _accept(case: Case[Transfer]) -> Iterator[Effect]:
    yield from _written(case, review.as_offered(case))


def _accept_edited(case: Case[Transfer]) -> Iterator[Effect]:
    yield from _written(case, review.as_edited(case))


def _written(case: Case[Transfer], decided: Iterable[Decided]) -> Iterator[Effect]:
    """Write exactly the accepted lines, and beside every line what was decided of it."""
    lines = tuple(decided)
    kept = {one.line.number: one.as_json() for one in lines}
    yield KeepDecision(trust=case.record.trust, transfer=case.record.id, decided=kept)
    yield from _awards(case, "transfer", (one for one in lines if one.accepted))


def _copy(case: Case[Transfer]) -> Iterator[Effect]:
    """Write everything national, for nobody holds the role (S2 5.3.2, catalogue A12-T05)."""
    national = [one for one in review.as_offered(case) if one.competence is not None and one.competence.national]
    yield from _awards(case, "pds-copy", national)


def _awards(case: Case[Transfer], kind: str, decided: Iterable[Decided]) -> Iterator[Effect]:
    for one in decided:
        if one.competence is not None:
            yield PutOnProfile(
                trust=case.record.trust,
                person=case.record.person,
                competence=one.competence.id,
                trigger=AwardTrigger.COPY,
                starts_on=one.starts_on,
                ends_on=one.ends_on,
                source=_provenance(case, kind, one),
            )


def _provenance(case: Case[Transfer], kind: str, one: Decided) -> dict[str, Any]:
    """Name where an award came from: the transfer, its source, the dates there, and who changed them."""
    line = one.line
    source = {
        "kind": kind,
        "transfer": case.record.id,
        "source_organisation": case.record.source_organisation,
        "original": {
            "name": line.name,
            "level": line.level,
            "starts_on": line.starts_on.isoformat(),
            "ends_on": line.ends_on.isoformat() if line.ends_on else None,
        },
    }
    edits = {"edited_by": case.actor.name, "edited_by_account": case.actor.id, "reason": one.reason}
    return source | edits if one.edited else source


_S, _T = TransferState, Trigger

WORKFLOW = Workflow(
    kind=KIND,
    title="Transfer",
    states=TransferState,
    triggers=Trigger,
    finals=(_S.ACCEPTED, _S.ACCEPTED_WITH_EDITS, _S.REJECTED, _S.LAPSED, _S.COPIED),
    questions={
        _S.PENDING: Question(
            role=STAT_AND_MAND,
            title=_title,
            letter=_letter,
            due=due,
            lapse=_T.LAPSE,
            fallback=_T.COPY,
            reminders=2,
            remind_every=timedelta(days=3),
            escalate_after=timedelta(days=7),
        ),
    },
    steps=(
        Step(
            id="A11-T01",
            trigger=_T.RECEIVE,
            sources=(),
            target=_S.PENDING,
            by=(RECRUITER,),
            when=(review.applicant_stays, review.has_lines, review.on_the_form),
            effects=_write_lines,
        ),
        Step(
            id="A11-T02",
            trigger=_T.ACCEPT,
            sources=(_S.PENDING,),
            target=_S.ACCEPTED,
            by=(STAT_AND_MAND,),
            when=(review.not_own, review.all_known),
            effects=_accept,
            answer=True,
        ),
        Step(
            id="A11-T03",
            trigger=_T.ACCEPT_WITH_EDITS,
            sources=(_S.PENDING,),
            target=_S.ACCEPTED_WITH_EDITS,
            by=(STAT_AND_MAND,),
            when=(
                review.not_own,
                review.lines_known,
                review.something_edited,
                review.something_accepted,
                review.accepted_known,
                review.dates_in_order,
                review.expiry_within_source,
            ),
            effects=_accept_edited,
            answer=True,
        ),
        Step(
            id="A11-T04",
            trigger=_T.REJECT,
            sources=(_S.PENDING,),
            target=_S.REJECTED,
            by=(STAT_AND_MAND,),
            when=(review.not_own, reason_given),
            answer=True,
        ),
        Step(id="A11-T05", trigger=_T.LAPSE, sources=(_S.PENDING,), target=_S.LAPSED),
        Step(
            id="A11-T06",
            trigger=_T.REOPEN,
            sources=(_S.LAPSED,),
            target=_S.PENDING,
            by=(STAT_AND_MAND,),
            when=(review.applicant_stays, review.not_own),
        ),
        Step(id="A12-T05", trigger=_T.COPY, sources=(_S.PENDING,), target=_S.COPIED, effects=_copy),
    ),
)
