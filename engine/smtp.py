"""Hands messages to an SMTP server: one connection, kept; commands in one packet where the server allows it.

TLS is never given up for clear text: where `starttls=required` is not offered, or fails, nothing is sent.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import parse_qs, unquote, urlsplit

from engine.errors import Passing, Permanent, SettingError, Uncertain, Unreachable

SECONDS: Final = 30.0
_TAKEN: Final = frozenset({250, 251, 252})
_SEND_IT: Final = 354
_CLOSING: Final = 421
_PERMANENT: Final = 500
_ADDRESS: Final = re.compile(r"[!-;=?-~]+")
_DOT: Final = re.compile(rb"(?m)^\.")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS: Final = {"smtp": 25, "smtps": 465}


class Transport(Protocol):
    """Where messages go."""

    def send(self, sender: str, recipient: str, message: bytes) -> str:
        """Hand over one message to one recipient, and return the server's answer.

        Raises `Permanent` or `Passing`; of the latter `Unreachable` before any message was offered, and `Uncertain`
        where the message went out and no answer came back.
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
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def send(self, sender: str, recipient: str, message: bytes) -> str:
        """Hand over one message; see `Transport.send`."""
        for address in (sender, recipient):
            if not _ADDRESS.fullmatch(address):
                raise Permanent(0, "This is not an address that SMTP can carry.")
        kept = self._smtp is not None
        try:
            return self._converse(sender, recipient, message)
        except Passing as trouble:
            # A server may have closed a connection that was idle; that says nothing about this message.
            if not kept or trouble.code or isinstance(trouble, Uncertain):
                raise
        return self._converse(sender, recipient, message)

    def close(self) -> None:
        """Say goodbye; the next message opens a new connection."""
        if self._smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self._drop()

    def _converse(self, sender: str, recipient: str, message: bytes) -> str:
        conversation = _Conversation(self._connection())
        try:
            return conversation.send(sender, recipient, message)
        except (OSError, smtplib.SMTPServerDisconnected) as trouble:
            lost = Uncertain if conversation.handed_over else Passing
            raise lost(0, _described(trouble)) from None
        finally:
            if not conversation.clean:
                self._drop()

    def _connection(self) -> smtplib.SMTP:
        """Return the connection, opened if need be. A server that refuses us as such may take us later."""
        if self._smtp is None:
            try:
                self._smtp = self._opened()
            except smtplib.SMTPResponseException as trouble:
                raise Unreachable(trouble.smtp_code, _words(trouble.smtp_error)) from None
            except (OSError, smtplib.SMTPException) as trouble:
                raise Unreachable(0, _described(trouble)) from None
        return self._smtp

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

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


class _Conversation:
    """One message on an open connection.

    Afterwards `handed_over` says whether the message went out, `clean` whether the connection can carry another.
    """

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self.handed_over = False
        self.clean = False

    def send(self, sender: str, recipient: str, message: bytes) -> str:
        """Say MAIL, RCPT and DATA at once where the server reads ahead (RFC 2920 3.1), else one after the other."""
        self.clean = False
        commands = [f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"]
        if self._smtp.has_extn("pipelining"):
            self._say("".join(f"{command}\r\n" for command in commands).encode("ascii"))
            answers = [self._smtp.getreply() for _ in commands]
            self._stop_after_refusal(answers)
        else:
            answers = []
            for command in commands:
                self._say(f"{command}\r\n".encode("ascii"))
                answers.append(self._smtp.getreply())
                if not _goes_on(command, answers[-1]):
                    break
        self._require(commands, answers)
        return self._content(message)

    def _content(self, message: bytes) -> str:
        lines = _DOT.sub(b"..", message)
        self.handed_over = True
        self._say(lines + (b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n"))
        code, answer = self._smtp.getreply()
        self.clean = code != _CLOSING
        if code not in _TAKEN:
            raise _refusal(code, answer)
        return f"{code} {_words(answer)}"

    def _stop_after_refusal(self, answers: list[tuple[int, bytes]]) -> None:
        """End a DATA that the server began although it refused the recipient (RFC 2920 3.1)."""
        if answers[-1][0] == _SEND_IT and any(code not in _TAKEN for code, _ in answers[:-1]):
            self._say(b".\r\n")
            self._smtp.getreply()

    def _require(self, commands: list[str], answers: list[tuple[int, bytes]]) -> None:
        for command, answer in zip(commands, answers, strict=False):
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


def _goes_on(command: str, answer: tuple[int, bytes]) -> bool:
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
