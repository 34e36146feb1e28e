"""Speaks the Chrome DevTools Protocol with a Chromium over two pipes: messages in JSON, each ended by a NUL."""

from __future__ import annotations

import json
import os
import select
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

Event = Mapping[str, Any]
_CHUNK = 1 << 16
_LONGEST = 16 << 20


class Gone(ConnectionError):
    """The browser has ended, or says what cannot be read."""


class DevTools:
    """One browser; `heard` is told of every event as soon as it is read, and may `tell` the browser things."""

    def __init__(self, reading: int, writing: int, heard: Callable[[Event], None]) -> None:
        self._reading = reading
        self._writing = writing
        self._heard = heard
        self._number = 0
        self._rest = b""
        self._read: deque[Event] = deque()
        self._answers: dict[int, Event] = {}
        self._awaited: int = 0

    def tell(self, method: str, session: str = "", **params: Any) -> int:
        """Say something and wait for no answer; returns its number."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._writing, data) :]
        except OSError as ended:
            raise Gone from ended
        return self._number

    def ask(self, method: str, session: str = "", *, seconds: float = 10.0, **params: Any) -> Mapping[str, Any] | None:
        """Say something and return what is answered; None if no answer comes in time, or it is an error."""
        self._awaited = number = self.tell(method, session, **params)
        self.listen(seconds, until=lambda: number in self._answers)
        answer = self._answers.pop(number, {})
        return answer.get("result")

    def listen(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Take in what the browser says for so long, or until something is so."""
        end = time.monotonic() + seconds
        while not until():
            if self._read:
                self._take(self._read.popleft())
            elif not self._fill(end - time.monotonic()):
                return

    def _take(self, message: Event) -> None:
        if "method" in message:
            self._heard(message)
        elif message.get("id") == self._awaited:
            self._answers[self._awaited] = message

    def _fill(self, seconds: float) -> bool:
        """Read what is there within so many seconds; False if nothing came."""
        if seconds <= 0 or not select.select([self._reading], [], [], seconds)[0]:
            return False
        data = os.read(self._reading, _CHUNK)
        *whole, self._rest = (self._rest + data).split(b"\0")
        if not data or len(self._rest) > _LONGEST:
            raise Gone
        self._read.extend(map(json.loads, whole))
        return True
