"""How long things are kept, and forgetting them when their time is over (catalogue P33).

A rule never touches what is still going on, nor the journal: the chains stay whole, and erasing what they say of
somebody is another matter (`personal`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, exists, func, or_, select, tuple_, update

from engine.approvals.tables import approval_attachments, approval_comments, attachment_files
from engine.errors import Invalid
from engine.mailroom_tables import inbound_mail, suppressions
from engine.outgoing.outbox import WAITING
from engine.outgoing_tables import letter_events
from engine.privacy.holdings import ERASED
from engine.roles.directory_tables import account_links, idempotency, rates
from engine.storage import database
from engine.tables import approvals, outbox

CHUNK: Final = 500
_Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is forgotten `days` after it ended: `over` chooses the rows, given the last moment that is forgotten.

    With `erased` the rows stay and lose this; `over` must then no longer choose them. `days` 0 keeps them for ever.
    A row whose column `unless` changed since it was chosen is wanted again, and stays. Where choosing reads a whole
    table the rows are chosen `once` for all commits. Rules of one name have one period, and are counted together.
    """

    name: str
    sentence: str
    days: int
    table: Table
    over: Callable[[datetime], ColumnElement[bool]]
    erased: Mapping[str, Any] = field(default_factory=dict)
    unless: str = ""
    once: bool = False


def _attached_to_what_closed(last: datetime) -> ColumnElement[bool]:
    """Choose the files of which every question that they came with closed by then."""
    came_with = and_(
        approval_attachments.c.trust == attachment_files.c.trust,
        approval_attachments.c.hash == attachment_files.c.hash,
        approvals.c.trust == approval_attachments.c.trust,
        approvals.c.id == approval_attachments.c.approval,
    )
    later = exists().where(came_with, or_(approvals.c.closed_at.is_(None), approvals.c.closed_at > last))
    return and_(attachment_files.c.content != b"", exists().where(came_with), ~later)


RULES: Final = (
    Rule(
        name="messages",
        sentence="What messages said and to whom; that they went stays.",
        days=730,
        table=outbox,
        over=lambda last: and_(outbox.c.state.not_in(WAITING), outbox.c.queued_at <= last, outbox.c.email != ""),
        erased={"name": ERASED, "email": "", "reason": "", "context": {}, "answer": None},
    ),
    Rule(
        name="messages",
        sentence="What mail servers and people said of messages.",
        days=730,
        table=letter_events,
        over=lambda last: letter_events.c.at <= last,
    ),
    Rule(
        name="mail",
        sentence="What mail that came said; that it came and what became of it stays.",
        days=90,
        table=inbound_mail,
        over=lambda last: and_(
            inbound_mail.c.read_at <= last, inbound_mail.c.state != "PERSON", inbound_mail.c.size > 0
        ),
        erased={"raw": b"", "sender": "", "from_address": "", "subject_line": "", "said": "", "found": None, "size": 0},
    ),
    Rule(
        name="suppressions",
        sentence="Addresses that refused letters, once they are written to again.",
        days=365,
        table=suppressions,
        over=lambda last: and_(
            suppressions.c.last_at <= last, or_(suppressions.c.until.is_(None), suppressions.c.until <= last)
        ),
    ),
    Rule(
        name="questions",
        sentence="What closed questions said; who answered what stays.",
        days=1095,
        table=approvals,
        over=lambda last: and_(approvals.c.closed_at <= last, approvals.c.title != ERASED),
        erased={"title": ERASED, "comment": None},
    ),
    Rule(
        name="comments",
        sentence="What was said beside questions.",
        days=1095,
        table=approval_comments,
        over=lambda last: and_(approval_comments.c.at <= last, approval_comments.c.text != ERASED),
        erased={"text": ERASED},
    ),
    Rule(
        name="attachments",
        sentence="What files held that came with closed questions.",
        days=1095,
        table=attachment_files,
        over=_attached_to_what_closed,
        erased={"content": b""},
    ),
    Rule(
        name="idempotency",
        sentence="Answers kept for requests that are repeated.",
        days=2,
        table=idempotency,
        over=lambda last: idempotency.c.at <= last,
    ),
    Rule(
        name="rates",
        sentence="Counts of attempts to sign in.",
        days=2,
        table=rates,
        over=lambda last: rates.c.window <= last,
    ),
    Rule(
        name="links",
        sentence="Links to sign in that are over.",
        days=30,
        table=account_links,
        over=lambda last: account_links.c.expires_at <= last,
    ),
)
"""The engine's own rules; the other packages add theirs at composition."""


