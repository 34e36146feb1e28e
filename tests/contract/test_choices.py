"""What people chose of their mail, as it is kept."""

import pytest

from engine.errors import Invalid
from engine.outgoing import choices
from engine.storage import database
from engine.wording.terms import Pace
from tests.clock import START
from tests.trial import TRUST, engine_on

COMPLETED = "LRN-17-course-completed"
EXPIRED = "LRN-13-competence-expired"


@pytest.fixture
def engine(database_url, clock):
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def choose(engine, **paces):
    with database.writing(engine.database) as connection:
        named = {COMPLETED: paces.get("completed"), EXPIRED: paces.get("expired")}
        wanted = {name: pace for name, pace in named.items() if pace}
        return choices.choose(connection, TRUST, "ann", wanted, START)


def test_only_what_is_new_is_written_and_the_last_choice_stands(engine):
    assert choose(engine, completed=Pace.NONE, expired=Pace.EACH) == [COMPLETED]
    assert choose(engine, completed=Pace.NONE) == []
    assert choose(engine, completed=Pace.EACH) == [COMPLETED]

    with engine.reading() as connection:
        assert set(choices.chosen(connection, TRUST, "ann").values()) == {Pace.EACH}


def test_less_than_a_notice_allows_cannot_be_chosen(engine):
    with pytest.raises(Invalid):
        choose(engine, expired=Pace.NONE)


def test_a_time_zone_is_kept_and_forgotten_again(engine):
    with database.writing(engine.database) as connection:
        choices.set_zone(connection, TRUST, "ann", "Europe/Lisbon")
        there = choices.zone(connection, TRUST, "ann")
        choices.set_zone(connection, TRUST, "ann", "Europe/London")
        back = choices.zone(connection, TRUST, "ann")
        with pytest.raises(Invalid):
            choices.set_zone(connection, TRUST, "ann", "Mars/Olympus")

    assert (there, back) == ("Europe/Lisbon", "Europe/London")
