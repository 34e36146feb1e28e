"""Attempts and their epochs as records: reading, locking and keeping them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, false, func, insert, not_, select, update

from engine import json_text
from engine.storage import prepared
from scorm import tables, tokens
from scorm.runtime.outcome import Completion, Outcome, Success
from scorm.runtime.session import Launch, Session

_FINAL = frozenset({"completed", "passed", "failed"})
_KEPT_OF_ATTEMPT = ("epoch", "running", "highest", "last", "active_at")
_MOST_LAUNCHES = 1_000
_WINDOW_STANDS = ("launch", "snapshot", "seq", "activity")

_WINDOW = (
    select(
        tables.attempts,
        *(tables.epochs.c[name].label(f"window_{name}") for name in _WINDOW_STANDS),
    )
    .join(
        tables.epochs,
        (tables.epochs.c.trust == tables.attempts.c.trust) & (tables.epochs.c.attempt == tables.attempts.c.id),
    )
    .where(
        tables.attempts.c.trust == bindparam("of_trust"),
        tables.attempts.c.id == bindparam("of_attempt"),
        tables.epochs.c.epoch == bindparam("of_epoch"),
    )
)
_WINDOW_HELD = _WINDOW.with_for_update(of=[tables.attempts, tables.epochs])
_KEEPING_ATTEMPT = (
    update(tables.attempts)
    .where(tables.attempts.c.trust == bindparam("of_trust"), tables.attempts.c.id == bindparam("of_attempt"))
    .values({name: bindparam(name) for name in ("outcome", *_KEPT_OF_ATTEMPT)})
)
_KEEPING_SESSION = (
    update(tables.epochs)
    .where(
        tables.epochs.c.trust == bindparam("of_trust"),
        tables.epochs.c.attempt == bindparam("of_attempt"),
        tables.epochs.c.epoch == bindparam("of_epoch"),
    )
    .values({name: bindparam(name) for name in ("snapshot", "seq")})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One learner's run through one SCO of a package, over as many windows as it takes.

    `registration` is whatever the owner of the enrolment calls it. `epoch` counts the windows; `running` says that a
    SCO has initialised and not finished; `outcome` is the best so far, None before the first call. `highest` and `last`
    are scores that were reported, None also where the attempt is older than they are.
    """

    trust: str
    id: str
    registration: str
    learner: str
    learner_name: str
    package: str
    sco: str
    epoch: int = 0
    running: bool = False
    outcome: Outcome | None = None
    highest: float | None = None
    last: float | None = None
    opened_at: datetime
    active_at: datetime

    @property
    def goes_on(self) -> bool:
        """Say whether the next launch resumes this attempt; what has ended with a result is left as it is."""
        ended = self.outcome is not None and self.outcome.finished and self.outcome.lesson_status in _FINAL
        return not ended

    def scored(self, said: Outcome | None, *, late: bool = False) -> Attempt:
        """Return the attempt with the score that is reported now; what comes late is not the last word."""
        score = said.score if said else None
        if score is None:
            return self
        highest = score if self.highest is None else max(self.highest, score)
        return replace(self, highest=highest, last=self.last if late else score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One window of an attempt: what was frozen for it, and where its session stands after call `seq`.

    In a course of several activities each that is delivered has a window of its own, and `activity` is its identifier.
    """

    trust: str
    attempt: str
    epoch: int
    launch: Launch
    opening: Mapping[str, str]
    session: Session
    seq: int
    activity: str = ""
    package: str | None = None
    """The version that it played; None for the one that its attempt is on."""

    @property
    def key(self) -> dict[str, Any]:
        """Return {trust, attempt, epoch}."""
        return {"trust": self.trust, "attempt": self.attempt, "epoch": self.epoch}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window of an attempt as it is kept: what it was told, and its session after call `seq`, both as JSON.

    There is not what it opened on, which only a replay from its beginning needs.
    """

    attempt: Attempt
    epoch: int
    launch: str
    snapshot: str
    seq: int
    activity: str

    @property
    def key(self) -> dict[str, Any]:
        """Return {trust, attempt, epoch}."""
        return {"trust": self.attempt.trust, "attempt": self.attempt.id, "epoch": self.epoch}

    def stands_as(self, other: Window) -> bool:
        """Say whether it stands, to the letter, as it does in another look at it."""
        mine, theirs = ((one.seq, one.snapshot, one.launch, one.activity) for one in (self, other))
        return mine == theirs

    def session(self) -> Session:
        """Read where its session stands."""
        return Session.restore(_told(self.launch), json_text.read(self.snapshot))

    def with_session(self, session: Session, seq: int) -> Epoch:
        """Return it as a record whose session stands so."""
        return Epoch(**self.key, launch=session.launch, opening={}, session=session, seq=seq, activity=self.activity)


def add_attempt(connection: Connection, attempt: Attempt) -> None:
    """Keep a new attempt; its package must have been imported for this trust."""
    row = {name: getattr(attempt, name) for name in attempt.__slots__}
    connection.execute(insert(tables.attempts), {**row, "outcome": None})


def attempt(connection: Connection, trust: str, identifier: str, *, lock: bool = False) -> Attempt | None:
    """Return an attempt; with `lock` nobody else can take calls for it until the transaction ends."""
    key = (tables.attempts.c.trust == trust, tables.attempts.c.id == identifier)
    question = select(tables.attempts).where(*key)
    found = connection.execute(question.with_for_update() if lock else question).mappings().one_or_none()
    return _attempt(found) if found else None


def attempts_of(connection: Connection, trust: str, registration: str) -> list[Attempt]:
    """Return every attempt of a registration, the latest first."""
    table = tables.attempts
    question = select(table).where(table.c.trust == trust, table.c.registration == registration)
    found = connection.execute(question.order_by(table.c.opened_at.desc(), table.c.id.desc()))
    return [_attempt(row) for row in found.mappings()]


def running_of(connection: Connection, trust: str, learner: str) -> list[Attempt]:
    """Return the attempts in which a SCO of this learner has initialised and not finished.

    AICC units are left out: they report to the server by themselves, and the browser keeps nothing for us.
    """
    table, packages = tables.attempts, tables.packages
    units = select(packages.c.hash).where(packages.c.trust == trust, packages.c.edition.startswith("AICC"))
    wanted = (table.c.trust == trust, table.c.learner == learner, table.c.running, table.c.package.not_in(units))
    return [_attempt(row) for row in connection.execute(select(table).where(*wanted).order_by(table.c.id)).mappings()]


def going_on() -> ColumnElement[bool]:
    """Hold, in SQL, for the attempts of which `goes_on` is true."""
    outcome = tables.attempts.c.outcome
    status = outcome["lesson_status"].as_string()
    return not_(func.coalesce(and_(outcome["finished"].as_boolean(), status.in_(sorted(_FINAL))), false()))


def keep_attempt(connection: Connection, attempt: Attempt) -> None:
    """Write what changes in an attempt: epoch, running, outcome, when it was last heard of."""
    outcome = attempt.outcome.as_dict() if attempt.outcome else None
    of = {"of_trust": attempt.trust, "of_attempt": attempt.id}
    kept = {name: getattr(attempt, name) for name in _KEPT_OF_ATTEMPT}
    prepared.write(connection, _KEEPING_ATTEMPT, [{**of, **kept, "outcome": outcome}])


def add_epoch(connection: Connection, epoch: Epoch, late_key: str, now: datetime) -> None:
    """Keep a new epoch; of the late key only the hash is stored."""
    row = {
        **epoch.key,
        "launch": json.dumps(epoch.launch.as_dict()),
        "opening": json.dumps(dict(epoch.opening)),
        "snapshot": json_text.written(epoch.session.snapshot()),
        "seq": epoch.seq,
        "activity": epoch.activity,
        "late_key": tokens.hashed(late_key),
        "opened_at": now,
    }
    connection.execute(insert(tables.epochs), row)


def epoch(connection: Connection, trust: str, attempt: str, number: int) -> Epoch | None:
    """Return one window of an attempt."""
    key = {"trust": trust, "attempt": attempt, "epoch": number}
    wanted = [tables.epochs.c[name] == value for name, value in key.items()]
    found = connection.execute(select(tables.epochs).where(*wanted)).one_or_none()
    return _epoch(found) if found else None


def window(connection: Connection, trust: str, attempt: str, number: int, *, lock: bool = True) -> Window | None:
    """Return one window of an attempt; with `lock` nobody else can take calls for it until the transaction ends."""
    of = {"of_trust": trust, "of_attempt": attempt, "of_epoch": number}
    for row in prepared.read(connection, _WINDOW_HELD if lock else _WINDOW, of):
        stands = {name: row.pop(f"window_{name}") for name in _WINDOW_STANDS}
        return Window(attempt=_attempt(row), epoch=number, **stands)
    return None


def last_epoch_of(connection: Connection, attempt: Attempt, activity: str) -> Epoch | None:
    """Return the latest window of an attempt in which this activity of its course played."""
    table = tables.epochs
    mine = (table.c.trust == attempt.trust, table.c.attempt == attempt.id, table.c.activity == activity)
    found = connection.execute(select(table).where(*mine).order_by(table.c.epoch.desc()).limit(1)).one_or_none()
    return _epoch(found) if found else None


def opened_with(connection: Connection, trust: str, attempt: str, number: int, late_key: str) -> Epoch | None:
    """Return one window of an attempt if it was opened with this late key."""
    table = tables.epochs
    wanted = (table.c.trust == trust, table.c.attempt == attempt, table.c.epoch == number)
    mine = table.c.late_key == tokens.hashed(late_key)
    found = connection.execute(select(table).where(*wanted, mine)).one_or_none()
    return _epoch(found) if found else None


def keep_session(connection: Connection, key: Mapping[str, Any], snapshot: str, seq: int) -> None:
    """Write where the session of an epoch, {trust, attempt, epoch}, stands after call `seq`."""
    of = {f"of_{name}": value for name, value in key.items()}
    prepared.write(connection, _KEEPING_SESSION, [{**of, "snapshot": snapshot, "seq": seq}])


def late(connection: Connection, late_key: str, now: datetime) -> tuple[Attempt, int] | None:
    """Return the attempt and the newest epoch that a late key may add calls to, while it lives.

    The attempt bears the package that played in that epoch, for the calls come to its host.
    """
    table = tables.epochs
    wanted = (table.c.late_key == tokens.hashed(late_key), table.c.opened_at > now - tokens.LATE_LIFE)
    question = select(table.c.trust, table.c.attempt, table.c.epoch, table.c.package).where(*wanted)
    found = connection.execute(question.order_by(table.c.epoch.desc()).limit(1)).one_or_none()
    if found is None:
        return None
    of = attempt(connection, found.trust, found.attempt)
    return (replace(of, package=found.package or of.package), found.epoch) if of else None


def outcome_of(record: Mapping[str, Any] | None) -> Outcome | None:
    """Read what an attempt came to from its column; None before the first call."""
    if record is None:
        return None
    kinds = {"completion": Completion(record["completion"]), "success": Success(record["success"])}
    return Outcome(**{**record, **kinds})


def _attempt(row: Mapping[Any, Any]) -> Attempt:
    return Attempt(**{**row, "outcome": outcome_of(row["outcome"])})


@lru_cache(maxsize=_MOST_LAUNCHES)
def _told(launch: str) -> Launch:
    return Launch.from_dict(json.loads(launch))


def _epoch(row: Row[Any]) -> Epoch:
    launch = _told(row.launch)
    return Epoch(
        trust=row.trust,
        attempt=row.attempt,
        epoch=row.epoch,
        launch=launch,
        opening=json.loads(row.opening),
        session=Session.restore(launch, json_text.read(row.snapshot)),
        seq=row.seq,
        activity=row.activity,
        package=row.package,
    )
