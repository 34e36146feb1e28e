"""The mailroom's door: an SMTP or LMTP server that says 250 only once a mail is kept (SECURITY 20).

It relays nothing, takes mail for the reply domain only, and reads nothing but the envelope.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.exc import SQLAlchemyError

from engine import return_addresses
from engine.errors import EngineError, SettingError
from engine.jobs import Jobs
from engine.mailroom import store
from engine.mailroom.store import Arrived
from engine.transaction import Engine

LARGEST: Final = 1024 * 1024
MOST_WAITING: Final = 5_000
MOST_AT_ONCE: Final = 16
MOST_RECIPIENTS: Final = 20
MOST_CONNECTIONS: Final = 100
SECONDS: Final = 60.0
_OPEN: Final = frozenset({"classes", "postmaster", "abuse"})
"""Addresses without a mark: organizers of meetings from before the mailroom, and those of RFC 2142 and 5321 4.5.1."""
_LATER: Final = "451 4.3.0 It cannot be kept now; try again later"
_BUSY: Final = "452 4.3.1 Too much waits to be read; try again later"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken at once; more is asked to come later."""

    largest: int = LARGEST
    waiting: int = MOST_WAITING
    at_once: int = MOST_AT_ONCE
    connections: int = MOST_CONNECTIONS


class Door:
    """What the server asks of each command (`handle_…` are aiosmtpd's names); `several` answers are LMTP's way.

    `office` is an address without a mark whose mail is taken too: the one from which letters come.
    """

    def __init__(  # noqa: PLR0913 - what the mailroom is told, by name
        self,
        engine: Engine,
        jobs: Jobs,
        *,
        key: str,
        domain: str,
        office: str = "",
        limits: Limits | None = None,
        several: bool = False,
    ) -> None:
        self._engine = engine
        self._jobs = jobs
        self._key = key
        self._domain = domain.lower()
        self._office = office
        self.limits = limits or Limits()
        self.several = several
        self.opened: set[SMTP] = set()
        self._room = threading.BoundedSemaphore(self.limits.at_once)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take mail for addresses of ours, and say at once of any other that there is no such one."""
        local, _at, domain = address.lower().rpartition("@")
        if domain != self._domain:
            return "550 5.7.1 This server relays no mail"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            known = local in _OPEN or address.lower() == self._office or await self._away(lambda: self._read(address))
        except (SQLAlchemyError, EngineError, OSError):
            return _LATER
        if not known:
            return "550 5.1.1 There is no such address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail, durably, and only then say so."""
        if not self._room.acquire(blocking=False):
            return self._each(envelope, _BUSY)
        try:
            return self._each(envelope, await self._away(lambda: self._kept(session, envelope)))
        except (SQLAlchemyError, EngineError, OSError) as error:
            _log.warning("mail not kept error=%s", type(error).__name__)
            return self._each(envelope, _LATER)
        finally:
            self._room.release()

    def _kept(self, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        with self._engine.reading() as connection:
            if store.waiting(connection) >= self.limits.waiting:
                return _BUSY
        seen: Any = session.peer
        peer = str(seen[0]) if isinstance(seen, tuple) else "local"
        with self._engine.transaction() as tx:
            known = store.trusts(tx.connection)
            mail = [
                Arrived(
                    peer=peer,
                    sender=envelope.mail_from or "",
                    recipient=address,
                    raw=raw,
                    address=return_addresses.read(self._key, address, known),
                )
                for address in dict.fromkeys(one.lower() for one in envelope.rcpt_tos)
            ]
            fresh = store.keep(tx.connection, self._jobs, mail, tx.now)
        _log.info("mail kept recipients=%d new=%d octets=%d", len(mail), fresh, len(raw))
        return "250 2.6.0 Kept"

    def _read(self, address: str) -> bool:
        with self._engine.reading() as connection:
            return return_addresses.read(self._key, address, store.trusts(connection)) is not None

    def _each(self, envelope: Envelope, answer: str) -> str:
        """Say it once, or once for each recipient where the protocol asks for that (RFC 2033 4.2)."""
        return "\r\n".join([answer] * len(envelope.rcpt_tos)) if self.several else answer

    @staticmethod
    async def _away(work: Callable[[], Any]) -> Any:
        """Do what waits for the database without holding up the other connections."""
        return await asyncio.get_running_loop().run_in_executor(None, work)


class _Bounded(SMTP):
    """What every connection has: long lines are taken, which real clients write, and endless ones are cut off.

    aiosmtpd gathers a line until its end, however long it is, so that octets are counted before it sees them.
    """

    line_length_limit = 64 * 1024
    event_handler: Door
    _octets = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, unless there are too many."""
        opened = self.event_handler.opened
        if len(opened) >= self.event_handler.limits.connections and isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.3.2 Too many connections\r\n")
            transport.close()
            return
        opened.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget a connection."""
        if self in self.event_handler.opened:
            self.event_handler.opened.discard(self)
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Count what comes, and hang up on who does not stop."""
        self._octets += len(data)
        if self._octets > 4 * self.event_handler.limits.largest and self.transport is not None:
            self.transport.close()
            return
        super().data_received(data)

    def _set_post_data_state(self) -> None:
        self._octets = 0
        super()._set_post_data_state()  # type: ignore[no-untyped-call]


class _BoundedLocal(_Bounded, LMTP):
    """The same for LMTP."""


class Mailroom(Controller):
    """The server, in a thread of its own: `start` and `stop`."""

    def __init__(self, door: Door, host: str, port: int) -> None:
        self._door = door
        super().__init__(door, hostname=host, port=port)

    def stop(self, no_assert: bool = False) -> None:  # noqa: FBT001, FBT002 - aiosmtpd's
        """Stop listening; a server that never could lets go of its loop too, which aiosmtpd leaves open."""
        super().stop(no_assert)
        if not self.loop.is_closed():
            self.loop.close()

    def factory(self) -> SMTP:
        """Return what serves one connection."""
        return (_BoundedLocal if self._door.several else _Bounded)(
            self._door,
            data_size_limit=self._door.limits.largest,
            enable_SMTPUTF8=True,
            ident="Preceptor mailroom",
            timeout=SECONDS,
        )


def place(said: str) -> tuple[str, int]:
    """Return host and port of `host:port`. Raises `SettingError`."""
    try:
        parts = urlsplit(f"//{said}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.path:
        raise SettingError(f"PRECEPTOR_MAILROOM must be host and port such as 127.0.0.1:2525, not {said!r}.")
    return host, port
