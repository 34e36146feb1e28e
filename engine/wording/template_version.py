"""The life of one version of an organisation's own text: a draft, perhaps looked at, published, retired. Pure.

Catalogue A19, with the second person's approval that it names as a setting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from engine.effects import Effect, Fire
from engine.letters import Letter, Recipient, Relevant, Subject
from engine.machine import Case, Notice, Question, Step, Workflow, guard, reason_given
from engine.wording import differences
from engine.wording.notices import Source

KIND: Final = "template"
TEMPLATE_ADMINISTRATOR: Final = "template-administrator"
PUBLISHED_NOTICE: Final = "SYS-09-template-published"
WAITS_NOTICE: Final = "SYS-13-template-waits"
_LONGEST_DIFFERENCE: Final = 4000


class State(StrEnum):
    """Where a version stands (catalogue A19); stored in `template_versions.state`."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"
    DISCARDED = "DISCARDED"


class Trigger(StrEnum):
    """What happens to a version; the journal keeps it."""

    SAVE = "SAVE"
    SUBMIT = "SUBMIT"
    WAIT = "WAIT"
    PUBLISH = "PUBLISH"
    APPROVE = "APPROVE"
    REJECT = "REJECT"
    RETIRE = "RETIRE"
    WITHDRAW = "WITHDRAW"
    DISCARD = "DISCARD"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion:
    """One version: `at` is the organisation, class or offering whose it is, and `place` what that is called.

    `former` is the id of what its publication retires, `before` the text that applies until then.
    `faults` counts what forbids publishing it; `restores` is the number of the version whose text it brings back.
    `second_person` is the trust's setting. It is about nobody: `author` is an account, `author_person` whose it is.
    """

    trust: str
    id: str
    organisation: str
    organisations: tuple[str, ...]
    at: str
    place: str
    origin: str
    notice: str
    title: str
    number: int
    language: str
    author: str
    author_name: str
    author_person: str | None
    comment: str
    source: Source
    before: Source
    former: str | None = None
    faults: int = 0
    restores: int | None = None
    second_person: bool = False
    administrators: tuple[tuple[str, Recipient], ...] = ()
    state: State | None = None
    revision: int = 0
    head: str = ""
    person: None = None

    @property
    def itself(self) -> Subject:
        """Return its name."""
        return Subject(kind=KIND, trust=self.trust, id=self.id)

    @property
    def address(self) -> str:
        """Return where its versions are looked at."""
        return f"{self.origin}/templates/{self.at}/{self.notice}/versions"


@guard("It has errors, which the editor shows: mend them first.")
def without_faults(case: Case[TemplateVersion]) -> bool:
    """Hold where nothing forbids publishing it, neither when it was saved nor by today's rules."""
    return not case.record.faults and not case.facts.get("faults")


@guard("In this trust a second person publishes: send it for approval.")
def one_may_publish(case: Case[TemplateVersion]) -> bool:
    """Hold where the trust asks for no second person."""
    return not case.record.second_person


@guard("Whoever wrote it cannot approve it: another template administrator does.")
def another_person(case: Case[TemplateVersion]) -> bool:
    """Hold where the actor is not the author, under whatever account."""
    record, actor = case.record, case.actor
    return actor.id != record.author and (actor.person is None or actor.person != record.author_person)


def _take_the_place(case: Case[TemplateVersion]) -> Iterator[Effect]:
    """Retire the version that stood there."""
    if case.record.former:
        former = Subject(kind=KIND, trust=case.record.trust, id=case.record.former)
        yield Fire(subject=former, trigger=Trigger.RETIRE)


def _published(case: Case[TemplateVersion]) -> Iterator[Letter]:
    record = case.record
    number = record.restores
    what = f"went back to version {number}" if number else f"published version {record.number}"
    yield from _told(case, what, _changes(record))


def _withdrawn(case: Case[TemplateVersion]) -> Iterator[Letter]:
    yield from _told(case, f"took version {case.record.number} out of use", "")


def _told(case: Case[TemplateVersion], what: str, changes: str) -> Iterator[Letter]:
    """Tell the other template administrators of the place (SYS-09)."""
    record = case.record
    reason = "You get this message because you administer the e-mail templates of this part of the trust."
    for account, to in record.administrators:
        if account != case.actor.id:
            said = {
                "what": f"{case.actor.name} {what}",
                "author": record.author_name,
                "comment": str(case.facts.get("reason") or record.comment),
                "changes": changes,
            }
            yield _letter(record, PUBLISHED_NOTICE, to, reason, said, State.PUBLISHED, State.RETIRED)


