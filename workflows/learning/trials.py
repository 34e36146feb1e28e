"""Makes the trial runs of packages that were asked for, one at a time, beside the worker's other work.

A run may take minutes, and timers must not wait for it: the job only begins it. What stops with its worker is begun
again by another, three times at most (`scorm.checks`).
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from engine.settings import Settings
from engine.transaction import Engine
from scorm import checks
from scorm.checks import Check
from scorm.trial import trying
from scorm.trial.records import Trial

_log: Final = logging.getLogger(__name__)
FAILED: Final = "The trial run ended in an error of ours, which was recorded. Try it again, or tell your administrator."


class Trials:
    """The trial runs of one worker."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._running: threading.Thread | None = None

    def begin(self) -> bool:
        """Begin the run that has waited longest, unless one is being made; say whether one was begun."""
        if self._running is not None and self._running.is_alive():
            return False
        with self._engine.transaction() as tx:
            mine = checks.take(tx.connection, tx.now)
        if mine is None:
            return False
        self._running = threading.Thread(target=self._run, args=(mine,), name="trial", daemon=True)
        self._running.start()
        return True

    def wait(self) -> None:
        """Return when the run that was begun is done."""
        if self._running is not None:
            self._running.join()

    def _run(self, mine: Check) -> None:
        try:
            trial = self._made(mine)
        except Exception:  # noqa: BLE001 - whatever it is, the page must say that the run is over
            _log.exception("trial failed package=%s", mine.package)
            trial = Trial(trouble=FAILED)
        self._note(mine, trial, done=True)

    def _made(self, mine: Check) -> Trial:
        with self._engine.reading() as connection:
            manifest = checks.manifest_of(connection, mine.trust, mine.package)
            files = checks.files_of(connection, mine.trust, mine.package)
        return trying.try_files(
            self._settings.data_dir,
            mine.package,
            manifest,
            files,
            self._settings,
            now=self._engine.clock(),
            seconds=self._settings.trial_seconds,
            told=lambda so_far: self._note(mine, so_far, done=False),
        )

    def _note(self, mine: Check, trial: Trial, *, done: bool) -> None:
        with self._engine.transaction() as tx:
            checks.note(tx.connection, mine, trial.as_dict(), tx.now, done=done)
