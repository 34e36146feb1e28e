"""The gate: everything that must hold before a change is taken, in one run, with its own servers."""

import os
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
SURROUNDINGS_MISSING = 3
_TERMINATED = 143
_MINUTE = 60.0
_PYTEST_SUMMARY = re.compile(r"=+ .*\b\d+ (passed|failed|errors?|skipped|deselected)\b.* in [\d.]+s.* =+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command that must succeed within a number of minutes."""

    name: str
    command: tuple[str, ...]
    minutes: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a step ended: its exit status (None: stopped when its time was over), seconds, and pytest's closing line."""

    step: Step
    status: int | None
    seconds: float
    summary: str = ""

    @property
    def passed(self) -> bool:
        """Say whether the step succeeded."""
        return self.status == 0

    @property
    def verdict(self) -> str:
        """Return what the table says of this step."""
        if self.status is None:
            return f"FAIL (over {self.step.minutes:g} min)"
        return "pass" if self.passed else f"FAIL (exit {self.status})"


def python(*arguments: str) -> tuple[str, ...]:
    """Return the command line that runs a module in this Python."""
    return (sys.executable, "-m", *arguments)


WHOLE_GATE = (
    Step(name="style", command=python("ruff", "check", ".")),
    Step(name="format", command=python("ruff", "format", "--check", ".")),
    Step(name="types", command=python("mypy")),
    Step(name="imports", command=(str(Path(sysconfig.get_path("scripts")) / "lint-imports"),)),
    Step(name="documents", command=python("workflows", "workflows", "draw", "--check")),
    Step(
        name="tests",
        command=python("coverage", "run", "-m", "pytest", "--whole", "-n2", "--dist=worksteal", "--durations=15"),
        minutes=70.0,
    ),
    Step(name="measured files", command=python("coverage", "combine", "--quiet")),
    Step(name="coverage", command=python("coverage", "report")),
)


def main(arguments: Sequence[str]) -> int:
    """Run the whole gate, or pytest alone where it is given arguments; return the exit status."""
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        chromium = servers.ensure_chromium()
        servers.ensure_libical()
        servers.ensure_calcurse()
    except servers.MissingServerError as missing:
        print(f"preceptor: {missing}", file=sys.stderr)
        return SURROUNDINGS_MISSING
    with servers.throwaway_postgres() as postgres, tempfile.TemporaryDirectory(prefix="preceptor-gate-") as scratch:
        environment = {
            **os.environ,
            "PRECEPTOR_TEST_POSTGRES": postgres,
            "PRECEPTOR_CHROMIUM": str(chromium),
            "COVERAGE_FILE": str(Path(scratch) / "coverage"),
            # The tests start Python a hundred times; without what it compiled before, each start takes seconds longer.
            "PYTHONDONTWRITEBYTECODE": "",
        }
        if arguments:
            return subprocess.run(python("pytest", *arguments), check=False, env=environment).returncode
        return report([run(step, environment) for step in WHOLE_GATE])


def run(step: Step, environment: Mapping[str, str]) -> Result:
    """Run a step and pass its lines on as they come; at its time limit it ends, with all that it started."""
    print(f"\n── {step.name}: {' '.join(step.command)}", flush=True)
    began, summary = time.monotonic(), ""
    process = subprocess.Popen(
        step.command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    limit = threading.Timer(step.minutes * _MINUTE, _kill, (process,))
    limit.start()
    try:
        with process.stdout or nullcontext(()) as lines:
            for line in lines:
                print(line, end="", flush=True)
                summary = line.strip() if _PYTEST_SUMMARY.fullmatch(line.strip()) else summary
        status = process.wait()
    finally:
        limit.cancel()
        _kill(process)
    seconds = time.monotonic() - began
    return Result(
        step=step, status=None if seconds >= step.minutes * _MINUTE else status, seconds=seconds, summary=summary
    )


def report(results: Sequence[Result]) -> int:
    """Print the table, with pytest's own closing line last; return 0 only where every step passed."""
    print("\n── the gate")
    for result in results:
        print(f"{result.step.name:<16}{result.seconds:>8.1f} s   {result.verdict}")
    print(f"{'together':<16}{sum(result.seconds for result in results):>8.1f} s")
    print("\n".join(result.summary for result in results if result.summary), flush=True)
    return 0 if all(result.passed for result in results) else 1


def _kill(process: subprocess.Popen[str]) -> None:
    """End a step's whole process group; one that ended by itself leaves nothing to end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
