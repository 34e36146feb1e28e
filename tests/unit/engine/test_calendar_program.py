"""Our invitations and feeds, imported into a real calendar program that knows nothing of us: calcurse.

It keeps times as the clock on the wall says them where the computer is, so that of the hour which that place repeats in
October it knows the first pass only; and it knows no UID, so that an update stands beside what it changes.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from engine import calendar, feed
from engine.feed import Due, Meeting
from engine.letters import Method
from tests import calendars
from tests.calcurse import Calcurse
from tests.calendars import ANN
from tests.clock import START
from tests.letters import ORGANIZER, an_invitation

REQUESTS = {name: each for name, each in calendars.around_the_clocks().items() if name.endswith(Method.REQUEST)}
TWICE = (datetime(2027, 10, 31, 0, tzinfo=UTC).timestamp(), datetime(2027, 10, 31, 2, tzinfo=UTC).timestamp())
HOUR = timedelta(hours=1)


def written(sequence=0, **changes):
    made = an_invitation(**changes)
    return calendar.text(made, sequence=sequence, stamp=START, organizer=ORGANIZER, attendee=ANN)


def repeated(at):
    """Say whether London's clocks say this time twice."""
    return TWICE[0] <= at < TWICE[1]


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York"])
def test_a_calendar_program_has_each_meeting_at_its_time_wherever_the_computer_is(tmp_path, zone):
    said = [
        (raw, seen)
        for raw, seen in REQUESTS.values()
        if zone == "America/New_York" or not (repeated(seen.start) or repeated(seen.end))
    ]
    program = Calcurse(folder=tmp_path, zone=zone)

    program.take(*(raw for raw, _seen in said))

    stands = program.appointments()
    assert [each[:2] for each in stands] == sorted({(seen.start, seen.end) for _raw, seen in said})
    assert program.kept().count(" -> ") == len(said)
    assert {title for _start, _end, title in stands} == {seen.summary for _raw, seen in said}


def test_of_the_hour_that_comes_twice_it_has_the_right_time_of_day(tmp_path):
    start = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    program = Calcurse(folder=tmp_path)

    program.take(written(start=start, end=start + 2 * HOUR))

    assert "10/31/2027 @ 01:30 -> 10/31/2027 @ 03:30" in program.kept()


def test_it_has_the_place_the_words_the_link_and_the_reminder(tmp_path):
    program = Calcurse(folder=tmp_path)

    program.take(written(conference="https://meet.northshire.example/j/9?pwd=a,b;c", alarm=60))

    kept = program.kept()
    assert "!Moving and Handling Level 2" in kept
    assert "Location: Education Centre, room 3; Friary Road" in kept
    assert "Join online: https://meet.northshire.example/j/9?pwd=a,b;c" in kept
    assert "Please wear flat shoes.\nThere is parking behind the library." in kept


def test_a_feed_has_every_session_of_a_class_and_its_due_dates_on_their_days(tmp_path):
    days = [START + timedelta(days=after) for after in (10, 11, 150)]
    meetings = [
        Meeting(invitation=an_invitation(uid=f"{at:%j}@x", start=at, end=at + HOUR), sequence=0, changed_at=START)
        for at in days
    ]
    due = Due(
        uid="due@x",
        on=date(2027, 4, 4),
        summary="Last day: Fire Safety",
        description="",
        url="https://x.example/",
        changed_at=START,
    )
    program = Calcurse(folder=tmp_path)

    program.take(feed.text("My classes", meetings, [due]))

    assert [start for start, _end, _title in program.appointments()] == [int(at.timestamp()) for at in days]
    assert program.days() == ["Last day: Fire Safety"]
    assert "04/04/2027 [1]" in program.kept()


def test_an_update_and_a_cancellation_are_read_though_it_cannot_tell_what_they_change(tmp_path):
    later = START + timedelta(days=50)
    program = Calcurse(folder=tmp_path)
    program.take(written())

    program.take(written(1, start=later, end=later + HOUR))
    program.take(written(2, start=later, end=later + HOUR, method=Method.CANCEL))

    assert int(later.timestamp()) in [start for start, _end, _title in program.appointments()]
    assert program.kept().count(" -> ") == 3
