"""`preceptor forecast`: what would be sent in the days to come, to whom and why, if nothing changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from sqlalchemy import RowMapping, select

from engine import forecast as foreseeing
from engine.directory_tables import organisations
from engine.errors import Invalid
from engine.forecast import Foreseen
from engine.machine import plain
from engine.transaction import Engine
from workflows.commands.report import as_json, engine_of, settings_of
from workflows.foresight.outlook import outlook

_LONDON: Final = ZoneInfo("Europe/London")


@click.command()
@click.option("--days", required=True, type=click.IntRange(1, foreseeing.LONGEST.days), help="How far to look.")
@click.option("--trust", help="Which trust, where there are several.")
@as_json
@click.pass_context
def forecast(context: click.Context, *, days: int, trust: str | None, wants_json: bool) -> None:
    """Say what would be sent if nothing changes; it runs on a copy and changes nothing."""
    engine = engine_of(context)
    chosen = outlook(settings_of(context))
    with foreseeing.foresee(engine, _trust(engine, trust), chosen, days=days) as foreseen:
        for line in _document(foreseen) if wants_json else _lines(foreseen):
            click.echo(line, nl=not wants_json)


def _trust(engine: Engine, named: str | None) -> str:
    with engine.reading() as connection:
        trusts: list[str] = list(connection.scalars(select(organisations.c.id).where(organisations.c.parent.is_(None))))
    chosen = trusts[0] if named is None and len(trusts) == 1 else named
    if chosen is None or chosen not in trusts:
        raise Invalid(f"--trust must be one of {', '.join(sorted(trusts)) or 'none, for there is no trust yet'}.")
    return chosen


def _lines(foreseen: Foreseen) -> Iterator[str]:
    for row in foreseen.letters():
        yield f"{_day(row['sent_at'])}  {row['notice'][:6]}  {row['name']} <{row['email']}>  {row['reason']}"
    counts = foreseen.counts()
    yield f"{counts['letters']} letters, {counts['withdrawn']} withdrawn before they go, {counts['moves']} moves."
    yield from (f"This work would fail: {trouble}." for trouble in foreseen.troubles)


def _document(foreseen: Foreseen) -> Iterator[str]:
    """Yield one JSON document piece by piece, for there may be many letters."""
    head = {"trust": foreseen.trust, "from": foreseen.since.isoformat(), "until": foreseen.until.isoformat()}
    counted = {**head, "counts": foreseen.counts(), "failing": list(foreseen.troubles)}
    yield json.dumps(counted, ensure_ascii=False)[:-1]
    yield ', "letters": ['
    yield from _listed(map(_letter, foreseen.letters()))
    yield '], "moves": ['
    yield from _listed(map(_move, foreseen.moves()))
    yield "]}\n"


def _listed(found: Iterator[dict[str, Any]]) -> Iterator[str]:
    for number, one in enumerate(found):
        yield (", " if number else "") + json.dumps(one, ensure_ascii=False)


def _letter(row: RowMapping) -> dict[str, Any]:
    named = {name: row[name] for name in ("notice", "person", "name", "email", "kind", "subject", "reason")}
    method = row["invitation"]["method"] if row["invitation"] else None
    return {"day": _day(row["sent_at"]), "at": row["sent_at"].isoformat(), **named, "invitation": method}


def _move(row: RowMapping) -> dict[str, Any]:
    named = {name: row[name] for name in ("kind", "subject", "step", "source", "target")}
    return {"day": _day(row["at"]), "at": row["at"].isoformat(), **named, "trigger": plain(row["trigger"])}


def _day(moment: Any) -> str:
    return str(moment.astimezone(_LONDON).date())
