"""The child process that opens each part of a package in Chromium for a while, and prints what it saw of each.

Started by scorm.trial.running as `python -m scorm.trial.child`, in a process group that is killed as a whole. It reads
one request, and prints a line of JSON when it begins a part (`{"begins": …}`) and when it is done with one
(`{"seen": …}`).
"""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from scorm.packaging.manifest import Item, Manifest
from scorm.trial import chromium, stage, watching
from scorm.trial.devtools import DevTools, Gone
from scorm.trial.records import MOST_SEEN, Request, Seen
from scorm.trial.stage import Played, Stage
from scorm.trial.watching import Watch

QUIET: Final = 4.0
"""Seconds without a call or a request after which a part that has begun is taken to wait for the learner."""

_ROUND: Final = 0.4
_TRIES: Final = 5
_OPENING: Final = 30.0
_LEAVING: Final = 20.0
_LARGEST_FILE: Final = 256 << 20
_END_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2)
_SETTING: Final = frozenset({"SetValue", "LMSSetValue"})
_ENDING: Final = frozenset({"Terminate", "LMSFinish"})


def main(asked: str, say: Callable[[dict[str, Any]], None]) -> int:
    """Try every part that is asked for; a browser that ends by itself ends this too."""
    request = Request.recorded(json.loads(asked))
    scos = {sco.identifier: sco for sco in Manifest.recorded(request.manifest).scos}
    made = tempfile.TemporaryDirectory(prefix="preceptor-trial-", ignore_cleanup_errors=True)
    with made as name, stage.staged(request, Path(name)) as here:
        started = chromium.start(request.chromium, Path(name), here.proxy)
        try:
            browser = _Browser(started, here, request.seconds)
            for part in request.parts:
                say({"begins": part})
                say({"seen": browser.tried(scos[part]).as_dict()})
        except Gone:
            return 1
        finally:
            started.close()
    return 0


