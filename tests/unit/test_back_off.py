"""When a letter that could not be sent is tried again."""

from datetime import timedelta

from engine.outgoing.outbox import next_attempt
from tests.clock import START


def test_the_pauses_are_1_5_15_30_and_60_minutes_and_then_hours():
    pauses = [next_attempt(attempts, START) - START for attempts in range(1, 9)]

    assert pauses == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 60, 60, 60)]


def test_72_hours_of_trying_are_the_end():
    attempts, tried = 1, timedelta()
    while again := next_attempt(attempts, START):
        attempts, tried = attempts + 1, tried + (again - START)

    assert timedelta(hours=71) <= tried <= timedelta(hours=72)
