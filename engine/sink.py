"""An SMTP server for trials and the demo: it keeps every message as a file, and sends nothing on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.identifiers import new_id

_LARGEST = 2**25


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as it came over the wire; `id` names its file and goes up with time."""

    id: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Return the message, read by the standard parser."""
        return message_from_bytes(self.raw, _class=EmailMessage, policy=policy.default)


class Sink:
    """Keeps what it receives in a folder, one `.eml` file a message; any process may read them."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock
        self._controller: Controller | None = None

    def start(self, port: int, host: str = "127.0.0.1") -> None:
        """Listen until `stop`, in a thread of its own. Raises `OSError` where the port is taken."""
        self._folder.mkdir(parents=True, exist_ok=True)
        controller = Controller(self, hostname=host, port=port, data_size_limit=_LARGEST)
        try:
            controller.start()
        except OSError:
            # Where its thread has ended, nobody else closes the loop.
            (controller.stop if controller.loop.is_running() else controller.loop.close)()
            raise
        self._controller = controller

    def stop(self) -> None:
        """Stop listening; what was received stays."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def messages(self) -> list[Received]:
        """Return all messages, the newest first."""
        files = sorted(self._folder.glob("*.eml"), reverse=True)
        return [Received(id=file.stem, raw=file.read_bytes()) for file in files]

    def message(self, identifier: str) -> Received | None:
        """Return one message, or None."""
        return next((one for one in self.messages() if one.id == identifier), None)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd
        """Keep one message."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        file = self._folder / f"{new_id(self._clock())}.eml"
        half = file.with_suffix(".half")
        half.write_bytes(raw)
        half.rename(file)
        return "250 kept"
