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

from engine import calendar, rehearsals, return_addresses, saying, text
from engine.errors import EngineError
from engine.letters import Recipient
from engine.return_addresses import Addresses
from engine.wording import notices, skeleton, styles
from engine.wording.notices import Kind
from engine.wording.rendering import Template
from engine.wording.skeleton import Header, Meant
from engine.wording.styles import Style
from engine.wording.templates import Shelf
from engine.wording.texts import Wanted

Row = Mapping[str, Any]

_LONGEST_NAME = 200
_REPARSE_EVERY = 500
_PLAIN = Style(organisation="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A message ready for SMTP; `ics` is the calendar object in it, if there is one, as it may be kept.

    `sender` is the address that answers for its delivery (RFC 5321 4.1.1.2).
    """

    message: bytes
    message_id: str
    template: str
    ics: str | None = None
    sender: str = ""


def _no_headers(_row: Row) -> Iterable[Header]:
    return ()


def _no_tokens(_row: Row) -> Mapping[str, str]:
    return {}


def _no_addresses(_row: Row) -> Addresses:
    return return_addresses.NONE


class Composer:
    """Composes messages for one sender, in one thread.

    `mail_from` is `Name <address>`; `headers` may add some to a row's message, and `tokens` what a template may say
    of it though no row keeps it (a link made of the secret key); `addresses` says where what comes back arrives. The
    first message of each version of a template, and every 500th after it, is read back in full by the standard parser
    (SECURITY 12).
    """

    def __init__(
        self,
        shelf: Shelf,
        mail_from: str,
        headers: Callable[[Row], Iterable[Header]] = _no_headers,
        tokens: Callable[[Row], Mapping[str, str]] = _no_tokens,
        addresses: Callable[[Row], Addresses] = _no_addresses,
    ) -> None:
        self._shelf = shelf
        self._name, self._address = parseaddr(mail_from)
        self._headers = headers
        self._tokens = tokens
        self._addresses = addresses
        self._built: dict[str, int] = {}
        self.looks: Mapping[tuple[str, str], Style] = {}

    def prepare(self, conn: Connection, rows: Sequence[Row]) -> None:
        """Look up once which templates and styles apply to these rows; without it the national ones do."""
        self._shelf.prepare(conn, {_wanted(row) for row in rows})
        self.looks = styles.applying(conn, {(row["trust"], row["organisation"]) for row in rows})

    def filled(self, row: Row, items: Sequence[Row]) -> Row:
        """Return the row of a digest with what it names: of each letter its subject, its reason and its link."""
        if not items:
            return row
        named = [self._item(item) for item in items]
        single = "yes" if len(named) == 1 else ""
        return {**row, "context": {**row["context"], "items": named, "count": len(named), "single": single}}

    def compose(self, row: Row, now: datetime, *, with_invitation: bool = True) -> Built:
        """Return the message of an outbox row, made at `now`.

        Raises `TemplateError` where the template cannot be filled in, `Invalid` for a calendar object and `Garbled`
        for a message that is not what was meant.
        """
        template = rehearsals.template(row) or self._shelf.template(_wanted(row))
        addresses = self._addresses(row)
        invitation = row["invitation"] if with_invitation else None
        meant = self._meant(row, template, now, invitation, addresses)
        message = skeleton.build(meant)
        self._sample(template.label, message, meant)
        return Built(
            message=message,
            message_id=row["message_id"],
            template=template.label,
            ics=_kept(meant, invitation, addresses) if invitation else None,
            sender=addresses.sender or self._address,
        )

    def _meant(
        self, row: Row, template: Template, now: datetime, record: Mapping[str, Any] | None, addresses: Addresses
    ) -> Meant:
        said = template.render(self._context(row, template, row["invitation"]))
        organizer = (addresses.organizer or record["organizer"]) if record else None
        head = self._head(row, said.subject, now, organizer, addresses.reply_to)
        meant = Meant(headers=head, text=said.text, html=said.html)
        return _invited(meant, row, {**record, "organizer": organizer}, now) if record else meant

    def _context(self, row: Row, template: Template, record: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the tokens of a row, with those that the engine itself knows."""
        style = self.looks.get((row["trust"], row["organisation"]), _PLAIN)
        known = {
            "recipient_name": text.clean(row["name"], _LONGEST_NAME) or row["email"],
            "reason": notices.reason(template.notice, row["reason"], template.language),
            "trust_name": style.name or self._shelf.trust_name(row["trust"]) or self._name,
            "brand_colour": style.colour or styles.USUAL,
            "contact_line": style.contact,
        }
        if record:
            begins, ends = calendar.instant(record["start"]), calendar.instant(record["end"])
            known["when"] = saying.language_of(template.language).when(begins, ends, record["zone"])
        said = {name: value for name, value in row["context"].items() if value not in (None, "")}
        return {**known, **said, **self._tokens(row)}

    def _item(self, row: Row) -> dict[str, str]:
        """Say in a line what a letter says; one that cannot be filled in is named by its kind."""
        template = self._shelf.template(_wanted(row))
        try:
            said = self._context(row, template, row["invitation"])
            subject, values = template.render(said).subject, notices.values(template.notice, said)
        except EngineError:
            return {"subject": template.notice.title, "reason": row["reason"], "link": ""}
        links = (values[name] for name in row["context"] if _is_link(template, name))
        return {"subject": subject, "reason": said["reason"], "link": next(filter(None, links), "")}

    def _head(self, row: Row, subject: str, now: datetime, meeting: str | None, reply_to: str) -> list[Header]:
        """Return the header block; an invitation comes from its organizer, for clients distrust any other sender."""
        own = skeleton.address(self._name, self._address)
        organizer = calendar.mailbox(meeting)[1] if meeting else self._address
        head = [
            ("From", skeleton.address(self._name, organizer)),
            ("To", skeleton.address(row["name"], row["email"])),
            ("Subject", subject),
            ("Date", format_datetime(now)),
            ("Message-ID", row["message_id"]),
            ("In-Reply-To", _thread(row)),
            ("References", _thread(row)),
            ("Auto-Submitted", "auto-generated"),
        ]
        if reply_to or organizer != self._address:
            head.insert(1, ("Reply-To", skeleton.address(self._name, reply_to) if reply_to else own))
        return [*head, *self._headers(row)]

    def _sample(self, label: str, message: bytes, meant: Meant) -> None:
        count = self._built.get(label, 0)
        if count % _REPARSE_EVERY == 0:
            skeleton.reparse(message, meant)
        self._built[label] = count + 1


def _wanted(row: Row) -> Wanted:
    """Return which text a row is written with: that of its language which stood when it was queued."""
    return Wanted(
        trust=row["trust"],
        organisation=row["organisation"],
        notice=row["notice"],
        language=row["language"],
        at=row.get("queued_at"),
        nearer=tuple((row.get("places") or "").split()),
    )


def _is_link(template: Template, name: str) -> bool:
    token = template.notice.tokens.get(name)
    return token is not None and token.kind is Kind.LINK


def _invited(meant: Meant, row: Row, record: Mapping[str, Any], now: datetime) -> Meant:
    invitation = calendar.from_record(record)
    attendee = Recipient(name=row["name"], email=row["email"])
    lines = calendar.lines(invitation, record["sequence"], now, record["organizer"], attendee)
    return replace(meant, method=str(invitation.method), calendar=calendar.fold(lines), lines=lines)


def _kept(meant: Meant, record: Mapping[str, Any], addresses: Addresses) -> str:
    """Return the calendar object as it may be kept: without the mark in the organizer's address."""
    if not addresses.organizer:
        return meant.calendar.decode()
    plain = calendar.mailbox(record["organizer"])[1]
    return calendar.fold([line.replace(addresses.organizer, plain) for line in meant.lines]).decode()


def _thread(row: Row) -> str:
    """Name the conversation of a subject, so that a mail client shows its messages together."""
    domain = row["message_id"].rpartition("@")[2].rstrip(">")
    return f"<{row['kind']}.{row['subject']}@{domain}>"
