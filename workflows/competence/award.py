"""The life of a competence on somebody's profile (catalogue A8). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from engine.letters import Letter, Relevant, Subject
from engine.machine import Case, Notice, Step, Workflow, guard
from workflows.competence.records import Award, AwardState
from workflows.people.responsibilities import CAREER_MANAGEMENT

KIND = "award"


class Trigger(StrEnum):
    """What happens to an award; the journal keeps it."""

    AWARD = "AWARD"
    COPY = "COPY"
    SUPERSEDE = "SUPERSEDE"
    END_DATE = "END_DATE"


@guard("What is held already is valid for longer.")
def counts(case: Case[Award]) -> bool:
    """Hold where nothing that is held now ends later."""
    return case.record.current


def _awarded(case: Case[Award]) -> Iterator[Letter]:
    award = case.record
    yield Letter(
        notice=AWARDED.name,
        to=award.holder,
        subject=Subject(kind=KIND, trust=award.trust, id=award.id),
        organisation=award.organisation,
        reason=f"You get this message because you were awarded {award.competence.name}.",
        context={
            "competence": award.competence.name,
            "valid_from": award.starts_on.isoformat(),
            "valid_until": award.ends_on.isoformat() if award.ends_on else None,
            "course": award.source.get("course"),
            "learning_link": f"{award.origin}/",
        },
        relevant=Relevant(name="still_in", facts={"states": [AwardState.HELD]}),
    )


AWARDED = Notice("LRN-18-competence-awarded", _awarded)

WORKFLOW = Workflow(
    kind=KIND,
    title="Award",
    states=AwardState,
    triggers=Trigger,
    finals=(AwardState.HELD, AwardState.SUPERSEDED, AwardState.END_DATED),
    steps=(
        Step(
            id="A8-T01",
            trigger=Trigger.AWARD,
            sources=(),
            target=AwardState.HELD,
            when=(counts,),
            notices=(AWARDED,),
        ),
        Step(
            id="A8-T05",
            trigger=Trigger.COPY,
            sources=(),
            target=AwardState.HELD,
            by=(CAREER_MANAGEMENT,),
            when=(counts,),
        ),
        # Ours: what came late and ends early is kept as history, so that nothing that was accepted is lost.
        Step(id="A8-T01-late", trigger=Trigger.AWARD, sources=(), target=AwardState.SUPERSEDED),
        Step(
            id="A8-T05-late",
            trigger=Trigger.COPY,
            sources=(),
            target=AwardState.SUPERSEDED,
            by=(CAREER_MANAGEMENT,),
        ),
        Step(
            id="A8-T08",
            trigger=Trigger.SUPERSEDE,
            sources=(AwardState.HELD,),
            target=AwardState.SUPERSEDED,
            by=(CAREER_MANAGEMENT,),
        ),
        Step(
            id="A8-T11",
            trigger=Trigger.END_DATE,
            sources=(AwardState.HELD,),
            target=AwardState.END_DATED,
            by=(CAREER_MANAGEMENT,),
        ),
    ),
)
