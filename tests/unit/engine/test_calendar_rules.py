"""Each line of what calendar programs need, from our bytes and mail, read without our own reader.

The names are those of the rules: the ten that most implementations get wrong, then the checklist by standard.
"""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from icalendar import Calendar

from engine import calendar, posting
from engine.errors import Invalid
from engine.letters import Letter, Method, Recipient, Subject
from engine.mail import Composer
from engine.wording.templates import Shelf
from tests.clock import START
from tests.letters import MAIL_FROM, ORGANIZER, a_record, a_row, an_invitation

ATTENDEE = Recipient(name='Siân "Jo" O\'Brien; Ms, RN', email="sian.obrien@northshire.example")
JOINING, CANCELLED = "LRN-01-joining-instructions", "LRN-04-class-cancelled"
ONLINE = "https://meet.northshire.example/j/9?pwd=a;b,c"


def written(sequence=0, stamp=START, **changes):
    made = an_invitation(**changes)
    return calendar.text(made, sequence=sequence, stamp=stamp, organizer=ORGANIZER, attendee=ATTENDEE)


def lines(raw):
    return raw.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def own(raw):
    """Return the lines without those of the zone, which has properties of the same names."""
    said = lines(raw)
    if "BEGIN:VTIMEZONE" not in said:
        return said
    return said[: said.index("BEGIN:VTIMEZONE")] + said[said.index("END:VTIMEZONE") + 1 :]


def one(raw, name):
    found = [line for line in own(raw) if line.partition(":")[0].partition(";")[0] == name]
    assert len(found) == 1, (name, found)
    return found[0]


def mailed(notice=JOINING, sequence=0, **changes):
    row = a_row(notice, invitation=a_record(sequence, **changes))
    built = Composer(Shelf(), MAIL_FROM).compose(row, START)
    return message_from_bytes(built.message, _class=EmailMessage, policy=policy.default), built


def parts(message):
    alternative = next(message.iter_parts())
    return list(alternative.iter_parts())


def twins(*meetings):
    """Return what is said of one UID by letters that are queued one after the other."""
    said, last = [], None
    subject = Subject(kind="enrolment", trust="northshire", id="enrolment1")
    for meeting in meetings:
        letter = Letter(
            notice=JOINING,
            to=ATTENDEE,
            subject=subject,
            organisation="northshire",
            reason="",
            context={},
            invitation=meeting,
        )
        last = posting._next(letter, meeting, last, None, "x.example")
        said.append(last["said"])
    return said


# ── the ten rules ──


def test_rule_1_the_sequence_rises_on_a_change_and_on_a_cancellation():
    first = an_invitation()
    moved = an_invitation(start=first.start + timedelta(hours=1))
    there = an_invitation(start=moved.start, location="Room 9")

    said = twins(first, moved, there, an_invitation(start=moved.start, location="Room 9", method=Method.CANCEL))

    assert [each["sequence"] for each in said] == [0, 1, 2, 3]


def test_rule_1_what_is_sent_again_unchanged_keeps_its_sequence_and_has_a_later_stamp():
    again = twins(an_invitation(), an_invitation())[1]
    first, second = (written(again["sequence"], START + timedelta(minutes=at)) for at in (0, 5))

    assert again["sequence"] == 0
    assert one(first, "DTSTAMP") < one(second, "DTSTAMP")


@pytest.mark.parametrize(("notice", "method"), [(JOINING, "REQUEST"), (CANCELLED, "CANCEL")])
def test_rule_2_the_mime_method_is_the_method_and_the_calendar_is_last_of_the_alternative(notice, method):
    message, _built = mailed(notice, 1, method=method)

    last = parts(message)[-1]
    assert [part.get_content_type() for part in parts(message)] == ["text/plain", "text/html", "text/calendar"]
    assert last["content-type"].params["method"] == method
    assert f"METHOD:{method}" in lines(last.get_payload(decode=True))


def test_rule_3_uid_and_organizer_stay_and_a_message_has_one_meeting():
    said = twins(an_invitation(), an_invitation(location="Room 9"), an_invitation(method=Method.CANCEL))

    assert len({(each["uid"], each["organizer"]) for each in said}) == 1
    assert lines(written()).count("BEGIN:VEVENT") == 1
    assert not [line for line in own(written()) if line.startswith(("RDATE", "RRULE", "RECURRENCE-ID"))]


