"""What a change would make of the days to come: the forecast with it minus the forecast without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select

from engine import forecast
from engine.errors import EngineError
from engine.forecast import Foreseen, Outlook
from engine.machine import Actor
from engine.mail import Composer
from engine.roles import absences, coverage
from engine.stepping import Watch, unwatched
from engine.tables import journal
from engine.transaction import Engine
from engine.wording.templates import Shelf
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
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """A move as it is compared; `person` is whom it is about, where the subject is somebody's."""

    day: str
    kind: str
    step: str
    target: str
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is asked in place of whoever is away, and because of which rules."""

    title: str
    role: str
    role_title: str
    place: str
    names: Sequence[str]
    sentence: str


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
    asked: Sequence[Asked] = field(default_factory=list)
    """Of an absence: what becomes of the questions of every role that is held."""


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
            asked = _asked(foreseen, said["account"]) if said["kind"] == "absence" else []
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
    return _Sum(letters=Counter(map(telling, foreseen.letters())), moves=Counter(movings(foreseen)), seats=places)


def movings(foreseen: Foreseen) -> Iterator[Moving]:
    """Yield the moves as they are compared and shown, in order."""
    persons = _persons(foreseen)
    for row in foreseen.moves():
        about = persons.get((row["kind"], row["subject"]))
        yield Moving(day=_day(row["at"]), kind=row["kind"], step=row["step"], target=row["target"], person=about)


def _persons(foreseen: Foreseen) -> Mapping[tuple[str, str], str | None]:
    """Return whom the subjects that move are about, in one statement for each kind that is somebody's."""
    found: dict[tuple[str, str], str | None] = {}
    with foreseen.engine.reading() as connection:
        for kind, (_workflow, keep) in foreseen.engine.keeps.items():
            if "person" in keep.table.c:
                moved = select(journal.c.subject).where(journal.c.trust == foreseen.trust, journal.c.kind == kind)
                mine = (keep.table.c.trust == foreseen.trust, keep.table.c.id.in_(moved))
                rows = connection.execute(select(keep.table.c.id, keep.table.c.person).where(*mine))
                found |= {(kind, row.id): row.person for row in rows}
    return found


def telling(row: RowMapping) -> Telling:
    """Return a row of the outbox as it is compared and shown."""
    return Telling(
        day=_day(row["sent_at"]),
        notice=row["notice"],
        name=row["name"],
        email=row["email"],
        reason=row["reason"],
        invitation=row["invitation"]["method"] if row["invitation"] else "",
        person=row["person"],
    )


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


def _asked(foreseen: Foreseen, account: str) -> Sequence[Asked]:
    """Return what becomes of the questions of an account while its rules stand, from the first day of each."""
    workflows = [workflow for workflow, _keep in foreseen.engine.keeps.values()]
    found: dict[tuple[str, str, str], Asked] = {}
    with foreseen.engine.reading() as connection:
        rules = absences.standing(connection, foreseen.trust, foreseen.since, foreseen.until).get(account, ())
        for rule in rules:
            at = max(rule.starts_at, foreseen.since)
            tried = coverage.tried(connection, foreseen.trust, rule, workflows, at)
            titles = coverage.role_titles(connection, foreseen.trust, {row.role for row in tried})
            for row in tried:
                found[row.kind, row.role, row.organisation] = Asked(
                    title=row.title,
                    role=row.role,
                    role_title=titles[row.role],
                    place=row.name,
                    names=row.answers[0].names,
                    sentence=row.answers[0].sentence,
                )
    return list(found.values())


def _day(moment: Any) -> str:
    return str(moment.astimezone(_LONDON).date())
