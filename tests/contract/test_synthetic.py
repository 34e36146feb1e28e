"""A synthetic trust: the same for the same seed, whole to the journal's check, and usable like any other."""

import pytest
from sqlalchemy import func, select

from engine import journal
from engine.errors import Invalid
from engine.tables import approvals
from tests import northshire
from tests.databases import close
from workflows.competence import store
from workflows.competence.tables import awards
from workflows.learning.tables import enrolments
from workflows.people.tables import assignments, persons
from workflows.synthetic import founding


@pytest.fixture
def engine(database_url, clock):
    engine = northshire.engine_on(database_url, clock)
    yield engine
    close(engine.database)


def count(engine, table):
    with engine.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_synthetic_trust_has_people_posts_awards_places_and_open_questions(engine):
    made = founding.found(engine, 150, 7)

    with engine.reading() as connection:
        lines = store.profiles(connection, made.trust, [made.person(0)], made.today)[made.person(0)]
        faults = list(journal.verify(connection, made.trust))
    assert (count(engine, persons), count(engine, assignments)) == (150, 151)
    assert count(engine, awards) > 1000
    assert count(engine, enrolments) == 15
    assert count(engine, approvals) == 1
    assert {line.colour for line in lines} <= {"GREEN", "AMBER", "RED", "BLUE"}
    assert faults == []


def test_the_same_seed_makes_the_same_trust_and_another_seed_another(clock):
    rows = [list(founding.Cohort(trust="t", people=20, seed=seed, today=clock().date()).awards()) for seed in (1, 1, 2)]

    assert rows[0] == rows[1]
    assert rows[0] != rows[2]


def test_a_seed_is_used_once(engine):
    founding.found(engine, 10, 7)

    with pytest.raises(Invalid, match="seed 7"):
        founding.found(engine, 10, 7)
