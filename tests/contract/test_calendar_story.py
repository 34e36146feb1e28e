"""Random stories of enrolments: calendars that know the mail alone come to the truth."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.calendars_story import BETWEEN, OFTEN, Event, Story
from tests.campaigns import calendars as campaign
from tests.databases import close, sqlite_database

NUMBERS = st.integers(0, 9_999)
EVENTS = st.builds(Event, kind=st.sampled_from([*OFTEN, "enrol", *BETWEEN]), who=NUMBERS, what=NUMBERS, how=NUMBERS)
BEFORE = [Event(kind="open", who=how, what=how, how=how * 7) for how in range(2)]
BEFORE += [Event(kind="enrol", who=who, what=who) for who in range(4)]


@pytest.fixture
def story(database_url):
    story = Story(database_url, learners=8, seed=5, trouble=25)
    yield story
    close(story.engine.database)


def test_calendars_that_know_the_mail_alone_equal_the_database_event_by_event(story):
    story.tell_at_random(Random(5), 40)  # noqa: S311 - a story that can be told again

    story.settle()

    assert story.differences() == []
    assert story.post.troubles > 5
    assert sum(len(agenda.entries()) for agenda in story.agendas.values()) > 10


@settings(
    max_examples=3,
    phases=(Phase.explicit, Phase.generate),  # a story takes minutes to shrink
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
@given(events=st.lists(EVENTS, min_size=10, max_size=20), seed=st.integers(0, 99))
def test_whatever_happens_in_whatever_order_calendars_come_to_the_truth(events, seed):
    with TemporaryDirectory() as folder, sqlite_database(Path(folder)) as url:
        story = Story(url, learners=4, seed=seed, trouble=20)
        story.tell([*BEFORE, *events])

        story.settle()

        wrong = story.differences()
        close(story.engine.database)
    assert wrong == []


def test_a_mail_that_never_came_is_seen(story):
    story.tell(BEFORE)
    story.settle()
    story.tell([Event(kind="withdraw", how=1)])

    wrong = story.differences()

    assert len(wrong) >= 1
    assert all("true None" in each for each in wrong)


def test_a_campaign_says_what_came_of_it_and_fails_where_a_calendar_is_wrong(capsys):
    code = campaign.main(["--events", "5", "--learners", "3", "--seeds", "1"])

    assert code == 0
    assert '"differences": []' in capsys.readouterr().out
