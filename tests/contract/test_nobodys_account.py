"""An account that is tied to no person could be whom a question is about: it is asked nothing and answers nothing."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from engine.approvals import levels
from engine.approvals.approval import Trigger
from engine.errors import Refused
from engine.incident_tables import incidents
from engine.roles.directory_tables import accounts
from engine.storage import database
from engine.tables import approvals as questions
from engine.web import asked, colleagues
from tests import approvals
from tests.approvals import PAT, ask, does, read
from tests.clock import FrozenClock
from tests.databases import close
from tests.trial import ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER

NOBODYS = replace(WARD_HOLDER, person=None)


@pytest.fixture
def engine(database_url: str, clock: FrozenClock):
    built = approvals.engine_on(database_url, clock)
    yield built
    close(built.database)


def untied(engine, actor) -> None:
    """Forget whose an account is."""
    with database.writing(engine.database) as connection:
        connection.execute(update(accounts).where(accounts.c.id == actor.id).values(person=None))


def test_it_is_not_asked_about_people_and_where_nobody_else_holds_the_role_that_is_an_incident(engine):
    untied(engine, WARD_HOLDER)

    question = ask(engine)

    assert read(engine, question).state == "ERROR"
    with engine.reading() as connection:
        assert connection.scalar(select(incidents.c.source)) == "APPROVAL"


@pytest.mark.parametrize("trigger", [Trigger.ANSWER, Trigger.CLAIM, Trigger.DELEGATE, Trigger.ASK])
def test_it_can_do_nothing_with_a_question_that_it_was_asked_before(engine, trigger):
    question = ask(engine)

    with pytest.raises(Refused, match="tied to no person"):
        does(engine, NOBODYS, question, trigger, choice="GRANT", to=PAT.id, of=PAT.id, question="Why?")


def test_it_does_not_see_it_either_and_its_own_person_does(engine):
    question = ask(engine)

    with engine.reading() as connection:
        seen = [asked.several_of(connection, TRUST, one, [question]) for one in (NOBODYS, WARD_HOLDER)]

    assert [len(rows) for rows in seen] == [0, 1]


def test_a_question_about_nobody_is_its_own_to_answer(engine):
    question = ask(engine)
    with database.writing(engine.database) as connection:
        connection.execute(update(questions).values(subject_person=None))

    does(engine, NOBODYS, question, Trigger.ANSWER, choice="GRANT")

    assert read(engine, question).state == "CLOSED"


def test_it_is_handed_nothing_and_offered_to_nobody(engine):
    question = ask(engine)
    untied(engine, PAT)

    with pytest.raises(Refused, match="cannot go to the person"):
        does(engine, WARD_HOLDER, question, Trigger.DELEGATE, to=PAT.id)
    with engine.reading() as connection:
        here = read(engine, question)
        offered = colleagues.found(connection, here, WARD_HOLDER, "okoro", engine.clock(), handed=True)
    assert offered == []


def test_a_level_above_that_only_it_holds_is_none(engine):
    untied(engine, TRUST_HOLDER)

    with engine.reading() as connection:
        held = levels.held(connection, TRUST, [ROLE], engine.clock(), "lin")
        of_nobody = levels.held(connection, TRUST, [ROLE], engine.clock())

    assert (held, of_nobody) == ({(ROLE, WARD)}, {(ROLE, WARD), (ROLE, TRUST)})
