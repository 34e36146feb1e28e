"""The mailroom's door, by real SMTP: what is taken is kept before 250 is said, and what is not is told why."""

from __future__ import annotations

import contextlib
import smtplib

import pytest
from sqlalchemy import select

from engine.errors import SettingError
from engine.mailroom import processing, receiving, store
from engine.mailroom.receiving import Limits
from engine.return_addresses import Use
from engine.roles import directory
from engine.storage import database
from engine.tables import jobs as job_rows
from tests import databases, mail_in, trial
from tests.mail_in import DOMAIN, plain, rows, send
from tests.trial import TRUST

ADDRESS = mail_in.address(Use.REPLY, TRUST, "letter-1")


@pytest.fixture
def engine(database_url, clock):
    engine = trial.engine_on(database_url, clock)
    with database.writing(engine.database) as connection:
        directory.add_organisation(connection, now=clock(), name="Northshire", id=TRUST)
    yield engine
    databases.close(engine.database)


def test_mail_is_kept_as_it_came_and_then_read(engine, free_port):
    raw = plain("Hello.\r\n")

    with mail_in.listening(engine, free_port) as jobs:
        send(free_port, raw, ADDRESS)
        kept = rows(engine)[0]
        jobs.run()

    assert (kept["state"], bytes(kept["raw"]), kept["trust"], kept["name"]) == ("WAITING", raw, TRUST, "letter-1")
    assert (rows(engine)[0]["state"], rows(engine)[0]["said"]) == ("PERSON", "Hello.")


def test_the_same_mail_is_kept_once_and_the_same_message_id_acts_once(engine, free_port):
    with mail_in.listening(engine, free_port) as jobs:
        for text in ("Hello.\r\n", "Hello.\r\n", "Hello again.\r\n"):
            send(free_port, plain(text), ADDRESS)
        jobs.run()

    assert sorted(row["outcome"] == processing.AGAIN for row in rows(engine)) == [False, True]


def test_who_is_killed_between_keeping_and_reading_loses_nothing(engine, free_port):
    with mail_in.listening(engine, free_port):
        send(free_port, plain("Hello.\r\n"), ADDRESS)

    mail_in.jobs_of(engine).run()

    assert rows(engine)[0]["state"] == "PERSON"


@pytest.mark.parametrize(
    ("to", "code"),
    [
        (ADDRESS.replace("letter-1", "letter-2"), 550),
        (f"nobody@{DOMAIN}", 550),
        ("wren@elsewhere.example", 550),
    ],
)
def test_no_mail_is_taken_for_addresses_that_are_not_ours(engine, free_port, to, code):
    with mail_in.listening(engine, free_port), pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(free_port, plain("Hello."), to)

    assert refused.value.recipients[to][0] == code
    assert rows(engine) == []


def test_an_address_without_a_mark_is_taken_and_left_to_a_person(engine, free_port):
    with mail_in.listening(engine, free_port) as jobs:
        send(free_port, plain("Hello."), f"Classes@{DOMAIN}")
        jobs.run()

    assert (rows(engine)[0]["state"], rows(engine)[0]["trust"]) == ("PERSON", TRUST)


def test_too_much_at_once_is_asked_to_come_later_and_what_is_too_large_never_comes(engine, free_port):
    limits = Limits(largest=2000, waiting=1)
    with mail_in.listening(engine, free_port, limits=limits):
        send(free_port, plain("One."), ADDRESS)
        with pytest.raises(smtplib.SMTPDataError) as busy:
            send(free_port, plain("Two.", Message_ID="<2@n.example>"), ADDRESS)
        with pytest.raises(smtplib.SMTPResponseException) as large:
            send(free_port, plain("x" * 80 + "\r\n") + b"y\r\n" * 2000, ADDRESS)

    assert (busy.value.smtp_code, large.value.smtp_code) == (452, 552)
    assert len(rows(engine)) == 1


def test_a_line_without_an_end_is_cut_off(engine, free_port):
    limits = Limits(largest=10_000)
    with mail_in.listening(engine, free_port, limits=limits), smtplib.SMTP("127.0.0.1", free_port) as client:
        client.ehlo()
        client.mail("a@b.example")
        client.rcpt(ADDRESS)
        client.docmd("DATA")
        with contextlib.suppress(OSError):
            for _ in range(1_000):
                client.sock.sendall(b"x" * 10_000)
        with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
            client.docmd(".")
        client.close()

    assert rows(engine) == []


def test_when_the_database_is_away_mail_is_asked_to_come_later(engine, free_port, monkeypatch):
    def broken(*_arguments, **_named):
        raise OSError("no space left")

    with mail_in.listening(engine, free_port):
        monkeypatch.setattr(store, "keep", broken)
        with pytest.raises(smtplib.SMTPDataError) as later:
            send(free_port, plain("One."), ADDRESS)

    assert later.value.smtp_code == 451
    with engine.reading() as connection:
        assert connection.execute(select(job_rows.c.key)).all() == []


def test_lmtp_answers_once_for_each_recipient(engine, free_port):
    other = mail_in.address(Use.REPLY, TRUST, "letter-2")
    with mail_in.listening(engine, free_port, local=True), smtplib.LMTP("127.0.0.1", free_port) as client:
        client.ehlo()
        client.mail("a@b.example")
        client.rcpt(ADDRESS)
        client.rcpt(other)
        answers = [client.data(plain("Hello."))[0], client.getreply()[0]]

    assert answers == [250, 250]
    assert sorted(row["name"] for row in rows(engine)) == ["letter-1", "letter-2"]


def test_more_connections_than_there_is_room_for_are_told_so(engine, free_port):
    limits = Limits(connections=0)
    with mail_in.listening(engine, free_port, limits=limits), pytest.raises(smtplib.SMTPConnectError) as refused:
        smtplib.SMTP("127.0.0.1", free_port)

    assert refused.value.smtp_code == 421


@pytest.mark.parametrize("said", ["nowhere", "host:port", ":25", "", "127.0.0.1:99999"])
def test_a_place_to_listen_at_is_a_host_and_a_port(said):
    with pytest.raises(SettingError, match="PRECEPTOR_MAILROOM"):
        receiving.place(said)


def test_mail_that_waits_is_counted(engine):
    with database.reading(engine.database) as connection:
        assert store.waiting(connection) == 0
