"""Workers are killed, or told to stop, again and again while messages go out (SECURITY, figures).

    python -m tests.campaigns.kill_worker --kills 50 --messages 2000 --database URL

The last line is one JSON object; the status is 0 where every bound held. The database must be migrated and its outbox
empty.
"""

import argparse
import asyncio
import dataclasses
import json
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func, select

from engine.outgoing.outbox import LEASE_MESSAGES, WAITING, Delivery
from engine.storage import database
from engine.tables import outbox
from tests.contract.waiting_letters import letter, queue

_LEASE_SECONDS = 3.0
_PATIENCE = 120.0
_HANGING = 30.0
MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What is done: `stop` is the signal that ends a worker, `pace` the seconds that the server takes for a message."""

    url: str
    kills: int
    messages: int
    port: int
    seed: int = 1
    stop: signal.Signals = signal.SIGKILL
    pace: float = 0.01
    workers: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it; `slowest_stop` is in seconds; `window_hit` says that some kill met a message on its way."""

    messages: int
    kills: int
    lost: int
    duplicates: int
    sent: int
    parked: int
    slowest_stop: float
    seconds: float
    window_hit: bool
    ok: bool


class Server:
    """Counts every Message-ID that it takes; `pace` is in seconds a message."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self.seen: Counter[bytes] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd
        """Take a message in its own time."""
        await asyncio.sleep(self._pace)
        found = MESSAGE_ID.search(bytes(envelope.content or b""))
        self.seen[found[1] if found else b""] += 1
        return "250 kept"


def run(campaign: Campaign) -> Report:
    """Queue the messages, kill as often as was asked, let one worker finish, and count."""
    began = time.monotonic()
    base = database.connect(campaign.url)
    now = datetime.fromtimestamp(time.time(), UTC) - timedelta(minutes=1)
    queue(base, *(letter(number, at=now) for number in range(campaign.messages)))
    server = Server(campaign.pace)
    with listening(server, campaign.port):
        slowest = _kill(campaign, server)
        _finish(campaign, base)
    report = _counted(campaign, base, server, slowest, time.monotonic() - began)
    base.dispose()
    return report


def _kill(campaign: Campaign, server: Server) -> float:
    """Kill the workers in turn at moments that the seed chooses, each while it is sending."""
    chance = random.Random(campaign.seed)  # noqa: S311 - the moments shall come again
    workers = [started(campaign) for _ in range(campaign.workers)]
    slowest = 0.0
    for number in range(campaign.kills):
        _await_traffic(server)
        time.sleep(chance.uniform(0.0, 0.3))
        place = number % len(workers)
        slowest = max(slowest, ended(workers[place], campaign.stop))
        workers[place] = started(campaign)
    for worker in workers:
        slowest = max(slowest, ended(worker, campaign.stop))
    return slowest


def _finish(campaign: Campaign, base: sqlalchemy.Engine) -> None:
    worker = started(campaign)
    deadline = time.monotonic() + _PATIENCE
    while _count(base, *WAITING) and time.monotonic() < deadline:
        time.sleep(0.2)
    ended(worker, signal.SIGTERM)


def _counted(campaign: Campaign, base: sqlalchemy.Engine, server: Server, slowest: float, seconds: float) -> Report:
    kills = campaign.kills + campaign.workers
    lost = campaign.messages - len(server.seen)
    duplicates = sum(server.seen.values()) - len(server.seen)
    sent, parked = _count(base, Delivery.SENT), _count(base, Delivery.PARKED)
    killed = campaign.stop is signal.SIGKILL
    bounded = duplicates <= (LEASE_MESSAGES * kills if killed else 0)
    in_time = killed or slowest <= 10.0
    return Report(
        messages=campaign.messages,
        kills=kills,
        lost=lost,
        duplicates=duplicates,
        sent=sent,
        parked=parked,
        slowest_stop=round(slowest, 2),
        seconds=round(seconds, 1),
        window_hit=duplicates > 0,
        ok=lost == 0 and sent + parked == campaign.messages and bounded and in_time,
    )


def started(campaign: Campaign) -> subprocess.Popen[bytes]:
    """Start a worker that sends to the campaign's server."""
    smtp = f"smtp://127.0.0.1:{campaign.port}"
    command = [sys.executable, "-m", "tests.campaigns.worker_process", campaign.url, smtp, str(_LEASE_SECONDS)]
    return subprocess.Popen(command)


def ended(worker: subprocess.Popen[bytes], how: signal.Signals) -> float:
    """End a worker, and return how many seconds that took."""
    worker.send_signal(how)
    return waited(worker)


def waited(process: subprocess.Popen[bytes]) -> float:
    """Return how many seconds a process that was told to end needed; what hangs is killed, as systemd would."""
    told = time.monotonic()
    try:
        process.wait(_HANGING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return time.monotonic() - told


def _await_traffic(server: Server) -> None:
    """Wait until a message comes in, or until it is clear that none is left that could."""
    before, deadline = sum(server.seen.values()), time.monotonic() + 2 * _LEASE_SECONDS
    while sum(server.seen.values()) == before and time.monotonic() < deadline:
        time.sleep(0.005)


def _count(base: sqlalchemy.Engine, *states: Delivery) -> int:
    with database.reading(base) as connection:
        chosen = select(func.count()).select_from(outbox).where(outbox.c.state.in_(states))
        return int(connection.execute(chosen).scalar_one())


@contextmanager
def listening(server: Server, port: int) -> Iterator[None]:
    """Let a server take mail at a port of the loopback until the block ends."""
    controller = Controller(server, hostname="127.0.0.1", port=port, data_size_limit=2**25)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def main() -> int:
    """Read the arguments, run, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", required=True, dest="url")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--port", type=int, default=2599)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--term", action="store_true", help="stop politely instead: then nothing may come twice")
    arguments = vars(parser.parse_args())
    stop = signal.SIGTERM if arguments.pop("term") else signal.SIGKILL
    report = run(Campaign(**arguments, stop=stop))
    print(json.dumps(dataclasses.asdict(report)))  # noqa: T201 - a command prints
    return 0 if report.ok and (report.window_hit or stop is signal.SIGTERM) else 1


if __name__ == "__main__":
    sys.exit(main())
