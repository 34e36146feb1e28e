"""Runs a module of ours in a process of its own that may not last, and takes what it prints: for foreign bytes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from contextlib import nullcontext, suppress

LONGEST_ANSWER = 64 << 20
"""Bytes that the process may print; 20,000 files with the longest names take a third of it."""

OUT_OF_MEMORY = 3
"""The exit code of a process that was refused memory; one that was stopped has a signal's."""


def run(module: str, request: str, seconds: float) -> tuple[bytes, int]:
    """Run `python -m module`, which reads the request, so many seconds at most; returns its answer and how it ended."""
    command = [sys.executable, "-I", "-m", module]
    with subprocess.Popen(  # noqa: S603 - our own module, without arguments
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=surroundings()
    ) as process:
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            tell(process, request)
            answer = process.stdout.read(LONGEST_ANSWER) if process.stdout else b""
            # An answer that is longer is no answer: the process would wait for ever to print the rest.
            if len(answer) == LONGEST_ANSWER:
                process.kill()
            return answer, process.wait()
        finally:
            timer.cancel()


def tell(process: subprocess.Popen[bytes], request: str) -> None:
    """Write the request, which may be longer than an argument can be; one that has ended already hears nothing."""
    with suppress(BrokenPipeError), process.stdin or nullcontext() as told:
        if told:
            told.write(request.encode())


def surroundings() -> dict[str, str]:
    """Return the environment without our settings: such a process has no business with the secret key."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PRECEPTOR_")}


def restrict(*, memory: int, processor: int, written: int) -> None:
    """Limit this very process: bytes of memory, seconds of the processor, bytes of a file that it writes."""
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
