"""Workers die while messages go out; the whole campaign is `python -m tests.campaigns.kill_worker`."""

import signal

import pytest

from tests.campaigns import steady_mail
from tests.campaigns.kill_worker import Campaign, run

pytestmark = pytest.mark.story


def test_killing_workers_loses_nothing_and_doubles_at_most_one_lease_a_kill(database_url, free_port):
    report = run(Campaign(url=database_url, kills=4, messages=240, port=free_port))

    assert report.lost == 0
    assert report.duplicates <= 20 * report.kills
    assert report.ok, report


def test_stopping_workers_politely_neither_loses_nor_doubles(database_url, free_port):
    report = run(Campaign(url=database_url, kills=2, messages=120, port=free_port, stop=signal.SIGTERM, workers=1))

    assert (report.lost, report.duplicates) == (0, 0)
    assert report.slowest_stop <= 10.0
    assert report.ok, report


def test_letters_that_come_steadily_are_handed_over_as_they_come(database_url, free_port):
    report = steady_mail.run(database_url, seconds=1.0, rate=20.0, port=free_port)

    assert (report.messages, report.lost) == (20, 0)
    assert report.ok, report
