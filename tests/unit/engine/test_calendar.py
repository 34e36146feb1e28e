"""Meeting requests and cancellations, against the ten rules and against a second reader (RFC 5545, 5546, 6047)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from engine import calendar
from engine.errors import Invalid
from engine.letters import Method, Recipient
from tests.clock import START
from tests.letters import END_AT, ORGANIZER, START_AT, a_record, an_invitation

ATTENDEE = Recipient(name="Siân O'Brien", email="sian.obrien@northshire.example")
LONDON = ZoneInfo("Europe/London")


def written(sequence=0, attendee=ATTENDEE, organizer=ORGANIZER, **changes):
    return calendar.text(
        an_invitation(**changes), sequence=sequence, stamp=START, organizer=organizer, attendee=attendee
    )


def content_lines(raw):
    """Unfold by octets, which is all that RFC 5545 3.1 asks of a reader."""
    assert raw.endswith(b"\r\n")
    return raw.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def event(raw):
    return Calendar.from_ical(raw).walk("VEVENT")[0]


def test_a_request_has_all_that_rfc_5546_asks_for_exactly_once():
    lines = content_lines(written())

    inside = [line.partition(":")[0].partition(";")[0] for line in lines[lines.index("BEGIN:VEVENT") :]]
    assert "METHOD:REQUEST" in lines
    for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "SUMMARY", "ORGANIZER", "ATTENDEE", "STATUS"):
        assert inside.count(name) == 1, name


def test_the_attendee_is_the_address_the_mail_goes_to_and_is_asked():
    attendee = event(written())["attendee"]

    assert attendee == "mailto:sian.obrien@northshire.example"
    assert attendee.params["RSVP"] == "TRUE"
    assert attendee.params["PARTSTAT"] == "NEEDS-ACTION"
    assert attendee.params["CN"] == "Siân O'Brien"


def test_the_organizer_is_where_replies_arrive():
    assert event(written())["organizer"] == f"mailto:{ORGANIZER}"
    assert event(written(organizer=f"Learning <{ORGANIZER}>"))["organizer"].params["CN"] == "Learning"


def test_the_stamp_is_the_moment_of_making_in_utc():
    assert f"DTSTAMP:{START:%Y%m%dT%H%M%SZ}" in content_lines(written())


def test_a_cancellation_cancels_the_whole_event_of_its_one_attendee():
    lines = content_lines(written(sequence=3, method=Method.CANCEL))

    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:3"} <= set(lines)
    assert any(line.startswith("ATTENDEE") and line.endswith(ATTENDEE.email) for line in lines)


@pytest.mark.parametrize(
    ("start", "local"),
    [
        (datetime(2027, 3, 27, 9, 0, tzinfo=UTC), "20270327T090000"),
        (datetime(2027, 3, 28, 8, 0, tzinfo=UTC), "20270328T090000"),
        (datetime(2027, 10, 30, 8, 0, tzinfo=UTC), "20271030T090000"),
        (datetime(2027, 10, 31, 9, 0, tzinfo=UTC), "20271031T090000"),
        (datetime(2028, 2, 29, 9, 0, tzinfo=UTC), "20280229T090000"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "20261231T233000"),
    ],
)
def test_local_time_is_kept_on_both_sides_of_a_change_of_the_clocks(start, local):
    raw = written(start=start, end=start + timedelta(hours=3))

    assert f"DTSTART;TZID=Europe/London:{local}" in content_lines(raw)
    assert event(raw)["dtstart"].dt == start


def test_the_zone_in_the_message_is_right_for_london():
    zone = next(iter(Calendar.from_ical(written()).walk("VTIMEZONE")))
    own = zone.to_tz(lookup_tzid=False)

    for month, day, hour in ((1, 4, 9), (3, 28, 3), (3, 27, 23), (7, 1, 12), (10, 30, 23), (10, 31, 3)):
        moment = datetime(2027, month, day, hour)  # noqa: DTZ001 - given to both zones below
        assert moment.replace(tzinfo=own).utcoffset() == moment.replace(tzinfo=LONDON).utcoffset()


@pytest.mark.parametrize("hour", [0, 1])
def test_neither_pass_of_a_repeated_hour_is_written_in_local_time(hour):
    start = datetime(2027, 10, 31, hour, 30, tzinfo=UTC)

    lines = content_lines(written(start=start, end=start + timedelta(hours=2)))

    assert f"DTSTART:20271031T0{hour}3000Z" in lines
    assert "BEGIN:VTIMEZONE" not in lines


def test_utc_needs_no_zone():
    lines = content_lines(written(zone="UTC"))

    assert "DTSTART:20270104T093000Z" in lines
    assert "BEGIN:VTIMEZONE" not in lines


def test_a_name_with_quotes_stays_one_parameter():
    raw = written(attendee=Recipient(name='Jo "Ace";X=1:mailto:evil@x.example', email="jo@northshire.example"))

    assert event(raw)["attendee"] == "mailto:jo@northshire.example"
    assert len(Calendar.from_ical(raw).walk("VEVENT")) == 1


@pytest.mark.parametrize("email", ["", "nobody", "a@b\r\nX-Y: z", "a b@c.example", "a@b@c", "é@x.example"])
def test_an_address_that_a_calendar_cannot_carry_is_refused(email):
    with pytest.raises(Invalid):
        written(attendee=Recipient(name="Jo", email=email))


@pytest.mark.parametrize("uid", ["", "a\r\nMETHOD:PUBLISH", "a,b", "a;b", "a\\n"])
def test_a_uid_that_a_calendar_cannot_carry_is_refused(uid):
    with pytest.raises(Invalid):
        written(uid=uid)


def test_what_is_not_a_web_address_is_left_out():
    assert not [line for line in content_lines(written(url="javascript:alert(1)")) if line.startswith("URL")]


@settings(max_examples=150)
@given(st.text(), st.text(), st.text(), st.text(max_size=60))
def test_any_text_comes_back_from_another_reader_and_no_line_is_too_long(summary, location, description, name):
    raw = written(
        summary=summary,
        location=location,
        description=description,
        attendee=Recipient(name=name, email="jo@northshire.example"),
    )

    assert all(len(line) <= calendar.MAX_OCTETS for line in raw.split(b"\r\n"))
    assert all(line.decode() is not None for line in raw.split(b"\r\n"))
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    one = event(raw)
    assert len(Calendar.from_ical(raw).walk("VEVENT")) == 1
    for key, said in (("summary", summary), ("location", location), ("description", description)):
        assert str(one.get(key, "")) == calendar.people.clean_lines(said, 4000)


def test_what_is_written_reads_back_for_a_page():
    raw = written(sequence=2)

    reading = calendar.read(raw)

    assert (reading.method, reading.sequence, reading.status) == ("REQUEST", 2, "CONFIRMED")
    assert (reading.start, reading.end, reading.zone) == (START_AT, END_AT, "Europe/London")
    assert reading.location == "Education Centre, room 3; Friary Road"
    assert reading.description == "Please wear flat shoes.\nThere is parking behind the library."
    assert (reading.organizer, reading.attendees) == (ORGANIZER, (ATTENDEE.email,))
    assert reading.stamp == START


@pytest.mark.parametrize("raw", [b"", b"hello", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"])
def test_what_is_no_event_cannot_be_read(raw):
    with pytest.raises(Invalid):
        calendar.read(raw)


def test_an_event_with_little_in_it_reads_as_little():
    inside = ["UID:a", "ATTENDEE:mailto:a@x.example", "ATTENDEE:mailto:b@x.example"]
    raw = calendar.fold(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *inside, "END:VEVENT", "END:VCALENDAR"])

    reading = calendar.read(raw)

    assert (reading.start, reading.zone, reading.organizer) == (None, "", "")
    assert reading.attendees == ("a@x.example", "b@x.example")


def test_a_record_of_the_outbox_is_the_invitation_again():
    assert calendar.from_record(a_record()) == an_invitation()


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (END_AT, "Monday 4 January 2027, 9:30am to 12:30pm"),
        (END_AT + timedelta(days=1), "Monday 4 January 2027, 9:30am to Tuesday 5 January 2027, 12:30pm"),
    ],
)
def test_a_session_is_said_in_plain_words(end, words):
    assert calendar.when(START_AT, end, "Europe/London") == words


def test_nobody_is_invited_to_a_calendar_without_attendees():
    raw = calendar.fold(["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:a", "END:VEVENT", "END:VCALENDAR"])

    assert calendar.read(raw).attendees == ()


def test_a_moment_is_said_in_the_zone_of_the_reader():
    assert calendar.moment(datetime(2027, 7, 1, 23, 5, tzinfo=UTC), "Europe/London") == "Friday 2 July 2027 at 12:05am"
