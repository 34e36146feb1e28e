"""Webhooks: other systems are told of every move, signed, in the order of the seals, and again until they take it.

What is told are identifiers and states; who wants more asks the API. Headers and signature are those of Standard
Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature: v1,…`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, exists, func, insert, select, update

from engine import journal, outside
from engine.errors import Invalid, Missing
from engine.identifiers import new_id
from engine.outgoing import outbox
from engine.outside import Reply
from engine.tables import journal as moves
from engine.tables import seals
from engine.transaction import Engine
from engine.webhook_tables import webhook_deliveries, webhooks

MOST_AT_ONCE: Final = 200
TEST: Final = "test"
_TOLD: Final = ("trust", "kind", "subject", "revision", "step", "trigger", "source", "target", "because")


class State(StrEnum):
    """How far a delivery has come; stored in `webhook_deliveries.state`."""

    WAITING = "WAITING"
    DONE = "DONE"
    DEAD = "DEAD"


def add(  # noqa: PLR0913 - a row has as many columns
    connection: Connection, *, trust: str, account: str, url: str, kinds: Sequence[str], now: datetime
) -> RowMapping:
    """Add a webhook that is told of moves of these kinds (all, where none is named) from now on."""
    last = select(func.coalesce(func.max(seals.c.number), 0)).where(seals.c.trust == trust)
    identifier, told_to = new_id(now), connection.execute(last).scalar_one()
    row = {"trust": trust, "id": identifier, "url": url, "kinds": list(kinds), "active": True, "account": account}
    connection.execute(insert(webhooks).values(**row, made_at=now, told_to=told_to, told=0))
    return one(connection, trust, identifier)


def one(connection: Connection, trust: str, identifier: str) -> RowMapping:
    """Return a webhook; raises `Missing`."""
    found = connection.execute(select(webhooks).where(_same(trust, identifier))).mappings().one_or_none()
    if found is None:
        raise Missing("There is no such webhook.")
    return found


def change(connection: Connection, trust: str, identifier: str, changes: Mapping[str, Any]) -> RowMapping:
    """Change `url`, `kinds` or whether it is `active`; one that is taken up again hears of what happened meanwhile."""
    one(connection, trust, identifier)
    if changes:
        connection.execute(update(webhooks).where(_same(trust, identifier)).values(**changes))
    return one(connection, trust, identifier)


def secret_of(key: str, trust: str, identifier: str) -> str:
    """Return the secret by which a receiver checks signatures: derived from the installation's key, kept nowhere."""
    made = hmac.digest(key.encode(), f"webhook/{trust}/{identifier}".encode(), hashlib.sha256)
    return f"whsec_{base64.b64encode(made).decode()}"


def headers(secret: str, identifier: str, body: str, now: datetime) -> Mapping[str, str]:
    """Return the headers of one attempt: its id, its moment, and the signature of both with the body."""
    at = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = base64.b64encode(hmac.digest(key, f"{identifier}.{at}.{body}".encode(), hashlib.sha256)).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{signed}",
    }


def announce(engine: Engine) -> int:
    """Seal what is new where somebody is to be told, and queue a delivery for each move; return how many."""
    with engine.reading() as connection:
        listening = connection.execute(select(webhooks).where(webhooks.c.active)).mappings().all()
    for trust in sorted({hook["trust"] for hook in listening}):
        with engine.transaction() as tx:
            journal.seal(tx.connection, trust, tx.now)
    return sum(_announced(engine, hook) for hook in listening)


def deliver(engine: Engine, key: str, hosts: Collection[str]) -> int:
    """Send what is due, oldest first, and return how many were taken; a receiver that fails waits, the others go on."""
    with engine.reading() as connection:
        due = _due(connection, engine.clock())
    failing: set[tuple[str, str]] = set()
    taken = 0
    for row in due:
        hook = (row["trust"], row["webhook"])
        if hook in failing:
            continue
        reply = _sent(row, key, hosts, engine.clock())
        with engine.transaction() as tx:
            _mark(tx.connection, row, reply, tx.now)
        taken += reply.good
        if not reply.good:
            failing.add(hook)
    return taken


def test(engine: Engine, trust: str, identifier: str, key: str, hosts: Collection[str]) -> Reply:
    """Send a test to a webhook at once, and return what became of it; it is not queued. Raises `Missing`, `Invalid`."""
    with engine.reading() as connection:
        hook = one(connection, trust, identifier)
    now = engine.clock()
    name = f"{TEST}/{new_id(now)}"
    body = json.dumps({"id": name, "kind": TEST, "trust": trust, "at": now.isoformat()})
    secret = secret_of(key, trust, identifier)
    return outside.post(hook["url"], hosts, body.encode(), headers(secret, name, body, now))


