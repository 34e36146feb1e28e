"""Takes a question that reached nobody to the next level at once, or raises its incident."""

from __future__ import annotations

from typing import Final

from sqlalchemy import update

from engine import incident, incidents
from engine.approvals import levels
from engine.approvals.records import Approval, Trigger
from engine.roles import directory
from engine.tables import approvals
from engine.transaction import Transaction

AT_ONCE: Final = "So it went to the next level at once."


def goes_up(tx: Transaction, approval: Approval) -> bool:
    """Say whether a question that nobody could be asked has a next level, and is not due before that is asked."""
    if approval.escalates_at is None or (approval.due_at is not None and approval.due_at <= tx.now):
        return False
    return levels.known(tx.connection, approval.trust, [approval], tx.now)[approval.id].above is not None


def nobody_asked(tx: Transaction, approval: Approval, trouble: str) -> None:
    """Ask the next level, where there is one, or raise the incident; `trouble` is the sentence why nobody was asked.

    The question's own title is left out, for it may name whom it is about.
    A question about an incident raises none: that nobody holds the role which repairs things stands on the dashboard.
    """
    if goes_up(tx, approval):
        _go_up(tx, approval, trouble)
        return
    if approval.subject.kind == incident.KIND:
        return
    failure = incident.Failure(
        trust=approval.trust,
        organisation=approval.organisation,
        source=incident.Source.APPROVAL,
        cause=f"approval/{approval.id}",
        title=f"Nobody could be asked: {_asked_for(tx, approval)}",
        message=trouble,
        parked="The question waits. Retry looks again who holds the role, and asks them.",
        about=approval.subject,
        reference={"approval": approval.id},
    )
    incidents.raise_one(tx, failure)


def _go_up(tx: Transaction, approval: Approval, trouble: str) -> None:
    """Let the time of its escalation be now: there is nobody to wait for."""
    same = (approvals.c.trust == approval.trust, approvals.c.id == approval.id)
    tx.connection.execute(update(approvals).where(*same).values(escalates_at=tx.now))
    tx.fire(approval.itself, Trigger.ESCALATE, {"reason": trouble})


def _asked_for(tx: Transaction, approval: Approval) -> str:
    """Name the role as people know it, and the kind of thing that it was asked about."""
    versions = directory.versions(tx.connection, approval.trust, approval.role)
    above = directory.path(tx.connection, approval.trust, approval.organisation)
    title = next((versions[place].title for place in above if place in versions), "") or approval.role
    kept = tx.engine.keeps.get(approval.subject.kind)
    return f"{title}, about {kept[0].title.lower() if kept else approval.subject.kind}"
