"""Waiting for what another thread or process is about to do; how long that takes is no matter of the test."""

import time
from collections.abc import Callable

_STEP = 0.02


def until(holds: Callable[[], object], what: str = "it holds", seconds: float = 30.0) -> None:
    """Return as soon as something holds; fail where it does not come to that."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(_STEP)
