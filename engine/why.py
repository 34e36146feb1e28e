"""Why: from the journal over decision, routing and letter to delivery, each by look-up and never by guess.

Where the row that knew the answer is gone, the answer is that it is unknown. Notices that did not go have an answer
too (`silence`). `within` are the organisations of whoever asks: each step of another is told without what it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, select

from engine import journal, relevance
from engine.approvals import approval
from engine.errors import Invalid, Missing
from engine.letters import Subject
from engine.machine import Step, Workflow, plain
from engine.outgoing.outbox import Delivery
from engine.outgoing.posted import about
from engine.privacy.sight import Reach, sees
from engine.roles.directory_tables import accounts, roles
from engine.tables import approvals as questions
from engine.tables import journal as moves
from engine.tables import outbox
from engine.transaction import MOST_EFFECTS_DEEP, Engine
from engine.wording import notices, rendering

GONE: Final = "the row of the journal that knew it is gone or was changed"
HIDDEN: Final = "You may not see this step: it belongs to an organisation that you do not look after."


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a fact can be looked up: a row of the journal of a subject (`move` is its revision), or a message."""

    kind: str
    id: str
    move: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One link of the chain, in a sentence; `at` is when it happened; `known` is False for a gap."""

    sentence: str
    at: datetime | None = None
    evidence: Evidence | None = None
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered, in one sentence, and the facts behind it in the order of time; `known` is False for a gap."""

    question: str
    answer: str
    facts: tuple[Fact, ...]
    known: bool = True


def state(engine: Engine, connection: Connection, subject: Subject, within: Reach = None) -> Answer:
    """Return why a subject stands where it does, which whoever asks may see. Raises `Missing`."""
    workflow, stands = _standing(engine, connection, subject)
    title = workflow.title.lower()
    chain = tuple(_chain(engine, connection, subject, stands["revision"], stands["head"], within))
    asked = tuple(_asked(connection, subject, questions.c.subject_revision <= stands["revision"]))
    told = tuple(_told(connection, subject, outbox.c.revision == stands["revision"], within))
    known = bool(chain) and chain[-1].known
    said = f"It is {plain(stands['state'])} because {chain[-1].sentence}" if known else f"Unknown: {GONE}."
    return Answer(
        question=f"Why is this {title} {plain(stands['state'])}?",
        answer=said,
        facts=(*chain, *asked, *told),
        known=known,
    )


def letter(engine: Engine, connection: Connection, trust: str, identifier: str, within: Reach = None) -> Answer:
    """Return why a message was sent, is to be sent, or was not; whoever asks may see it. Raises `Missing`."""
    here = (outbox.c.trust == trust, outbox.c.id == identifier)
    found = connection.execute(select(outbox).where(*here)).mappings().one_or_none()
    if found is None:
        raise Missing("There is no such message.", trust=trust, id=identifier)
    subject = Subject(kind=found["kind"], trust=trust, id=found["subject"])
    asked_for = found["revision"] == 0
    chain = () if asked_for else tuple(_chain(engine, connection, subject, found["revision"], within=within))
    known = asked_for or (bool(chain) and chain[-1].known)
    cause = "Because somebody asked for it." if asked_for else f"Because {chain[-1].sentence}" if known else ""
    seen = sees(engine, connection, subject, within)
    asked = _asked(connection, subject, questions.c.subject_revision == found["revision"]) if seen else ()
    return Answer(
        question=f"Why did {found['name']} get “{notices.titled(found['notice'])}”?",
        answer=(cause if seen or asked_for else HIDDEN) if known else f"Unknown: {GONE}.",
        facts=(*chain, *asked, *_sent(found)),
        known=known,
    )


def silence(engine: Engine, connection: Connection, subject: Subject, notice: str, within: Reach = None) -> Answer:
    """Return why a notice about a subject did not go, or how it did; its code (LRN-01) will do for its name.

    Raises `Missing`, or `Invalid` for what is no notice of the subject's.
    """
    workflow, _stands = _standing(engine, connection, subject)
    known = notices_of(workflow)
    notice = next((name for name in known if name.startswith(f"{notice}-")), notice)
    senders = {step.id: step for step in workflow.steps if any(one.name == notice for one in step.notices)}
    went = tuple(_told(connection, subject, outbox.c.notice == notice, within))
    if not senders and not went:
        named = f" What can go: {', '.join(known)}." if known else ""
        raise Invalid(f"Nothing that can happen to this {workflow.title.lower()} sends “{notice}”.{named}")
    taken = tuple(_taken(engine, connection, subject, sorted(senders)))
    return Answer(
        question=f"Why did nobody get “{notices.titled(notice)}” about this {workflow.title.lower()}?",
        answer=_silent(went, taken, list(senders.values())),
        facts=(*taken, *went),
    )


