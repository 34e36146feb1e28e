"""How long a letter takes from its commit to the mail server while letters come steadily (SECURITY, figures).

    python -m tests.campaigns.steady_mail --seconds 120 --rate 20 --database URL

One worker is a process of its own, as `preceptor worker` is. The last line is one JSON object; the status is 0 where
95 % were there within 10 s and 99 % within 60 s. The database must be migrated and its outbox empty.
"""

import argparse
import dataclasses
import json
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.storage import database
from tests.campaigns.kill_worker import MESSAGE_ID, Campaign, ended, listening, started
from tests.contract.waiting_letters import letter, queue

_WITHIN = ((0.95, 10.0), (0.99, 60.0))
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it; times are in seconds from the commit of a letter to its being taken."""

    messages: int
    lost: int
    p50: float
    p95: float
    p99: float
    longest: float
    ok: bool


class Clocked:
    """Takes every message, and knows when by its Message-ID."""

    def __init__(self) -> None:
        self.at: dict[bytes, float] = {}
        self.changed = threading.Condition()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd
        """Take a message at once."""
        found = MESSAGE_ID.search(bytes(envelope.content or b""))
        with self.changed:
            self.at.setdefault(found[1] if found else b"", time.monotonic())
            self.changed.notify_all()
        return "250 kept"


def run(url: str, *, seconds: float, rate: float, port: int) -> Report:
    """Commit a letter at each beat, wait for the last, and say how long each took."""
    server = Clocked()
    with listening(server, port):
        working = started(Campaign(url=url, kills=0, messages=0, port=port))
        try:
            _await(server, len(_commit(url, 1, rate)))  # until then the worker only starts
            committed = _commit(url, int(seconds * rate), rate)
            _await(server, 1 + len(committed))
        finally:
            ended(working, signal.SIGTERM)
    return _reported(committed, server.at)


def _await(server: Clocked, count: int) -> None:
    with server.changed:
        server.changed.wait_for(lambda: len(server.at) >= count, _PATIENCE)


def _commit(url: str, count: int, rate: float) -> Mapping[bytes, float]:
    base = database.connect(url)
    committed = {}
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        row = letter(number, at=datetime.fromtimestamp(time.time(), UTC))
        queue(base, {**row, "queued_at": row["due_at"]})
        committed[row["message_id"].encode()] = time.monotonic()
    base.dispose()
    return committed


def _reported(committed: Mapping[bytes, float], at: Mapping[bytes, float]) -> Report:
    took = sorted(max(0.0, at[name] - since) for name, since in committed.items() if name in at)
    lost = len(committed) - len(took)

    def within(share: float) -> float:
        return round(took[min(len(took) - 1, int(len(took) * share))], 3) if took else _PATIENCE

    return Report(
        messages=len(committed),
        lost=lost,
        p50=within(0.5),
        p95=within(0.95),
        p99=within(0.99),
        longest=within(1.0),
        ok=lost == 0 and all(within(share) <= most for share, most in _WITHIN),
    )


def main() -> int:
    """Read the arguments, run, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", required=True, dest="url")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rate", type=float, default=20.0, help="letters a second")
    parser.add_argument("--port", type=int, default=2598)
    report = run(**vars(parser.parse_args()))
    print(json.dumps(dataclasses.asdict(report)))  # noqa: T201 - a command prints
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
