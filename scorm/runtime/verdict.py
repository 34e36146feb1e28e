"""Why an attempt came to what it came to, in plain words, with the calls that show it and what can be done. Pure.

The first rule that holds is the answer; the facts below it are said in every case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from scorm.runtime import story
from scorm.runtime.story import Evidence, Story, Window


class Kind(StrEnum):
    """What kind of answer it is; stored with an item that was raised because of it."""

    FINAL = "final"
    NEVER_OPENED = "never opened"
    SILENT = "silent"
    NEVER_INITIALISED = "never initialised"
    NOT_FOR_CREDIT = "not for credit"
    OPEN = "open"
    BELOW_PASS_MARK = "below the pass mark"  # noqa: S105 - it is no password
    FAILED = "failed"
    REFUSED = "status refused"
    SUSPENDED_SILENT = "suspended without a status"
    SUSPENDED = "suspended"
    ENDED = "ended incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that is known, in a sentence, and where it can be seen."""

    sentence: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, the facts behind it, and what the learner and those who support them can do."""

    kind: Kind
    answer: str
    facts: tuple[Fact, ...]
    learner: str
    support: str

    def as_dict(self) -> dict[str, Any]:
        """Give every field by name, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """When an answer holds, how it is worded, and what can be done."""

    kind: Kind
    holds: Callable[[Story, Window], bool]
    says: Callable[[Story, Window], str]
    learner: str
    support: str


def judge(attempt: Story) -> Verdict:
    """Say why an attempt came to what it came to."""
    window = attempt.heard
    if window is None:
        return _unheard(attempt)
    rule = next(rule for rule in _RULES if rule.holds(attempt, window))
    return Verdict(
        kind=rule.kind,
        answer=rule.says(attempt, window),
        facts=tuple(_facts(attempt, window)),
        learner=rule.learner,
        support=rule.support,
    )


def _unheard(attempt: Story) -> Verdict:
    if not attempt.windows:
        return Verdict(
            kind=Kind.NEVER_OPENED,
            answer="The course has not been opened yet.",
            facts=(),
            learner="Press Play to begin.",
            support="Nothing can be seen before the course is opened.",
        )
    return Verdict(
        kind=Kind.SILENT,
        answer="The course was opened, but nothing that it said has arrived: as far as is known, it never began.",
        facts=tuple(_silence(attempt)),
        learner=f"{_FINISH_SAVING} If nothing is kept there, open the course again and wait for its first page.",
        support=f"{_ASK_TO_FINISH_SAVING} If this happens to everybody, the package does not report at all: "
        "check it, and play it once yourself.",
    )


def _facts(attempt: Story, window: Window) -> Iterator[Fact]:
    """Yield what is known of the last window that was heard: begin, status, score, exit, end, and silence after it."""
    began = story.done(window, "initialise")
    if began:
        yield Fact(sentence="The course began.", evidence=story.shown(window, *began))
    yield _status(window)
    yield from _refusals(window)
    yield from _score(window)
    yield from _exit(window)
    yield from _silence(attempt)


def _status(window: Window) -> Fact:
    calls = sorted(
        (call for element in window.vocabulary.statuses for call in story.accepted(window, element)),
        key=lambda call: call.seq,
    )
    word = story.status(window)
    if calls:
        return Fact(sentence=f"The status that it set last is “{word}”.", evidence=story.shown(window, *calls))
    if word:
        return Fact(sentence=f"It set no status this time; “{word}” stands from before.")
    return Fact(sentence="It never set a status.")


def _refusals(window: Window) -> Iterator[Fact]:
    tried = story.refused(window)
    if tried:
        name, word = (*tried[-1].args, "", "")[:2]
        said = f"It tried to set {name} to “{word[:60]}”, and was refused (error {tried[-1].error})."
        yield Fact(sentence=said, evidence=story.shown(window, *tried))


def _score(window: Window) -> Iterator[Fact]:
    reached, mark = story.score(window), story.pass_mark(window)
    calls = story.accepted(window, window.vocabulary.score)
    if reached is not None:
        against = f", and the pass mark is {mark:g}" if mark is not None else "; the package names no pass mark"
        yield Fact(
            sentence=f"The score is {reached:g}{against}.", evidence=story.shown(window, *calls) if calls else ()
        )
    elif mark is not None:
        yield Fact(sentence=f"The pass mark is {mark:g}, and no score was set.")


def _exit(window: Window) -> Iterator[Fact]:
    words = window.vocabulary
    ways = story.accepted(window, words.exit)
    if ways:
        way = story.said(window, words.exit)
        yield Fact(sentence=f"How it left: {words.exit}={way or '(empty)'}.", evidence=story.shown(window, *ways))
    finish, ends = words.function("finish"), story.done(window, "finish")
    if ends:
        yield Fact(sentence=f"It ended properly ({finish}).", evidence=story.shown(window, *ends))
    elif not story.ended(window):
        yield Fact(sentence=f"It has not ended: {finish} was not called, or that call has not arrived.")


def _silence(attempt: Story) -> Iterator[Fact]:
    for window in attempt.silent:
        function = window.vocabulary.function("initialise")
        yield Fact(
            sentence=f"Of the window opened then nothing has arrived: {function} was never called as far as is known.",
            evidence=story.shown(window),
        )