def replay(connection: Connection, trust: str, identifier: str, delivery: str, now: datetime) -> None:
    """Have a delivery sent once more, whatever became of it. Raises `Missing`, or `Invalid` where it waits anyway."""
    here = and_(_of(trust, identifier), webhook_deliveries.c.id == delivery)
    state = connection.execute(select(webhook_deliveries.c.state).where(here)).scalar_one_or_none()
    if state is None:
        raise Missing("There is no such delivery.")
    if state == State.WAITING:
        raise Invalid("This delivery waits to be sent already.")
    fresh = {"state": State.WAITING, "due_at": now, "attempts": 0, "done_at": None}
    connection.execute(update(webhook_deliveries).where(here).values(**fresh))


def _announced(engine: Engine, hook: RowMapping) -> int:
    """Queue what the seals since the last one cover, and remember how far that was, in one commit."""
    with engine.transaction() as tx:
        held = select(webhooks).where(_same(hook["trust"], hook["id"]), webhooks.c.active).with_for_update()
        here = tx.connection.execute(held).mappings().one_or_none()
        if here is None:
            return 0
        last = select(func.coalesce(func.max(seals.c.number), 0)).where(seals.c.trust == here["trust"])
        told_to = tx.connection.execute(last).scalar_one()
        new = enumerate(between(tx.connection, here, told_to), start=here["told"] + 1)
        rows = [_queued(here, number, move, tx.now) for number, move in new]
        if rows:
            tx.connection.execute(insert(webhook_deliveries), rows)
        change(tx.connection, here["trust"], here["id"], {"told_to": told_to, "told": here["told"] + len(rows)})
    return len(rows)


def between(connection: Connection, hook: Mapping[str, Any] | RowMapping, told_to: int) -> Iterable[RowMapping]:
    """Return the moves that a webhook has not heard of, up to a seal, in the order of the seals."""
    sealed = and_(moves.c.seal > hook["told_to"], moves.c.seal <= told_to)
    chosen = select(moves).where(moves.c.trust == hook["trust"], sealed)
    if hook["kinds"]:
        chosen = chosen.where(moves.c.kind.in_(hook["kinds"]))
    order = (moves.c.seal, moves.c.at, moves.c.kind, moves.c.subject, moves.c.revision)
    return connection.execute(chosen.order_by(*order)).mappings()


def _queued(hook: RowMapping, number: int, move: RowMapping, now: datetime) -> dict[str, Any]:
    name = f"{move['kind']}/{move['subject']}/{move['revision']}"
    told = {"id": name, **{one: move[one] for one in _TOLD}, "at": move["at"].isoformat()}
    row = {"trust": hook["trust"], "webhook": hook["id"], "id": name, "number": number, "body": json.dumps(told)}
    return {**row, "state": State.WAITING, "due_at": now, "attempts": 0}


def _due(connection: Connection, now: datetime) -> Sequence[RowMapping]:
    """Return what is due of the receivers of which nothing earlier waits for its next try."""
    same = and_(webhooks.c.trust == webhook_deliveries.c.trust, webhooks.c.id == webhook_deliveries.c.webhook)
    waiting = (webhook_deliveries.c.state == State.WAITING, webhook_deliveries.c.due_at <= now, webhooks.c.active)
    earlier = webhook_deliveries.alias("earlier")
    held_up = exists().where(
        earlier.c.trust == webhook_deliveries.c.trust,
        earlier.c.webhook == webhook_deliveries.c.webhook,
        earlier.c.number < webhook_deliveries.c.number,
        earlier.c.state == State.WAITING,
        earlier.c.due_at > now,
    )
    chosen = select(webhook_deliveries, webhooks.c.url).join(webhooks, same).where(*waiting, ~held_up)
    order = (webhook_deliveries.c.webhook, webhook_deliveries.c.number)
    return connection.execute(chosen.order_by(*order).limit(MOST_AT_ONCE)).mappings().all()


def _sent(row: RowMapping, key: str, hosts: Collection[str], now: datetime) -> Reply:
    said = headers(secret_of(key, row["trust"], row["webhook"]), row["id"], row["body"], now)
    try:
        return outside.post(row["url"], hosts, row["body"].encode(), said)
    except Invalid as trouble:
        return Reply(status=0, said=trouble.sentence)


def _mark(connection: Connection, row: RowMapping, reply: Reply, now: datetime) -> None:
    attempts = row["attempts"] + 1
    again = None if reply.good else outbox.next_attempt(attempts, now)
    state = State.DONE if reply.good else State.WAITING if again else State.DEAD
    ours = and_(_of(row["trust"], row["webhook"]), webhook_deliveries.c.id == row["id"])
    told = {"state": state, "attempts": attempts, "answer": reply.said, "due_at": again or row["due_at"]}
    done = {"done_at": None if again else now}
    connection.execute(update(webhook_deliveries).where(ours).values(**told, **done))


def _same(trust: str, identifier: str) -> ColumnElement[bool]:
    return and_(webhooks.c.trust == trust, webhooks.c.id == identifier)


def _of(trust: str, identifier: str) -> ColumnElement[bool]:
    return and_(webhook_deliveries.c.trust == trust, webhook_deliveries.c.webhook == identifier)
