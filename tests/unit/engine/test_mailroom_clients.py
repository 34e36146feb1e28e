"""What Outlook, Google, Apple, Thunderbird and others write is read as it was meant."""

import pytest

from engine.mailroom import reading, wording
from engine.mailroom.wording import Answer
from tests import mail_clients
from tests.mail_answers import ANSWERS, HTML_ANSWERS
from tests.mail_bounces import EXCHANGE, POSTFIX, QMAIL, QMAIL_HERE
from tests.mail_clients import CLIENTS
from tests.mail_in import plain

ANN = "ann.lee@northshire.example"
CHOICES = ("APPROVE", "REJECT")


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE", "DECLINED"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_reply_to_a_meeting_is_one_answer_of_its_attendee(client, partstat):
    found = reading.read(mail_clients.reply(client, partstat, uid="one-1-1@x.example", to="c@x.example", sequence=2))

    (said,) = found.replies
    assert (said.method, said.uid, said.attendee, said.partstat) == ("REPLY", "one-1-1@x.example", ANN, partstat)
    assert (said.sequence, said.stamp) == (2, "2026-11-22T09:05:00+00:00")
    assert (said.start, said.end) == ("2027-01-04T09:30:00+00:00", "2027-01-04T12:30:00+00:00")
    assert said.comment.strip() == "On nights that week."
    assert (found.from_address, found.automatic, found.doubts) == (ANN, "", ())


@pytest.mark.parametrize("style", ANSWERS)
def test_an_answer_is_found_above_below_and_between_what_is_quoted(style):
    found = reading.read(plain(ANSWERS[style]))

    said = wording.answer(found.text, CHOICES)

    assert said is not None
    assert said.choice == "APPROVE"
    assert "reply with" not in said.comment.lower()


@pytest.mark.parametrize("style", HTML_ANSWERS)
def test_an_answer_is_found_where_there_is_html_only(style):
    head = b"From: wren@northshire.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"

    found = reading.read(head + HTML_ANSWERS[style].encode())

    assert wording.answer(found.text, CHOICES) == Answer(choice="APPROVE", comment="")


@pytest.mark.parametrize("style", ["google, below", "thunderbird, below"])
def test_what_is_only_quoted_answers_nothing(style):
    said = ANSWERS[style].replace("Approve", "").replace("> ", "> Approve ")

    assert wording.answer(reading.read(plain(said)).text, CHOICES) is None


@pytest.mark.parametrize("raw", [QMAIL, QMAIL_HERE, POSTFIX], ids=["qmail", "qmail-here", "postfix"])
def test_a_bounce_for_good_is_known_whoever_wrote_it(raw):
    found = reading.read(raw.replace("\n", "\r\n").encode())

    assert [(one.permanent, one.status) for one in found.bounces] == [(True, "5.1.1")]
    assert found.automatic


@pytest.mark.parametrize(
    ("status", "words", "permanent"),
    [
        ("5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", True),
        ("5.4.1", "Recipient address rejected: Access denied", True),
        ("5.2.1", "RESOLVER.RST.MailboxDisabled", True),
        ("5.2.2", "STOREDRV.Deliver; mailbox full", False),
        ("5.2.3", "RESOLVER.RST.RecipSizeLimit; message too large for this recipient", False),
        ("5.1.8", "Access denied, bad outbound sender", False),
        ("5.3.2", "STOREDRV.Deliver; system not accepting messages", False),
        ("5.6.0", "STOREDRV.Deliver; message content is corrupt", False),
        ("5.7.1", "RESOLVER.RST.NotAuthorized; not authorized", False),
        ("4.4.7", "QUEUE.Expired; message expired", False),
    ],
)
def test_what_exchange_reports_is_for_good_only_where_it_is_the_address(status, words, permanent):
    found = reading.read(EXCHANGE.format(status=status, words=words).replace("\n", "\r\n").encode())

    assert [(one.permanent, one.status, one.recipient) for one in found.bounces] == [(permanent, status, ANN)]
