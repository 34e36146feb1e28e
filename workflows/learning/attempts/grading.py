"""What several attempts at one e-learning come to: a status, a score, and which of them counted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from workflows.learning.attempts.rules import Across, Rules, Within

NOTHING: Final = "not attempted"
DONE: Final = frozenset({"completed", "passed"})
_RANKS: Final = {"completed": 1, "passed": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One attempt as far as it matters here: `status` in the words of SCORM 1.2, scores as percentages.

    `highest` and `last` are what was reported; `period` counts the periods of validity for which it was trained;
    `readable` says whether its package can be looked at, which one of AICC cannot.
    """

    id: str
    opened_at: datetime
    status: str = NOTHING
    finished: bool = False
    highest: float | None = None
    last: float | None = None
    reset: bool = False
    period: int = 1
    package: str = ""
    readable: bool = True

    @property
    def done(self) -> bool:
        """Say whether it completes what an enrolment asks."""
        return self.status in DONE

    @property
    def judged(self) -> bool:
        """Say whether it has a result: a pass counts at once, a fail only at the end."""
        return self.done or (self.status == "failed" and self.finished)

    @property
    def ended(self) -> bool:
        """Say whether it is over: with a result, and its course was closed; the next launch does not resume it."""
        return self.judged and self.finished

    @property
    def counts(self) -> bool:
        """Say whether it may count at all: one that was reset does not, unless it was done after all."""
        return not self.reset or self.done

    def score(self, within: Within) -> float | None:
        """Return the score of this attempt."""
        return self.last if within is Within.LAST and self.last is not None else self.highest


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """What attempts come to: `counted` are those that made the score, the oldest first; `by` is whose status it is."""

    status: str = NOTHING
    score: float | None = None
    counted: tuple[str, ...] = ()
    by: str = ""

    @property
    def done(self) -> bool:
        """Say whether it completes what an enrolment asks."""
        return self.status in DONE


def grade(played: Sequence[Played], rules: Rules) -> Grade:
    """Grade the attempts of the latest period; their order is of no matter."""
    latest = max((one.period for one in played), default=1)
    mine = sorted(
        (one for one in played if one.counts and one.period == latest), key=lambda one: (one.opened_at, one.id)
    )
    if not mine:
        return Grade()
    return _METHODS[rules.across](mine, rules.within)


def _highest(mine: Sequence[Played], within: Within) -> Grade:
    scored = [(score, one) for one in mine if (score := one.score(within)) is not None]
    best = max((score for score, _one in scored), default=None)
    counted = next((one.id for score, one in scored if score == best), None)
    leads = _leading(mine)
    return Grade(status=leads.status, score=best, counted=(counted or leads.id,), by=leads.id)


def _average(mine: Sequence[Played], within: Within) -> Grade:
    over = [one for one in mine if one.judged] or mine
    scores = {one.id: score for one in over if (score := one.score(within)) is not None}
    mean = round(sum(scores.values()) / len(scores), 7) if scores else None
    leads = _leading(mine)
    return Grade(status=leads.status, score=mean, counted=tuple(scores) or (leads.id,), by=leads.id)


def _first(mine: Sequence[Played], within: Within) -> Grade:
    return _of(mine[0], within)


def _last(mine: Sequence[Played], within: Within) -> Grade:
    return _of(next((one for one in reversed(mine) if one.judged), mine[-1]), within)


def _of(one: Played, within: Within) -> Grade:
    return Grade(status=one.status, score=one.score(within), counted=(one.id,), by=one.id)


def _leading(mine: Sequence[Played]) -> Played:
    """Return the latest of the best that are done, else the latest of all: who tries again is not failed yet."""
    done = [one for one in mine if one.done]
    return max(reversed(done), key=lambda one: _RANKS[one.status]) if done else mine[-1]


_METHODS: Final = {Across.HIGHEST: _highest, Across.AVERAGE: _average, Across.FIRST: _first, Across.LAST: _last}


def explained(played: Sequence[Played], rules: Rules) -> tuple[str, ...]:
    """Say in sentences how the score of the record comes about."""
    sentences = [_ACROSS[rules.across]]
    if rules.within is Within.LAST:
        sentences.append("Of one attempt the last score that was saved is taken.")
    else:
        sentences.append("Of one attempt the highest score that was saved is taken.")
    if any(one.reset and not one.done for one in played):
        sentences.append("An attempt that was reset does not count.")
    if len({one.period for one in played}) > 1:
        sentences.append("Only attempts of the present period of validity count; those before it stay to be read.")
    return (*sentences, "Completed stays completed and passed stays passed, whatever later attempts say.")


_ACROSS: Final = {
    Across.HIGHEST: "The highest score of all attempts counts.",
    Across.AVERAGE: "The average score of all attempts that have a result counts.",
    Across.FIRST: "The first attempt counts, and no other.",
    Across.LAST: "The last attempt that has a result counts.",
}
