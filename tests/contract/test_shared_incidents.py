"""A job that serves every trust: each trust sees that it failed, and only whoever operates the installation decides."""

import json

import pytest
from sqlalchemy import insert, select

from engine import failures
from engine.errors import Refused
from engine.incident import KIND, Status, Trigger
from engine.incident_tables import incidents
from engine.jobs import EVERYWHERE, Progress
from engine.letters import Subject
from engine.machine import THE_SYSTEM, Actor
from engine.roles import directory
from engine.storage import database
from engine.tables import jobs
from engine.web import dashboard
from tests import desk as pages
from tests.desk import ADMINISTRATOR
from tests.trial import TRUST
from workflows import __main__ as command_line

ADA = Actor(id="acc-ada", name="Ada Obi", person="ada", grants=frozenset({("system-administrator", TRUST)}))
SECRET = "It failed for Southshire."


@pytest.fixture
def desk(database_url, clock, tmp_path):
    desk = pages.desk_on(database_url, clock, tmp_path)
    desk.app.register_blueprint(dashboard.blueprint(desk.engine))
    yield desk
    desk.engine.database.dispose()


@pytest.fixture
def neighbour(desk):
    with desk.engine.transaction() as tx:
        return directory.add_organisation(tx.connection, now=tx.now, name="Southshire", id="southshire").id


def given_up(desk):
    """Have a job of every trust given up, and return the id of our trust's incident about it."""
    dead = {"trust": EVERYWHERE, "key": "old", "name": "note", "arguments": {}, "attempts": 5, "fence": 5}
    dead |= {"state": Progress.DEAD, "due_at": desk.clock(), "finished_at": desk.clock(), "answer": SECRET}
    with database.writing(desk.engine.database) as connection:
        connection.execute(insert(jobs), dead)
    failures.watch(desk.engine)
    with desk.engine.reading() as connection:
        return connection.scalar(select(incidents.c.id).where(incidents.c.trust == TRUST))


def decide(desk, incident, trigger, actor, **more):
    with desk.engine.transaction(actor) as tx:
        tx.fire(Subject(kind=KIND, trust=TRUST, id=incident), trigger, {"reason": "So.", **more})


@pytest.mark.parametrize("trigger", [Trigger.RETRY, Trigger.SKIP, Trigger.RESOLVE])
@pytest.mark.parametrize(
    ("actor", "more"), [(ADA, {}), (THE_SYSTEM, {"approval": "q1"})], ids=["administrator", "absence rule"]
)
def test_no_trust_decides_for_the_others(desk, neighbour, trigger, actor, more):
    incident = given_up(desk)

    with pytest.raises(Refused, match="only whoever operates the installation"):
        decide(desk, incident, trigger, actor, **more)

    with desk.engine.reading() as connection:
        assert connection.execute(select(jobs.c.state)).scalars().all() == [Progress.DEAD]


def test_where_there_is_one_trust_its_administrator_decides(desk):
    incident = given_up(desk)

    decide(desk, incident, Trigger.SKIP, ADA)

    with desk.engine.reading() as connection:
        assert connection.execute(select(jobs.c.state)).scalars().all() == [Progress.DONE]


def test_the_page_says_that_it_is_there_and_not_why_and_has_no_form(desk, neighbour):
    page = desk.signed_in(ADMINISTRATOR).page(f"/operations/incidents/{given_up(desk)}")

    assert "The job “note” was given up" in page
    assert "Only whoever operates the installation can retry or skip it" in page
    assert (SECRET in page, "What is to be done?" in page) == (False, False)


@pytest.fixture
def preceptor(desk, database_url, tmp_path, monkeypatch, capsys):
    """Return a function that runs `preceptor incidents`, and gives its exit code and what it said."""
    monkeypatch.setenv("PRECEPTOR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PRECEPTOR_DATABASE_URL", database_url)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            command_line.main(["incidents", *arguments])
        said = capsys.readouterr()
        return int(str(ended.value.code)), said.out + said.err

    return run


def test_the_command_lists_the_incidents_of_every_trust_with_what_their_jobs_said(desk, neighbour, preceptor):
    none = preceptor("list")
    given_up(desk)

    code, listed = preceptor("list")

    assert none == (0, "None open.\n")
    assert (code, listed.count(SECRET), "2 open." in listed) == (1, 2, True)
    assert [one["answers"] for one in json.loads(preceptor("list", "--json")[1])] == [[SECRET], [SECRET]]


def test_the_command_decides_once_in_the_name_of_the_operator(desk, neighbour, preceptor):
    incident = given_up(desk)

    retried, _said = preceptor("retry", TRUST, incident)
    late, _said = preceptor("skip", TRUST, incident, "--reason", "Not needed.")

    assert (retried, late) == (0, 2)
    with desk.engine.reading() as connection:
        (row,) = connection.execute(select(incidents).where(incidents.c.trust == TRUST)).mappings()
        assert connection.scalar(select(jobs.c.answer)) == "Somebody wants it begun again."
    assert (row["state"], row["ended_by_name"]) == (Status.RESOLVED, "Whoever operates this installation")