def chosen(rules: Sequence[Rule], days: Mapping[str, int]) -> Mapping[str, int]:
    """Return the days of every rule, its own default or what a setting says; raises `Invalid` for an unknown name."""
    known = {rule.name: rule.days for rule in rules}
    unknown = sorted(set(days) - set(known))
    if unknown:
        raise Invalid(f"There is no rule of retention “{unknown[0]}”: the rules are {', '.join(known)}.")
    return {**known, **days}


def due(connection: Connection, rules: Sequence[Rule], days: Mapping[str, int], now: datetime) -> Mapping[str, int]:
    """Count what each rule would forget now."""
    found: dict[str, int] = {}
    for rule, over in _applying(rules, days, now):
        rows = connection.execute(select(func.count()).select_from(rule.table).where(over)).scalar_one()
        found[rule.name] = found.get(rule.name, 0) + rows
    return found


def forget(base: sqlalchemy.Engine, rules: Sequence[Rule], days: Mapping[str, int], now: datetime) -> Mapping[str, int]:
    """Forget what is over, in commits of at most `CHUNK` rows so that nobody waits; return how many, rule by rule."""
    found: dict[str, int] = {}
    for rule, over in _applying(rules, days, now):
        found[rule.name] = found.get(rule.name, 0) + _forgotten(base, rule, over)
    return found


def _applying(
    rules: Sequence[Rule], days: Mapping[str, int], now: datetime
) -> Sequence[tuple[Rule, ColumnElement[bool]]]:
    kept = chosen(rules, days)
    return [(rule, rule.over(now - timedelta(days=kept[rule.name]))) for rule in rules if kept[rule.name]]


def _forgotten(base: sqlalchemy.Engine, rule: Rule, over: ColumnElement[bool]) -> int:
    if rule.once:
        with database.reading(base) as connection:
            keys = _keys(connection, rule, over)
        return sum(_chunk(base, rule, keys[start : start + CHUNK]) for start in range(0, len(keys), CHUNK))
    total = 0
    while count := _next_chunk(base, rule, over):
        total += count
    return total


def _next_chunk(base: sqlalchemy.Engine, rule: Rule, over: ColumnElement[bool]) -> int:
    with database.writing(base) as connection:
        return _written(connection, rule, _keys(connection, rule, over, CHUNK))


def _chunk(base: sqlalchemy.Engine, rule: Rule, keys: Sequence[_Key]) -> int:
    with database.writing(base) as connection:
        return _written(connection, rule, keys)


def _keys(connection: Connection, rule: Rule, over: ColumnElement[bool], most: int | None = None) -> list[_Key]:
    chosen = select(*_key_of(rule)).where(over).limit(most)
    return [tuple(row) for row in connection.execute(chosen)]


def _written(connection: Connection, rule: Rule, keys: Sequence[_Key]) -> int:
    if not keys:
        return 0
    theirs = tuple_(*_key_of(rule)).in_(keys)
    writing = update(rule.table).values(**rule.erased) if rule.erased else delete(rule.table)
    return connection.execute(writing.where(theirs)).rowcount


def _key_of(rule: Rule) -> list[Column[Any]]:
    return [*rule.table.primary_key, *((rule.table.c[rule.unless],) if rule.unless else ())]
