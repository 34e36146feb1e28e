"""A real SMTP server that keeps what it receives."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Return the message parsed by the modern policy."""
        return message_from_bytes(self.raw, _class=EmailMessage, policy=policy.default)


@dataclass(kw_only=True)
class Sink:
    """What arrived, in order; any thread may read it at any time.

    `refusals` holds answers such as `"451 busy"`; each is given to one DATA, which is then not kept.
    """

    host: str
    port: int
    refusals: list[str] = field(default_factory=list)
    _received: list[Received] = field(default_factory=list)
    _arrival: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """Return the address as PRECEPTOR_SMTP_URL has it."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def received(self) -> list[Received]:
        """Return a copy of what has arrived until now."""
        with self._arrival:
            return list(self._received)

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """Return all that arrived, once it is at least `count`; fail after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._arrival:
            while len(self._received) < count:
                if not self._arrival.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{len(self._received)} of {count} messages arrived in {timeout} s")
            return list(self._received)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd
        """Keep one message, or refuse it where a refusal is waiting."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        with self._arrival:
            if self.refusals:
                return self.refusals.pop(0)
            self._received.append(
                Received(sender=str(envelope.mail_from), recipients=tuple(envelope.rcpt_tos), raw=raw)
            )
            self._arrival.notify_all()
        return "250 kept"


@contextmanager
def running_sink(port: int) -> Iterator[Sink]:
    """Listen on a port of the loopback until the block ends."""
    sink = Sink(host="127.0.0.1", port=port)
    controller = Controller(sink, hostname=sink.host, port=port, data_size_limit=2**25)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
