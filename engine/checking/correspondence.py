"""Whether all that a workflow says can be said: a template, its tokens, its samples, and somebody to say it to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from engine.checking.findings import Finding, Severity
from engine.errors import EngineError, TemplateError
from engine.exploring import Taken
from engine.letters import Letter, Recipient
from engine.machine import Notice, Workflow
from engine.wording import notices, terms, trial
from engine.wording.lint import Level

_HOLDER: Final = Recipient(name="Robin Holder", email="holder@trust.example", person="holder")
_COMMON: Final[Mapping[str, str]] = {"recipient_name": "Robin Holder", "reason": "Because.", "trust_name": "The trust"}


def correspondence(workflow: Workflow, taken: Iterable[Taken]) -> Iterator[Finding]:
    """Return what is wrong with the notices of a workflow's steps and with the letters of its questions."""
    cases = tuple(taken)
    asked = _asked(workflow, cases)
    yield from _unsaid(workflow, cases)
    for letter in {_signature(one): one for one in (*_told(cases), *asked)}.values():
        yield from _letter(workflow, letter)
    names = {notice.name for step in workflow.steps for notice in step.notices} | {one.notice for one in asked}
    for name in sorted(names):
        for sentence in _template(name):
            yield _finding(workflow, name, sentence)


def _told(cases: Iterable[Taken]) -> Iterator[Letter]:
    for one in cases:
        yield from one.decision.letters


def _asked(workflow: Workflow, cases: Iterable[Taken]) -> tuple[Letter, ...]:
    """Return a letter for each way into a state that asks a question, to a holder of our own."""
    return tuple(
        workflow.questions[one.decision.step.target].letter(one.case, _HOLDER, "approval")
        for one in cases
        if one.decision.step.target in workflow.questions and one.decision.source != one.decision.step.target
    )


def _unsaid(workflow: Workflow, cases: tuple[Taken, ...]) -> Iterator[Finding]:
    """Return each notice that was never addressed to anybody, though its step was taken."""
    for step in workflow.steps:
        mine = [one for one in cases if one.decision.step is step]
        for notice in step.notices:
            if mine and not any(_letters(notice, one) for one in mine):
                yield _finding(workflow, step.id, f"{notice.name} is never sent to anybody.")


def _letters(notice: Notice, one: Taken) -> bool:
    return any(letter.notice == notice.name for letter in one.decision.letters)


def _signature(letter: Letter) -> tuple[object, ...]:
    """Return what of a letter may be wrong: its notice, its address, which tokens have a value, what it depends on."""
    said = frozenset(name for name, value in letter.context.items() if value not in (None, "", []))
    return letter.notice, bool(letter.to.name), letter.to.email, said, letter.relevant is None


def _letter(workflow: Workflow, letter: Letter) -> Iterator[Finding]:
    if not letter.to.name or "@" not in letter.to.email:
        yield _finding(workflow, letter.notice, "It is addressed to nobody who can be reached.")
    if letter.relevant is None and not terms.of(letter.notice).lasting:
        yield _finding(workflow, letter.notice, "It does not say what has to hold when it goes, nor why nothing has.")
    try:
        notices.values(notices.notice(letter.notice), {**letter.context, **_COMMON, **_meeting(letter)})
    except TemplateError as trouble:
        yield _finding(workflow, letter.notice, trouble.sentence)
    except EngineError:
        return  # there is no such notice, which is said once, of its template


def _meeting(letter: Letter) -> dict[str, str]:
    """Return what the composer itself says of a meeting."""
    return {"when": letter.invitation.start.isoformat()} if letter.invitation else {}


def _template(name: str) -> tuple[str, ...]:
    """Return what is wrong with a shipped template: unknown tokens, samples that do not render, no template at all."""
    try:
        notice = notices.notice(name)
    except EngineError:
        return ("There is no folder of templates for this notice.",)
    findings, _samples = trial.examine(notice, notice.source)
    return tuple(f"{found.place}: {found.sentence}" for found in findings if found.level is Level.ERROR)


def _finding(workflow: Workflow, place: str, sentence: str) -> Finding:
    return Finding(workflow=workflow.kind, place=place, sentence=sentence, severity=Severity.ERROR)
