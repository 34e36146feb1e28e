"""What records are called: every kind by its words, on both databases; an id only where nothing names it."""

import pytest
from sqlalchemy import func, select

from engine.approvals import approval
from engine.letters import Subject
from engine.web import called
from tests import northshire
from tests.databases import close
from workflows import wiring
from workflows.called import CALLED
from workflows.synthetic import founding


@pytest.fixture
def engine(database_url, clock):
    engine = northshire.engine_on(database_url, clock)
    yield engine
    close(engine.database)


def test_every_kind_of_record_is_named():
    assert set(CALLED) == set(wiring.keeps(northshire.SITE))


def test_each_record_of_a_trust_has_one_name_that_is_not_its_id(engine):
    founding.found(engine, 40, 7)

    with engine.reading() as connection:
        for kind, query in CALLED.items():
            table = engine.kept(kind)[1].table
            stored = connection.execute(select(func.count()).select_from(table)).scalar_one()
            named = connection.execute(query).mappings().all()
            assert len(named) == stored, kind
            assert all(row["words"] and row["words"] != row["id"] for row in named), kind


def test_a_question_bears_its_title_and_what_nothing_names_its_id(engine):
    trust = founding.found(engine, 150, 7).trust

    with engine.reading() as connection:
        asked = connection.execute(CALLED[approval.KIND]).mappings().first()
        question = called.words(CALLED, connection, Subject(kind=approval.KIND, trust=trust, id=asked["id"]))
        unnamed = called.words({}, connection, Subject(kind=approval.KIND, trust=trust, id=asked["id"]))
        gone = called.words(CALLED, connection, Subject(kind=approval.KIND, trust="elsewhere", id=asked["id"]))
    assert question == asked["words"]
    assert (unnamed, gone) == (asked["id"], asked["id"])