def _final(attempt: Story, _window: Window) -> str:
    word = attempt.outcome.lesson_status if attempt.outcome else ""
    seen = story.decided(attempt)
    call = f" in call {seen[0].call} of window {seen[0].window}" if seen else ""
    return f"The course came to “{word}”{call}, and that was recorded as soon as it arrived; it stays."


def _below(_attempt: Story, window: Window) -> str:
    reached, mark = story.score(window) or 0, story.pass_mark(window) or 0
    return f"The score is {reached:g} and the pass mark is {mark:g}."


def _is_below(_attempt: Story, window: Window) -> bool:
    reached, mark = story.score(window), story.pass_mark(window)
    over = story.ended(window) and not story.suspended(window)
    claims = story.status(window) not in {None, "incomplete", "not attempted"}
    return reached is not None and mark is not None and reached < mark and (over or claims)


def _left(window: Window) -> str:
    return f"The course said that it was left to be gone on with ({window.vocabulary.exit}=suspend)"


_FINISH_SAVING: Final = "If the course was closed suddenly, use “Finish saving” in the browser that you used."
_ASK_TO_FINISH_SAVING: Final = (
    "Calls that had not arrived when the window was closed are in that browser's journal: ask the learner to use "
    "“Finish saving” on their page in the same browser, within 30 days."
)
_GO_ON: Final = "Open the course again, go on to its very last page, and leave it by its own exit."
_ASK: Final = "If you have seen everything and it still says this, ask your learning team: they see the same facts."
_PACKAGE: Final = (
    "Whether the package ever reports completion is set in the tool that made it (pages viewed, quiz result). Where "
    "the learner has done all there is, a person may record that with a reason."
)

_RULES: Final = (
    _Rule(
        kind=Kind.FINAL,
        holds=lambda attempt, _window: attempt.final,
        says=_final,
        learner="There is nothing to do.",
        support="Where the enrolment does not show it, its history says why.",
    ),
    _Rule(
        kind=Kind.NEVER_INITIALISED,
        holds=lambda _attempt, window: not window.session.began,
        says=lambda _attempt, window: (
            f"The course never called {window.vocabulary.function('initialise')} with success, "
            "so that nothing it said could count."
        ),
        learner="Open the course again. If it says the same afterwards, tell your learning team.",
        support="The package does not speak to the player as the standard asks. Check it, and ask who made it.",
    ),
    _Rule(
        kind=Kind.NOT_FOR_CREDIT,
        holds=lambda _attempt, window: not story.counts(window),
        says=lambda _attempt, window: (
            f"It was opened in the mode “{window.session.launch.lesson_mode}” "
            f"({window.session.launch.credit}), in which nothing counts."
        ),
        learner="Open the course from “My learning” to have it count.",
        support="Nothing is wrong: what is looked at without credit is not recorded.",
    ),
    _Rule(
        kind=Kind.BELOW_PASS_MARK,
        holds=_is_below,
        says=_below,
        learner="Open the course again and take the assessment once more, if attempts are left.",
        support="This is a result, not a fault. How many attempts there are is set with the offering.",
    ),
    _Rule(
        kind=Kind.FAILED,
        holds=lambda _attempt, window: story.said(window, window.vocabulary.failed[0]) == window.vocabulary.failed[1],
        says=lambda _attempt, _window: "The course reported “failed”.",
        learner="Open the course again and take the assessment once more, if attempts are left.",
        support="The course itself decided this; the package names no pass mark that says otherwise.",
    ),
    _Rule(
        kind=Kind.REFUSED,
        holds=lambda _attempt, window: bool(story.refused(window)) and not story.reported(window),
        says=lambda _attempt, window: (
            f"The course tried to report a status that {window.vocabulary.standard} does not have, and set no other."
        ),
        learner=_ASK,
        support="The package misspells its status, so that it can never complete. Whoever made it has to correct it; "
        "a person may record what the learner has done, with a reason.",
    ),
    _Rule(
        kind=Kind.OPEN,
        holds=lambda _attempt, window: not story.ended(window),
        says=lambda _attempt, _window: (
            "The course is still open, or its window was closed before its last calls "
            "arrived. What had not arrived is in the journal of the browser that was used: Finish saving sends it."
        ),
        learner=f"{_FINISH_SAVING} Then: {_GO_ON[0].lower()}{_GO_ON[1:]}",
        support=f"{_ASK_TO_FINISH_SAVING} Where that browser is gone, they can go on from where it was saved.",
    ),
    _Rule(
        kind=Kind.SUSPENDED_SILENT,
        holds=lambda _attempt, window: story.suspended(window) and story.status(window) is None,
        says=lambda _attempt, window: f"{_left(window)}, and it never set a status.",
        learner=f"{_GO_ON} {_ASK}",
        support=_PACKAGE,
    ),
    _Rule(
        kind=Kind.SUSPENDED,
        holds=lambda _attempt, window: story.suspended(window),
        says=lambda _attempt, window: f"{_left(window)}, and the status is “{story.status(window)}”.",
        learner=f"{_GO_ON} {_ASK}",
        support=_PACKAGE,
    ),
    _Rule(
        kind=Kind.ENDED,
        holds=lambda _attempt, _window: True,
        says=lambda _attempt, window: f"The course ended, and the status is “{story.status(window) or 'unknown'}”.",
        learner=f"{_GO_ON} {_ASK}",
        support=_PACKAGE,
    ),
)
