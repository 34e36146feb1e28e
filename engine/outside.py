"""Requests to servers outside: only to hosts that a setting allows, to the address that was resolved, with no redirect.

A URL that comes from data is never followed anywhere else (SECURITY 22), and a server that answers byte by byte, or
without an end, holds nobody up: the whole of an answer has one deadline and one size.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from engine.errors import Invalid

SECONDS: Final = 10.0
"""How long a call may take altogether, from the first connection to the last byte."""
MOST: Final = 64 * 1024
"""Bytes of an answer, with its head, where nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered, or why there was no answer (`status` 0); `whole` says that all of the body was read."""

    status: int
    said: str
    body: bytes = b""
    whole: bool = True

    @property
    def good(self) -> bool:
        """Say whether the server took it."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110 15.3


def checked(url: str, hosts: Collection[str], setting: str = "PRECEPTOR_WEBHOOK_HOSTS") -> SplitResult:
    """Return the parts of an address that may be called; raises `Invalid`, naming the setting, for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid("This is not an address that can be called.", field="url") from None
    named = parts.username is not None or parts.password is not None
    if parts.scheme not in {"http", "https"} or not parts.hostname or named or parts.fragment or port == 0:
        raise Invalid("The address must be one such as https://hooks.example/preceptor.", field="url")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise Invalid("The address must be written in ASCII, with %-escapes for all else.", field="url")
    if parts.hostname not in hosts:
        raise Invalid(
            f"Calling {parts.hostname} is not allowed: whoever runs this adds it to {setting}.",
            field="url",
        )
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1"}:
        raise Invalid("The address must begin with https.", field="url")
    return parts


def post(url: str, hosts: Collection[str], body: bytes, headers: Mapping[str, str], most: int = MOST) -> Reply:
    """Send a body to an address that is allowed, and return what became of it; never raises for the network's sake.

    `most` bytes of the answer are read, with its head.
    """
    parts = checked(url, hosts)
    connection = _Pinned(parts, most)
    try:
        connection.request(
            "POST", f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", body, dict(headers)
        )
        answer = connection.getresponse()
        read = answer.read(most)
        said = f"{answer.status} {answer.reason}"[:200]
        return Reply(status=answer.status, said=said, body=read, whole=not answer.length)
    except (OSError, HTTPException) as trouble:
        return Reply(status=0, said=f"No answer: {type(trouble).__name__}.")
    finally:
        connection.hang_up()


class _Pinned(HTTPConnection):
    """A connection to the first address that the host's name means, by TLS under that name where it is https."""

    def __init__(self, parts: SplitResult, most: int) -> None:
        self._most = most
        self._tls = parts.scheme == "https"
        self._opened: socket.socket | None = None
        self._until = time.monotonic() + SECONDS
        host = str(parts.hostname)
        super().__init__(host, parts.port or (443 if self._tls else 80), timeout=SECONDS)

    def connect(self) -> None:
        family, kind, protocol, _name, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(SECONDS)
            opened.connect(address)
            context = ssl.create_default_context() if self._tls else None
            secured = context.wrap_socket(opened, server_hostname=self.host) if context else opened
            self._opened = secured
            self.sock: Any = _Bounded(secured, self._until, self._most)
        except BaseException:
            opened.close()
            raise

    def hang_up(self) -> None:
        """Close the socket itself."""
        self.close()
        if self._opened is not None:
            self._opened.close()


class _Bounded:
    """A socket as `HTTPConnection` uses one, that reads until a moment and so many bytes, and no further."""

    def __init__(self, opened: socket.socket, until: float, most: int) -> None:
        self._socket = opened
        self._until = until
        self._most = most

    def sendall(self, content: bytes) -> None:
        self._socket.settimeout(left(self._until, time.monotonic))
        self._socket.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(Bounded(self._socket, self._until, most=self._most))

    def close(self) -> None:
        """Leave it open: an answer that ends with its connection is still to be read when this is called."""


class Bounded(io.RawIOBase):
    """What a socket says until a moment of a clock, in seconds, and at most `most` bytes of it."""

    def __init__(
        self, opened: Any, until: float, clock: Callable[[], float] = time.monotonic, most: int = MOST
    ) -> None:
        self._most = most
        self._socket = opened
        self._until = until
        self._clock = clock
        self._had = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come; raises `TimeoutError` after the moment, and ends after so many bytes."""
        self._socket.settimeout(left(self._until, self._clock))
        count: int = (
            self._socket.recv_into(memoryview(buffer)[: self._most - self._had]) if self._had < self._most else 0
        )
        self._had += count
        return count


def left(until: float, clock: Callable[[], float]) -> float:
    """Return the seconds that are left; raises `TimeoutError` where there are none."""
    seconds = until - clock()
    if seconds <= 0:
        raise TimeoutError
    return seconds
