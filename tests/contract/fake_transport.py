"""A transport that keeps what it is given, and fails as it is told."""

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.smtp import Envelope


@dataclass(slots=True, kw_only=True)
class FakeTransport:
    """Takes every message, unless `trouble` raises for its recipient."""

    trouble: Callable[[str], None] = lambda _recipient: None
    taken: list[tuple[str, bytes]] = field(default_factory=list)

    def send(self, envelope: Envelope, message: bytes, _following: Envelope | None = None) -> str:
        """Take a message."""
        self.trouble(envelope.recipient)
        self.taken.append((envelope.recipient, message))
        return "250 kept"

    def close(self) -> None:
        """End nothing."""


def raising(error: Exception, *recipients: str) -> Callable[[str], None]:
    """Return a trouble that raises for these recipients; for everybody, where none is named."""

    def trouble(recipient: str) -> None:
        if not recipients or recipient in recipients:
            raise error

    return trouble