def notices_of(workflow: Workflow) -> Sequence[str]:
    """Return the notices that steps of a workflow send, in the order of their names."""
    return sorted({notice.name for step in workflow.steps for notice in step.notices})


def _silent(went: Sequence[Fact], taken: Sequence[Fact], senders: Sequence[Step]) -> str:
    if went:
        return f"It was written {len(went)} times; below is what became of each." if len(went) > 1 else went[0].sentence
    if taken:
        return "What it tells of did happen, but it was meant for nobody: nobody was to be told in that case."
    ways = " or ".join(f"“{plain(step.trigger)}” (rule {step.id})" for step in senders)
    return f"Because what it tells of never happened: it goes at {ways}."


def _standing(engine: Engine, connection: Connection, subject: Subject) -> tuple[Workflow, RowMapping]:
    workflow, keep = engine.kept(subject.kind)
    table = keep.table
    chosen = select(table.c.state, table.c.revision, table.c.head)
    here = chosen.where(table.c.trust == subject.trust, table.c.id == subject.id)
    found = connection.execute(here).mappings().one_or_none()
    if found is None:
        raise Missing(f"There is no such {workflow.title.lower()}.")
    return workflow, found


def _chain(  # noqa: PLR0913, PLR0917 - a move, its hash, and who asks
    engine: Engine,
    connection: Connection,
    subject: Subject,
    revision: int,
    head: str | None = None,
    within: Reach = None,
) -> Iterator[Fact]:
    """Yield a move with all that led to it, the first cause first; a row that is gone is said to be.

    With `head` the move itself must be the row with this hash.
    """
    found: list[Fact] = []
    sought: str | None = journal.reference(subject, revision)
    while sought and len(found) <= MOST_EFFECTS_DEEP:
        row = _row(connection, subject.trust, sought)
        if row is None or (head and not found and row["hash"] != head):
            found.append(Fact(sentence=f"What led to this is unknown: {GONE} ({sought}).", known=False))
            break
        of = Subject(kind=row["kind"], trust=row["trust"], id=row["subject"])
        seen = sees(engine, connection, of, within)
        found.append(_moved(engine, row) if seen else Fact(sentence=HIDDEN))
        sought = row["because"]
    yield from reversed(found)


def _row(connection: Connection, trust: str, sought: str) -> RowMapping | None:
    """Return a row of the journal that is as it was written; None where it is not."""
    kind, _, rest = sought.partition("/")
    subject, _, revision = rest.rpartition("/")
    if not revision.isdecimal():
        return None
    here = (moves.c.trust == trust, moves.c.kind == kind, moves.c.subject == subject)
    row = connection.execute(select(moves).where(*here, moves.c.revision == int(revision))).mappings().one_or_none()
    return row if row is not None and journal.row_hash(row) == row["hash"] else None


def _taken(engine: Engine, connection: Connection, subject: Subject, steps: Sequence[str]) -> Iterator[Fact]:
    for row in journal.history(connection, subject):
        if row["step"] in steps:
            yield _moved(engine, row)


def _moved(engine: Engine, row: RowMapping) -> Fact:
    said = journal.said(row)
    given = said.facts.get("reason") or said.facts.get("comment")
    reason = f" The reason given: “{given}”." if given else ""
    workflow = engine.keeps[row["kind"]][0] if row["kind"] in engine.keeps else None
    done = _done(workflow.title.lower() if workflow else plain(row["kind"]), row)
    seen = Evidence(kind=row["kind"], id=row["subject"], move=row["revision"])
    return Fact(sentence=f"{said.by} {done}{_rule(workflow, row)}.{reason}", at=row["at"], evidence=seen)


def _done(title: str, row: RowMapping) -> str:
    if row["source"] == row["target"]:
        return f"took the step “{plain(row['trigger'])}” on the {title}, which stays {plain(row['target'])}"
    way = f"moved the {title} from {plain(row['source'])} to" if row["source"] else f"started the {title} as"
    return f"{way} {plain(row['target'])} by “{plain(row['trigger'])}”"


def _rule(workflow: Workflow | None, row: RowMapping) -> str:
    step = next((step for step in workflow.steps if step.id == row["step"]), None) if workflow else None
    if step is None:
        return f" (rule {row['step']}, which is not declared any more)"
    asked = ", ".join(plain(condition.name) for condition in step.when)
    return f" (rule {row['step']}, which asks for: {asked})" if asked else f" (rule {row['step']})"