def test_rule_4_a_cancellation_names_its_attendee_and_cancels_the_whole_of_its_event():
    raw = written(2, method=Method.CANCEL)

    assert one(raw, "ATTENDEE").endswith(f":mailto:{ATTENDEE.email}")
    assert (one(raw, "STATUS"), one(raw, "SEQUENCE")) == ("STATUS:CANCELLED", "SEQUENCE:2")
    assert one(raw, "UID") == one(written(), "UID")
    assert one(raw, "ORGANIZER") == one(written(), "ORGANIZER")


def test_rule_5_the_attendee_is_where_the_mail_goes_and_the_organizer_is_another():
    message, built = mailed()

    attendee, organizer = one(built.ics.encode(), "ATTENDEE"), one(built.ics.encode(), "ORGANIZER")
    assert attendee.endswith(f":mailto:{message['to'].addresses[0].addr_spec}")
    assert "RSVP=TRUE" in attendee
    assert message["from"].addresses[0].addr_spec == organizer.rpartition("mailto:")[2] != message["to"].addresses[0]


@pytest.mark.parametrize(
    ("day", "utc_hour", "offset"),
    [("2027-03-27", 9, 0), ("2027-03-28", 8, 1), ("2027-10-30", 8, 1), ("2027-10-31", 9, 0)],
)
def test_rule_6_the_zone_in_the_mail_is_right_on_both_sides_of_march_and_october(day, utc_hour, offset):
    start = datetime.fromisoformat(f"{day}T{utc_hour:02}:00:00").replace(tzinfo=UTC)
    raw = written(start=start, end=start + timedelta(hours=3))

    zone = next(iter(Calendar.from_ical(raw).walk("VTIMEZONE"))).to_tz(lookup_tzid=False)
    said = one(raw, "DTSTART")
    local = datetime.strptime(said.rpartition(":")[2], "%Y%m%dT%H%M%S").replace(tzinfo=zone)
    assert (local.hour, local.astimezone(UTC)) == (9, start)
    assert local.utcoffset() == timedelta(hours=offset)
    assert f"TZID:{said.partition(';TZID=')[2].partition(':')[0]}" in lines(raw)


def test_rule_7_lines_end_in_crlf_and_fold_by_octets_and_text_is_escaped():
    raw = written(location="Room 3, Friary; north\\south", description="One\nTwo" + " é" * 200)

    assert raw.replace(b"\r\n", b"").count(b"\n") == raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert all(len(line) <= 75 and line.decode() for line in raw.split(b"\r\n")[:-1])
    assert one(raw, "LOCATION") == r"LOCATION:Room 3\, Friary\; north\\south"
    assert one(raw, "DESCRIPTION").startswith(r"DESCRIPTION:One\nTwo")
    assert ";CN=\"Siân ^'Jo^' O'Brien; Ms, RN\":mailto:" in one(raw, "ATTENDEE")


def test_rule_8_the_stamp_is_of_now_in_utc_and_not_of_the_class():
    assert (
        one(written(stamp=START + timedelta(days=3)), "DTSTAMP")
        == f"DTSTAMP:{START + timedelta(days=3):%Y%m%dT%H%M%SZ}"
    )


def test_rule_9_the_same_uid_asked_again_after_a_cancellation_is_above_it():
    said = twins(an_invitation(), an_invitation(method=Method.CANCEL), an_invitation())

    assert [each["sequence"] for each in said] == [0, 1, 2]


# Rule 10, what comes in, is in test_mailroom_reading.py and tests/contract/test_meeting_replies.py.

# ── the checklist: mail ──


@pytest.mark.parametrize("header", ["From", "To", "Date", "Message-ID", "MIME-Version", "Subject"])
def test_rfc_5322_3_6_a_header_stands_once_and_no_line_is_too_long(header):
    message, built = mailed()

    assert len(message.get_all(header)) == 1
    assert all(len(line) <= 998 and line.isascii() for line in built.message.split(b"\r\n"))


def test_rfc_6047_2_4_the_part_says_its_method_and_its_charset_and_holds_one_object():
    last = parts(mailed()[0])[-1]

    assert last["content-type"].params == {"method": "REQUEST", "charset": "utf-8"}
    assert last["content-transfer-encoding"] in {"base64", "quoted-printable"}
    assert lines(last.get_payload(decode=True)).count("BEGIN:VCALENDAR") == 1


