"""`preceptor workdays`: which days are worked, whose bank holidays apply, and days that an organisation sets itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from engine.errors import Invalid
from engine.timing import almanac
from engine.timing.almanac import OwnDay
from engine.timing.workdays import Division, add_working_days
from engine.web import dates
from workflows.commands.people import the_trust
from workflows.commands.report import Command, as_json, engine_of, say


def _place(command: Command) -> Command:
    """Give a command the options that say where."""
    trust = click.option("--trust", help="Needed where there are several trusts.")
    return click.option("--organisation", help="Where; the default is the trust.")(trust(command))


@contextmanager
def _there(
    context: click.Context, trust: str | None, organisation: str | None
) -> Iterator[tuple[Connection, str, str]]:
    """Begin a commit, and give it with the trust and the organisation that were meant."""
    with engine_of(context).transaction() as tx:
        home = the_trust(tx.connection, trust)
        yield tx.connection, home, organisation or home


@click.group()
def workdays() -> None:
    """Working days and bank holidays."""


@workdays.command()
@click.argument("year", type=click.IntRange(2012, 2100), required=False)
@click.option("--from", "first", metavar="DAY", help="From this day on; without it, from the start of this year.")
@click.option("--to", "last", metavar="DAY", help="Until this day; without it, until the end of next year.")
@_place
@as_json
@click.pass_context
def show(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    year: int | None,
    *,
    first: str | None,
    last: str | None,
    trust: str | None,
    organisation: str | None,
    wants_json: bool,
) -> None:
    """List the holidays that are kept, and the days that are worked although they are holidays or weekends.

    Of YEAR, or of this year and the next.
    """
    engine = engine_of(context)
    start, end = _span(year, first, last, engine.clock().astimezone(ZoneInfo(dates.ZONE)).date())
    with engine.reading() as connection:
        home = the_trust(connection, trust)
        division = almanac.division_of(connection, home, organisation or home)
        calendar = almanac.calendar_of(connection, home, organisation or home)
    holidays = {day: title for day, title in sorted(calendar.holidays.items()) if start <= day <= end}
    opened = [day for day in sorted(calendar.opened) if start <= day <= end]
    answer = {
        "division": division,
        "from": start,
        "to": end,
        "holidays": [{"day": day, "title": title} for day, title in holidays.items()],
        "worked": opened,
    }
    lines = [f"{day}  {title}" for day, title in holidays.items()] + [f"{day}  worked" for day in opened]
    head = f"{division}, from {start} to {end}; known until {calendar.known_until}"
    say(answer, [head, *(lines or ["No bank holiday, and no day of one's own."])], wants_json=wants_json)


@workdays.command()
@click.argument("division", type=click.Choice([str(each) for each in Division]))
@_place
@click.pass_context
def division(context: click.Context, division: str, *, trust: str | None, organisation: str | None) -> None:
    """Keep the bank holidays of DIVISION here and below."""
    with _there(context, trust, organisation) as (connection, home, place):
        almanac.set_division(connection, home, place, Division(division))
    click.echo(f"{place} keeps the bank holidays of {division}.")


@workdays.command("set")
@click.argument("day")
@click.argument("kind", type=click.Choice(["closed", "worked", "as-usual"]))
@click.option("--title", default="", help="What the day is called.")
@_place
@click.pass_context
def set_day(  # noqa: PLR0913 - one parameter an option
    context: click.Context, day: str, kind: str, *, title: str, trust: str | None, organisation: str | None
) -> None:
    """Say that DAY is closed or worked here and below, or take that back."""
    on = _day(day)
    with _there(context, trust, organisation) as (connection, home, place):
        if kind == "as-usual":
            almanac.forget_day(connection, home, place, on)
        else:
            own = OwnDay(organisation=place, day=on, works=kind == "worked", title=title or kind.capitalize())
            almanac.set_day(connection, home, own)
    click.echo(f"{on} is {kind.replace('-', ' ')} at {place}.")


@workdays.command()
@click.argument("day")
@click.argument("days", type=int)
@_place
@as_json
@click.pass_context
def add(  # noqa: PLR0913 - one parameter an option
    context: click.Context, day: str, days: int, *, trust: str | None, organisation: str | None, wants_json: bool
) -> None:
    """Print the day that lies DAYS working days after DAY."""
    with _there(context, trust, organisation) as (connection, home, place):
        found = add_working_days(almanac.calendar_of(connection, home, place), _day(day), days)
    say({"day": found}, [found.isoformat()], wants_json=wants_json)


def _span(year: int | None, first: str | None, last: str | None, today: date) -> tuple[date, date]:
    """Return the first and the last day to show."""
    start = _day(first) if first else date(year or today.year, 1, 1)
    end = _day(last) if last else date(year or max(today.year, start.year) + 1, 12, 31)
    if end < start:
        raise Invalid("--to must not be before --from.")
    return start, end


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"A day is written as year-month-day, as in 2026-11-22, not {text!r}.") from None
