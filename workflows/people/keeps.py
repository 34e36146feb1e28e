"""Where requests for what is kept of people are kept, and how erasing is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Connection, Table, select

from engine.machine import Case, Decision
from engine.privacy.personal import Register
from engine.transaction import Handler, Transaction
from workflows.people import store
from workflows.people.records import AssignmentStatus
from workflows.people.requests import Erase, RecordRequest, State
from workflows.people.tables import record_requests


@dataclass(frozen=True, slots=True)
class RequestKeep:
    """Where requests are kept."""

    table: ClassVar[Table] = record_requests

    def load(
        self,
        connection: Connection,
        trust: str,
        ids: Sequence[str],
        now: datetime,  # noqa: ARG002
    ) -> Mapping[str, RecordRequest]:
        """Return requests by id."""
        chosen = select(record_requests).where(record_requests.c.trust == trust, record_requests.c.id.in_(ids))
        rows = connection.execute(chosen).all()
        ways = store.ways_up(connection, trust, {row.organisation for row in rows})
        return {
            row.id: RecordRequest(
                trust=trust,
                id=row.id,
                organisation=row.organisation,
                organisations=tuple(ways[row.organisation]),
                person=row.person,
                needed=False,
                form=row.form,
                state=State(row.state),
                revision=row.revision,
                head=row.head,
            )
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> RecordRequest:
        """Return a request that is not stored yet; facts: person, and form (json or pdf) or reason."""
        person = store.person(connection, trust, facts["person"])
        posts = store.assignments_of(connection, trust, [person.id]).get(person.id, ())
        return RecordRequest(
            trust=trust,
            id=identifier,
            organisation=person.organisation,
            organisations=tuple(store.ways_up(connection, trust, [person.organisation])[person.organisation]),
            person=person.id,
            needed=any(post.status is not AssignmentStatus.ENDED for post in posts),
        )

    def row(self, case: Case[RecordRequest], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the columns of a new request."""
        return {"person": case.record.person, "form": case.facts.get("form")}

    def changes(self, case: Case[RecordRequest], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Change nothing but the state."""
        return {}


def erasing(register: Register) -> Handler:
    """Return the handler of `Erase` for an installation that keeps this."""

    def erase(tx: Transaction, asked: Sequence[tuple[Case[Any], Erase]]) -> None:
        for _case, effect in asked:
            register.erase(tx.connection, effect.trust, effect.person)

    return erase