class _Course:
    """How far a part has come: since when it is shown, and when it was last busy."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.began = self.busy = time.monotonic()
        self._done = (0, 0)
        self._shown = False

    def rests(self, made: int) -> float:
        """Take notice of so many calls, and say for how many seconds there was neither a call nor a request."""
        now = time.monotonic()
        if self.watch.shown and not self._shown:
            self._shown, self.began = True, now
        if (made, self.watch.active) != self._done:
            self._done, self.busy = (made, self.watch.active), now
        return now - self.busy

    @property
    def lasts(self) -> float:
        """Say for how many seconds it has been shown, or has been waited for."""
        return time.monotonic() - self.began


class _Browser:
    """One Chromium; every part has a context of its own in it, which keeps nothing."""

    def __init__(self, started: chromium.Started, here: Stage, seconds: float) -> None:
        self._stage = here
        self._seconds = seconds
        self._watch = Watch(lambda *_said, **_more: None)
        self._tools = DevTools(started.reading, started.writing, self._hear)
        self._tools.ask("Target.setDiscoverTargets", discover=True, seconds=30)
        self._tools.tell("Browser.setDownloadBehavior", behavior="deny")

    def tried(self, sco: Item) -> Seen:
        """Open a part, let it be until it ends, waits or has had its time, leave it as a learner does, and tell."""
        self._watch = Watch(self._tools.tell, own=[self._stage.home])
        course = _Course(self._watch)
        context, session = self._page(self._stage.open(sco.identifier))
        while not self._over(course, sco.identifier):
            pass
        before = self._stage.played(sco.identifier)
        took = course.lasts
        hung = not self._watch.crashed and not self._answers(session)
        if not hung and not self._watch.crashed:
            self._leave(session)
        self._tools.ask("Target.disposeBrowserContext", browserContextId=context, seconds=5)
        after = self._stage.played(sco.identifier)
        stopped = "crash" if self._watch.crashed else "hung" if hung else ""
        return _seen(sco, self._watch, before, after, took, stopped)

    def _hear(self, event: Mapping[str, Any]) -> None:
        self._watch.hear(event)

    def _page(self, address: str) -> tuple[str, str]:
        """Open an address in a page that is watched; returns its context and session."""
        context = (self._tools.ask("Target.createBrowserContext", seconds=30) or {})["browserContextId"]
        made = self._tools.ask("Target.createTarget", url="about:blank", browserContextId=context, seconds=30) or {}
        attached = self._tools.ask("Target.attachToTarget", targetId=made["targetId"], flatten=True) or {}
        session: str = attached["sessionId"]
        # Each is waited for: what is not answered yet is forgotten when the address opens in another process.
        for method in ("Page.enable", "Runtime.enable", "Network.enable", "Inspector.enable"):
            self._tools.ask(method, session)
        self._tools.ask("Runtime.addBinding", session, name=watching.BINDING)
        self._tools.ask("Page.addScriptToEvaluateOnNewDocument", session, source=watching.SPY)
        for _ in range(_TRIES):
            # The page's own about:blank may come in between, and takes the navigation with it.
            went = self._tools.ask("Page.navigate", session, url=address, seconds=30) or {}
            if went.get("errorText") != "net::ERR_ABORTED":
                break
        return context, session

    def _over(self, course: _Course, part: str) -> bool:
        """Let the browser talk for a moment, and say whether a part has ended, crashed, or waits for the learner."""
        self._tools.listen(_ROUND, until=lambda: course.watch.crashed or course.watch.endless)
        if course.watch.crashed or course.watch.endless:
            return True
        made = self._stage.played(part).calls
        if any(call.fn in _ENDING for call in made):
            return True
        rests = course.rests(len(made))
        most = self._seconds if course.watch.shown else _OPENING
        return course.lasts >= most or (bool(made) and rests >= QUIET)

    def _answers(self, session: str) -> bool:
        """Say whether the page does anything still: one in an endless loop does not."""
        turn = "new Promise((done) => setTimeout(done))"
        return self._tools.ask("Runtime.evaluate", session, expression=turn, awaitPromise=True, seconds=3) is not None

    def _leave(self, session: str) -> None:
        """Press Home, which lets the part end and sends what it said; the address that it leads to is refused."""
        self._tools.tell("Runtime.evaluate", session, expression="document.getElementById('home')?.click()")
        here = {"at": ""}

        def away() -> bool:
            found = self._tools.ask("Runtime.evaluate", session, expression="location.href", seconds=1) or {}
            here["at"] = str(found.get("result", {}).get("value", ""))
            return "/play/" not in here["at"]

        end = time.monotonic() + _LEAVING
        while time.monotonic() < end and not away():
            self._tools.listen(_ROUND)


def _seen(sco: Item, watch: Watch, before: Played, after: Played, took: float, stopped: str) -> Seen:  # noqa: PLR0913, PLR0917 - all that is known
    calls, outcome = after.calls, after.outcome
    set_ = [call for call in calls if call.fn in _SETTING and call.args]
    by_itself = any(call.fn in _ENDING for call in before.calls)
    later = any(call.fn in _ENDING for call in calls)
    score = outcome.score if outcome else None
    values = {call.args[0]: call.args[1] for call in set_ if call.error == "0" and len(call.args) > 1}
    return Seen(
        part=sco.identifier,
        title=sco.title,
        kind=sco.kind,
        asked=tuple(watch.asked),
        called=stage.counted(calls),
        initialised=any(call.fn in {"Initialize", "LMSInitialize"} and call.error == "0" for call in calls),
        ended="itself" if by_itself else "leaving" if later else "",
        elements=tuple(dict.fromkeys(call.args[0][:200] for call in set_ if call.error == "0"))[:MOST_SEEN],
        refused=tuple(dict.fromkeys((call.args[0][:200], call.error) for call in set_ if call.error != "0"))[
            :MOST_SEEN
        ],
        completion=values.get("cmi.completion_status", values.get("cmi.core.lesson_status", ""))[:40],
        success=values.get("cmi.success_status", "")[:40],
        counted=bool(outcome and outcome.final),
        score="" if score is None else f"{score:g}",
        exit=outcome.exit if outcome else "",
        errors=tuple(watch.errors),
        failed=tuple(watch.failed.items()),
        blocked=tuple(watch.blocked.items()),
        dialogs=watch.dialogs,
        dialog=watch.dialog,
        windows=tuple(watch.windows),
        windows_asked=watch.windows_asked,
        seconds=round(took, 1),
        stopped=stopped,
    )


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _restrict() -> None:
    """End with whoever started this, and let no file grow without end; memory is watched from outside."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _restrict()
    sys.exit(main(sys.stdin.read(), _say))
