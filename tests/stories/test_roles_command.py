"""`preceptor roles coverage` over the demo's trust: who would be asked, and the exit code where nobody would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.pool import NullPool

from engine.roles import coverage, directory
from engine.roles.directory import Holder, Role
from engine.roles.directory_tables import holders
from engine.storage.database import connect, writing
from workflows import __main__ as command_line
from workflows import wiring
from workflows.demo.staff import SURGERY, TRUST
from workflows.people.responsibilities import STAT_AND_MAND

pytestmark = pytest.mark.story

Coverage = Callable[..., tuple[int, str]]


@pytest.fixture
def covered(
    trust_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Coverage:
    """Return a function that runs the command, and gives its exit code and what it printed."""
    allocate(trust_url)
    monkeypatch.setenv("PRECEPTOR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PRECEPTOR_DATABASE_URL", trust_url)

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            command_line.main(["roles", "coverage", *arguments])
        heard = capsys.readouterr()
        return int(ended.value.code or 0), heard.out or heard.err

    return run


def allocate(url: str) -> None:
    """Let Tom Reid hold every other role of the trust, whatever the demo leaves open."""
    database = connect(url)
    with writing(database) as connection:
        for role in {one.role for one in coverage.demands(wiring.WORKFLOWS)} - {STAT_AND_MAND}:
            directory.put_role(connection, Role(trust=TRUST, role=role, organisation=TRUST, title=role))
            directory.put_holder(connection, Holder(trust=TRUST, role=role, organisation=TRUST, account="tom.reid"))
    database.dispose()


def take_away(url: str, organisation: str) -> None:
    database = create_engine(url, poolclass=NullPool)
    with database.begin() as connection:
        connection.execute(update(holders).where(holders.c.organisation == organisation).values(enabled=False))


def test_a_covered_trust_is_listed_with_who_would_be_asked(covered):
    code, said = covered()

    assert code == 0
    assert "Wren Hall" in said
    assert "Stat & Mand Competencies Ntf (stat-and-mand)" in said
    assert "Tom Reid" in said
    assert said.endswith("Somebody would be asked, or it is settled.\n")


def test_a_gap_is_listed_alone_and_makes_the_exit_code_one(covered, trust_url):
    take_away(trust_url, SURGERY)

    code, said = covered("--gaps", "--on", "2027-01-04", "--json")

    answer = json.loads(said)
    assert code == 1
    assert answer["at"] == ["2027-01-04T12:00:00+00:00", "2027-01-11T12:00:00+00:00"]
    assert [(row["organisation"], row["role"], row["gap"]) for row in answer["roles"]] == [
        (SURGERY, STAT_AND_MAND, True)
    ]


def test_one_organisation_is_looked_at_alone(covered, trust_url):
    take_away(trust_url, SURGERY)

    code, said = covered("--organisation", SURGERY)

    assert code == 1
    assert "NOBODY: The role is allocated here" in said
    assert "Medicine" not in said


def test_an_organisation_that_is_not_there_is_bad_input(covered):
    assert covered("--organisation", "nowhere")[0] == 2
