"""What is stored must be declared: a start refuses otherwise, and a declared renaming brings it to the new names."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update

from engine import definitions, journal, renaming
from engine.errors import Invalid, Undeclared
from engine.letters import Subject
from engine.renaming import Renamed, What
from engine.storage import database
from engine.tables import approvals, outbox, timers
from tests import trial
from tests.contract.waiting_letters import letter, queue
from tests.trial import LEARNER, TRUST, TRUST_HOLDER, Turn

PLACED = Renamed(kind="leave", old="PLACED", new="ASKED")
AGREE = Renamed(kind="leave", old="AGREE", new="GRANT", what=What.TRIGGER)
LATER = Renamed(kind="leave", old="EXPIRE", new="LAPSE", what=What.TRIGGER)


@pytest.fixture
def engine(database_url, clock):
    engine = trial.engine_on(database_url, clock)
    trial.allocate(engine, {TRUST: [TRUST_HOLDER]})
    yield engine
    engine.database.dispose()


def asks(engine, person="lin"):
    with engine.transaction(replace(LEARNER, person=person)) as tx:
        return tx.start("leave", TRUST, Turn.ASK, {"person": person}).subject


def as_of_an_older_version(engine):
    """Store what an older version stored: the state PLACED, the choice AGREE, the timer EXPIRE."""
    with database.writing(engine.database) as connection:
        connection.execute(update(trial.leaves).values(state="PLACED"))
        connection.execute(update(approvals).values(choices=["AGREE", "DENY"], asking="PLACED", lapse="EXPIRE"))
        row = {"trust": TRUST, "key": "own", "kind": "leave", "subject": "x", "trigger": "EXPIRE", "facts": {}}
        connection.execute(insert(timers), {**row, "due_at": engine.clock()})


def rows(engine, table):
    with engine.reading() as connection:
        return connection.execute(select(table)).mappings().all()


def test_what_is_declared_starts(engine):
    asks(engine)

    definitions.require(engine)

    with engine.reading() as connection:
        assert list(definitions.undeclared(engine, connection)) == []


def test_a_start_is_refused_with_a_line_for_all_that_is_not_declared(engine):
    asks(engine), asks(engine, "sian")
    as_of_an_older_version(engine)

    with pytest.raises(Undeclared) as refused:
        definitions.require(engine)

    assert refused.value.facts["found"] == [
        "leave: 2 in the state “PLACED”, which is not declared.",
        "leave: 1 timers that fire “EXPIRE”, which is not declared.",
        "leave: 2 open questions that offer “AGREE”, which is not declared.",
        "leave: 2 open questions that offer “EXPIRE”, which is not declared.",
    ]
    assert "workflows migrate" in refused.value.sentence


def test_a_timer_of_a_kind_that_is_gone_refuses_the_start(engine):
    row = {"trust": TRUST, "key": "own", "kind": "rota", "subject": "x", "trigger": "END", "facts": {}}
    with database.writing(engine.database) as connection:
        connection.execute(insert(timers), {**row, "due_at": engine.clock()})

    with pytest.raises(Undeclared, match="rota: 1 timers that fire “END”"):
        definitions.require(engine)


def test_a_trial_counts_and_changes_nothing(engine):
    asks(engine), asks(engine, "sian")
    as_of_an_older_version(engine)

    planned = renaming.plan(engine, [PLACED, AGREE, LATER])

    assert [one.sentence for one in planned] == [
        "leave: state PLACED → ASKED: 2 subjects, 0 timers, 2 open questions",
        "leave: trigger AGREE → GRANT: 0 subjects, 0 timers, 2 open questions",
        "leave: trigger EXPIRE → LAPSE: 0 subjects, 1 timers, 2 open questions",
    ]
    assert {row["state"] for row in rows(engine, trial.leaves)} == {"PLACED"}


@pytest.mark.parametrize(
    ("renamed", "problem"),
    [
        (Renamed(kind="rota", old="A", new="B"), "rota: state A → B: there is no such workflow."),
        (Renamed(kind="leave", old="ASKED", new="GRANTED"), "leave: state ASKED → GRANTED: ASKED is still declared."),
        (Renamed(kind="leave", old="A", new="B"), "leave: state A → B: B is not declared."),
    ],
)
def test_a_renaming_that_must_not_be_changes_nothing_of_any(engine, renamed, problem):
    asks(engine)
    as_of_an_older_version(engine)

    with pytest.raises(Invalid) as refused:
        renaming.apply(engine, [PLACED, renamed])

    assert refused.value.sentence == f"Nothing was renamed. {problem}"
    assert {row["state"] for row in rows(engine, trial.leaves)} == {"PLACED"}


def test_what_was_renamed_goes_on_with_a_whole_chain(engine):
    asked = asks(engine)
    as_of_an_older_version(engine)
    queue(engine.database, letter(kind="leave", relevant={"name": "still_in", "facts": {"states": ["PLACED", "X"]}}))

    renaming.apply(engine, [PLACED, AGREE, LATER])

    definitions.require(engine)
    with engine.transaction(TRUST_HOLDER) as tx:
        tx.fire(asked, Turn.GRANT)
    with engine.reading() as connection:
        chain = journal.history(connection, asked)
        faults = list(journal.verify(connection, TRUST))
    assert [(row["step"], row["source"], row["target"]) for row in chain] == [
        ("L1", None, "ASKED"),
        ("renamed", "PLACED", "ASKED"),
        ("L2", "ASKED", "GRANTED"),
    ]
    assert "The state PLACED is called ASKED from this version on." in chain[1]["payload"]
    assert faults == []
    waiting = next(row for row in rows(engine, outbox) if row["subject"] == "enrolment-0")
    assert waiting["relevant"]["facts"]["states"] == ["ASKED", "X"]
    assert {row["trigger"] for row in rows(engine, timers)} == {"LAPSE"}


def test_a_choice_that_was_renamed_is_offered_by_its_new_name(engine):
    asks(engine)
    as_of_an_older_version(engine)

    renaming.apply(engine, [PLACED, AGREE, LATER])

    (question,) = rows(engine, approvals)
    assert (question["choices"], question["lapse"], question["asking"]) == (["GRANT", "DENY"], "LAPSE", "ASKED")
    with engine.reading() as connection:
        told = journal.history(connection, Subject(kind="approval", trust=TRUST, id=question["id"]))
    assert [row["step"] for row in told].count("renamed") == 2


def test_a_renaming_that_was_interrupted_goes_on_where_it_stopped(engine, monkeypatch):
    monkeypatch.setattr(renaming, "CHUNK", 2)
    for person in ("lin", "sian", "joe", "ann", "bob"):
        asks(engine, person)
    as_of_an_older_version(engine)
    turns = iter([False, True, True, True])

    first = renaming.apply(engine, [PLACED], lambda: next(turns))
    second = renaming.apply(engine, [PLACED])
    third = renaming.apply(engine, [PLACED])

    assert (first, second, third) == (2, 3 + 5, 0)
    assert {row["revision"] for row in rows(engine, trial.leaves)} == {2}
