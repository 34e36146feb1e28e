"""Letters as messages: golden files, and what no context may break (RFC 2045 to 2047, 5322, 6047)."""

import os
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import calendar, text
from engine.errors import Garbled, TemplateError
from engine.mail import Composer
from engine.wording import notices, skeleton
from engine.wording.skeleton import Meant
from engine.wording.templates import Shelf
from tests.clock import START
from tests.letters import MAIL_FROM, ORGANIZER, a_record, a_row

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "mail"
UPDATE = "UPDATE_GOLDEN"
METHODS = {"LRN-01": "REQUEST", "LRN-02": "REQUEST", "LRN-03": "CANCEL", "LRN-04": "CANCEL"}
PLAIN_SAMPLES = {"from-the-waiting-list", "without-a-place"}
SAMPLES = [(name, sample) for name in notices.names() for sample in notices.notice(name).samples]
JOINING = "LRN-01-joining-instructions"
HEADERS = ["From", "Reply-To", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted"]
SHELF = Shelf()
OF_TWO = ", session 1 of 2"
COMPLETED = "LRN-17-course-completed"


def composer():
    return Composer(Shelf(), MAIL_FROM)


def parsed(raw):
    return message_from_bytes(raw, _class=EmailMessage, policy=policy.default)


def meeting(name, sample):
    method = METHODS.get(name[:6])
    sequence = 0 if name == JOINING else 1
    return a_record(sequence, method=method) if method and sample not in PLAIN_SAMPLES else None


@pytest.mark.parametrize(("name", "sample"), SAMPLES)
def test_a_message_is_byte_for_byte_its_golden_file(name, sample):
    golden = GOLDEN / f"{name}.{sample}.eml"

    built = composer().compose(a_row(name, sample, invitation=meeting(name, sample)), START)

    if os.environ.get(UPDATE):
        golden.write_bytes(built.message)
    assert golden.read_bytes() == built.message, f"look at it, then run again with {UPDATE}=1"


def test_every_golden_file_belongs_to_a_notice():
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.{sample}.eml" for name, sample in SAMPLES}


@pytest.mark.parametrize(("name", "sample"), SAMPLES)
def test_a_message_says_the_same_twice_and_why_it_came(name, sample):
    row = a_row(name, sample)

    message = parsed(composer().compose(row, START).message)

    for kind in ("plain", "html"):
        body = message.get_body((kind,)).get_content()
        assert row["reason"] in body
        assert "{" not in body
        assert "None" not in body
        for link in (value for key, value in row["context"].items() if key.endswith("_link")):
            assert link in body


def test_an_invitation_stands_last_in_the_alternative_and_again_as_a_file():
    built = composer().compose(a_row(JOINING, invitation=a_record(2)), START)

    message = parsed(built.message)
    alternative, attached = message.iter_parts()
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    last = list(alternative.iter_parts())[-1]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert last["content-type"].params == {"method": "REQUEST", "charset": "utf-8"}
    assert (attached.get_content_type(), attached.get_filename()) == ("application/ics", "invite.ics")
    assert attached.get_payload(decode=True) == last.get_payload(decode=True) == built.ics.encode()
    assert calendar.read(built.ics.encode()).attendees == ("sian.obrien@northshire.example",)


def test_an_invitation_comes_from_its_organizer_and_people_reply_to_the_office():
    message = parsed(composer().compose(a_row(JOINING, invitation=a_record()), START).message)

    assert message["from"].addresses[0].addr_spec == ORGANIZER
    assert message["reply-to"].addresses[0].addr_spec == "learning@preceptor.example"


def test_a_letter_without_an_invitation_has_none_and_comes_from_the_office():
    built = composer().compose(a_row(COMPLETED), START)

    message = parsed(built.message)
    assert message.get_content_type() == "multipart/alternative"
    assert message["from"].addresses[0].addr_spec == "learning@preceptor.example"
    assert message["reply-to"] is None
    assert message["auto-submitted"] == "auto-generated"
    assert built.ics is None


def test_a_cancellation_of_what_was_never_delivered_goes_without_its_calendar_part():
    row = a_row("LRN-04-class-cancelled", invitation=a_record(1, method="CANCEL"))

    built = composer().compose(row, START, with_invitation=False)

    assert built.ics is None
    assert b"text/calendar" not in built.message


def test_the_engine_fills_in_when_a_session_is():
    row = a_row(JOINING, invitation=a_record())
    context = {name: value for name, value in row["context"].items() if name != "when"}

    body = parsed(composer().compose({**row, "context": context}, START).message).get_body(("plain",)).get_content()

    assert "When: Monday 4 January 2027, 9:30am to 12:30pm" in body


def test_an_empty_optional_token_drops_its_clause():
    row = a_row("LRN-05-placed-on-waitlist")

    context = {**row["context"], "start": "", "restrict_days": None}
    body = parsed(composer().compose({**row, "context": context}, START).message).get_body(("plain",)).get_content()

    assert "starts on" not in body
    assert "days before" not in body


@pytest.mark.parametrize("without", ["course", "class_link"])
def test_a_missing_required_token_stops_the_message(without):
    row = a_row(JOINING)

    with pytest.raises(TemplateError, match=without):
        composer().compose({**row, "context": {**row["context"], without: ""}}, START)


@pytest.mark.parametrize("link", ["javascript:alert(1)", 'https://x.example/"onclick="x', "https://x.example/a b", 7])
def test_a_link_that_is_none_stops_the_message(link):
    row = a_row(JOINING)

    with pytest.raises(TemplateError, match="class_link"):
        composer().compose({**row, "context": {**row["context"], "class_link": link}}, START)


@pytest.mark.parametrize("email", ["a@b.example\r\nBcc: all@x.example", "no address", "a@b@c.example", "é@x.example"])
def test_an_address_that_no_header_can_carry_stops_the_message(email):
    with pytest.raises(Garbled):
        composer().compose(a_row(COMPLETED, email=email), START)


def test_further_headers_may_be_asked_for():
    marked = Composer(Shelf(), MAIL_FROM, headers=lambda row: [("X-Bench-Id", row["subject"])])

    assert parsed(marked.compose(a_row(COMPLETED), START).message)["x-bench-id"] == "enrolment1"


@settings(max_examples=100)
@given(st.text(), st.text(max_size=120), st.text(), st.text())
def test_no_text_breaks_header_part_or_calendar(course, name, custom, reason):
    row = a_row(
        JOINING, invitation=a_record(0, summary=course, description=custom), name=name, reason=f"Because {reason}"
    )
    row = {**row, "context": {**row["context"], "course": f"Course {course}", "custom_text": custom}}

    built = Composer(SHELF, MAIL_FROM).compose(row, START)

    message = parsed(built.message)
    assert built.message.isascii()
    assert max(map(len, built.message.split(b"\r\n"))) <= 998
    assert message.keys() == [*HEADERS, "MIME-Version", "Content-Type"]
    assert [one.addr_spec for one in message["to"].addresses] == ["sian.obrien@northshire.example"]
    # Python's own reader keeps a space between two encoded words of a name (against RFC 2047 6.2).
    assert message["to"].addresses[0].display_name.replace(" ", "") == text.clean(name, 200).replace(" ", "")
    assert message["subject"] == text.clean(f"Your place on {text.clean(f'Course {course}', 400)}{OF_TWO}", 200)
    assert len([part for part in message.walk() if not part.is_multipart()]) == 4


MEANT = Meant(headers=[("From", "a@b.example"), ("Subject", "Hello")], text="Hello\n", html="<p>Hello</p>\n")


@pytest.mark.parametrize(
    "subject",
    [
        "Hello\r\nBcc: all@x.example",
        "Hello\nBcc: all@x.example",
        "Hello\r\n\r\nbody",
        "Hello\r\n folded",
        "\ud800",
    ],
)
def test_a_header_that_would_become_another_is_garbled(subject):
    with pytest.raises(Garbled):
        skeleton.build(replace(MEANT, headers=[("Subject", subject)]))


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?=0D=0ABcc:_all@x.example?=",
        "a" * 500,
        "word " * 60 + "end",
        "é" * 300,
        "ends in a word =?",
        "日本語 and English " * 9 + "end",
    ],
)
def test_a_subject_comes_back_as_it_was_meant(subject):
    meant = replace(MEANT, headers=[("Subject", subject)])

    built = skeleton.build(meant)

    skeleton.reparse(built, meant)
    assert parsed(built)["subject"] == subject


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": [("From", "a@b.example"), ("Subject", "Other")]},
        {"headers": [("From", "a@b.example")]},
        {"text": "Other\n"},
        {"html": "<p>Other</p>"},
        {"method": "REQUEST", "calendar": b"BEGIN:VCALENDAR\r\n", "lines": ["BEGIN:VCALENDAR"]},
    ],
)
def test_a_full_comparison_finds_what_is_not_as_meant(changed):
    with pytest.raises(Garbled):
        skeleton.reparse(skeleton.build(MEANT), replace(MEANT, **changed))


def test_a_calendar_that_is_not_as_meant_is_garbled():
    with pytest.raises(Garbled):
        skeleton.build(replace(MEANT, method="REQUEST", calendar=b"BEGIN:VCALENDAR\r\n", lines=["METHOD:CANCEL"]))


def test_half_a_character_is_garbled():
    with pytest.raises(Garbled):
        skeleton.build(replace(MEANT, text="\ud800"))


def test_a_text_cannot_end_its_part():
    meant = replace(MEANT, text="--=_inner--\n--=_inner\nContent-Type: text/html\n\nevil\n")

    built = skeleton.build(meant)

    skeleton.reparse(built, meant)
    leaves = [part for part in parsed(built).walk() if not part.is_multipart()]
    assert [leaf.get_content().splitlines() for leaf in leaves] == [meant.text.splitlines(), meant.html.splitlines()]
