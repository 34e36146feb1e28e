"""W3, SCORM commits: learners' browsers send what their courses say, and each is answered once it is stored."""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select

from engine import settings
from engine.settings import Settings
from engine.storage import database
from engine.transaction import Engine
from scorm import addresses, tables
from scorm.runtime.launch import Launch
from scorm.runtime.session import Session
from scorm.store import Attempt
from workflows import app, nodes
from workflows.bench import bare, browsers, commits, learners

_PROCESSES: Final = 2
_THREADS: Final = 4
_MOMENT: Final = "2026-11-21T10:00:00.000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The arguments of a run."""

    folder: Path
    url: str
    port: int
    learners: int
    commits: int
    synchronous: str

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the settings of an installation in the folder of the run."""
        return {
            "PRECEPTOR_DATABASE_URL": self.url,
            "PRECEPTOR_DATA_DIR": str(self.folder),
            "PRECEPTOR_APP_ORIGIN": f"http://127.0.0.1:{self.port}",
            "PRECEPTOR_CONTENT_ORIGIN": f"http://content.localhost:{self.port}",
        }

    @property
    def settings(self) -> Settings:
        """Return them as they are read."""
        return settings.read(self.environment)

    def engine(self) -> Engine:
        """Open the database."""
        opened = database.connect(self.url, synchronous=self.synchronous)
        return replace(app.engine_of(self.settings), database=opened)


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Do one part of the workload, or with `compare` all of it beside its limit; see `--help`."""
    parser = argparse.ArgumentParser(prog="preceptor bench w3", description=__doc__)
    parser.add_argument("part", choices=tuple(_PARTS))
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--dir", required=True, type=Path)
    parser.add_argument("--db", required=True)
    parser.add_argument("--learners", type=int, default=100)
    parser.add_argument("--commits", type=int, default=commits.LAST + 1)
    parser.add_argument("--variant", default="sqlite-FULL", help="sqlite-NORMAL, sqlite-FULL or postgres")
    told = parser.parse_args(arguments)
    return _PARTS[told.part](
        Told(
            folder=told.dir,
            url=told.db,
            port=told.port,
            learners=told.learners,
            commits=told.commits,
            synchronous="NORMAL" if told.variant.endswith("NORMAL") else "FULL",
        )
    )


def _setup(told: Told) -> dict[str, Any]:
    """Found a trust, let everybody open the course, and write down every request that their browsers will send."""
    told.folder.mkdir(parents=True, exist_ok=True)
    database.migrate(told.url)
    engine = told.engine()
    begun = learners.attempts(engine, told.settings.blobs, told.folder, told.learners)
    client = app.create_app(told.settings, engine=engine).content.test_client()
    plan = [_requests(told, client, attempt, number) for number, attempt in enumerate(begun, 1)]
    with (told.folder / "plan.pickle").open("wb") as file:
        pickle.dump(plan, file)
    engine.database.dispose()
    return {"learners": len(plan), "commits": told.commits, "ok": len(plan) == told.learners}


def _serve(told: Told) -> dict[str, Any]:
    """Serve as an installation does: several processes on PostgreSQL, one on SQLite."""
    if database.file_of(told.url):
        nodes.serve_one(partial(_ours, told), "127.0.0.1", told.port, _THREADS)
    else:
        nodes.serve(told.environment, "127.0.0.1", told.port, _PROCESSES, _THREADS)
    return {"ok": True}


def _limit(told: Told) -> dict[str, Any]:
    """Serve the bare callable: on SQLite by threads of waitress, which is quicker there for what does so little."""
    if database.file_of(told.url):
        nodes.serve_threads(bare.application(told.url, told.synchronous), "127.0.0.1", told.port, _THREADS * 2)
    else:
        loader = partial(_bare, told)
        nodes.serve_processes(loader, "127.0.0.1", told.port, _PROCESSES, _THREADS)
    return {"ok": True}


