"""What follows from mail: answers to questions, out-of-office replies and letters that come back, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine import delivery, failures
from engine.inbound_settings import Inbound
from engine.incident_tables import incidents
from engine.letters import Subject
from engine.mail import Composer
from engine.outgoing import suppressions
from engine.return_addresses import Use
from engine.roles import absences
from engine.roles.absence import State as Absence
from engine.roles.directory_tables import accounts
from engine.storage import database
from engine.tables import outbox
from engine.wording.templates import Shelf
from tests import approvals, mail_in
from tests.approvals import ask, read
from tests.contract.fake_transport import FakeTransport
from tests.letters import MAIL_FROM
from tests.mail_in import HOUSE, arrive, plain
from tests.trial import TRUST


@pytest.fixture
def engine(database_url, clock):
    with approvals.engines(database_url, clock) as on:
        yield on()


@pytest.fixture
def asked(engine):
    """Ask for leave; return the question and the letter that asks."""
    question = ask(engine)
    with engine.reading() as connection:
        letter = connection.execute(select(outbox).where(outbox.c.approval == question)).mappings().one()
    return question, letter


def to(letter, use=Use.REPLY):
    return mail_in.address(use, TRUST, letter["id"])


def told(engine):
    with engine.reading() as connection:
        query = select(outbox).where(outbox.c.notice == "SYS-12-answer-by-mail").order_by(outbox.c.id)
        return connection.execute(query).mappings().all()


def by(letter):
    return f"Holder <{letter['email']}>"


def test_the_first_line_of_a_reply_answers_the_question(engine, asked):
    question, letter = asked

    row = arrive(engine, plain("Grant\n\n> Lin asks for leave", From=by(letter)), to(letter))

    assert (row["state"], row["kind"]) == ("DONE", "ANSWER")
    assert (read(engine, question).state, read(engine, question).choice) == ("CLOSED", "GRANT")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"From": "Mallory <mallory@elsewhere.example>"}, "who was not asked"),
        ({"From": "a@northshire.example, b@northshire.example"}, "nobody that can be read"),
        ({"Auto_Submitted": "auto-generated"}, "Automatic mail"),
        ({"Precedence": "bulk"}, "Automatic mail"),
        ({"List_Id": "<staff.northshire.example>"}, "Automatic mail"),
        ({"X_Auto_Response_Suppress": "All"}, "Automatic mail"),
    ],
)
def test_only_the_person_asked_answers_and_no_machine_does(engine, asked, changes, sentence):
    question, letter = asked

    row = arrive(engine, plain("Grant", **{"From": by(letter), **changes}), to(letter))

    assert sentence in row["outcome"]
    assert read(engine, question).state == "OPEN"
    assert told(engine) == []


def test_without_a_sender_in_the_envelope_nothing_is_answered(engine, asked):
    question, letter = asked

    row = arrive(engine, plain("Grant", From=by(letter)), to(letter), sender="")

    assert "its envelope has no sender" in row["outcome"]
    assert read(engine, question).state == "OPEN"


def test_what_is_in_doubt_changes_nothing_and_is_said_three_times_at_most(engine, asked):
    question, letter = asked

    rows = [
        arrive(engine, plain("Perhaps we should talk", From=by(letter), Message_ID=f"<{number}@x>"), to(letter))
        for number in range(4)
    ]

    assert read(engine, question).state == "OPEN"
    assert len(told(engine)) == 3
    assert told(engine)[0]["context"]["first_line"] == "Perhaps we should talk"
    assert [row["state"] for row in rows] == ["DONE", "DONE", "DONE", "PERSON"]


def test_who_comes_second_is_told_who_decided(engine, asked):
    question, letter = asked
    arrive(engine, plain("Grant", From=by(letter)), to(letter))

    row = arrive(engine, plain("Refuse: no cover", From=by(letter), Message_ID="<2@x>"), to(letter))

    assert read(engine, question).choice == "GRANT"
    assert "answered this" in row["outcome"]
    assert told(engine)[0]["approval"] is None


def test_after_fourteen_days_a_reply_is_too_late(engine, asked, clock):
    question, letter = asked
    clock.advance(timedelta(days=14, seconds=1))

    row = arrive(engine, plain("Grant", From=by(letter)), to(letter))

    assert "more than 14 days" in row["outcome"]
    assert read(engine, question).state == "OPEN"


@pytest.mark.parametrize(
    ("result", "state"),
    [
        ("mx.northshire.example; spf=pass; dmarc=pass header.from=northshire.example", "CLOSED"),
        ("mx.northshire.example; dmarc=fail", "OPEN"),
        ("mx.elsewhere.example; dmarc=pass", "OPEN"),
        ("", "OPEN"),
    ],
)
def test_with_a_trusted_relay_the_senders_domain_must_stand_for_it(engine, asked, result, state):
    question, letter = asked
    house = replace(HOUSE, inbound=Inbound(answers=True, authserv="mx.northshire.example"))

    arrive(engine, plain("Grant", From=by(letter), Authentication_Results=result), to(letter), house=house)

    assert read(engine, question).state == state


def test_a_question_that_needs_a_form_is_not_answered_by_mail(engine, asked):
    question, letter = asked
    house = replace(HOUSE, simple=lambda _connection, _approval: frozenset())

    row = arrive(engine, plain("Grant", From=by(letter)), to(letter), house=house)

    assert "needs more than an answer by mail" in row["outcome"]
    assert read(engine, question).state == "OPEN"


def test_the_guards_of_the_page_hold_by_mail_too(engine, asked):
    question, letter = asked
    with database.writing(engine.database) as connection:
        connection.execute(update(accounts).where(accounts.c.id == letter["account"]).values(person="lin"))

    row = arrive(engine, plain("Grant", From=by(letter)), to(letter))

    assert "You cannot answer a question about yourself" in row["outcome"]
    assert read(engine, question).state == "OPEN"


def test_an_out_of_office_reply_suggests_an_absence_and_sets_none(engine, asked):
    _question, letter = asked
    away = plain("I am on leave until 4 December 2026.", From=by(letter), Auto_Submitted="auto-replied", Subject="Away")

    row = arrive(engine, away, to(letter, Use.BOUNCES))
    again = arrive(engine, away.replace(b"<1@", b"<2@"), to(letter, Use.BOUNCES))

    with engine.reading() as connection:
        suggested = absences.of(connection, TRUST, letter["account"])
    assert [(one.state, one.ends_at.isoformat()) for one in suggested] == [
        (Absence.SUGGESTED, "2026-12-05T00:00:00+00:00")
    ]
    assert (row["kind"], "an absence was suggested" in row["outcome"]) == ("ABSENCE", True)
    assert "known, or suggested" in again["outcome"]


def test_somebody_elses_out_of_office_suggests_nothing(engine, asked):
    _question, letter = asked
    away = plain("Until 4 December.", From="x@northshire.example", Auto_Submitted="auto-replied")

    row = arrive(engine, away, to(letter, Use.BOUNCES))

    assert "not the one who was asked" in row["outcome"]


REPORT = """From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <{id}@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; somebody@northshire.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} Recipient rejected
--b--
"""


def report(action="failed", status="5.1.1", id="1"):  # noqa: A002
    return REPORT.format(action=action, status=status, id=id).replace("\n", "\r\n").encode()


def test_a_permanent_failure_holds_what_follows_and_raises_an_item(engine, asked, clock):
    _question, letter = asked

    row = arrive(engine, report(), to(letter, Use.BOUNCES), sender="")

    transport = FakeTransport()
    delivery.deliver_once(engine, transport, Composer(Shelf(), MAIL_FROM))
    with engine.reading() as connection:
        held = connection.execute(select(outbox).where(outbox.c.id == letter["id"])).mappings().one()
        known = suppressions.of(connection, TRUST, letter["email"])
    assert "Nothing is sent to this address until" in row["outcome"]
    assert (held["state"], held["answer"].startswith(suppressions.HELD)) == ("QUEUED", True)
    assert held["due_at"] == known["until"] == clock() + timedelta(days=30)


def test_who_retries_the_item_has_the_address_written_to_again(engine, asked, clock):
    _question, letter = asked
    arrive(engine, report(), to(letter, Use.BOUNCES), sender="")
    delivery.deliver_once(engine, FakeTransport(), Composer(Shelf(), MAIL_FROM))
    with engine.reading() as connection:
        item = connection.execute(select(incidents)).mappings().one()

    with engine.transaction() as tx:
        tx.fire(Subject(kind="incident", trust=TRUST, id=item["id"]), "RETRY", {})

    with engine.reading() as connection:
        waits = connection.execute(select(outbox).where(outbox.c.id == letter["id"])).mappings().one()
        held = suppressions.held(connection, [letter], clock())
    assert (item["source"], held) == ("ADDRESS", {})
    assert (waits["due_at"], waits["answer"]) == (clock(), None)


def test_when_the_time_is_over_the_item_ends_by_itself(engine, asked, clock):
    _question, letter = asked
    arrive(engine, report(), to(letter, Use.BOUNCES), sender="")
    standing = failures.watch(engine)

    clock.advance(timedelta(days=31))

    assert (standing, failures.watch(engine)) == (0, 1)


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("failed", "5.2.2"), ("failed", "4.2.2")])
def test_passing_trouble_is_counted_and_holds_nothing(engine, asked, action, status):
    _question, letter = asked

    for number in range(2):
        arrive(engine, report(action, status, str(number)), to(letter, Use.BOUNCES), sender="")

    with engine.reading() as connection:
        known = suppressions.of(connection, TRUST, letter["email"])
        assert suppressions.held(connection, [letter], engine.clock()) == {}
    assert (known["passing"], known["permanent"], known["until"]) == (2, 0, None)


def test_a_report_that_comes_to_another_address_says_nothing(engine, asked):
    _question, letter = asked

    row = arrive(engine, report(), to(letter, Use.REPLY), sender="")

    with engine.reading() as connection:
        assert suppressions.of(connection, TRUST, letter["email"]) is None
    assert row["kind"] == "AUTOMATIC"
