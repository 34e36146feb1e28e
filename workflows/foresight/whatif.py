"""What a change would make of the days to come: the forecast with it minus the forecast without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, and_, select

from engine import directory, forecast
from engine.directory_tables import accounts, holders, organisations
from engine.errors import EngineError
from engine.forecast import Foreseen, Outlook
from engine.machine import Actor
from engine.mail import Composer
from engine.stepping import Watch, unwatched
from engine.templates import Shelf
from engine.transaction import Engine
from workflows.foresight.changes import Said, change_of
from workflows.foresight.seats import Seats, seats

MOST_RENDERED: Final = 2_000
_LONDON: Final = ZoneInfo("Europe/London")
Letter = Mapping[str, Any]
_SENDER: Final = "Learning <learning@preceptor.example>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A letter as it is compared: `invitation` is its iTIP method, or empty."""

    day: str
    notice: str
    name: str
    email: str
    reason: str
    invitation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """A move as it is compared."""

    day: str
    kind: str
    step: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """Of a template that is changed: how many letters would use it, and what those say that cannot be written."""

    letters: int
    tried: int
    failing: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What comes, and what no longer comes, with how often; and the places needed each month with the change."""

    more_letters: Mapping[Telling, int]
    fewer_letters: Mapping[Telling, int]
    more_moves: Mapping[Moving, int]
    fewer_moves: Mapping[Moving, int]
    seats_before: Sequence[Seats]
    seats_after: Sequence[Seats]
    rendering: Rendering | None = None
    asked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of an absence: by role and organisation, who else is asked."""


def compare(  # noqa: PLR0913 - what is changed, by whom, how far to look, and who is told
    engine: Engine,
    trust: str,
    outlook: Outlook,
    said: Said,
    *,
    actor: Actor,
    days: int,
    watch: Watch = unwatched,
) -> Comparison:
    """Run the days to come twice, on two copies of one moment, once with the change.

    Raises what the change raises where it cannot be made; nothing of it is kept.
    """
    change = change_of(trust, said, actor)
    with forecast.copied(engine, trust, outlook) as file:
        halves = (lambda part: watch(part / 2), lambda part: watch((1 + part) / 2))
        with forecast.foresee(engine, trust, outlook, days=days, watch=halves[0], file=file) as foreseen:
            before = _summed(foreseen, days)
        with forecast.foresee(engine, trust, outlook, days=days, change=change, watch=halves[1], file=file) as foreseen:
            after = _summed(foreseen, days)
            rendering = _rendering(foreseen, said["notice"]) if said["kind"] == "template" else None
            asked = _asked(foreseen, said["account"]) if said["kind"] == "absence" else {}
    return Comparison(
        more_letters=after.letters - before.letters,
        fewer_letters=before.letters - after.letters,
        more_moves=after.moves - before.moves,
        fewer_moves=before.moves - after.moves,
        seats_before=before.seats,
        seats_after=after.seats,
        rendering=rendering,
        asked=asked,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """All that is compared of one forecast."""

    letters: Counter[Telling]
    moves: Counter[Moving]
    seats: Sequence[Seats]


def _summed(foreseen: Foreseen, days: int) -> _Sum:
    with foreseen.engine.reading() as connection:
        places = seats(connection, foreseen.trust, foreseen.since, days)
    return _Sum(
        letters=Counter(map(telling, foreseen.letters())), moves=Counter(map(_moving, foreseen.moves())), seats=places
    )


def telling(row: RowMapping) -> Telling:
    """Return a row of the outbox as it is compared and shown."""
    return Telling(
        day=_day(row["sent_at"]),
        notice=row["notice"],
        name=row["name"],
        email=row["email"],
        reason=row["reason"],
        invitation=row["invitation"]["method"] if row["invitation"] else "",
    )


def _moving(row: RowMapping) -> Moving:
    return Moving(day=_day(row["at"]), kind=row["kind"], step=row["step"], target=row["target"])


def _rendering(foreseen: Foreseen, notice: str) -> Rendering:
    """Write the letters of a notice as they would be sent, at most `MOST_RENDERED` of them."""
    composer = Composer(Shelf(), _SENDER)
    mine: list[Letter] = [dict(row) for row in foreseen.letters() if row["notice"] == notice]
    tried = mine[:MOST_RENDERED]
    with foreseen.engine.reading() as connection:
        composer.prepare(connection, tried)
    return Rendering(letters=len(mine), tried=len(tried), failing=Counter(_failures(composer, tried)))


def _failures(composer: Composer, rows: Iterable[Letter]) -> Iterable[str]:
    for row in rows:
        try:
            composer.compose(row, row["sent_at"])
        except EngineError as trouble:
            yield trouble.sentence


def _asked(foreseen: Foreseen, account: str) -> Mapping[str, Sequence[str]]:
    """Return who holds the roles of an account beside it, by role and the name of the organisation."""
    own = select(holders.c.role, holders.c.organisation, organisations.c.name).join(
        organisations,
        and_(organisations.c.trust == holders.c.trust, organisations.c.id == holders.c.organisation),
    )
    others = (
        select(holders.c.role, holders.c.organisation, accounts.c.name)
        .join(accounts, and_(accounts.c.trust == holders.c.trust, accounts.c.id == holders.c.account))
        .where(holders.c.trust == foreseen.trust, accounts.c.active, directory.holding(foreseen.since))
        .order_by(accounts.c.name)
    )
    mine = (holders.c.trust == foreseen.trust, holders.c.account == account)
    with foreseen.engine.reading() as connection:
        found: dict[tuple[str, str], list[str]] = {}
        for row in connection.execute(others):
            found.setdefault((row.role, row.organisation), []).append(row.name)
        rows = connection.execute(own.where(*mine)).all()
    return {f"{row.role}, {row.name}": found.get((row.role, row.organisation), []) for row in rows}


def _day(moment: Any) -> str:
    return str(moment.astimezone(_LONDON).date())
