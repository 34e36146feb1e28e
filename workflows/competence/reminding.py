"""When a learner is reminded that a competence expires, and in which words (catalogue A7, A8; decision 2). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from dateutil.relativedelta import relativedelta

from engine.letters import Letter, Recipient, Relevant, Subject
from workflows.competence import award
from workflows.competence.compliance import AMBER_MONTHS

NEARING: Final = "LRN-12-competence-nearing-expiry"
EXPIRED: Final = "LRN-13-competence-expired"
NOT_REQUIRED: Final = "LRN-14-not-required-competence-expiring"
HELD_AND_REQUIRED: Final = "held_and_required"
"""The predicate of a reminder: the award is held, ends on that day, and a post still requires it."""
STILL_HELD: Final = "still_held"
"""The same of what no post requires."""
CATCH_UP: Final = 7
"""How many nights are made up for; whoever would have been reminded before gets the next reminder instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One moment in the end of an award: `name` is stored in `reminders.stage`."""

    name: str
    notice: str
    months: int = 0
    days: int = 0

    def reaches(self, today: date) -> date:
        """Return the latest last day of an award for which this moment has come."""
        reached: date = today + relativedelta(months=self.months) + timedelta(days=self.days)
        return reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminding:
    """What a trust is told: the days before an expiry, and whether of what is not required too."""

    days: tuple[int, ...] = (60, 30, 7)
    not_required: bool = False
    origin: str = ""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return the moments, the most urgent first."""
        near = (Stage(name=f"{days} days", notice=NEARING, days=days) for days in sorted(self.days))
        first = Stage(name=f"{AMBER_MONTHS} months", notice=NEARING, months=AMBER_MONTHS)
        return (Stage(name="expired", notice=EXPIRED, days=-1), *near, first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """An award that comes to its end; `revision` names the row of the journal that made it what it is."""

    trust: str
    award: str
    revision: int
    holder: Recipient
    organisation: str
    competence: str
    competence_name: str
    ends_on: date
    required: bool


def since(through: date | None, today: date) -> date:
    """Return the last night that need not be done again, given the one that was done last."""
    return max(through or today - timedelta(days=1), today - timedelta(days=CATCH_UP))


def letter(ending: Ending, stage: Stage, origin: str) -> Letter:
    """Return the reminder of one award at one moment."""
    return Letter(
        notice=stage.notice if ending.required else NOT_REQUIRED,
        to=ending.holder,
        subject=Subject(kind=award.KIND, trust=ending.trust, id=ending.award),
        organisation=ending.organisation,
        reason=_reason(ending, stage),
        context={
            "competence": ending.competence_name,
            "valid_until": ending.ends_on.isoformat(),
            "learning_link": f"{origin}/",
            "find_link": f"{origin}/learning/find",
        },
        relevant=Relevant(
            name=HELD_AND_REQUIRED if ending.required else STILL_HELD,
            facts={"competence": ending.competence, "ends_on": ending.ends_on.isoformat()},
        ),
    )


def _reason(ending: Ending, stage: Stage) -> str:
    expires = "has expired" if stage.notice == EXPIRED else "expires soon"
    if not ending.required:
        return f"You get this message because you hold {ending.competence_name}, which {expires}."
    return f"You get this message because your post requires {ending.competence_name}, and yours {expires}."