def _asked(connection: Connection, subject: Subject, which: ColumnElement[bool]) -> Iterator[Fact]:
    """Yield whom the questions about a subject reached, and how each ended."""
    here = (questions.c.trust == subject.trust, questions.c.kind == subject.kind, questions.c.subject == subject.id)
    opened = and_(
        moves.c.trust == questions.c.trust,
        moves.c.kind == approval.KIND,
        moves.c.subject == questions.c.id,
        moves.c.revision == 1,
    )
    held = and_(
        roles.c.trust == questions.c.trust,
        roles.c.role == questions.c.role,
        roles.c.organisation == questions.c.organisation,
    )
    chosen = select(questions, moves.c.payload, roles.c.title.label("role_title")).where(*here, which)
    chosen = chosen.outerjoin(moves, opened).outerjoin(roles, held)
    for row in connection.execute(chosen.order_by(questions.c.opened_at, questions.c.id)).mappings().all():
        facts = json.loads(row["payload"]).get("facts", {}) if row["payload"] else None
        names = _names(connection, subject.trust, facts or {})
        seen = Evidence(kind=approval.KIND, id=row["id"])
        yield Fact(sentence=_reached(row, facts, names), at=row["opened_at"], evidence=seen)
        for forward in (facts or {}).get("forwards", ()):
            said = _sentence(f"Because of an absence rule {forward['sentence']}").strip()
            yield Fact(sentence=said, at=row["opened_at"])
        yield Fact(sentence=_ended(row), at=row["closed_at"], evidence=seen)


def _reached(row: RowMapping, facts: Mapping[str, Any] | None, names: Mapping[str, str]) -> str:
    role = row["role_title"] or row["role"]
    if facts is None:
        return f"“{row['title']}” was asked of the role {role}; whom it reached is unknown: {GONE}."
    whom = ", ".join(names.get(one, "an account that is gone") for one in facts.get("holders", ())) or "nobody"
    trouble = f" {_sentence(facts.get('trouble')).strip()}" if facts.get("trouble") else ""
    return f"“{row['title']}” was asked of the role {role} and reached {whom}.{trouble}"


def _ended(row: RowMapping) -> str:
    if row["answered_by_name"]:
        return f"{row['answered_by_name']} answered “{plain(row['choice'])}”."
    return f"That question is {plain(row['state'])}."


def _names(connection: Connection, trust: str, facts: Mapping[str, Any]) -> Mapping[str, str]:
    wanted = set(facts.get("holders", ()))
    chosen = select(accounts.c.id, accounts.c.name).where(accounts.c.trust == trust, accounts.c.id.in_(wanted))
    return {row.id: row.name for row in connection.execute(chosen)} if wanted else {}


def _told(connection: Connection, subject: Subject, which: ColumnElement[bool], within: Reach = None) -> Iterator[Fact]:
    for row in connection.execute(select(outbox).where(about(subject), which).order_by(outbox.c.id)).mappings():
        if within is not None and row["organisation"] not in within:
            yield Fact(sentence=HIDDEN)
            continue
        became = f"{BECAME[Delivery(row['state'])]}.{_sentence(row['answer'])}"
        sentence = f"“{notices.titled(row['notice'])}” was written to {row['name']} and {became}"
        evidence = Evidence(kind="message", id=row["id"])
        yield Fact(sentence=sentence, at=row["sent_at"] or row["queued_at"], evidence=evidence)


def _sent(found: RowMapping) -> Iterator[Fact]:
    """Yield the way of one letter: whom it is for and why, what had to hold, its template, and what became of it."""
    yield Fact(sentence=f"It goes to {found['name']}. {found['reason']}", at=found["queued_at"])
    if found["relevant"]:
        yield Fact(sentence=f"At the moment of sending this has to be true: {relevance.condition(found)}.")
    if found["template"]:
        yield Fact(sentence=f"It was written with {rendering.spoken(found['template'])}.")
    evidence = Evidence(kind="message", id=found["id"])
    became = f"It {BECAME[Delivery(found['state'])]}.{_sentence(found['answer'])}"
    yield Fact(sentence=became, at=found["sent_at"] or found["due_at"], evidence=evidence)


BECAME: Final[Mapping[Delivery, str]] = {
    Delivery.QUEUED: "waits to be sent",
    Delivery.SENDING: "is being sent",
    Delivery.RETRY: "waits for the next try",
    Delivery.SENT: "was taken by the mail server",
    Delivery.DEAD: "was given up",
    Delivery.SUPPRESSED: "was not sent",
    Delivery.PARKED: "was set aside for somebody to look at",
}


def _sentence(said: Any) -> str:
    return f" {str(said).rstrip('.')}." if said else ""
