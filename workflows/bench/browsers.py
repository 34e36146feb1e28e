"""Learners' browsers as W3 has them: some connections that stay open, each sending one request after another."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from typing import Final

Plan = Sequence[Sequence[Sequence[bytes]]]
"""By learner and by commit the raw requests."""

CONNECTIONS: Final = 8
_PATIENCE: Final = 60.0
_SECONDS: Final = 30
_USER, _SYSTEM = 11, 12  # of what follows the name in proc(5) stat


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a server did with a plan; `cpu_ms` is of its processes, by commit, and `milliseconds` are in order."""

    seconds: float
    milliseconds: Sequence[float]
    errors: int
    cpu_ms: float

    @property
    def rate(self) -> float:
        """Return commits a second."""
        return len(self.milliseconds) / self.seconds

    def part(self, share: float) -> float:
        """Return the time within which this share of the commits was answered, in milliseconds."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(share * len(self.milliseconds)))]


def served(command: Sequence[str], plan: Plan, port: int) -> Served:
    """Start a server, send it a plan, and stop it."""
    server = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await(port)
        before, began = _cpu_seconds(server.pid), time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            sent = pool.map(lambda first: _send(plan[first::CONNECTIONS], port), range(CONNECTIONS))
            found = [one for each in sent for one in each]
        seconds, spent = time.perf_counter() - began, _cpu_seconds(server.pid) - before
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(_SECONDS)
    return Served(
        seconds=seconds,
        milliseconds=sorted(took for took, _ in found),
        errors=sum(status != HTTPStatus.OK for _, status in found),
        cpu_ms=spent * 1000 / max(1, len(found)),
    )


def _send(learners: Plan, port: int) -> list[tuple[float, int]]:
    """Send what some learners have, and return how long each commit took, and the worst status of its answers."""
    found = []
    with socket.create_connection(("127.0.0.1", port), _SECONDS) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for commit in (commit for learner in learners for commit in learner):
            began = time.perf_counter()
            statuses = [_asked(line, request) for request in commit]
            found.append(((time.perf_counter() - began) * 1000, max(statuses)))
    return found


def _asked(line: socket.socket, request: bytes) -> int:
    line.sendall(request)
    with HTTPResponse(line) as answer:
        answer.begin()
        answer.read()
        return answer.status


def _cpu_seconds(process: int) -> float:
    """Return what a process and those that it started have used; 0 where the system does not say."""
    try:
        told = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
        children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    except OSError:
        return 0.0
    own = (int(told[_USER]) + int(told[_SYSTEM])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_cpu_seconds(int(child)) for child in children)


def _await(port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)
