"""The working days of organisations, on both databases, and the commands that set them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from click.testing import CliRunner

from engine.errors import Invalid, Missing
from engine.timing import almanac
from engine.timing.almanac import OwnDay
from engine.timing.workdays import Division
from engine.transaction import Engine
from tests.clock import FrozenClock
from tests.people import SURGERY, TRUST, WARD, engine_on
from workflows.commands.workdays import workdays

FOUNDERS = date(2027, 6, 16)


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


@pytest.fixture
def command(engine, database_url, tmp_path):
    """Return a function that runs `preceptor workdays`, and gives its outcome."""
    engine.database.dispose()
    settings = {"PRECEPTOR_DATABASE_URL": database_url, "PRECEPTOR_DATA_DIR": str(tmp_path)}
    return lambda *arguments: CliRunner().invoke(workdays, arguments, obj=settings, standalone_mode=False)


def works(engine: Engine, organisation: str, day: date) -> bool:
    with engine.reading() as conn:
        return almanac.calendar_of(conn, TRUST, organisation).works(day)


def test_england_and_wales_is_kept_where_nothing_is_said(engine):
    with engine.reading() as conn:
        assert almanac.division_of(conn, TRUST, WARD) is Division.ENGLAND_AND_WALES


def test_a_division_is_kept_from_where_it_is_set_downward(engine):
    with engine.transaction() as tx:
        almanac.set_division(tx.connection, TRUST, SURGERY, Division.NORTHERN_IRELAND)
        almanac.set_division(tx.connection, TRUST, SURGERY, Division.SCOTLAND)

    assert not works(engine, WARD, date(2027, 1, 4))
    assert works(engine, TRUST, date(2027, 1, 4))


def test_the_nearest_organisation_decides_of_a_day(engine):
    with engine.transaction() as tx:
        closed = OwnDay(organisation=TRUST, day=FOUNDERS, works=False, title="Founder's day")
        almanac.set_day(tx.connection, TRUST, closed)
        almanac.set_day(tx.connection, TRUST, OwnDay(organisation=WARD, day=FOUNDERS, works=True, title="Worked"))

    assert works(engine, WARD, FOUNDERS)
    assert not works(engine, SURGERY, FOUNDERS)

    with engine.transaction() as tx:
        almanac.forget_day(tx.connection, TRUST, WARD, FOUNDERS)

    assert not works(engine, WARD, FOUNDERS)


def test_what_was_never_said_cannot_be_taken_back(engine):
    with engine.transaction() as tx, pytest.raises(Missing):
        almanac.forget_day(tx.connection, TRUST, WARD, FOUNDERS)


def test_days_are_set_and_counted_by_command(command):
    command("division", "scotland")
    command("set", "2027-06-16", "closed", "--title", "Founder's day", "--organisation", WARD)
    command("set", "2027-06-19", "worked")

    shown = json.loads(command("show", "2027", "--organisation", WARD, "--json").output)
    counted = command("add", "2027-06-15", "3", "--organisation", WARD).output

    assert shown["division"] == "scotland"
    assert {"day": "2027-06-16", "title": "Founder's day"} in shown["holidays"]
    assert shown["worked"] == ["2027-06-19"]
    assert counted == "2027-06-19\n"
    assert command("set", "2027-06-19", "as-usual").output == f"2027-06-19 is as usual at {TRUST}.\n"
    assert "worked" not in command("show", "2027").output


def test_what_is_shown_is_this_year_and_the_next_unless_it_is_said_otherwise(command, clock):
    years = {int(row["day"][:4]) for row in json.loads(command("show", "--json").output)["holidays"]}
    some = json.loads(command("show", "--from", "2027-12-01", "--to", "2028-01-31", "--json").output)

    this = json.loads(command("show", "--json").output)["from"]
    assert {f"{year}-01-01" for year in (min(years), this[:4])} == {this}
    assert len(years) == 2
    assert [row["day"][:7] for row in some["holidays"]] == ["2027-12", "2027-12", "2028-01"]
    assert "No bank holiday" in command("show", "--from", "2027-06-01", "--to", "2027-06-02").output
    assert isinstance(command("show", "--from", "2027-06-02", "--to", "2027-06-01").exception, Invalid)


def test_a_day_that_is_none_is_refused(command):
    assert isinstance(command("add", "tomorrow", "3").exception, Invalid)
