"""What is found in mail: calendars, reports, words and dates as real programs write them, and nothing ever raises."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine import return_addresses
from engine.errors import SettingError
from engine.inbound_settings import Inbound
from engine.inbound_settings import read as settings_of
from engine.mailroom import automatic, child, mime, reading, wording
from engine.mailroom.records import Found
from engine.mailroom.wording import Answer
from engine.return_addresses import Signed, Use
from tests.mail_in import plain

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KEY = "a secret of thirty-two characters"


def calendar(*lines, method="REPLY"):
    """Return a mail with a calendar part, as Exchange sends one: alternative, folded, no ORGANIZER."""
    event = "\n".join(lines)
    return f"""From: Ann Lee <Ann@Northshire.example>
Subject: Accepted: Fire Safety
Message-ID: <1@x>
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset="us-ascii"

See you.
--b
Content-Type: text/calendar; charset="utf-8"; method={method}

BEGIN:VCALENDAR
METHOD:{method}
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VEVENT
{event}
END:VEVENT
END:VCALENDAR
--b--
""".replace("\n", "\r\n").encode()


def test_a_reply_is_read_as_outlook_writes_it():
    raw = calendar(
        "ATTENDEE;PARTSTAT=DECLINED;CN=Ann Lee:MAILTO:Ann@Northshire.exa",
        " mple",
        "COMMENT;LANGUAGE=en-GB:On nights\\n",
        "UID:one@x",
        "X-ENTOURAGE_UUID:1",
        "DTSTART;TZID=GMT Standard Time:20270104T093000",
        "DTEND;TZID=Sarajevo, Skopje:20270104T123000",
        "DTSTAMP:20261122T080000Z",
        "SEQUENCE:2",
    )

    found = reading.read(raw)

    (reply,) = found.replies
    assert (reply.uid, reply.attendee, reply.partstat, reply.sequence) == (
        "one@x",
        "ann@northshire.example",
        "DECLINED",
        2,
    )
    assert (reply.comment, reply.stamp, reply.start) == (
        "On nights",
        "2026-11-22T08:00:00+00:00",
        "2027-01-04T09:30:00+00:00",
    )
    assert found.from_address == "ann@northshire.example"


def test_a_reply_without_sequence_stamp_or_uid_says_that_it_does_not_say():
    (reply,) = reading.read(calendar("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@x.example")).replies

    assert (reply.uid, reply.sequence, reply.stamp, reply.start) == ("", None, "", "")


def test_the_same_answer_in_two_parts_is_one_and_several_attendees_are_several():
    raw = calendar("UID:1", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x.example", "ATTENDEE:mailto:b@x.example")
    part = raw.split(b"--b\r\n")[2].removesuffix(b"--b--\r\n")

    found = reading.read(raw.replace(b"--b--", b"--b\r\n" + part + b"--b--"))

    assert [(one.attendee, one.partstat) for one in found.replies] == [
        ("a@x.example", "ACCEPTED"),
        ("b@x.example", "NEEDS-ACTION"),
    ]


def test_winmail_dat_and_a_broken_calendar_are_told():
    tnef = plain("x").replace(b"text/plain; charset=utf-8", b'application/ms-tnef; name="winmail.dat"')
    broken = plain("BEGIN:VNOTHING").replace(b"text/plain", b"text/calendar")

    assert "winmail.dat" in reading.read(tnef).doubts[0]
    assert "cannot be read" in reading.read(broken).doubts[0]


@pytest.mark.parametrize(
    ("raw", "doubt"),
    [
        (b"X-A: b\r\n" * 2000 + b"\r\nhello", "header is too long"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"boundary=b\r\n" * 300, "too many parts"),
        (b"From: a@x.example\r\nFrom: b@x.example\r\n\r\n", "more than one sender"),
    ],
)
def test_what_is_built_to_be_costly_is_read_in_part(raw, doubt):
    assert doubt in reading.read(raw).doubts[0]


def test_parts_in_parts_are_followed_only_so_deep():
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(150))

    assert len(reading.read(raw).parts) <= mime.MOST_PARTS


def test_html_is_read_as_words_and_unknown_charsets_do_not_matter():
    raw = plain("<style>p{}</style><p>Approve</p><blockquote>Asked<br>of you</blockquote>")
    html = raw.replace(b"text/plain; charset=utf-8", b"text/html; charset=x-nonsense")

    assert reading.read(html).text.splitlines()[0] == "Approve"
    assert "> of you" in reading.read(html).text


def test_an_encoded_subject_is_decoded_and_a_broken_one_kept():
    assert reading.read(plain("x", Subject="=?utf-8?q?Si=C3=A2n?=")).subject == "Siân"
    assert reading.read(plain("x", Subject="=?x-none?q?Si=E2n?=")).subject.startswith("Si")


@settings(max_examples=150)
@given(st.binary(max_size=2000))
@example(b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n")
@example(b"Content-Type: text/plain; charset*=utf-8''%ff\r\n\r\n\xff")
def test_no_octets_make_the_reader_raise(raw):
    found = reading.read(raw)

    assert Found.read(found.written()) == found


_LINE = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: text/calendar; charset=utf-16",
        b"Content-Type: message/delivery-status",
        b"Content-Transfer-Encoding: base64",
        b"From: =?utf-8?b?////?= <a@x.example>",
        b"Subject: =?utf-8?q?=FF?=",
        b"--b",
        b"--b--",
        b"",
        b"BEGIN:VCALENDAR",
        b"BEGIN:VEVENT",
        b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x.example",
        b"DTSTART;TZID=\x00:99999999T999999",
        b"DTSTAMP:00000000T000000Z",
        b"SEQUENCE:9999999999999999999999",
        b"END:VEVENT",
        b"END:VCALENDAR",
        b"Final-Recipient: rfc822;",
        b"Action: failed",
        b"Status: 5.1.1",
        b"\xff\xfe",
    ]
)


@settings(max_examples=150)
@given(st.lists(_LINE, max_size=25))
def test_no_order_of_what_mail_is_made_of_makes_it_raise(lines):
    found = reading.read(b"\r\n".join(lines))

    assert Found.read(found.written()) == found


def test_a_child_reads_the_same_and_one_that_takes_too_long_is_given_up():
    raw = plain("Hello.")

    assert child.apart(raw) == reading.read(raw)
    assert child.apart(raw, seconds=0.001) == reading.UNREADABLE


CHOICES = ("ACCEPT", "ACCEPT_WITH_EDITS", "REJECT")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Accept", Answer(choice="ACCEPT", comment="")),
        ("  **ACCEPTED.**\n\nThanks\n", Answer(choice="ACCEPT", comment="")),
        ("approve, thanks", Answer(choice="ACCEPT", comment="")),
        ("accept with edits", Answer(choice="ACCEPT_WITH_EDITS", comment="")),
        ("Reject: out of date", Answer(choice="REJECT", comment="out of date")),
        ("Reject because it is old\nand lost", Answer(choice="REJECT", comment="because it is old\nand lost")),
        ("> Please answer\n> by Friday\nDecline - no", Answer(choice="REJECT", comment="no")),
        ("On Monday, 4 January 2027 at 9:30,\nPreceptor wrote:\n> x\n\nAccept", Answer(choice="ACCEPT", comment="")),
        ("Accept\n-- \nreject everything", Answer(choice="ACCEPT", comment="")),
        ("Accept\nFrom: Preceptor\nReject", Answer(choice="ACCEPT", comment="")),
        ("Accept?", None),
        ("Accept or reject", None),
        ("Accept / reject", None),
        ("Accept, or rather reject", None),
        ("I accept", None),
        ("Accepting this is hard", None),
        ("Do not accept", None),
        ("> Accept", None),
        ("", None),
        ("-- \nAccept", None),
    ],
)
def test_the_first_line_says_one_of_the_choices_or_nothing(text, answer):
    assert wording.answer(text, CHOICES) == answer


@given(st.text(max_size=300))
def test_no_words_make_the_reader_of_answers_raise(text):
    said = wording.answer(text, CHOICES)

    assert said is None or said.choice in CHOICES


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("I am away until 4 December.", "2026-12-05T00:00:00+00:00"),
        ("Out of office until Friday 4th of December 2026", "2026-12-05T00:00:00+00:00"),
        ("Back on January 4th, 2027.", "2027-01-04T00:00:00+00:00"),
        ("returning on 04/01/2027", "2027-01-04T00:00:00+00:00"),
        ("back 2027-07-01", "2027-07-01T00:00:00+01:00"),
        ("on leave from 20 Nov to 4 Dec", "2026-12-05T00:00:00+00:00"),
        ("Until 31 February.", None),
        ("Until 4 January 2031.", None),
        ("until I am back", None),
        ("", None),
    ],
)
def test_when_somebody_is_back_is_read_from_their_words(text, ends):
    found = automatic.until(text, NOW)

    assert (found and found.isoformat()) == ends


@given(st.text(max_size=200))
def test_no_words_make_the_reader_of_dates_raise(text):
    assert automatic.until(f"until {text}", NOW) is None or True


def test_an_address_is_read_back_in_any_case_and_no_other_trust_or_key_knows_it():
    address = return_addresses.signed(KEY, Use.BOUNCES, "northshire", "01jd0000000000000000000001", "x.example")

    assert return_addresses.read(KEY, address.upper(), ["southshire", "northshire"]) == Signed(
        use=Use.BOUNCES, trust="northshire", name="01jd0000000000000000000001"
    )
    assert return_addresses.read(KEY, address, ["southshire"]) is None
    assert return_addresses.read("another", address, ["northshire"]) is None
    assert return_addresses.read(KEY, address.replace("bounces", "reply"), ["northshire"]) is None
    assert len(address.partition("@")[0]) <= 64


def test_only_a_letter_that_asks_has_its_own_reply_to_and_only_a_tagged_meeting_its_own_organizer():
    row = {"trust": "t", "id": "l", "approval": None, "account": None, "invitation": None}
    write = return_addresses.writer(KEY, "x.example")

    plain_letter = write(row)
    asks = write({**row, "approval": "a", "account": "b"})
    old = write({**row, "invitation": {"organizer": "classes@x.example"}})
    new = write({**row, "invitation": {"organizer": return_addresses.tagged("t1", "x.example")}})

    assert (plain_letter.reply_to, plain_letter.organizer, old.organizer) == ("", "", "")
    assert asks.reply_to.startswith("reply+l-")
    assert new.organizer.startswith("classes+t1-")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PRECEPTOR_ANSWERS", "maybe"), ("PRECEPTOR_AUTHSERV_ID", "a b"), ("PRECEPTOR_SUPPRESS_DAYS", "0")],
)
def test_a_setting_of_the_mailroom_that_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(SettingError, match=name):
        settings_of({name: value})


def test_without_settings_letters_bear_no_addresses_of_their_own():
    assert settings_of({}) == Inbound(answers=False, authserv="", suppress_days=30)
