"""What a forecast runs and on what: the works that only write in the database, without what is bulk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from engine.forecast import Outlook
from engine.jobs import Every, Schedule, Work
from engine.settings import Settings
from engine.transaction import Engine
from workflows import wiring
from workflows.competence import reminders
from workflows.learning import reminders as class_reminders

RUN: Final = frozenset({wiring.ABANDON, reminders.REMIND, class_reminders.REMIND})
"""Nothing runs in a forecast that is not named here: what forgets, exports or calls out must not."""

BULK: Final = frozenset(
    {
        "package_files",
        "epochs",
        "calls",
        "call_batches",
        "call_values",
        "divergences",
        "approval_attachments",
        "saved_views",
        "forecasts",
        "calendar_feeds",
    }
)
"""Files and calls of e-learning and what else no step asks for."""


COARSEST: Final = Every(timedelta(hours=6))
"""How often that is run in a forecast which is done more often: it says days, not minutes."""


def outlook(settings: Settings) -> Outlook:
    """Return what a forecast of this installation runs."""
    return Outlook(
        works=partial(_works, settings=settings),
        schedules=tuple(_coarse(one) for one in wiring.SCHEDULES if one.name in RUN),
        without=BULK,
    )


def _coarse(schedule: Schedule) -> Schedule:
    often = isinstance(schedule.rhythm, Every) and schedule.rhythm.step < COARSEST.step
    return Schedule(name=schedule.name, rhythm=COARSEST) if often else schedule


def _works(engine: Engine, *, settings: Settings) -> Mapping[str, Work]:
    return {name: work for name, work in wiring.works(engine, settings).items() if name in RUN}
