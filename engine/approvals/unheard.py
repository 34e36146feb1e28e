"""Raises the incident of a question that reached nobody."""

from __future__ import annotations

from engine import incident, incidents
from engine.approvals.records import Approval
from engine.roles import directory
from engine.transaction import Transaction


def nobody_asked(tx: Transaction, approval: Approval, trouble: str) -> None:
    """Raise the incident of a question that reached nobody; `trouble` is the sentence why.

    The question's own title is left out, for it may name whom it is about.
    A question about an incident raises none: that nobody holds the role which repairs things stands on the dashboard.
    """
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


def _asked_for(tx: Transaction, approval: Approval) -> str:
    """Name the role as people know it, and the kind of thing that it was asked about."""
    versions = directory.versions(tx.connection, approval.trust, approval.role)
    above = directory.path(tx.connection, approval.trust, approval.organisation)
    title = next((versions[place].title for place in above if place in versions), "") or approval.role
    kept = tx.engine.keeps.get(approval.subject.kind)
    return f"{title}, about {kept[0].title.lower() if kept else approval.subject.kind}"
