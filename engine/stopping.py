"""Waits until the process is told to stop, by SIGTERM or SIGINT."""

from __future__ import annotations

import signal
from queue import SimpleQueue
from types import FrameType


class Stop:
    """What the two signals ask for, from the moment it is made in the main thread.

    A handler runs between any two instructions of the main thread. `threading.Event` holds a lock while it begins to
    wait, so that a signal at that moment would wait for itself for ever; a `SimpleQueue` may be put to from a handler.
    """

    def __init__(self) -> None:
        """Take the signals over."""
        self._told: SimpleQueue[int] = SimpleQueue()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heard)

    def wait(self) -> None:
        """Return once a signal came, also when that was before."""
        self._told.get()

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        self._told.put(number)
