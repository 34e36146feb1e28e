"""The fixtures that every other test relies on do what they promise."""

import smtplib
import socket
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy


def test_the_clock_moves_only_when_it_is_told_to(clock):
    before = clock()

    clock.advance(timedelta(hours=2))

    assert before == datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    assert clock() == datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def test_the_sink_keeps_what_it_receives(smtp_sink):
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        client.sendmail("from@trust.example", ["to@trust.example"], "Subject: Hello\n\nText")

    (received,) = smtp_sink.wait_for(1)

    assert received.recipients == ("to@trust.example",)
    assert received.message["Subject"] == "Hello"


def test_the_sink_refuses_when_it_is_told_to(smtp_sink):
    smtp_sink.refusals.append("451 busy")

    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client, pytest.raises(smtplib.SMTPDataError):
        client.sendmail("from@trust.example", ["to@trust.example"], "Subject: Hello\n\nText")

    assert smtp_sink.received == []


@pytest.mark.parametrize("address", ["192.0.2.1", "mail.trust.example"])
def test_a_test_cannot_reach_another_machine(address):
    with pytest.raises(RuntimeError, match="tests stay on the loopback"):
        socket.create_connection((address, 25), timeout=0.1)


def test_a_test_database_is_migrated_and_empty(database_url):
    engine = sqlalchemy.create_engine(database_url)

    with engine.connect() as connection:
        tables = sqlalchemy.inspect(connection).get_table_names()
    engine.dispose()

    assert "alembic_version" in tables
