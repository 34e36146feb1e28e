"""How a request for a place is answered, by the worklist or beside the class: always through its approval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, select

from engine.approvals.approval import KIND as APPROVAL
from engine.approvals.approval import STANDING, Approval
from engine.approvals.approval import Trigger as ApprovalTrigger
from engine.letters import Subject
from engine.machine import Actor
from engine.tables import approvals
from engine.transaction import Engine, Transaction
from engine.web.worklist import Reading, Typed, View
from workflows.competence import store as competence
from workflows.learning import enrolment, pages, request
from workflows.learning.enrolment import Trigger
from workflows.learning.keeps import EnrolmentKeep
from workflows.learning.records import Enrolment
from workflows.learning.tables import enrolments
from workflows.people.records import Site

_CHOICES: Final[Mapping[str, str]] = {
    Trigger.APPROVE: "Approve: they get a place, or join the waitlist",
    Trigger.REJECT: "Reject",
}


def asked_about(
    connection: Connection, trust: str, actor: Actor, enrolments: Iterable[str]
) -> Mapping[str, tuple[str, bool]]:
    """Return by enrolment the id of the approval that stands about it, and whether the actor's role may answer it."""
    found = _standing(connection, trust, enrolments)
    return {subject: (row["id"], actor.may((row["role"],), (row["organisation"],))) for subject, row in found.items()}


def fire(tx: Transaction, subject: Subject, trigger: StrEnum, facts: Mapping[str, Any]) -> None:
    """Fire a step; one that answers what is asked about an enrolment goes through the approval.

    Raises as `Transaction.fire` does, also where the question was asked of somebody else.
    """
    answers = subject.kind == enrolment.KIND and trigger in _CHOICES
    standing = _standing(tx.connection, subject.trust, (subject.id,)).get(subject.id) if answers else None
    if standing is None:
        tx.fire(subject, trigger, facts)
        return
    said: dict[str, Any] = {"choice": str(trigger), "facts": {}, "comment": facts.get("reason") or ""}
    tx.fire(Subject(kind=APPROVAL, trust=subject.trust, id=standing["id"]), ApprovalTrigger.ANSWER, said)


def _standing(connection: Connection, trust: str, enrolments: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
    query = select(approvals.c.id, approvals.c.subject, approvals.c.role, approvals.c.organisation).where(
        approvals.c.trust == trust,
        approvals.c.kind == enrolment.KIND,
        approvals.c.subject.in_(tuple(enrolments)),
        approvals.c.state.in_(STANDING),
    )
    return {row["subject"]: dict(row) for row in connection.execute(query).mappings()}


def _why(connection: Connection, approval: Approval) -> str | None:
    """Return why the learner asks; once it is answered the reason that is kept is the answer's."""
    if approval.state not in STANDING:
        return None
    mine = (enrolments.c.trust == approval.trust, enrolments.c.id == approval.subject.id)
    return connection.execute(select(enrolments.c.reason).where(*mine)).scalar_one_or_none()


class PlaceRequest:
    """The presenter of requests for a place (`engine.web.presenting.Presenter`)."""

    choices = _CHOICES

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def view(self, connection: Connection, approval: Approval) -> View:
        """Show the class, the places left, who asks and why, and how they stand with what the class gives."""
        found = self._enrolment(connection, approval)
        context = {
            "enrolment": found,
            "course_class": found.course_class,
            "left": request.places_left(found.course_class),
            "line": self._line(connection, found),
            "why": _why(connection, approval),
        }
        return View(template="learning/_request.html", context=context, choices=_CHOICES)

    def facts(self, connection: Connection, approval: Approval, typed: Typed) -> Reading:  # noqa: ARG002
        """Read nothing but the choice and its comment; a rejection needs one."""
        if typed.get("choice") == Trigger.REJECT and not typed.get("comment", "").strip():
            return Reading(problems={"comment": "Say why the request is rejected: the learner is told."})
        return Reading()

    def _enrolment(self, connection: Connection, approval: Approval) -> Enrolment:
        subject, kept = approval.subject, self._engine.kept(enrolment.KIND)[1]
        site = kept.site if isinstance(kept, EnrolmentKeep) else Site(origin="", domain="")
        return pages.enrolment(connection, subject.trust, subject.id, site)

    def _line(self, connection: Connection, found: Enrolment) -> competence.ProfileLine | None:
        """Return how the learner stands with the competence that the class gives, if it gives one they have or need."""
        given = found.course_class.offering.competence
        if given is None:
            return None
        today = found.course_class.local_day(self._engine.clock())
        lines = competence.profiles(connection, found.trust, [found.person], today)[found.person]
        return next((line for line in lines if line.competence.id == given.id), None)
