"""Why an e-learning is not complete: a page for the learner, and the flight recorder for those who support them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy import Connection

from engine.errors import Missing
from engine.roles import directory
from engine.settings import Settings
from engine.transaction import Engine
from engine.web import dates
from engine.web.permissions import requires, signed_in
from engine.web.visitors import Visitor, visitor
from scorm import addresses, recorder
from scorm import store as runtime
from scorm.errors import AttemptMissing
from scorm.recorder import Wanted
from scorm.runtime import verdict
from scorm.runtime.story import Story
from scorm.runtime.verdict import Verdict
from workflows.learning import attempt_version, pages, stuck_store, words
from workflows.learning.attempts import pages as attempt_pages
from workflows.learning.attempts import store as attempt_store
from workflows.learning.records import PLACED, Enrolment
from workflows.learning.stuck import Status
from workflows.people.records import Site
from workflows.people.responsibilities import RUNS_CLASSES

SHOWN: Final = 200
"""Characters of a value in a list of calls."""

WHOLE: Final = 4000
"""Characters of a value where it stands alone."""

_LARGEST: Final = 2**31 - 1
_NUMBER: Final = f"int(max={_LARGEST})"
_GONE: Final = "There is no such attempt, or it belongs to an organisation that you do not look after."
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An attempt with its story and what is to be said of it."""

    attempt: runtime.Attempt
    story: Story
    verdict: Verdict
    decided: tuple[Mapping[str, Any], ...] = ()
    """What was asked and decided about it, in order (`stuck_attempts`)."""

    @property
    def recorded(self) -> bool:
        """Say whether a person recorded it as completed, so that nothing more has to be done."""
        return any(one["state"] == Status.RECORDED for one in self.decided)


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the pages."""
    shown = Blueprint("recorder", __name__)
    desk = _Desk(engine, settings)

    @shown.get("/learning/incomplete/<id>")
    @signed_in
    def incomplete(id: str) -> str:  # noqa: A002 - it is the address's name
        """Say to a learner why an e-learning of theirs says what it says."""
        return desk.incomplete(visitor(), id)

    @shown.get("/attempts/of/<id>")
    @requires(*RUNS_CLASSES)
    def enrolment(id: str) -> str:  # noqa: A002
        """Say of each attempt of an enrolment what it came to and why."""
        return desk.enrolment(visitor(), id)

    @shown.get("/attempts/<id>")
    @requires(*RUNS_CLASSES)
    def attempt(id: str) -> str:  # noqa: A002
        """Show an attempt with its windows."""
        return desk.attempt(visitor(), id)

    @shown.get(f"/attempts/<id>/windows/<{_NUMBER}:number>")
    @requires(*RUNS_CLASSES)
    def window(id: str, number: int) -> str:  # noqa: A002
        """List the calls of a window."""
        return desk.window(visitor(), id, number)

    @shown.get(f"/attempts/<id>/windows/<{_NUMBER}:number>/calls/<{_NUMBER}:seq>")
    @requires(*RUNS_CLASSES)
    def call(id: str, number: int, seq: int) -> str:  # noqa: A002
        """Show the data as of a call, and how they differ from another moment's."""
        return desk.call(visitor(), id, number, seq)

    return shown


