"""Reads a mail in a child process with bounds on time, memory and output (SECURITY 7).

The child is this module run by the same Python: the mail on its standard input, JSON of `Found` on its output.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import Final

from engine.mailroom import reading
from engine.mailroom.records import Found

SECONDS: Final = 20.0
_CPU_SECONDS: Final = 10
_MEMORY: Final = 512 * 1024 * 1024
_LONGEST: Final = 1024 * 1024


def apart(raw: bytes, *, seconds: float = SECONDS) -> Found:
    """Return what is in a mail, read by a child; one that the child cannot cope with is `reading.UNREADABLE`."""
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-m", "engine.mailroom.child"],
            input=raw,
            capture_output=True,
            timeout=seconds,
            check=True,
        )
        return Found.read(child.stdout[:_LONGEST])
    except (subprocess.SubprocessError, ValueError, TypeError, KeyError):
        return reading.UNREADABLE


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit()
    sys.stdout.write(reading.read(sys.stdin.buffer.read()).written())
