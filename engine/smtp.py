"""Hands messages to an SMTP server: one connection, kept; commands in one packet where the server allows it.

Behind a message go the commands of the one that follows (RFC 2920 3.1), so that a message costs one turn.

TLS is never given up for clear text: where `starttls=required` is not offered, or fails, nothing is sent.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from engine.errors import Passing, Permanent, SettingError, Uncertain, Unreachable

SECONDS: Final = 30.0
_TAKEN: Final = frozenset({250, 251, 252})
_SEND_IT: Final = 354
_CLOSING: Final = 421
_PERMANENT: Final = 500
_ADDRESS: Final = re.compile(r"[!-;=?-~]+")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS: Final = {"smtp": 25, "smtps": 465}
_Answer: TypeAlias = tuple[int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """From whom and to whom a message goes (RFC 5321 2.3.1)."""

    sender: str
    recipient: str

    @property
    def sendable(self) -> bool:
        """Say whether SMTP can carry both addresses."""
        return all(_ADDRESS.fullmatch(address) for address in (self.sender, self.recipient))

    @property
    def commands(self) -> tuple[str, ...]:
        """Return what is said before the content."""
        return f"MAIL FROM:<{self.sender}>", f"RCPT TO:<{self.recipient}>", "DATA"


class Transport(Protocol):
    """Where messages go."""

    def send(self, envelope: Envelope, message: bytes, following: Envelope | None = None) -> str:
        """Hand over one message to one recipient, and return the server's answer.

        `following` is the envelope of the message that is sent next, if there is one. Raises `Permanent` or `Passing`;
        of the latter `Unreachable` before any message was offered, and `Uncertain` where the message went out and no
        answer came back.
        """
        ...

    def close(self) -> None:
        """Say goodbye, if there is anybody to say it to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An SMTP server: `smtp[s]://user:password@host:port?starttls=required`."""

    host: str
    port: int
    implicit_tls: bool = False
    starttls: bool = False
    user: str = ""
    password: str = ""


def route(url: str) -> Route:
    """Read the address of a server. Raises `SettingError`."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except (KeyError, ValueError):
        raise SettingError("PRECEPTOR_SMTP_URL must be an address such as smtp://127.0.0.1:1025.") from None
    if not parts.hostname or options not in ({}, {"starttls": ["required"]}):
        raise SettingError("PRECEPTOR_SMTP_URL has a host, and no option but starttls=required.")
    encrypted = parts.scheme == "smtps" or bool(options)
    if parts.username and not encrypted and parts.hostname not in _LOOPBACK:
        raise SettingError("PRECEPTOR_SMTP_URL has a password, so it must use smtps or starttls=required.")
    return Route(
        host=parts.hostname,
        port=port,
        implicit_tls=parts.scheme == "smtps",
        starttls=bool(options),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class SmtpTransport:
    """One connection to one server, opened at the first message and again after every failure.

    For one thread. `tls` is for servers whose certificate is not signed by an authority that everybody knows.
    """

    def __init__(self, url: str, *, seconds: float = SECONDS, tls: ssl.SSLContext | None = None) -> None:
        self._route = route(url)
        self._seconds = seconds
        self._tls = tls
        self._open: _Conversation | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def send(self, envelope: Envelope, message: bytes, following: Envelope | None = None) -> str:
        """Hand over one message; see `Transport.send`."""
        if not envelope.sendable:
            raise Permanent(0, "This is not an address that SMTP can carry.")
        after = following if following and following.sendable else None
        kept = self._open is not None
        try:
            return self._converse(envelope, message, after)
        except Passing as trouble:
            # A server may have closed a connection that was idle; that says nothing about this message.
            if not kept or trouble.code or isinstance(trouble, Uncertain):
                raise
        return self._converse(envelope, message, after)

    def close(self) -> None:
        """Say goodbye; the next message opens a new connection."""
        if self._open is not None:
            self._open.quit()
        self._open = None

    def _converse(self, envelope: Envelope, message: bytes, following: Envelope | None) -> str:
        conversation = self._conversation()
        try:
            return conversation.send(envelope, message, following)
        except (OSError, smtplib.SMTPServerDisconnected) as trouble:
            lost = Uncertain if conversation.handed_over else Passing
            raise lost(0, _described(trouble)) from None
        finally:
            if not conversation.clean:
                conversation.drop()
                self._open = None

    def _conversation(self) -> _Conversation:
        """Return the connection, opened if need be. A server that refuses us as such may take us later."""
        if self._open is None:
            try:
                self._open = _Conversation(self._opened())
            except smtplib.SMTPResponseException as trouble:
                raise Unreachable(trouble.smtp_code, _words(trouble.smtp_error)) from None
            except (OSError, smtplib.SMTPException) as trouble:
                raise Unreachable(0, _described(trouble)) from None
        return self._open

    def _opened(self) -> smtplib.SMTP:
        there = self._route
        tls = self._tls or ssl.create_default_context()
        smtp = (
            smtplib.SMTP_SSL(there.host, there.port, timeout=self._seconds, context=tls)
            if there.implicit_tls
            else smtplib.SMTP(there.host, there.port, timeout=self._seconds)
        )
        try:
            if there.starttls:
                smtp.starttls(context=tls)
            if there.user:
                smtp.login(there.user, there.password)
            smtp.ehlo_or_helo_if_needed()
        except BaseException:
            smtp.close()
            raise
        return smtp


class _Conversation:
    """An open connection, and one message after another on it.

    After each `handed_over` says whether the message went out, `clean` whether the connection can carry another, and
    `_begun` for which message the commands are said already, with their answers still to be read.
    """

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self._reads_ahead = smtp.has_extn("pipelining")
        self._begun: Envelope | None = None
        self.handed_over = False
        self.clean = False

    def send(self, envelope: Envelope, message: bytes, following: Envelope | None) -> str:
        """Say MAIL, RCPT and DATA at once where the server reads ahead (RFC 2920 3.1), else one after the other."""
        self.clean = self.handed_over = False
        answers = self._at_once(envelope) if self._reads_ahead else self._in_turn(envelope)
        self._require(envelope, answers)
        return self._content(message, following if self._reads_ahead else None)

    def quit(self) -> None:
        """Say goodbye, where the server does not wait for a message."""
        if self._begun is None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self.drop()

    def drop(self) -> None:
        """Hang up."""
        self._smtp.close()

    def _at_once(self, envelope: Envelope) -> list[_Answer]:
        begun, self._begun = self._begun, None
        if begun is None:
            self._say(_lines(envelope))
        elif begun != envelope:
            raise smtplib.SMTPServerDisconnected("the server waits for another message")
        answers = [self._smtp.getreply() for _ in envelope.commands]
        self._stop_after_refusal(answers)
        return answers

    def _in_turn(self, envelope: Envelope) -> list[_Answer]:
        answers = []
        for command in envelope.commands:
            self._say(f"{command}\r\n".encode("ascii"))
            answers.append(self._smtp.getreply())
            if not _goes_on(command, answers[-1]):
                break
        return answers

    def _content(self, message: bytes, following: Envelope | None) -> str:
        self.handed_over = True
        self._say(_dotted(message) + (_lines(following) if following else b""))
        self._begun = following
        code, answer = self._smtp.getreply()
        self.clean = code != _CLOSING
        if code not in _TAKEN:
            raise _refusal(code, answer)
        return f"{code} {_words(answer)}"

    def _stop_after_refusal(self, answers: list[_Answer]) -> None:
        """End a DATA that the server began although it refused the recipient (RFC 2920 3.1)."""
        if answers[-1][0] == _SEND_IT and any(code not in _TAKEN for code, _ in answers[:-1]):
            self._say(b".\r\n")
            self._smtp.getreply()

    def _require(self, envelope: Envelope, answers: list[_Answer]) -> None:
        for command, answer in zip(envelope.commands, answers, strict=False):
            if not _goes_on(command, answer):
                self.clean = answer[0] != _CLOSING and self._reset()
                raise _refusal(*answer)

    def _reset(self) -> bool:
        try:
            return self._smtp.rset()[0] in _TAKEN
        except (OSError, smtplib.SMTPServerDisconnected):
            return False

    def _say(self, octets: bytes) -> None:
        if self._smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("no connection")
        self._smtp.sock.sendall(octets)


def _dotted(message: bytes) -> bytes:
    """Double the dot that begins a line, and end with one alone (RFC 5321 4.5.2)."""
    lines = (b"." if message.startswith(b".") else b"") + message.replace(b"\n.", b"\n..")
    return lines + (b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n")


def _lines(envelope: Envelope) -> bytes:
    return "".join(f"{command}\r\n" for command in envelope.commands).encode("ascii")


def _goes_on(command: str, answer: _Answer) -> bool:
    return answer[0] == _SEND_IT if command == "DATA" else answer[0] in _TAKEN


def _refusal(code: int, answer: bytes) -> Permanent | Passing:
    kind = Permanent if code >= _PERMANENT else Passing
    return kind(code, _words(answer))


def _words(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _described(trouble: Exception) -> str:
    """Say what kind of trouble, in the words of the operating system, which name no person."""
    strerror = getattr(trouble, "strerror", None)
    return str(strerror) if strerror else type(trouble).__name__
