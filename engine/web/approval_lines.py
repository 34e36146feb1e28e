"""The history of a question, one line for each event: who did what when, in plain words, with what was said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from engine import journal
from engine.approvals.approval import Approval, Trigger
from engine.journal import Said
from engine.roles.directory_tables import accounts
from engine.web.journal import words

_SOMEBODY: Final = "somebody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event; `said` is what somebody wrote with it, `number` that of its row in the journal."""

    at: datetime
    what: str
    said: str
    number: int


def lines(connection: Connection, approval: Approval, labels: Mapping[str, str]) -> list[Line]:
    """Return all that happened to a question, the oldest first; `labels` are the words for its choices."""
    rows = [(row, journal.said(row)) for row in journal.history(connection, approval.itself)]
    names = _names(connection, approval.trust, [said.facts for _row, said in rows])
    return [_line(row, said, names, labels) for row, said in rows]


def _names(connection: Connection, trust: str, facts: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    wanted = {str(said[name]) for said in facts for name in ("to", "of") if said.get(name)}
    if not wanted:
        return {}
    chosen = select(accounts.c.id, accounts.c.name).where(accounts.c.trust == trust, accounts.c.id.in_(wanted))
    return {row.id: row.name for row in connection.execute(chosen)}


def _line(row: RowMapping, said: Said, names: Mapping[str, str], labels: Mapping[str, str]) -> Line:
    facts = said.facts
    known = {
        "by": said.by,
        "to": names.get(facts.get("to") or facts.get("of") or "", _SOMEBODY),
        "reason": facts.get("reason") or "Nobody answered in time.",
        "choice": labels.get(facts.get("choice", "")) or words(facts.get("choice") or _SOMEBODY),
    }
    write = _WORDS.get(row["trigger"])
    what = write(known) if write else f"{known['by']}: {words(row['trigger'])}"
    return Line(at=row["at"], what=what, said=_said(facts), number=row["revision"])


def _said(facts: Mapping[str, Any]) -> str:
    return str(facts.get("question") or facts.get("answer") or facts.get("comment") or "")


_WORDS: Final[Mapping[str, Callable[[Mapping[str, str]], str]]] = {
    Trigger.OPEN: lambda _one: "Asked",
    Trigger.CLAIM: lambda one: f"{one['by']} claimed it",
    Trigger.RELEASE: lambda one: f"{one['by']} gave it back to the role",
    Trigger.DELEGATE: lambda one: f"{one['by']} delegated it to {one['to']}",
    Trigger.TAKE_BACK: lambda one: f"{one['by']} took it back",
    Trigger.TRANSFER: lambda one: f"{one['by']} transferred it to {one['to']}",
    Trigger.ASK: lambda one: f"{one['by']} asked {one['to']} for information",
    Trigger.REPLY: lambda one: f"{one['by']} replied",
    Trigger.COMMENT: lambda one: f"{one['by']} commented",
    Trigger.ANSWER: lambda one: f"{one['by']} answered: {one['choice']}",
    Trigger.REMIND: lambda _one: "A reminder went out",
    Trigger.ESCALATE: lambda one: f"{one['reason']} It went to the next level",
    Trigger.LAPSE: lambda _one: "Nobody answered by the due date",
    Trigger.CANCEL: lambda _one: "No answer was needed any more",
    Trigger.VACATE: lambda _one: "Nobody holds the role any more who could answer",
    Trigger.RETRY: lambda one: f"{one['by']} had it asked again",
}
