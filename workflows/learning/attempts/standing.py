"""What opening a course does now: go on, begin, review, or nothing; by the attempts there are and the rules. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from workflows.competence.compliance import AMBER_MONTHS
from workflows.learning.attempts.grading import Played
from workflows.learning.attempts.rules import Begin, Rules

ZONE: Final = ZoneInfo("Europe/London")
LOCKED: Final = "This course is locked: the last attempt has been made."
NONE_LEFT: Final = "No attempts are left."
NOT_AGAIN: Final = "The rules of this course allow no new attempt now."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a learner may do with a course.

    `resumes` is the attempt that the next launch goes on with, `reviews` the one that can be read again; `barred` says
    why no new attempt can be begun, "" where one can; `left` is how many can be begun yet, None without a limit.
    `period` is that of a new attempt, `renews` says that it is the first of its period; `carries` says that what is
    resumed was begun in a period that is over, and goes on in the next (catalogue A3-T09: progress is kept).
    """

    resumes: str | None = None
    reviews: str | None = None
    barred: str = ""
    automatic: bool = False
    locked: bool = False
    left: int | None = None
    period: int = 1
    renews: bool = False
    carries: bool = False

    @property
    def fresh(self) -> bool:
        """Say whether Play begins an attempt that nobody needs to ask for."""
        return self.resumes is None and not self.barred and (self.automatic or self.renews)

    @property
    def offers_anew(self) -> bool:
        """Say whether a new attempt is to be offered beside going on or reviewing."""
        return not self.barred and not self.fresh


def due_since(ends_on: date | None, now: datetime) -> date | None:
    """Return the day since which what ends then is to be gained again (amber, A7-T02); None while it is not."""
    if ends_on is None:
        return None
    since: date = ends_on - relativedelta(months=AMBER_MONTHS)
    return since if since <= _day(now) else None


def stand(played: Sequence[Played], rules: Rules, ends_on: date | None, now: datetime) -> Standing:
    """Say how a learner stands to a course; `ends_on` is the last day of what the learner holds of its competence.

    Attempts of an earlier period never stand in the way of a new one.
    """
    due = due_since(ends_on, now)
    ordered = sorted(played, key=lambda one: (one.opened_at, one.id))
    period = max((one.period for one in ordered), default=1)
    kept = [one for one in ordered if not one.reset]
    last = kept[-1] if kept and kept[-1] is ordered[-1] else None
    again = last is not None and due is not None and _day(last.opened_at) < due
    if again and last is not None and (last.ended or last.done):
        return Standing(reviews=_readable(kept), period=period + 1, renews=True, left=rules.most or None)
    mine = [one for one in kept if one.period == period]
    left = max(rules.most - len(mine), 0) if rules.most else None
    barred = _barred(last, rules, left)
    locked = rules.lock and left == 0 and last is not None and last.ended
    return Standing(
        resumes=last.id if last is not None and not last.ended else None,
        reviews=None if locked else _readable(kept),
        barred=LOCKED if locked else barred,
        automatic=rules.automatic or last is None,
        locked=locked,
        left=left,
        period=period,
        carries=again and any(one.done for one in ordered if one.period == period),
    )


def _readable(kept: Sequence[Played]) -> str | None:
    """Return the last attempt that is over: while another is going on there is nothing to review yet."""
    return kept[-1].id if kept and kept[-1].ended and kept[-1].readable else None


def _barred(last: Played | None, rules: Rules, left: int | None) -> str:
    if left == 0:
        return NONE_LEFT
    if last is None or rules.begin is Begin.ALWAYS:
        return ""
    allowed = last.ended and (rules.begin is Begin.ENDED or rules.begin == ("completed" if last.done else "failed"))
    return "" if allowed else NOT_AGAIN


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
