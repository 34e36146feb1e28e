"""Runs a trial in a process group of its own, watches its time and memory, and kills all of it at the limit."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

from scorm.packaging import confined
from scorm.packaging.manifest import Manifest
from scorm.trial import child
from scorm.trial.records import Request, Seen, Trial

MOST_PARTS: Final = 30
"""Parts that are opened; of a package with more the first ones tell enough."""

BROKEN: Final = "Chromium could not be started, or ended at once. See whether it runs by hand as the worker's user."
_START: Final = 60.0
_GRACE: Final = 90.0
_LOOK: Final = 0.5
_END = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bytes of memory that all processes of a trial may use together, and seconds for starting it."""

    memory: int = 1536 << 20
    start: float = _START


def run(
    request: Request, bounds: Bounds | None = None, told: Callable[[Trial], object] = lambda _so_far: None
) -> Trial:
    """Try every part of a package that plays from its own files; `told` hears of each part when it is done."""
    scos = [sco for sco in Manifest.recorded(request.manifest).scos if sco.path]
    parts = [sco.identifier for sco in scos[:MOST_PARTS]]
    titles = {sco.identifier: sco.title for sco in scos}
    trial = Trial(left_out=len(scos) - len(parts))
    while parts:
        some = replace(request, parts=tuple(parts))
        for seen in _some(some, bounds or Bounds()):
            parts.remove(seen.part)
            trial = replace(trial, seen=(*trial.seen, replace(seen, title=titles[seen.part])))
            told(trial)
        if len(parts) == len(some.parts):
            return replace(trial, trouble=BROKEN)
    return trial


def _some(request: Request, bounds: Bounds) -> Iterator[Seen]:
    """Try parts until they are done or one of them must be stopped, which takes the browser with it."""
    with _started(request) as (process, lines):
        begun, since = "", time.monotonic()
        while True:
            try:
                line = lines.get(timeout=_LOOK)
            except queue.Empty:
                waited = time.monotonic() - since
                late = waited > (request.seconds + _GRACE if begun else bounds.start)
                greedy = memory_of(process.pid) > bounds.memory
                if not late and not greedy:
                    continue
                if begun:
                    yield Seen(part=begun, stopped="memory" if greedy else "time", seconds=round(waited, 1))
                return
            if line is _END:
                if begun:
                    yield Seen(part=begun, stopped="crash", seconds=round(time.monotonic() - since, 1))
                return
            begun, since = str(line.get("begins", "")), time.monotonic()
            if "seen" in line:
                yield Seen.recorded(line["seen"])


@contextmanager
def _started(request: Request) -> Iterator[tuple[subprocess.Popen[bytes], queue.Queue[Mapping[str, Any] | None]]]:
    command = [sys.executable, "-I", "-m", child.__name__]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    lines: queue.Queue[Mapping[str, Any] | None] = queue.Queue()
    with subprocess.Popen(command, env=confined.surroundings(), start_new_session=True, **pipes) as process:  # noqa: S603 - our own module
        reading = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
        reading.start()
        try:
            confined.tell(process, json.dumps(asdict(request)))
            yield process, lines
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            reading.join()


def _read(output: IO[bytes], lines: queue.Queue[Mapping[str, Any] | None]) -> None:
    for line in output:
        lines.put(json.loads(line))
    lines.put(_END)


def memory_of(group: int) -> int:
    """Return the bytes that the processes of a group use, what they share counted once (proc(5), Pss)."""
    return sum(_memory(folder) for folder in Path("/proc").glob("[0-9]*") if _group(folder) == group)


def _group(folder: Path) -> int:
    try:
        # The name of a program may hold anything, so what follows is counted from the last bracket.
        return int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[2])
    except (OSError, IndexError):
        return 0


def _memory(folder: Path) -> int:
    try:
        for line in (folder / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0
