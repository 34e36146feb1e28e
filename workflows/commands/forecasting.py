"""`preceptor forecast`: what would be sent in the days to come, to whom and why, if nothing changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from sqlalchemy import RowMapping, select

from engine import forecast as foreseeing
from engine.errors import Invalid
from engine.forecast import Foreseen
from engine.machine import THE_SYSTEM, plain
from engine.roles.directory_tables import organisations
from engine.text import counted
from engine.transaction import Engine
from workflows.commands.report import as_json, engine_of, say, settings_of
from workflows.foresight import summing
from workflows.foresight.asking import CHANGE
from workflows.foresight.outlook import outlook
from workflows.foresight.whatif import Comparison, compare

_LONDON: Final = ZoneInfo("Europe/London")


@click.command()
@click.option("--days", required=True, type=click.IntRange(1, foreseeing.LONGEST.days), help="How far to look.")
@click.option("--trust", help="Which trust, where there are several.")
@click.option("--change", "wanted", metavar="JSON", help="Say what this change would make of it instead.")
@click.option("--brief", is_flag=True, help="As the page asks: how far it is, line by line, then a summary.")
@as_json
@click.pass_context
def forecast(  # noqa: PLR0913 - as many options
    context: click.Context, *, days: int, trust: str | None, wanted: str | None, brief: bool, wants_json: bool
) -> None:
    """Say what would be sent if nothing changes, or what a change would make of it; on a copy, nothing is changed.

    A change is JSON such as {"kind": "requirement-added", "competence": "C", "organisation": "O"}; other kinds are
    requirement-removed, validity (competence, months), absence (account, to, from, until), class-moved (class, days)
    and template (notice, subject, text, html).
    """
    engine = engine_of(context)
    chosen = outlook(settings_of(context))
    wanted = wanted or context.obj.get(CHANGE)
    if brief:
        summing.say(engine, _trust(engine, trust), chosen, _change(wanted) if wanted else None, days)
        return
    if wanted is not None:
        found = compare(engine, _trust(engine, trust), chosen, _change(wanted), actor=THE_SYSTEM, days=days)
        say(_compared(found), _differences(found), wants_json=wants_json)
        return
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


def _change(wanted: str) -> dict[str, Any]:
    try:
        said = json.loads(wanted)
    except ValueError:
        raise Invalid("--change must be JSON.") from None
    if not isinstance(said, dict):
        raise Invalid("--change must be a JSON object with a kind.")
    return said


def _compared(found: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON: each list with how often."""
    differing = ("more_letters", "fewer_letters", "more_moves", "fewer_moves")
    listed = {
        name: [{**asdict(one), "count": count} for one, count in getattr(found, name).items()] for name in differing
    }
    seats = {name: [asdict(one) for one in getattr(found, name)] for name in ("seats_before", "seats_after")}
    rendering = asdict(found.rendering) if found.rendering else None
    return {**listed, **seats, "asked": list(map(asdict, found.asked)), "rendering": rendering}


def _differences(found: Comparison) -> Iterator[str]:
    for sign, letters in (("+", found.more_letters), ("-", found.fewer_letters)):
        for one, count in letters.items():
            yield f"{sign}{count}  {one.day}  {one.notice[:6]}  {one.name} <{one.email}>  {one.reason}"
    for sign, moves in (("+", found.more_moves), ("-", found.fewer_moves)):
        yield from (f"{sign}{count}  {one.day}  {one.kind} {one.step}" for one, count in moves.items())
    for asked in found.asked:
        who = ", ".join(asked.names) or "nobody"
        yield f"{asked.title}, {asked.role_title} ({asked.role}), {asked.place}: {who}. {asked.sentence}"
    if found.rendering:
        using, failing = counted(found.rendering.letters, "letter"), sum(found.rendering.failing.values())
        yield f"{using} would use it; {failing} would fail."
    for place in found.seats_after:
        yield f"{place.month}  {place.name}: {counted(place.needed, 'place')} needed, {place.free} free."


def _lines(foreseen: Foreseen) -> Iterator[str]:
    for row in foreseen.letters():
        yield f"{_day(row['sent_at'])}  {row['notice'][:6]}  {row['name']} <{row['email']}>  {row['reason']}"
    counts = foreseen.counts()
    sent, moved = counted(counts["letters"], "letter"), counted(counts["moves"], "move")
    yield f"{sent}, {counts['withdrawn']} withdrawn before they go, {moved}."
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