def _waits(case: Case[TemplateVersion]) -> Iterator[Letter]:
    """Tell the other template administrators where the role is allocated to nobody in particular."""
    reason = "You get this message because you administer the e-mail templates of this part of the trust."
    for account, to in case.record.administrators:
        if account != case.record.author:
            yield _waiting(case.record, to, reason, case.record.address)


def _asked(case: Case[TemplateVersion], to: Recipient, approval: str) -> Letter:
    reason = "You get this message because you hold the role Template Administrator for this part of the trust."
    return _waiting(case.record, to, reason, f"{case.record.origin}/worklist/{approval}")


def _waiting(record: TemplateVersion, to: Recipient, reason: str, link: str) -> Letter:
    said = {"author": record.author_name, "comment": record.comment, "changes": _changes(record), "decide_link": link}
    return _letter(record, WAITS_NOTICE, to, reason, said, State.SUBMITTED)


def _letter(
    record: TemplateVersion, notice: str, to: Recipient, reason: str, said: dict[str, Any], *states: State
) -> Letter:
    known = {"template": record.title, "place": record.place, "version": record.number}
    return Letter(
        notice=notice,
        to=to,
        subject=record.itself,
        organisation=record.organisation,
        reason=reason,
        context={**known, "versions_link": record.address, **said},
        relevant=Relevant(name="still_in", facts={"states": [str(state) for state in states]}),
    )


def _changes(record: TemplateVersion) -> str:
    """Return what it changes of the text that applies, as lines, cut where it is very long."""
    old, new = record.before, record.source
    parts = (("Subject", old.subject, new.subject), ("Text", old.text, new.text), ("HTML", old.html, new.html))
    found = [f"{name}:\n{told}" for name, a, b in parts if (told := differences.told(a, b))]
    whole = "\n\n".join(found)
    return whole if len(whole) <= _LONGEST_DIFFERENCE else f"{whole[:_LONGEST_DIFFERENCE]}\n…"


_S, _T = State, Trigger
_BY: Final = (TEMPLATE_ADMINISTRATOR,)
_TELL: Final = (Notice(PUBLISHED_NOTICE, _published),)

WORKFLOW: Final = Workflow(
    kind=KIND,
    title="Template version",
    states=State,
    triggers=Trigger,
    finals=(_S.PUBLISHED, _S.RETIRED, _S.DISCARDED),
    questions={
        _S.SUBMITTED: Question(
            role=TEMPLATE_ADMINISTRATOR,
            title=lambda case: f"Publish version {case.record.number} of “{case.record.title}”?",
            letter=_asked,
            fallback=_T.WAIT,
        )
    },
    steps=(
        Step(id="A19-T01", trigger=_T.SAVE, sources=(), target=_S.DRAFT, by=_BY),
        Step(id="A19-T01a", trigger=_T.SAVE, sources=(_S.DRAFT, _S.SUBMITTED), target=_S.DRAFT, by=_BY),
        Step(
            id="A19-T02",
            trigger=_T.PUBLISH,
            sources=(_S.DRAFT,),
            target=_S.PUBLISHED,
            by=_BY,
            when=(without_faults, one_may_publish),
            effects=_take_the_place,
            notices=_TELL,
        ),
        Step(
            id="A19-T02a", trigger=_T.SUBMIT, sources=(_S.DRAFT,), target=_S.SUBMITTED, by=_BY, when=(without_faults,)
        ),
        # Where nobody holds the role as an allocated one, it waits on the page, and those who may approve are told.
        Step(
            id="A19-T02b",
            trigger=_T.WAIT,
            sources=(_S.SUBMITTED,),
            target=_S.SUBMITTED,
            notices=(Notice(WAITS_NOTICE, _waits),),
        ),
        Step(
            id="A19-T02c",
            trigger=_T.APPROVE,
            sources=(_S.SUBMITTED,),
            target=_S.PUBLISHED,
            by=_BY,
            when=(another_person, without_faults),
            effects=_take_the_place,
            notices=_TELL,
            answer=True,
        ),
        Step(
            id="A19-T02d",
            trigger=_T.REJECT,
            sources=(_S.SUBMITTED,),
            target=_S.DRAFT,
            by=_BY,
            when=(reason_given,),
            answer=True,
        ),
        Step(id="A19-T03", trigger=_T.RETIRE, sources=(_S.PUBLISHED,), target=_S.RETIRED),
        Step(
            id="A19-T03a",
            trigger=_T.WITHDRAW,
            sources=(_S.PUBLISHED,),
            target=_S.RETIRED,
            by=_BY,
            when=(reason_given,),
            notices=(Notice(PUBLISHED_NOTICE, _withdrawn),),
        ),
        Step(id="A19-T05", trigger=_T.DISCARD, sources=(_S.DRAFT, _S.SUBMITTED), target=_S.DISCARDED, by=_BY),
    ),
)
