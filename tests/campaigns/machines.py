"""A cluster on one machine: web nodes and workers as processes on one PostgreSQL, and clients that do not give up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from tests.campaigns.kill_worker import waited
from tests.stories.windows import Answer, ask

LEASE_SECONDS = 3.0
_AGAIN = 0.1
_PATIENCE = 120.0
_TRANSIENT = (409, 503)


@dataclass(kw_only=True)
class Node:
    """One process group of the cluster: a command that can be killed, told to stop and started again."""

    command: list[str]
    environment: Mapping[str, str]
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, as the leader of a group of its own."""
        environment = {**os.environ, **self.environment}
        self.process = subprocess.Popen(
            self.command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def end(self, how: signal.Signals) -> float:
        """Send a signal (`SIGKILL` to the whole group), wait, and return how many seconds it took."""
        assert self.process
        if how is signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        return waited(self.process)


def web(environment: Mapping[str, str], port: int) -> Node:
    """Return a web node on a port of the loopback."""
    command = [sys.executable, "-m", "workflows", "serve", "--port", str(port), "--workers", "1", "--threads", "4"]
    return Node(command=command, environment=environment, port=port)


def worker(environment: Mapping[str, str]) -> Node:
    """Return a worker."""
    command = [sys.executable, "-m", "tests.campaigns.node_worker", str(LEASE_SECONDS)]
    return Node(command=command, environment=environment)


@contextmanager
def running(nodes: list[Node]) -> Iterator[None]:
    """Start them all, wait until every web node answers, and kill what is left at the end."""
    for node in nodes:
        node.start()
    try:
        for node in nodes:
            until(lambda node=node: not node.port or answers(node.port), f"node {node.port} answers")  # type: ignore[misc]
        yield
    finally:
        for node in nodes:
            if node.process and node.process.poll() is None:
                node.end(signal.SIGKILL)


def answers(port: int) -> bool:
    """Say whether a web node answers."""
    try:
        return ask(port, "GET", f"http://127.0.0.1:{port}/sign-in", {}).status == 200
    except (OSError, HTTPException):
        return False


def until(holds: Callable[[], bool], what: str, seconds: float = _PATIENCE) -> None:
    """Return when something holds; raises `TimeoutError` where it does not come to that."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(_AGAIN / 2)


@dataclass(kw_only=True)
class Client:
    """Sends requests to the web nodes in turn, each until one acknowledges it; counts what else it was answered."""

    ports: list[int]
    faults: Counter[str] = field(default_factory=Counter)
    acknowledged: list[Any] = field(default_factory=list)
    longest: float = 0.0
    _turn: Any = field(default_factory=count)
    _lock: Any = field(default_factory=threading.Lock)

    def send(self, address: str, body: Any, headers: Mapping[str, str]) -> Any:
        """Post JSON until it is acknowledged, and return the answer's JSON."""
        began = time.monotonic()
        while time.monotonic() < began + _PATIENCE:
            answer = self._ask(address, json.dumps(body), {"Content-Type": "application/json", **headers})
            if answer is not None and answer.status < 300:
                with self._lock:
                    self.acknowledged.append(answer.json)
                    self.longest = max(self.longest, time.monotonic() - began)
                return answer.json
            time.sleep(_AGAIN)
        raise TimeoutError(f"never acknowledged: {address}")

    def _ask(self, address: str, body: str, headers: Mapping[str, str]) -> Answer | None:
        try:
            answer = ask(self.ports[next(self._turn) % len(self.ports)], "POST", address, headers, body)
        except (OSError, HTTPException):
            return None
        if answer.status >= 300:
            self._count(answer)
        return answer

    def _count(self, answer: Answer) -> None:
        """Count what is no acknowledgement, and raise at once for what no patience mends."""
        waits = answer.status == 503 and "retry-after" in answer.headers
        with self._lock:
            self.faults["503 with Retry-After" if waits else str(answer.status)] += 1
        if answer.status not in _TRANSIENT:
            raise AssertionError(f"{answer.status} from {urlsplit(answer.address).path}: {answer.html[:500]}")
