"""Messages that follow one another: the commands of the next go with the content of the last (RFC 2920 3.1)."""

import pytest

from engine.errors import Passing, Permanent
from engine.smtp import Envelope
from tests.smtp_script import DROP, ENVELOPE, HELLO, MESSAGE, PLAIN_HELLO, SENDER, scripted, transport

NEXT = Envelope(sender=SENDER, recipient="priya.nair@northshire.example")
TAKEN = ["250 ok", "250 ok", "354 go", "250 taken"]


def test_the_commands_of_the_message_that_follows_go_with_the_content():
    with scripted([*HELLO, *TAKEN, *TAKEN, "221 bye"]) as script:
        with transport(script) as there:
            there.send(ENVELOPE, MESSAGE, NEXT)
            there.send(NEXT, MESSAGE)

        assert script.heard[5:8] == [f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{NEXT.recipient}>", "DATA"]
        assert script.heard[9] == "quit"


def test_a_server_that_does_not_read_ahead_hears_of_the_next_message_in_its_turn():
    with scripted([*PLAIN_HELLO, *TAKEN, "221 bye"]) as script:
        with transport(script) as there:
            there.send(ENVELOPE, MESSAGE, NEXT)

        assert script.heard[5] == "quit"


def test_a_message_that_was_announced_and_does_not_come_is_never_taken_for_another():
    with (
        scripted([*HELLO, *TAKEN, "250 ok", "250 ok", "354 go"], [*HELLO, *TAKEN]) as script,
        transport(script) as there,
    ):
        there.send(ENVELOPE, MESSAGE, NEXT)

        assert there.send(ENVELOPE, MESSAGE) == "250 taken"

    assert script.heard[9] == f"MAIL FROM:<{SENDER}>"


def test_a_goodbye_is_never_said_into_a_message():
    with scripted([*HELLO, *TAKEN, "250 ok", "250 ok", "354 go"]) as script:
        with transport(script) as there:
            there.send(ENVELOPE, MESSAGE, NEXT)

        assert b"quit" not in script.heard[-1:]


def test_a_refusal_of_the_next_message_is_kept_for_it():
    refused = ["250 ok", "550 no", "503 no recipients", "250 reset"]

    with scripted([*HELLO, *TAKEN, *refused, *TAKEN]) as script, transport(script) as there:
        assert there.send(ENVELOPE, MESSAGE, NEXT) == "250 taken"
        with pytest.raises(Permanent):
            there.send(NEXT, MESSAGE)

        assert there.send(ENVELOPE, MESSAGE) == "250 taken"


def test_a_refused_message_does_not_take_the_next_with_it():
    with scripted([*HELLO, *TAKEN[:3], "451 busy", *TAKEN]) as script, transport(script) as there:
        with pytest.raises(Passing):
            there.send(ENVELOPE, MESSAGE, NEXT)

        assert there.send(NEXT, MESSAGE) == "250 taken"


def test_a_connection_lost_after_an_answer_leaves_that_message_sent_and_brings_the_next():
    with scripted([*HELLO, *TAKEN, DROP], [*HELLO, *TAKEN]) as script, transport(script) as there:
        assert there.send(ENVELOPE, MESSAGE, NEXT) == "250 taken"

        assert there.send(NEXT, MESSAGE) == "250 taken"


def test_an_address_that_smtp_cannot_carry_is_not_announced():
    with scripted([*HELLO, *TAKEN, "221 bye"]) as script:
        with transport(script) as there:
            there.send(ENVELOPE, MESSAGE, Envelope(sender=SENDER, recipient="a b@c.example"))

        assert script.heard[5] == "quit"
