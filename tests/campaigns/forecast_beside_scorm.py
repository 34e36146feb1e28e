"""A forecast of a large trust while a learner's batches arrive at the same database: what each costs the other.

`python -m tests.campaigns.forecast_beside_scorm --people 20000 --days 30`; the last line is JSON: seconds, CPU seconds
and the most memory (MiB) of the forecast's process, its letters, and how long batches take (ms) without and beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

from engine import settings
from engine.storage import database
from tests import course
from tests.course import Learner, call
from workflows import app
from workflows.synthetic import founding

PAUSE = 0.01
ALONE = 5.0


def now() -> datetime:
    """Return the real time: what runs beside one another is timed by it."""
    return datetime.fromtimestamp(time.time(), UTC)


def main() -> None:
    """Make the trust, run the forecast and send batches meanwhile; print what it came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=30)
    told = parser.parse_args()
    with TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps(measure(Path(folder), told.people, told.days)) + "\n")


def measure(folder: Path, people: int, days: int) -> dict[str, Any]:
    """Return the figures."""
    url = f"sqlite:///{folder / 'live.db'}"
    environment = {"PRECEPTOR_DATABASE_URL": url, "PRECEPTOR_DATA_DIR": str(folder)}
    database.migrate(url)
    engine = app.engine_of(settings.read(environment))
    trust = founding.found(engine, people, 1).trust
    engine.database.dispose()
    stage = course.set_up(url, folder, now)
    sender = Sender(Learner(stage), stage.play_url)
    until = time.monotonic() + ALONE
    alone = sender.send_while(lambda: time.monotonic() < until)
    forecast = Forecast(environment, folder / "said", trust, days)
    beside = sender.send_while(forecast.runs)
    stage.engine.database.dispose()
    return {"people": people, "days": days, **forecast.figures(), "alone": shape(alone), "beside": shape(beside)}


class Sender:
    """A learner who sends a batch, waits a little, and sends the next."""

    def __init__(self, learner: Learner, play_url: str) -> None:
        """Open the course."""
        self._learner = learner
        self._number = 1
        learner.open(play_url)
        learner.send(call(0, "LMSInitialize", ""))

    def send_while(self, lasts: Callable[[], bool]) -> list[float]:
        """Return how many milliseconds each batch took."""
        taken = []
        while lasts():
            begun = time.perf_counter()
            value = str(self._number)
            answer = self._learner.send(call(self._number, "LMSSetValue", "cmi.core.lesson_location", value))
            taken.append((time.perf_counter() - begun) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"A batch was refused: {answer.status_code} {answer.text}")
            self._number += 1
            time.sleep(PAUSE)
        return taken


class Forecast:
    """The process of a forecast, as the page starts it."""

    def __init__(self, environment: dict[str, str], said: Path, trust: str, days: int) -> None:
        """Start it."""
        command = [sys.executable, "-m", "workflows", "forecast", "--brief", "--trust", trust, "--days", str(days)]
        self._said = said
        self._begun = time.monotonic()
        self._ended: Any = None
        with said.open("w") as out:
            self._child = subprocess.Popen(command, env={**os.environ, **environment}, stdout=out)

    def runs(self) -> bool:
        """Say whether it still runs."""
        ended, status, usage = os.wait4(self._child.pid, os.WNOHANG)
        if ended:
            self._child.returncode = os.waitstatus_to_exitcode(status)
            self._ended = (time.monotonic() - self._begun, usage)
        return not ended

    def figures(self) -> dict[str, Any]:
        """Return what it took and found."""
        seconds, usage = self._ended
        last = json.loads(self._said.read_text().splitlines()[-1])
        return {
            "seconds": round(seconds, 1),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
            "peak_mib": usage.ru_maxrss // 1024,
            "letters": last["result"]["counts"]["letters"],
            "moves": last["result"]["counts"]["moves"],
        }


def shape(taken: list[float]) -> dict[str, Any]:
    """Return how many batches there were, and the p50, the p95 and the longest in milliseconds."""
    cuts = quantiles(taken, n=20)
    named = {"p50_ms": cuts[9], "p95_ms": cuts[18], "longest_ms": max(taken)}
    return {"batches": len(taken), **{name: round(value, 1) for name, value in named.items()}}


if __name__ == "__main__":
    main()
