"""Web nodes and workers on one PostgreSQL are ended in turn while posts, batches and letters flow (SECURITY, figures).

    python -m tests.campaigns.many_machines --ends 200 --posts 5000 --target web --database URL
    python -m tests.campaigns.many_machines --ends 50 --posts 1500 --stop term --database URL
    python -m tests.campaigns.many_machines --outages 40 --posts 5000

The last line is one JSON object; the status is 0 where every bound held. The database must be migrated (also for
Procrastinate) and empty; with `--outages` the campaign brings its own PostgreSQL, which it stops for 0 to 2 seconds
every 5 to 40.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from engine import cluster
from engine.delivery import AWAY
from engine.outgoing.outbox import LEASE_MESSAGES, WAITING, Delivery
from engine.storage import database
from engine.tables import journal, outbox
from scorm import calls
from scorm.tables import epochs
from tests.campaigns.kill_worker import Server, listening
from tests.campaigns.machines import Client, Node, answers, running, until, web, worker
from tests.campaigns.stage import PLAYERS, Stage, prepared
from tests.servers import fragile_postgres
from tests.stories.courses import Player
from tests.stories.story_site import free_port
from workflows.learning.tables import enrolments

LONGEST_STOP = 10.0
"""Seconds that a polite stop may take: a figure of the campaign, for in the gate it would measure the machine."""

LONGEST_RECOVERY = 5.0
"""Seconds that may pass between the return of the database and the next acknowledgement."""

_NODES = 3
_CLIENTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What is done: `ends` nodes of the target are ended by a signal in turn; `outage` stops the database."""

    url: str
    posts: int
    ends: int
    seed: int = 1
    stop: signal.Signals = signal.SIGKILL
    target: str = "all"
    outages: int = 0
    outage: Callable[[Callable[[], None]], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it; times are in seconds, `faults` counts answers that were no acknowledgement."""

    posts: int
    ends: int
    outages: int
    lost_posts: int
    lost_calls: int
    half_states: int
    letters: int
    lost_letters: int
    doubled_letters: int
    faults: Mapping[str, int]
    slowest_stop: float
    slowest_recovery: float
    longest_wait: float
    seconds: float
    in_time: bool
    ok: bool


@dataclass(slots=True)
class Slowest:
    """The slowest stop of a node and the slowest recovery after an outage, in seconds."""

    stop: float = 0.0
    recovery: float = 0.0


def run(campaign: Campaign) -> Report:
    """Post and play while nodes end, let the workers finish, and count."""
    began = time.monotonic()
    server = Server(0.002)
    with ExitStack() as kept:
        folder = Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="preceptor-cluster-")))
        smtp = free_port()
        kept.enter_context(listening(server, smtp))
        stage = kept.enter_context(prepared(campaign.url, campaign.posts, folder, smtp))
        webs = [web(stage.environment, free_port()) for _ in range(_NODES)]
        nodes = [*webs, *(worker(stage.environment) for _ in range(_NODES))]
        kept.enter_context(running(nodes))
        client = Client(ports=[node.port for node in webs])
        slow, sent = _flow(campaign, stage, client, nodes)
        until(lambda: _waiting(stage) == 0, "every letter is delivered")
        slow.stop = max(slow.stop, *(node.end(signal.SIGTERM) for node in nodes))
        return _counted(campaign, stage, server, client, sent, slow, time.monotonic() - began)


def _flow(campaign: Campaign, stage: Stage, client: Client, nodes: list[Node]) -> tuple[Slowest, int]:
    """Return how long the slowest stop and recovery took, and how many calls of courses were acknowledged."""
    flowing, done = threading.Event(), threading.Event()
    with ThreadPoolExecutor(_CLIENTS + PLAYERS) as threads:
        posting = [threads.submit(_post, stage, client, number) for number in range(campaign.posts)]
        playing = [threads.submit(_play, stage, client, flowing, *one) for one in stage.playing.items()]
        try:
            slowest = _disturb(campaign, client, nodes, done)
            for post in posting:
                post.result()
        finally:
            flowing.set()
        return slowest, sum(player.result() for player in playing)


def _disturb(campaign: Campaign, client: Client, nodes: list[Node], done: threading.Event) -> Slowest:
    """End nodes in turn at moments that the seed chooses, each while requests are answered, or stop the database."""
    chance = random.Random(campaign.seed)  # noqa: S311 - the moments shall come again
    chosen = {"all": nodes, "web": nodes[:_NODES], "worker": nodes[_NODES:]}[campaign.target]
    slowest = Slowest()
    for number in range(campaign.ends):
        node = chosen[number % len(chosen)]
        _await_traffic(client)
        until(lambda node=node: _can_be_spared(node, nodes[:_NODES]), "a web node answers that is not to end")  # type: ignore[misc]
        done.wait(chance.uniform(0.0, 0.2))
        slowest.stop = max(slowest.stop, node.end(campaign.stop))
        node.start()
    for _ in range(campaign.outages):
        done.wait(chance.uniform(5.0, 40.0))
        assert campaign.outage
        campaign.outage(partial(time.sleep, chance.uniform(0.0, 2.0)))
        slowest.recovery = max(slowest.recovery, _recovered(client))
    return slowest


def _recovered(client: Client) -> float:
    """Return how many seconds pass from when the database takes connections until something is acknowledged."""
    began, before = time.monotonic(), len(client.acknowledged)
    until(lambda: len(client.acknowledged) > before, "something is acknowledged after an outage")
    return time.monotonic() - began


def _can_be_spared(node: Node, webs: list[Node]) -> bool:
    """Say whether a node is at work, and another that answers people is too."""
    others = any(answers(web.port) for web in webs if web is not node)
    return others and (not node.port or answers(node.port))


def _await_traffic(client: Client) -> None:
    """Wait until something is acknowledged, or until it is clear that nothing more will be."""
    before, deadline = len(client.acknowledged), time.monotonic() + 2.0
    while len(client.acknowledged) == before and time.monotonic() < deadline:
        time.sleep(0.01)


def _post(stage: Stage, client: Client, number: int) -> None:
    headers = {"Authorization": f"Bearer {stage.token}", "Idempotency-Key": f"post-{number}"}
    said = {"person": f"learner-{number}", "class": stage.course_class}
    client.send(f"{stage.origin}/api/v1/enrolments", said, headers)


def _play(stage: Stage, client: Client, flowing: threading.Event, token: str, enrolment: str) -> int:
    """Play a course until the posts are done, and return how many calls were acknowledged."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "launch"}
    launched = client.send(f"{stage.origin}/api/v1/launches", {"enrolment": enrolment}, headers)
    player = _Patient(client, launched["url"])
    player.call("LMSInitialize", "")
    sent = 0
    while not flowing.is_set():
        player.call("LMSSetValue", "cmi.core.lesson_location", f"page-{sent}")
        player.call("LMSCommit", "")
        sent += len(player.kept)
        player.flush()
        flowing.wait(0.05)
    return sent


class _Patient(Player):
    """A player whose posts go to any node until one acknowledges them."""

    def __init__(self, client: Client, play_url: str) -> None:
        self._client = client
        super().__init__(_Nowhere(), play_url)  # type: ignore[arg-type]

    def _post(self, address: str, body: Any) -> Any:
        answer = self._client.send(address, body, {})
        return dataclasses.make_dataclass("Answered", ["json", ("status", int, 200)])(answer)


@dataclass(frozen=True)
class _Nowhere:
    origin: str = "http://127.0.0.1:0"


def _waiting(stage: Stage) -> int:
    try:
        with stage.engine.reading() as connection:
            chosen = select(func.count()).select_from(outbox).where(outbox.c.state.in_(WAITING))
            return int(connection.execute(chosen).scalar_one())
    except AWAY:
        return -1


def _counted(  # noqa: PLR0917 - what is compared with what
    campaign: Campaign, stage: Stage, server: Server, client: Client, sent: int, slow: Slowest, seconds: float
) -> Report:
    with stage.engine.reading() as connection:
        mine = enrolments.c.course_class == stage.course_class
        there = {*connection.scalars(select(enrolments.c.id).where(mine, enrolments.c.state == "CONFIRMED"))}
        moved = {*connection.scalars(select(journal.c.subject).where(journal.c.kind == "enrolment"))}
        told = {*connection.scalars(select(outbox.c.subject).where(outbox.c.kind == "enrolment"))}
        windows = connection.execute(select(epochs.c.trust, epochs.c.attempt, epochs.c.epoch)).mappings().all()
        kept = sum(len(calls.read(connection, window)) for window in windows)
        letters = {*connection.scalars(select(outbox.c.message_id).where(outbox.c.state == Delivery.SENT))}
    acknowledged = {answer["id"] for answer in client.acknowledged if answer.get("class") == stage.course_class}
    seen = {found.decode().strip("<>") for found in server.seen}
    doubled = sum(server.seen.values()) - len(server.seen)
    lost = len(acknowledged - there) + campaign.posts - len(there)
    half = len(there - moved) + len(there - told)
    gone = len({letter.strip("<>") for letter in letters} - seen)
    polite = campaign.stop is signal.SIGTERM
    most = 0 if polite else LEASE_MESSAGES * (campaign.ends + campaign.outages * _NODES + 2 * _NODES)
    only_patience = set(client.faults) <= {"503 with Retry-After", "409"}
    return Report(
        posts=campaign.posts,
        ends=campaign.ends,
        outages=campaign.outages,
        lost_posts=lost,
        lost_calls=sent - kept,
        half_states=half,
        letters=len(letters),
        lost_letters=gone,
        doubled_letters=doubled,
        faults=dict(client.faults),
        slowest_stop=round(slow.stop, 2),
        slowest_recovery=round(slow.recovery, 2),
        longest_wait=round(client.longest, 2),
        seconds=round(seconds, 1),
        in_time=slow.stop <= LONGEST_STOP and slow.recovery <= LONGEST_RECOVERY,
        ok=lost == 0 and kept == sent and half == 0 and gone == 0 and only_patience and doubled <= most,
    )


def main() -> int:
    """Read the arguments, run, and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", dest="url")
    parser.add_argument("--posts", type=int, default=5000)
    parser.add_argument("--ends", type=int, default=0)
    parser.add_argument("--outages", type=int, default=0)
    parser.add_argument("--target", choices=("all", "web", "worker"), default="all")
    parser.add_argument("--stop", choices=("kill", "term"), default="kill")
    parser.add_argument("--seed", type=int, default=1)
    arguments = vars(parser.parse_args())
    arguments["stop"] = signal.SIGTERM if arguments["stop"] == "term" else signal.SIGKILL
    with ExitStack() as kept:
        if arguments["outages"]:
            arguments["url"], arguments["outage"] = kept.enter_context(fragile_postgres())
            database.migrate(arguments["url"])
            cluster.upgrade(arguments["url"])
        report = run(Campaign(**arguments))
    print(json.dumps(dataclasses.asdict(report)))  # noqa: T201 - a command prints
    return 0 if report.ok and report.in_time else 1


if __name__ == "__main__":
    sys.exit(main())
