"""Which attempts are reported to which remote system, and how far: the journal of what is owed, as rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, case, false, insert, or_, select, update

from scorm.relays.relay import GIVEN_UP, SILENCE
from scorm.tables import attempts, epochs, relays

MOST: Final = 50
"""Attempts that are reported in one round."""

_TROUBLE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An attempt and where it is reported: `system` is the address, `session` the remote system's id for it.

    What was reported last is the state of window `sent_epoch` after call `sent_seq`; `left` says that its end was
    too. `before` are the seconds that the remote system knew; `trouble` is why the last report did not get through.
    """

    trust: str
    attempt: str
    system: str
    session: str
    before: int
    due_at: datetime
    sent_epoch: int = 0
    sent_seq: int = 0
    left: bool = False
    tries: int = 0
    trouble: str = ""


def add(connection: Connection, link: Link) -> None:
    """Keep a new link."""
    row = {name: getattr(link, name) for name in link.__slots__}
    connection.execute(insert(relays), {**row, "key": _key(link.system, link.session)})


def known(connection: Connection, system: str, session: str) -> Link | None:
    """Return the link of a remote session."""
    row = connection.execute(select(relays).where(relays.c.key == _key(system, session))).one_or_none()
    return _link(row) if row else None


def due(connection: Connection, now: datetime) -> list[Link]:
    """Return what is owed and may be tried now, the longest due first, at most `MOST`."""
    wanted = (_owed(now), relays.c.due_at <= now, attempts.c.active_at > now - GIVEN_UP)
    rows = connection.execute(_joined().where(*wanted).order_by(relays.c.due_at).limit(MOST))
    return [_link(row) for row in rows]


def owed(connection: Connection, now: datetime) -> list[Link]:
    """Return all that is owed, also what was given up."""
    return [_link(row) for row in connection.execute(_joined().where(_owed(now)).order_by(relays.c.due_at))]


def owed_of(connection: Connection, trust: str, registration: str, now: datetime) -> list[Link]:
    """Return what is owed of one learner's attempts at one package, the latest first."""
    wanted = (_owed(now), attempts.c.trust == trust, attempts.c.registration == registration)
    return [_link(row) for row in connection.execute(_joined().where(*wanted).order_by(attempts.c.id.desc()))]


def go_on(connection: Connection, link: Link) -> None:
    """Keep that an attempt is reported to another session from now on."""
    row = {name: getattr(link, name) for name in link.__slots__}
    _change(connection, link.trust, link.attempt, {**row, "key": _key(link.system, link.session)})


def again(connection: Connection, trust: str, attempt: str, now: datetime) -> None:
    """Note that an attempt has news which its newest window does not show: due now, unless its system is away."""
    due_at = case((relays.c.tries == 0, now), else_=relays.c.due_at)
    _change(connection, trust, attempt, {"sent_seq": -1, "due_at": due_at})


def sent(connection: Connection, link: Link, mark: tuple[int, int], *, left: bool, now: datetime) -> None:
    """Note how far was reported: the window and its last call, and whether its end was told."""
    said = {"sent_epoch": mark[0], "sent_seq": mark[1], "left": left, "tries": 0, "due_at": now, "trouble": ""}
    _change(connection, link.trust, link.attempt, said)


def failed(connection: Connection, link: Link, trouble: str, due_at: datetime) -> None:
    """Note that a report did not get through, and when the next try is."""
    said = {"tries": link.tries + 1, "due_at": due_at, "trouble": trouble[:_TROUBLE]}
    _change(connection, link.trust, link.attempt, said)


def _owed(now: datetime) -> Any:
    heard = or_(epochs.c.seq > 0, relays.c.sent_seq < 0)
    news = or_(epochs.c.epoch > relays.c.sent_epoch, epochs.c.seq > relays.c.sent_seq)
    ended = or_(attempts.c.running == false(), attempts.c.active_at < now - SILENCE)
    return and_(heard, or_(news, and_(relays.c.left == false(), ended)))


def _joined() -> Any:
    played = and_(attempts.c.trust == relays.c.trust, attempts.c.id == relays.c.attempt)
    newest = and_(
        epochs.c.trust == relays.c.trust, epochs.c.attempt == relays.c.attempt, epochs.c.epoch == attempts.c.epoch
    )
    return select(relays).join(attempts, played).join(epochs, newest)


def _change(connection: Connection, trust: str, attempt: str, said: Mapping[str, Any]) -> None:
    mine = (relays.c.trust == trust, relays.c.attempt == attempt)
    connection.execute(update(relays).where(*mine).values(**said))


def _link(row: Row[Any]) -> Link:
    return Link(**{name: value for name, value in row._mapping.items() if name != "key"})  # noqa: SLF001 - documented


def _key(system: str, session: str) -> str:
    return hashlib.sha256(f"{system}\n{session}".encode("utf-8", "surrogatepass")).hexdigest()