def _ours(told: Told, _target: str) -> app.ByHost:
    return app.create_app(told.settings, engine=told.engine())


def _bare(told: Told, _target: str) -> bare.Bare:
    return bare.application(told.url, told.synchronous)


def _compare(told: Told) -> dict[str, Any]:
    """Set up, send the plan to an installation and to the bare callable, and hold one against the other."""
    _setup(told)
    plan = pickle.loads((told.folder / "plan.pickle").read_bytes())  # noqa: S301 - written a moment ago by ourselves
    ours, limit = (browsers.served(_command(told, part), plan, told.port) for part in ("serve", "limit"))
    figures = {"ops": len(ours.milliseconds), "rate": round(ours.rate, 1), "p50_ms": round(ours.part(0.5), 1)}
    more = {"p95_ms": round(ours.part(0.95), 1), "cpu_ms": round(ours.cpu_ms, 2)}
    bare_figures = {"limit_rate": round(limit.rate, 1), "limit_cpu_ms": round(limit.cpu_ms, 2)}
    share = {"share_of_limit": round(ours.rate / limit.rate, 3), "errors": ours.errors + limit.errors}
    proved = _verify(told)["ok"] and not share["errors"]
    return {**figures, **more, **bare_figures, **share, "ok": proved}


def _command(told: Told, part: str) -> list[str]:
    said = ["--port", str(told.port), "--dir", str(told.folder), "--db", told.url, "--variant", told.synchronous]
    return ["-m", "workflows", "bench", "w3", part, *said]


def _verify(told: Told) -> dict[str, Any]:
    """Say whether the location of the last commit is stored for every learner."""
    base = database.connect(told.url)
    with database.reading(base) as connection:
        snapshots = connection.execute(select(tables.epochs.c.snapshot)).scalars().all()
    base.dispose()
    last = commits.location(told.commits - 1)
    stored = sum(json.loads(one)["data"].get("cmi.location") == last for one in snapshots)
    return {"stored": stored, "ok": stored == told.learners}


_PARTS: Final[Mapping[str, Callable[[Told], dict[str, Any]]]] = {
    "setup": _setup,
    "serve": _serve,
    "limit": _limit,
    "verify": _verify,
    "compare": _compare,
}


def _requests(told: Told, client: FlaskClient, attempt: Attempt, number: int) -> list[list[bytes]]:
    """Open a window as a browser does, and return the request of each commit: the calls and what it answered itself."""
    now = datetime.now(UTC)  # noqa: TID251 - the tokens must be good when the load is sent
    address = urlsplit(addresses.play_url(told.settings, attempt, now))
    opened = client.post(f"{address.path}launch", base_url=f"http://{address.netloc}").get_json()
    session = Session.open(Launch.from_dict(opened["launch"]), opened["data"])
    path, key = opened["calls_url"], {"attempt": opened["attempt"], "epoch": opened["epoch"]}
    requests, seq = [], 0
    for commit in range(told.commits):
        wanted = [*([("Initialize", "")] if commit == 0 else []), *_calls(number, commit)]
        calls = [_answered(session, seq + place, *call) for place, call in enumerate(wanted, 1)]
        requests.append([_request(address.netloc, path, {**key, "first": seq + 1, "calls": calls})])
        seq += len(calls)
    return requests


def _calls(learner: int, commit: int) -> Iterator[tuple[str, ...]]:
    for name, value in commits.elements(learner, commit).items():
        yield "SetValue", name, value
    yield "Commit", ""


def _answered(session: Session, seq: int, function: str, *arguments: str) -> list[Any]:
    """Return a call with the browser's answer: a time with a zone and no fraction is refused, as RTE 4.1.1.7 has it."""
    answer, error = session.call(function, arguments, _MOMENT)
    return [seq, _MOMENT, function, list(arguments), answer, error]


def _request(host: str, path: str, batch: Mapping[str, Any]) -> bytes:
    body = json.dumps(batch, separators=(",", ":")).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
