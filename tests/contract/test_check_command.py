"""`preceptor workflows check`, without a database and with one."""

import json

from click.testing import CliRunner

from engine.roles import directory
from engine.storage import database
from tests.clock import FrozenClock
from workflows.commands.checks import check


def test_the_tables_are_checked_without_a_database():
    outcome = CliRunner().invoke(check, ["--tables-only"], obj={}, standalone_mode=False)

    assert outcome.exception is None
    assert outcome.return_value == 0
    assert outcome.output.splitlines()[-1].endswith(": 0 errors, 0 warnings.")


def test_the_live_data_are_checked_with_one(database_url, tmp_path, clock: FrozenClock):
    engine = database.connect(database_url)
    with database.writing(engine) as connection:
        directory.add_organisation(connection, now=clock(), id="northshire", name="Northshire NHS Foundation Trust")
    engine.dispose()
    settings = {"PRECEPTOR_DATABASE_URL": database_url, "PRECEPTOR_DATA_DIR": str(tmp_path)}

    outcome = CliRunner().invoke(check, ["--json"], obj=settings, standalone_mode=False)

    answer = json.loads(outcome.output)
    sentences = {finding["place"]: finding["sentence"] for finding in answer["findings"]}
    assert sentences["A11-T01"] == "In Northshire NHS Foundation Trust nobody holds recruiter."
    assert outcome.return_value == (1 if answer["errors"] else 0)
