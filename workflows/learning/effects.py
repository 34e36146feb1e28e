"""What is written when steps of learning ask for it, and the verbs by which pages and the run-time reach them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine.letters import Subject
from engine.machine import THE_SYSTEM, Case
from engine.moves import Moved
from engine.transaction import Transaction
from workflows.learning import catalogue, classes, enrolment, keeps, tables
from workflows.learning.records import EnrolmentState
from workflows.learning.tables import enrolments
from workflows.learning.writes import CloseRanks, MoveEnrolments, Settle, WriteSessions
from workflows.people.responsibilities import RUNS_CLASSES


def enrol(tx: Transaction, trust: str, course_class: str, person: str, facts: Mapping[str, Any] | None = None) -> Moved:
    """Enrol a person on a class: confirmed, on the waitlist, or refused with the reasons.

    Where the class asks for approval and the actor may not give it, a place is requested. Whoever withdrew before
    gets the same enrolment again, with a new spell (A1-T24). Raises as `Transaction.fire` does.
    """
    said = {**(facts or {}), "class": course_class, "person": person}
    trigger = _way_in(tx, trust, course_class)
    known = keeps.enrolled(tx.connection, trust, course_class, person)
    if known is not None and known.state == EnrolmentState.WITHDRAWN:
        return tx.fire(Subject(kind=enrolment.KIND, trust=trust, id=known.id), trigger, said)
    return tx.start(enrolment.KIND, trust, trigger, said)


def settle(tx: Transaction, asked: Sequence[tuple[Case[Any], Settle]]) -> None:
    """Promote while the waitlist moves by itself, then let the class be full or not.

    The class's row is held from the first read on, so that no place is given twice.
    """
    for trust, key in dict.fromkeys((effect.trust, effect.course_class) for _case, effect in asked):
        _promote(tx, trust, key)
        _count(tx, trust, key)


def close_ranks(tx: Transaction, asked: Sequence[tuple[Case[Any], CloseRanks]]) -> None:
    """Move everybody behind the gap up by one.

    Two statements, for positions are unique and rows change one after the other: down into the negative, and back.
    """
    for _case, effect in asked:
        queue = (enrolments.c.trust == effect.trust, enrolments.c.course_class == effect.course_class)
        behind = update(enrolments).where(*queue, enrolments.c.position > effect.position)
        tx.connection.execute(behind.values(position=1 - enrolments.c.position))
        below = update(enrolments).where(*queue, enrolments.c.position < 0)
        tx.connection.execute(below.values(position=-enrolments.c.position))


def move_enrolments(tx: Transaction, asked: Sequence[tuple[Case[Any], MoveEnrolments]]) -> None:
    """Fire the trigger on every enrolment that stands in one of the states; one refusal undoes all."""
    for _case, effect in asked:
        query = select(enrolments.c.id).where(
            enrolments.c.trust == effect.trust,
            enrolments.c.course_class == effect.course_class,
            enrolments.c.state.in_(effect.states),
        )
        found = tx.connection.scalars(query.order_by(enrolments.c.position, enrolments.c.id)).all()
        for batch in [[one] for one in found] if effect.in_turn else [found]:
            said = dict.fromkeys(batch, effect.facts)
            for error in tx.fire_many(enrolment.KIND, effect.trust, effect.trigger, said).refused.values():
                raise error


def write_sessions(tx: Transaction, asked: Sequence[tuple[Case[Any], WriteSessions]]) -> None:
    """Put the sessions of a class in the place of those that it had."""
    for _case, effect in asked:
        mine = (tables.sessions.c.trust == effect.trust, tables.sessions.c.course_class == effect.course_class)
        tx.connection.execute(delete(tables.sessions).where(*mine))
        key = {"trust": effect.trust, "course_class": effect.course_class}
        rows = [{**key, **{name: getattr(session, name) for name in session.__slots__}} for session in effect.sessions]
        if rows:
            tx.connection.execute(insert(tables.sessions), rows)


def _way_in(tx: Transaction, trust: str, course_class: str) -> enrolment.Trigger:
    mine = (tables.classes.c.trust == trust, tables.classes.c.id == course_class)
    if tx.actor.system or not tx.connection.scalar(select(tables.classes.c.approval).where(*mine)):
        return enrolment.Trigger.ENROL
    found = catalogue.classes_by_id(tx.connection, trust, [course_class])[course_class]
    return enrolment.Trigger.ENROL if tx.actor.may(RUNS_CLASSES, found.organisations) else enrolment.Trigger.REQUEST


def _promote(tx: Transaction, trust: str, course_class: str) -> None:
    """Offer the free places in order until the workflow refuses: no place, too late, or nobody waits."""
    first = select(enrolments.c.id).where(
        enrolments.c.trust == trust, enrolments.c.course_class == course_class, enrolments.c.position == 1
    )
    while (waiting := tx.connection.scalar(first)) is not None:
        outcomes = tx.fire_many(enrolment.KIND, trust, enrolment.Trigger.PROMOTE, {waiting: {}})
        if not outcomes.moved:
            return


def _count(tx: Transaction, trust: str, course_class: str) -> None:
    record = catalogue.classes_by_id(tx.connection, trust, [course_class], lock=True)[course_class]
    possible = classes.WORKFLOW.possible(Case(record=record, facts={}, actor=THE_SYSTEM, now=tx.now))
    for trigger in (classes.Trigger.FILL, classes.Trigger.FREE):
        if trigger in possible:
            tx.fire(Subject(kind=classes.KIND, trust=trust, id=course_class), trigger)