class _Desk:
    """What the pages do."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._site = Site(origin=settings.app_origin, domain=settings.reply_domain)

    def incomplete(self, here: Visitor, identifier: str) -> str:
        with self._engine.reading() as connection:
            mine = pages.enrolment(connection, here.trust, identifier, self._site)
            if mine.person != here.actor.person:
                raise Missing("There is no such enrolment of yours.")
            judged = judged_of(connection, mine)
            course = _learning(connection, mine)
            latest = judged[0] if judged else None
            version = attempt_version.told(connection, latest.attempt) if latest else None
        return render_template(
            "learning/incomplete.html",
            one=course,
            verdict=latest.verdict if latest else verdict.judge(Story(windows=(), outcome=None)),
            decided=latest.decided if latest else (),
            earlier=judged[1:],
            version=version,
            finish=self._finish_saving(latest),
            playable=mine.state in PLACED,
            **_texts(),
        )

    def enrolment(self, here: Visitor, identifier: str) -> str:
        with self._engine.reading() as connection:
            found = looked_after(connection, here, identifier, self._site)
            return render_template(
                "learning/attempts.html",
                one=_learning(connection, found),
                judged=judged_of(connection, found),
                **attempt_pages.told(attempt_store.courses(connection, found.trust, [found.id])[found.id]),
                **_texts(),
            )

    def attempt(self, here: Visitor, identifier: str) -> str:
        with self._engine.reading() as connection:
            one, enrolled = attempt_of(connection, here, identifier, self._site)
            judged = _judged(connection, one, stuck_store.about(connection, one.trust, [one.id]))
            titles = {each.number: attempt_version.part_of(connection, one, each) for each in judged.story.windows}
            version = attempt_version.told(connection, one)
        return render_template(
            "learning/attempt.html",
            judged=judged,
            enrolment=enrolled,
            titles=titles,
            version=version,
            verdict=judged.verdict,
            **_texts(),
        )

    def window(self, here: Visitor, identifier: str, number: int) -> str:
        wanted = _wanted()
        with self._engine.reading() as connection:
            one, enrolled = attempt_of(connection, here, identifier, self._site)
            told = recorder.story(connection, one)
            shown = _there(lambda: recorder.window(told, number))
            listed = recorder.page(connection, one, shown, wanted, _after())
        return render_template(
            "learning/window.html",
            attempt=one,
            enrolment=enrolled,
            window=shown,
            page=listed,
            wanted=wanted,
            ways=_WAYS,
            after=_after(),
            **_texts(),
        )

    def call(self, here: Visitor, identifier: str, number: int, seq: int) -> str:
        other = (_asked("window", number), _asked("call", max(seq - 1, 0)))
        with self._engine.reading() as connection:
            one, enrolled = attempt_of(connection, here, identifier, self._site)
            shown = _there(lambda: recorder.window(recorder.story(connection, one), number))
            if seq > shown.seq:
                raise Missing(_GONE)
            data = recorder.data_as_of(connection, one, number, seq)
            before = _or_none(lambda: recorder.data_as_of(connection, one, *other))
            listed = recorder.page(connection, one, shown, Wanted.ALL, seq - 1, 1)
        return render_template(
            "learning/call.html",
            attempt=one,
            enrolment=enrolled,
            window=shown,
            seq=seq,
            call=listed.calls[0] if listed.calls and listed.calls[0].seq == seq else None,
            disagreement=listed.disagreements.get(seq),
            data=data,
            other=other,
            changes=None if before is None else recorder.changes(before, data),
            **_texts(),
        )

    def _finish_saving(self, latest: Judged | None) -> str | None:
        unsaved = latest is not None and (latest.attempt.running or latest.verdict.kind is verdict.Kind.SILENT)
        if latest is None or not unsaved:
            return None
        return addresses.finish_saving_url(self._settings, latest.attempt, self._engine.clock())


def attempt_of(connection: Connection, here: Visitor, identifier: str, site: Site) -> tuple[runtime.Attempt, Enrolment]:
    """Return an attempt with its enrolment; raises `Missing` also where the visitor does not look after it."""
    found = runtime.attempt(connection, here.trust, identifier)
    if found is None:
        raise Missing(_GONE)
    return found, looked_after(connection, here, found.registration, site)


def looked_after(connection: Connection, here: Visitor, identifier: str, site: Site) -> Enrolment:
    """Return an enrolment of an organisation that the visitor looks after; raises `Missing`."""
    found = pages.enrolment(connection, here.trust, identifier, site)
    if found.organisation not in directory.reach(connection, here.trust, here.actor, RUNS_CLASSES):
        raise Missing(_GONE)
    return found


def judged_of(connection: Connection, enrolled: Enrolment) -> tuple[Judged, ...]:
    """Return the attempts of an enrolment with what is to be said of each, the latest first."""
    found = runtime.attempts_of(connection, enrolled.trust, enrolled.id)[:_MOST_ATTEMPTS]
    decisions = stuck_store.about(connection, enrolled.trust, [one.id for one in found])
    return tuple(_judged(connection, one, decisions) for one in found)


def _judged(connection: Connection, attempt: runtime.Attempt, decisions: Mapping[str, Any]) -> Judged:
    told = recorder.story(connection, attempt)
    return Judged(attempt=attempt, story=told, verdict=verdict.judge(told), decided=decisions[attempt.id])


def _learning(connection: Connection, enrolled: Enrolment) -> pages.Learning:
    found = pages.learning_of(connection, enrolled.trust, [enrolled])
    if not found:
        raise Missing("This class is no e-learning.")
    return found[0]


def legible(text: str, most: int = SHOWN) -> str:
    """Write a value of a course so that a page can bear it: cut, and without what no page may have."""
    cut = text[:most].encode("utf-8", "replace").decode().replace("\0", "␀")
    return cut if len(text) <= most else f"{cut}… ({len(text)} characters)"


def clock_time(text: str) -> datetime | None:
    """Read the time that a browser gave, which may be none at all."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def exactly(value: datetime | None, zone: str) -> str:
    """Write a moment with its seconds, for calls come close together; "" for none."""
    return f"{dates.day(value, zone)}, {value.astimezone(ZoneInfo(zone)):%H:%M:%S}" if value else ""


def _texts() -> dict[str, Any]:
    return {"said": words, "legible": legible, "clock_time": clock_time, "exactly": exactly, "whole": WHOLE}


_MOST_ATTEMPTS: Final = 20
_WAYS: Final = {
    Wanted.ALL: "All calls",
    Wanted.SETS: "Only what it set or saved",
    Wanted.ERRORS: "Only errors",
    Wanted.DISAGREEMENTS: "Only where browser and server disagreed",
}


def _wanted() -> Wanted:
    said = request.args.get("show", "")
    return Wanted(said) if said in list(Wanted) else Wanted.ALL


def _after() -> int:
    return _asked("after", 0)


def _asked(name: str, otherwise: int) -> int:
    number = request.args.get(name, type=int)
    return number if number is not None and 0 <= number <= _LARGEST else otherwise


def _there(read: Callable[[], _T]) -> _T:
    try:
        return read()
    except AttemptMissing as missing:
        raise Missing(_GONE) from missing


def _or_none(read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except AttemptMissing:
        return None
