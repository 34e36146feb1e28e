"""A queued letter becomes a message: the template that applies, filled in, as bytes that were checked.

The composer knows nothing of queues: it is given rows of the outbox, and gives back what to send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime, parseaddr
from typing import Any

from sqlalchemy import Connection

from engine import calendar, skeleton, text
from engine.letters import Recipient
from engine.rendering import Template
from engine.skeleton import Header, Meant
from engine.templates import Shelf

Row = Mapping[str, Any]

_LONGEST_NAME = 200
_REPARSE_EVERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A message ready for SMTP; `ics` is the calendar object in it, if there is one."""

    message: bytes
    message_id: str
    template: str
    ics: str | None = None


def _no_headers(_row: Row) -> Iterable[Header]:
    return ()


def _no_tokens(_row: Row) -> Mapping[str, str]:
    return {}


class Composer:
    """Composes messages for one sender, in one thread.

    `mail_from` is `Name <address>`; `headers` may add some to a row's message, and `tokens` what a template may say
    of it though no row keeps it (a link made of the secret key). The first message of each version of
    a template, and every 500th after it, is read back in full by the standard parser (SECURITY 12).
    """

    def __init__(
        self,
        shelf: Shelf,
        mail_from: str,
        headers: Callable[[Row], Iterable[Header]] = _no_headers,
        tokens: Callable[[Row], Mapping[str, str]] = _no_tokens,
    ) -> None:
        self._shelf = shelf
        self._name, self._address = parseaddr(mail_from)
        self._headers = headers
        self._tokens = tokens
        self._built: dict[str, int] = {}

    @property
    def sender(self) -> str:
        """Return the address that answers for delivery (the envelope's sender)."""
        return self._address

    def prepare(self, conn: Connection, rows: Sequence[Row]) -> None:
        """Look up once which templates apply to these rows; without it the national ones do."""
        self._shelf.prepare(conn, {(row["trust"], row["organisation"], row["notice"]) for row in rows})

    def compose(self, row: Row, now: datetime, *, with_invitation: bool = True) -> Built:
        """Return the message of an outbox row, made at `now`.

        Raises `TemplateError` where the template cannot be filled in, `Invalid` for a calendar object and `Garbled`
        for a message that is not what was meant.
        """
        template = self._shelf.template(row["trust"], row["organisation"], row["notice"])
        meant = self._meant(row, template, now, with_invitation=with_invitation)
        message = skeleton.build(meant)
        self._sample(template.label, message, meant)
        ics = meant.calendar.decode() if meant.calendar else None
        return Built(message=message, message_id=row["message_id"], template=template.label, ics=ics)

    def _meant(self, row: Row, template: Template, now: datetime, *, with_invitation: bool) -> Meant:
        record = row["invitation"]
        said = template.render(self._context(row, record))
        head = self._head(row, said.subject, now, record if with_invitation else None)
        meant = Meant(headers=head, text=said.text, html=said.html)
        return _invited(meant, row, record, now) if record and with_invitation else meant

    def _context(self, row: Row, record: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the tokens of a row, with those that the engine itself knows."""
        known = {
            "recipient_name": text.clean(row["name"], _LONGEST_NAME) or row["email"],
            "reason": row["reason"],
            "trust_name": self._shelf.trust_name(row["trust"]) or self._name,
        }
        if record:
            known["when"] = calendar.when(
                calendar.instant(record["start"]), calendar.instant(record["end"]), record["zone"]
            )
        said = {name: value for name, value in row["context"].items() if value not in (None, "")}
        return {**known, **said, **self._tokens(row)}

    def _head(self, row: Row, subject: str, now: datetime, record: Mapping[str, Any] | None) -> list[Header]:
        """Return the header block; an invitation comes from its organizer, for clients distrust any other sender."""
        own = skeleton.address(self._name, self._address)
        organizer = calendar.mailbox(record["organizer"])[1] if record else self._address
        head = [
            ("From", skeleton.address(self._name, organizer)),
            ("To", skeleton.address(row["name"], row["email"])),
            ("Subject", subject),
            ("Date", format_datetime(now)),
            ("Message-ID", row["message_id"]),
            ("References", _thread(row)),
            ("Auto-Submitted", "auto-generated"),
        ]
        if organizer != self._address:
            head.insert(1, ("Reply-To", own))
        return [*head, *self._headers(row)]

    def _sample(self, label: str, message: bytes, meant: Meant) -> None:
        count = self._built.get(label, 0)
        if count % _REPARSE_EVERY == 0:
            skeleton.reparse(message, meant)
        self._built[label] = count + 1


def _invited(meant: Meant, row: Row, record: Mapping[str, Any], now: datetime) -> Meant:
    invitation = calendar.from_record(record)
    attendee = Recipient(name=row["name"], email=row["email"])
    lines = calendar.lines(invitation, record["sequence"], now, record["organizer"], attendee)
    return replace(meant, method=str(invitation.method), calendar=calendar.fold(lines), lines=lines)


def _thread(row: Row) -> str:
    """Name the conversation of a subject, so that a mail client shows its messages together."""
    domain = row["message_id"].rpartition("@")[2].rstrip(">")
    return f"<{row['kind']}.{row['subject']}@{domain}>"
