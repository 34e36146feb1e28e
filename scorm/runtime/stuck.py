"""Signs that an attempt is stuck: all was done as far as can be told, and nothing final was reported. Pure.

A sign is a reason to ask a person, never a result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scorm.runtime import story
from scorm.runtime.story import Story, Window


class Sign(StrEnum):
    """What shows that an attempt may be stuck; stored in `stuck_attempts.sign`."""

    FULL_SCORE = "full score"
    ENDED_OFTEN = "ended often"
    SILENT = "ended without a status"
    BY_HAND = "by hand"


SENTENCES: Final[Mapping[Sign, str]] = {
    Sign.FULL_SCORE: "The score is as high as it can be, or as the pass mark asks, and no completion was reported.",
    Sign.ENDED_OFTEN: "The course was ended properly again and again, and never reported completion.",
    Sign.SILENT: "The course was ended properly and never set a status; nothing has been heard of it since.",
    Sign.BY_HAND: "Somebody decided about it without being asked.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited before somebody is asked: so long without a word, or so many proper ends."""

    idle: timedelta
    ends: int


def sign(attempt: Story, active_at: datetime, now: datetime, patience: Patience) -> Sign | None:
    """Return why somebody should look at an attempt; None where it may simply not be finished.

    `active_at` is when anything was heard of it last. Windows need no calls: where their sessions stand is enough.
    """
    window = attempt.heard
    if window is None or attempt.final or not story.counts(window) or _decided_otherwise(window):
        return None
    idle = now - active_at >= patience.idle
    return next((one for one, holds in _SIGNS.items() if holds(attempt, window, idle, patience)), None)


def _decided_otherwise(window: Window) -> bool:
    """Say whether the course said that the learner has not passed: that is a result, and no question."""
    element, word = window.vocabulary.failed
    reached, mark = story.score(window), story.pass_mark(window)
    return story.said(window, element) == word or (reached is not None and mark is not None and reached < mark)


def _high_score(_attempt: Story, window: Window, idle: bool, _patience: Patience) -> bool:  # noqa: FBT001 - as computed
    reached, mark = story.score(window), story.pass_mark(window)
    enough = reached is not None and mark is not None and reached >= mark
    return (story.ended(window) or idle) and (enough or story.full(window))


def _often(attempt: Story, _window: Window, _idle: bool, patience: Patience) -> bool:  # noqa: FBT001
    # Who suspends in the middle and says "incomplete" is simply not done yet.
    ends = (one for one in attempt.windows if story.ended(one))
    return sum(not story.suspended(one) or story.status(one) is None for one in ends) >= patience.ends


def _silent(attempt: Story, window: Window, idle: bool, _patience: Patience) -> bool:  # noqa: FBT001
    return idle and story.ended(window) and not any(story.status(one) for one in attempt.windows)


_SIGNS: Final[Mapping[Sign, Callable[[Story, Window, bool, Patience], bool]]] = {
    Sign.FULL_SCORE: _high_score,
    Sign.ENDED_OFTEN: _often,
    Sign.SILENT: _silent,
}
