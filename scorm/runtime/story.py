"""What the windows of an attempt tell, as plain facts with the calls that show them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from scorm.runtime.outcome import Outcome
from scorm.runtime.session import Call, Session, State
from scorm.runtime.values import number
from scorm.runtime.vocabulary import VOCABULARIES, Vocabulary

_DONE = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window of an attempt: where its session stands after `seq` calls, and those of them that tell something.

    `calls` need not be all: initialising, finishing and what sets a status, a score or the exit is enough.
    """

    number: int
    opened_at: datetime
    session: Session
    seq: int
    calls: Sequence[Call]
    package: str | None = None
    """The version that it played; None for the one that its attempt is on."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Return what its version of SCORM calls things."""
        return VOCABULARIES[self.session.launch.model]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a fact can be seen: a call of a window, by the learner's clock (ISO), or a window alone (`call` 0)."""

    window: int
    call: int
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An attempt as it is judged: its windows, the oldest first, and what it came to."""

    windows: Sequence[Window]
    outcome: Outcome | None

    @property
    def heard(self) -> Window | None:
        """Return the last window of which any call arrived."""
        return next((one for one in reversed(self.windows) if one.seq), None)

    @property
    def silent(self) -> tuple[Window, ...]:
        """Return the windows after the last one that was heard."""
        last = self.heard.number if self.heard else 0
        return tuple(one for one in self.windows if one.number > last)

    @property
    def final(self) -> bool:
        """Say whether the learner is done."""
        return self.outcome is not None and self.outcome.final


def said(window: Window, element: str) -> str | None:
    """Return what a window last set an element to, or took over from an earlier window; None where nothing was."""
    return window.session.data.get(element)


def status(window: Window) -> str | None:
    """Return the statuses that a window ends with, in the course's words; None where it has none."""
    words = [word for word in (said(window, one) for one in window.vocabulary.statuses) if word]
    return " and ".join(dict.fromkeys(words)) or None


def reported(window: Window) -> bool:
    """Say whether the course set a status in this very window."""
    return any(accepted(window, element) for element in window.vocabulary.statuses)


def score(window: Window) -> float | None:
    """Return the score that a window ends with."""
    return number(said(window, window.vocabulary.score) or "")


def pass_mark(window: Window) -> float | None:
    """Return the pass mark that the package names."""
    return number(window.session.value(window.vocabulary.pass_mark))


def full(window: Window) -> bool:
    """Say whether the score is as high as a score can be."""
    words, reached = window.vocabulary, score(window)
    most = number(said(window, words.most) or "") if words.most else None
    return reached is not None and reached >= (most or words.full)


def ended(window: Window) -> bool:
    """Say whether the course called its end."""
    return window.session.state is State.FINISHED


def suspended(window: Window) -> bool:
    """Say whether the course said that the learner means to come back."""
    return said(window, window.vocabulary.exit) == "suspend"


def counts(window: Window) -> bool:
    """Say whether it was played for credit, in the normal mode."""
    launch = window.session.launch
    return launch.credit == "credit" and launch.lesson_mode == "normal"


def accepted(window: Window, element: str) -> tuple[Call, ...]:
    """Return the calls that set an element."""
    return tuple(call for call in _sets(window, element) if call.answer == _DONE)


def refused(window: Window) -> tuple[Call, ...]:
    """Return the calls that tried to set a status and were refused."""
    names = window.vocabulary.statuses
    return tuple(call for element in names for call in _sets(window, element) if call.answer != _DONE)


def done(window: Window, verb: str) -> tuple[Call, ...]:
    """Return the calls of a function, by its verb in the model, that succeeded."""
    name = window.vocabulary.function(verb)
    return tuple(call for call in window.calls if call.fn == name and call.answer == _DONE)


def shown(window: Window, *calls: Call) -> tuple[Evidence, ...]:
    """Make evidence of the last of some calls; of the window itself where there is none."""
    if not calls:
        return (Evidence(window=window.number, call=0, at=window.opened_at.isoformat()),)
    return (Evidence(window=window.number, call=calls[-1].seq, at=calls[-1].at),)


def decided(story: Story) -> tuple[Evidence, ...]:
    """Return the call that made an attempt final; nothing where it cannot be told, as after the calls are forgotten."""
    found = [(window, call) for window in story.windows for call in _deciding(window)]
    return shown(*min(found, key=lambda one: (one[0].number, one[1].seq))) if found else ()


def _deciding(window: Window) -> Iterator[Call]:
    """Yield the calls that can have done it: a status that says so, a score that is enough, an end without a status."""
    words, mark = window.vocabulary, pass_mark(window)
    for word, element in words.done.items():
        yield from (call for call in accepted(window, element) if call.args[1:] == (word,))
    if mark is not None and counts(window):
        yield from (call for call in accepted(window, words.score) if _reaches(call, mark))
    if status(window) is None and not suspended(window):
        yield from done(window, "finish")


def _reaches(call: Call, mark: float) -> bool:
    # What a browser says that it answered may be anything.
    try:
        return float("".join(call.args[1:])) >= mark
    except ValueError:
        return False


def _sets(window: Window, element: str) -> Iterator[Call]:
    name = window.vocabulary.function("set")
    return (call for call in window.calls if call.fn == name and call.args[:1] == (element,))
