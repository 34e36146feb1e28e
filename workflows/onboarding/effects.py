"""What is written when steps of onboarding ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, update

from engine.machine import Case
from engine.transaction import Transaction
from workflows.onboarding.tables import transfer_lines
from workflows.onboarding.writes import AddAssignment, KeepDecision, SetAssignment, WriteLines
from workflows.people import store as people


def add_assignments(tx: Transaction, asked: Sequence[tuple[Case[Any], AddAssignment]]) -> None:
    """Write new assignments."""
    for _case, effect in asked:
        people.add_assignment(tx.connection, effect.assignment)


def set_assignments(tx: Transaction, asked: Sequence[tuple[Case[Any], SetAssignment]]) -> None:
    """Change assignments."""
    for _case, effect in asked:
        people.set_assignment(tx.connection, effect.trust, effect.assignment, effect.status, effect.starts_on)


def write_lines(tx: Transaction, asked: Sequence[tuple[Case[Any], WriteLines]]) -> None:
    """Write what came."""
    rows = [
        {
            "trust": effect.trust,
            "transfer": effect.transfer,
            "number": line.number,
            "name": line.name,
            "level": line.level,
            "starts_on": line.starts_on,
            "ends_on": line.ends_on,
        }
        for _case, effect in asked
        for line in effect.lines
    ]
    tx.connection.execute(insert(transfer_lines), rows)


def keep_decisions(tx: Transaction, asked: Sequence[tuple[Case[Any], KeepDecision]]) -> None:
    """Write beside each line what was decided of it."""
    for _case, effect in asked:
        for number, decided in effect.decided.items():
            mine = (
                transfer_lines.c.trust == effect.trust,
                transfer_lines.c.transfer == effect.transfer,
                transfer_lines.c.number == number,
            )
            tx.connection.execute(update(transfer_lines).where(*mine).values(decided=dict(decided)))
