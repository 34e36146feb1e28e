"""`preceptor roles`: who would get a question of every role, and where nobody would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from engine.roles import coverage, directory
from engine.roles.coverage import Answer, Cover
from engine.web import dates
from workflows import wiring
from workflows.commands.people import the_trust
from workflows.commands.report import as_json, engine_of, say


@click.group()
def roles() -> None:
    """Roles, and who holds them."""


@roles.command("coverage")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="At noon of DATE, instead of now.")
@click.option("--organisation", metavar="ID", help="Only this organisation and those below it.")
@click.option("--gaps", is_flag=True, help="Only where nobody would be asked.")
@click.option("--trust", help="Needed where there are several trusts.")
@as_json
@click.pass_context
def show_coverage(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    on: datetime | None,
    organisation: str | None,
    gaps: bool,
    trust: str | None,
    wants_json: bool,
) -> int:
    """Say of every role and organisation who would be asked, now and in a week. Exit 1 where nobody would."""
    engine = engine_of(context)
    start = _noon(on) if on else engine.clock()
    moments = (start, start + timedelta(days=7))
    with engine.reading() as connection:
        home = the_trust(connection, trust)
        within = None
        if organisation is not None:
            directory.organisation(connection, home, organisation)
            within = directory.within(connection, home, [organisation])
        found = coverage.covered(connection, home, wiring.WORKFLOWS, moments, within)
        titles = coverage.role_titles(connection, home, {one.role for one in found})
    missing = [one for one in found if one.gap]
    shown = missing if gaps else found
    listed = [_plain(one, titles) for one in shown]
    answer = {"at": [at.isoformat() for at in moments], "gaps": len(missing), "roles": listed}
    say(answer, _lines(shown, titles, moments, len(missing)), wants_json=wants_json)
    return 1 if missing else 0


def _noon(day: datetime) -> datetime:
    return datetime.combine(day.date(), time(12), ZoneInfo(dates.ZONE)).astimezone(UTC)


def _plain(one: Cover, titles: Mapping[str, str]) -> Mapping[str, Any]:
    return {**asdict(one), "role_title": titles[one.role], "gap": one.gap}


def _lines(
    shown: Sequence[Cover], titles: Mapping[str, str], moments: Sequence[datetime], missing: int
) -> Iterator[str]:
    for one in shown:
        yield f"{one.name} ({one.organisation}): {titles[one.role]} ({one.role}), {one.title.lower()}"
        for at, answer in zip(moments, one.answers, strict=True):
            yield f"  {dates.day(at):<18} {_said(answer)}"
    yield f"Nobody would be asked in {missing} of these." if missing else "Somebody would be asked, or it is settled."


def _said(answer: Answer) -> str:
    who = ", ".join(answer.names)
    return f"{'NOBODY: ' if answer.gap else ''}{who}{'. ' if who and answer.sentence else ''}{answer.sentence}"