def test_the_second_copy_is_a_file_with_the_same_object():
    message, _built = mailed()

    inside, attached = parts(message)[-1], list(message.iter_parts())[-1]
    assert (attached.get_content_type(), attached.get_filename()) == ("application/ics", "invite.ics")
    assert inside.get_payload(decode=True) == attached.get_payload(decode=True)


# ── the checklist: the object ──


@pytest.mark.parametrize("name", ["VERSION", "PRODID", "METHOD", "UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE"])
@pytest.mark.parametrize("method", list(Method))
def test_rfc_5545_3_6_a_property_stands_once(name, method):
    assert one(written(1, method=method), name)


@pytest.mark.parametrize("method", list(Method))
def test_rfc_5545_3_1_there_is_no_empty_line_and_no_byte_order_mark(method):
    raw = written(1, method=method, description="One\n\nTwo", conference=ONLINE, alarm=5)

    assert raw.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"" not in raw.split(b"\r\n")[:-1]
    assert b"\xef\xbb\xbf" not in raw


def test_rfc_7986_5_3_a_uid_has_at_most_255_octets():
    assert one(written(uid="u" * 255), "UID")
    with pytest.raises(Invalid):
        written(uid="u" * 256)


@pytest.mark.parametrize("method", list(Method))
def test_rfc_5546_3_2_a_time_in_a_zone_has_that_zone_beside_it_also_where_it_is_cancelled(method):
    raw = written(1, method=method)

    assert one(raw, "DTSTART").startswith("DTSTART;TZID=Europe/London:")
    assert lines(raw).count("TZID:Europe/London") == lines(raw).count("BEGIN:VTIMEZONE") == 1


def test_rfc_5545_3_8_2_2_the_end_is_after_the_start_and_there_is_no_duration():
    raw = written()

    assert one(raw, "DTSTART") < one(raw, "DTEND").replace("DTEND", "DTSTART")
    assert not [line for line in lines(raw) if line.startswith("DURATION")]


def test_rfc_5545_3_3_5_no_time_floats():
    for changes in ({}, {"zone": "UTC"}):
        raw = written(**changes)
        for name in ("DTSTART", "DTEND"):
            said = [line for line in lines(raw)[lines(raw).index("BEGIN:VEVENT") :] if line.startswith(name)]
            assert all(line.endswith("Z") or ";TZID=" in line for line in said)


def test_rfc_5546_3_2_2_a_request_is_confirmed_and_asks_for_an_answer():
    raw = written()

    assert one(raw, "STATUS") == "STATUS:CONFIRMED"
    assert not [line for line in lines(raw) if line.startswith("REQUEST-STATUS")]


def test_rfc_5546_3_2_5_a_cancellation_has_no_reminder():
    assert "BEGIN:VALARM" in lines(written(alarm=60))
    assert "BEGIN:VALARM" not in lines(written(1, alarm=60, method=Method.CANCEL))


def test_rfc_5545_3_6_6_a_reminder_shows_what_it_is_about_so_long_before():
    raw = lines(written(alarm=1440))

    at = raw.index("BEGIN:VALARM")
    assert raw[at + 1 : at + 5] == [
        "ACTION:DISPLAY",
        "DESCRIPTION:Moving and Handling Level 2",
        "TRIGGER:-PT1440M",
        "END:VALARM",
    ]


def test_without_a_setting_the_readers_own_calendar_reminds():
    assert "BEGIN:VALARM" not in lines(written())


def test_rfc_7986_5_11_the_online_link_stands_as_conference_and_first_in_the_description():
    raw = written(conference=ONLINE)

    assert one(raw, "CONFERENCE") == f'CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL="Join online":{ONLINE}'
    assert Calendar.from_ical(raw).walk("VEVENT")[0]["description"].startswith(f"Join online: {ONLINE}\n\nPlease wear")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://x.example/a\r\nX-Y:z", "meet.example"])
def test_what_is_no_link_is_no_conference(link):
    raw = written(conference=link)

    assert not [line for line in lines(raw) if line.startswith(("CONFERENCE", "X-Y"))]
    assert "Join online" not in raw.decode()


def test_rfc_6047_2_3_an_address_that_is_none_is_refused():
    with pytest.raises(Invalid):
        calendar.text(
            an_invitation(), sequence=0, stamp=START, organizer=ORGANIZER, attendee=Recipient(name="x", email="x")
        )


def test_nothing_is_ever_published():
    assert {str(method) for method in Method} == {"REQUEST", "CANCEL"}
