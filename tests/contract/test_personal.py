"""What is kept of a person, on both databases: they can have it, it can be erased, and the chains stay whole."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, select, update

from engine import incidents, journal
from engine.accounts import links_for_username
from engine.errors import NotAllowed, Refused
from engine.incident import Failure, Source
from engine.letters import Subject
from engine.machine import THE_SYSTEM, Actor
from engine.privacy import subject_access
from engine.roles.directory_tables import accounts
from engine.storage import database
from engine.tables import journal as journal_table
from engine.tables import metadata, outbox
from engine.web import saved_views
from tests import northshire
from tests.northshire import HELEN, TRUST, enrol, learner
from workflows import wiring
from workflows.people import requests
from workflows.people.records import AssignmentStatus
from workflows.people.tables import assignments, persons

ADA = Actor(id="acc-ada", name="Ada Obi", person="ada", grants=frozenset({("system-administrator", TRUST)}))


@pytest.fixture
def engine(database_url, clock):
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock)
    northshire.offer(built)
    yield built
    built.database.dispose()


@pytest.fixture
def ann(engine, clock):
    """Enrol Ann, who has an account and a letter."""
    row = {"trust": TRUST, "id": "acc-ann", "username": "ann", "email": "ann@northshire.example", "name": "Ann"}
    with database.writing(engine.database) as conn:
        conn.execute(insert(accounts).values(**row, person="ann", active=True, session=0))
    return enrol(engine, northshire.open_class(engine, clock), "ann")


def leave(engine) -> None:
    with database.writing(engine.database) as conn:
        conn.execute(update(assignments).where(assignments.c.person == "ann").values(status=AssignmentStatus.ENDED))


def erase(engine, actor=ADA, **facts) -> None:
    with engine.transaction(actor) as tx:
        tx.start(requests.KIND, TRUST, "ERASE", {"person": "ann", "reason": "She asked.", **facts})


def parts(engine) -> dict[str, list[dict]]:
    with engine.reading() as conn:
        return {part.title: list(part.rows) for part in wiring.REGISTER.collect(conn, TRUST, "ann")}


def faults(engine) -> list:
    tables = {kind: keep.table for kind, (_workflow, keep) in engine.keeps.items()}
    with engine.reading() as conn:
        return list(journal.verify(conn, TRUST, tables))


def everything_stored(engine) -> str:
    with engine.reading() as conn:
        return "\n".join(str(row) for table in metadata.tables.values() for row in conn.execute(select(table)))


def test_a_person_can_have_everything_in_one_file(engine, ann):
    found = parts(engine)

    assert found["Person"] == [
        {
            "id": "ann",
            "name": "Ann",
            "email": "ann@northshire.example",
            "organisation": "surgery",
            "language": "en",
        }
    ]
    assert found["Enrolments"][0]["state"] == "CONFIRMED"
    assert [row["notice"] for row in found["Messages"]] == ["LRN-01-joining-instructions"]
    assert [(row["kind"], row["trigger"], row["by"]) for row in found["What happened to all this"]] == [
        ("enrolment", "ENROL", "Ann")
    ]
    assert found["Roles"] == []


def test_a_link_by_which_somebody_signs_in_is_in_no_copy(engine, ann):
    with engine.transaction(THE_SYSTEM) as tx:
        tx.post(links_for_username(tx.connection, "ann", "https://learn.example", tx.now))

    found = parts(engine)["Messages"]

    assert {row["notice"]: row["context"] is None for row in found} == {
        "LRN-01-joining-instructions": False,
        "SYS-02-password-reset": True,
    }


def test_the_json_and_the_pdf_say_the_same(engine, ann, clock):
    with engine.reading() as conn:
        collected = list(wiring.REGISTER.collect(conn, TRUST, "ann"))

    written = json.loads(subject_access.as_json("Ann #eval[*x*]", collected, clock()))
    printed = subject_access.as_pdf("Ann #eval[*x*]", collected, clock())

    assert [part["title"] for part in written["parts"]] == [part.title for part in collected]
    assert printed.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in printed


def test_taking_a_copy_is_recorded_and_only_for_oneself_or_an_administrator(engine, ann):
    for actor in (learner("ann"), ADA):
        with engine.transaction(actor) as tx:
            tx.start(requests.KIND, TRUST, "GIVE", {"person": "ann", "form": "json"})

    with pytest.raises(NotAllowed), engine.transaction(learner("bob")) as tx:
        tx.start(requests.KIND, TRUST, "GIVE", {"person": "ann", "form": "json"})

    assert [row["form"] for row in parts(engine)["Requests for what is kept"]] == ["json", "json"]


def test_erasing_leaves_no_name_anywhere_and_every_chain_whole(engine, ann):
    with engine.transaction(THE_SYSTEM) as tx:
        journal.seal(tx.connection, TRUST, tx.now)
    leave(engine)

    erase(engine)

    stored = everything_stored(engine)
    assert "ann@northshire.example" not in stored
    assert "'Ann'" not in stored
    assert '"Ann"' not in stored
    assert faults(engine) == []
    assert parts(engine)["What happened to all this"][0]["facts"] is None


def test_erasing_takes_what_an_identity_provider_calls_somebody_and_what_failed_about_them(engine, ann):
    about = Subject(kind="enrolment", trust=TRUST, id=ann)
    failure = Failure(
        trust=TRUST,
        organisation="surgery",
        source=Source.MESSAGE,
        cause="letter",
        title="A letter was not taken",
        message="550 no ann@northshire.example here",
        parked="",
        about=about,
        reference={},
    )
    with engine.transaction(THE_SYSTEM) as tx:
        tx.connection.execute(update(accounts).where(accounts.c.person == "ann").values(oidc_subject="0017-ann"))
        incidents.raise_one(tx, failure)
    assert [row["title"] for row in parts(engine)["Failures in what concerned them"]] == ["A letter was not taken"]
    leave(engine)

    erase(engine)

    stored = everything_stored(engine)
    assert "0017-ann" not in stored
    assert "ann@northshire.example" not in stored
    assert faults(engine) == []


def test_a_message_that_waits_for_somebody_erased_is_never_sent(engine, ann):
    leave(engine)

    erase(engine)

    with engine.reading() as conn:
        assert conn.scalars(select(outbox.c.state)).all() == ["SUPPRESSED"]


def test_erasing_twice_is_no_error(engine, ann):
    leave(engine)
    erase(engine)

    erase(engine)

    assert faults(engine) == []


@pytest.mark.parametrize(
    ("actor", "facts", "refusal"),
    [
        (ADA, {"reason": " "}, Refused),
        (ADA, {}, Refused),
        (learner("ann"), {}, NotAllowed),
        (HELEN, {}, NotAllowed),
    ],
)
def test_erasing_is_refused_without_a_reason_while_somebody_works_here_and_to_everybody_else(
    engine, ann, actor, facts, refusal
):
    with pytest.raises(refusal):
        erase(engine, actor, **facts)

    with engine.reading() as conn:
        assert conn.scalar(select(persons.c.name).where(persons.c.id == "ann")) == "Ann"


def test_a_row_cut_off_the_end_of_a_chain_is_named(engine, ann):
    northshire.fire(engine, HELEN, "enrolment", ann, "WITHDRAW", {"reason": "Ill"})
    last = (journal_table.c.kind == "enrolment", journal_table.c.revision == 2)
    with database.writing(engine.database) as conn:
        conn.execute(journal_table.delete().where(*last))

    found = faults(engine)

    assert [(fault.place, fault.sentence) for fault in found] == [
        (f"enrolment/{ann}/2", "The last rows of this chain are gone.")
    ]


def looked_for(engine, name: str, query: str) -> None:
    with database.writing(engine.database) as conn:
        saved_views.save(conn, TRUST, "acc-helen", name, query, engine.clock())


def views(engine) -> list[str]:
    with engine.reading() as conn:
        return [one.name for one in saved_views.of(conn, TRUST, "acc-helen")]


def test_a_saved_view_in_which_somebody_looks_for_them_is_shown_and_goes(engine, ann):
    with database.writing(engine.database) as conn:
        conn.execute(update(persons).where(persons.c.id == "ann").values(name="Ann Okoro-Berg"))
    looked_for(engine, "By surname", "show=open&q=okoro-")
    looked_for(engine, "What ann okoro-berg has open", "show=open")
    looked_for(engine, "By a shorter word", "q=an")
    looked_for(engine, "Of somebody else", "q=okonkwo")
    shown = parts(engine)["Saved views in which others look for them"]

    leave(engine)
    erase(engine)

    assert sorted(row["query"] for row in shown) == ["show=open", "show=open&q=okoro-"]
    assert views(engine) == ["By a shorter word", "Of somebody else"]
    assert "koro" not in everything_stored(engine)
