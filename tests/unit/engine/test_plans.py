"""What is asked of one subject, or of one seal, reads no more of a trust than that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, create_engine, event, select

from engine import gauges, journal, webhooks
from engine.letters import Subject
from engine.outgoing.outbox import lease
from engine.outgoing.posted import about
from engine.tables import metadata, outbox

_TRUST = "northshire"
_A_WHOLE_TRUST = "(trust=?)"


@pytest.fixture
def connection() -> Iterator[Connection]:
    base = create_engine("sqlite://")
    metadata.create_all(base)
    with base.connect() as opened:
        yield opened
    base.dispose()


def letters_about_a_subject(connection: Connection) -> None:
    subject = Subject(kind="enrolment", trust=_TRUST, id="1")
    connection.execute(select(outbox).where(about(subject), outbox.c.revision == 1).order_by(outbox.c.id)).all()


def letters_to_lease(connection: Connection) -> None:
    lease(connection, datetime(2026, 11, 22, tzinfo=UTC))


def rows_under_a_seal(connection: Connection) -> None:
    journal.covered(connection, _TRUST, 1)


def rows_of_which_a_webhook_hears(connection: Connection) -> None:
    list(webhooks.between(connection, {"trust": _TRUST, "told_to": 3, "kinds": ["enrolment"]}, 4))


def rows_to_seal(connection: Connection) -> None:
    journal.unsealed(connection)


def letters_of_the_gauges(connection: Connection) -> None:
    gauges.read(connection, datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (letters_of_the_gauges, "ix_outbox_due"),
        (letters_of_the_gauges, "ix_outbox_parked"),
        (letters_about_a_subject, "ix_outbox_begun (trust=? AND kind=? AND subject=?)"),
        (letters_about_a_subject, "ix_outbox_due (due_at>?)"),
        (letters_to_lease, "ix_outbox_due (due_at<?)"),
        (rows_under_a_seal, "ix_journal_sealed (trust=? AND seal=?)"),
        (rows_of_which_a_webhook_hears, "ix_journal_sealed (trust=? AND seal>? AND seal<?)"),
        (rows_to_seal, "ix_journal_unsealed"),
    ],
)
def test_what_is_asked_reads_by_an_index_of_its_own(
    connection: Connection, asked: Callable[[Connection], None], index: str
) -> None:
    plan = plan_of(connection, asked)

    assert index in plan
    assert _A_WHOLE_TRUST not in plan


def plan_of(connection: Connection, asked: Callable[[Connection], None]) -> str:
    said: list[tuple[str, tuple[object, ...]]] = []

    def listen(*told: object) -> None:
        said.append((str(told[2]), tuple(told[3])))  # type: ignore[call-overload]

    event.listen(connection, "before_cursor_execute", listen)
    asked(connection)
    event.remove(connection, "before_cursor_execute", listen)
    plans = (connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values) for statement, values in said)
    return "\n".join(str(row[3]) for plan in plans for row in plan)
