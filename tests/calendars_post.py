"""The way of a mail to its reader: servers that answer or not, and relays that let mail wait and overtake."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Final

from engine.errors import Passing, Uncertain
from engine.letters import Method
from engine.smtp import Envelope
from tests.calendars_agenda import Agenda, object_in
from tests.libical import Libical, Told

_MOST_TROUBLES: Final = 3
_BETWEEN_KILLS: Final = 40
"""How often one mail meets trouble, and how many go between two kills: after five leases without an answer a person
would have to look."""


class Killed(BaseException):
    """The worker is killed with a mail on its way; nothing catches it, as nothing catches SIGKILL."""


@dataclass(slots=True, kw_only=True)
class Post:
    """A mail server (`engine.smtp.Transport`), and what it has not brought to its reader yet.

    Of 100 tries `trouble` go wrong: refused for now, taken or not without an answer, or taken and we are killed. A
    relay may let any mail overtake another, but a cancellation finds the meeting there: programs pass over one of a
    meeting that they do not know.
    """

    chance: Random
    reader: Libical
    trouble: int = 0
    sent: int = 0
    _spared: int = 0
    _way: list[tuple[str, Told]] = field(default_factory=list)
    _troubles: Counter[str] = field(default_factory=Counter)

    def send(self, envelope: Envelope, message: bytes, _following: Envelope | None = None) -> str:
        """Take a message, or not."""
        recipient = envelope.recipient
        name = message.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
        if self.chance.randrange(100) >= self.trouble or self._troubles[name] >= _MOST_TROUBLES:
            self._take(recipient, message)
            return "250 kept"
        self._troubles[name] += 1
        raise self._gone_wrong(recipient, message)

    def close(self) -> None:
        """End nothing."""

    def bring(self, agendas: dict[str, Agenda], most: int) -> None:
        """Bring so many mails of those on their way to their readers, in any order."""
        for _ in range(min(most, len(self._way))):
            recipient, told = self._way.pop(self._next(agendas))
            agendas[recipient].take(told)

    @property
    def troubles(self) -> int:
        """Return how many tries went wrong."""
        return self._troubles.total()

    @property
    def on_its_way(self) -> int:
        """Return how many mails no reader has yet."""
        return len(self._way)

    def _next(self, agendas: dict[str, Agenda]) -> int:
        at = self.chance.randrange(len(self._way))
        recipient, told = self._way[at]
        uid = told.seen.uid
        if told.seen.method == Method.CANCEL and not agendas[recipient].knows(uid):
            return next(number for number, (_to, other) in enumerate(self._way) if other.seen.uid == uid)
        return at

    def _take(self, recipient: str, message: bytes) -> None:
        self.sent += 1
        if (raw := object_in(message)) is not None:
            self._way.append((recipient, self.reader.told(raw)))

    def _gone_wrong(self, recipient: str, message: bytes) -> BaseException:
        how = self.chance.choice(("later", "not taken", "taken", "killed"))
        if how == "later":
            return Passing(451, "Later.")
        if how != "not taken":
            self._take(recipient, message)
        if how == "killed" and self.sent > self._spared:
            self._spared = self.sent + _BETWEEN_KILLS
            return Killed()
        return Uncertain(0, "The connection was lost.")
