"""Handing messages over: what the server says, what breaks on the way, and TLS that is never given up."""

import ssl

import pytest

from engine import smtp
from engine.errors import Passing, Permanent, SettingError, Uncertain, Unreachable
from engine.smtp import Envelope, SmtpTransport
from tests.smtp_script import DROP, ENVELOPE, HELLO, MESSAGE, PLAIN_HELLO, RECIPIENT, SENDER, scripted, transport


def test_a_message_arrives_as_it_was_built(smtp_sink):
    with SmtpTransport(smtp_sink.url) as there:
        answer = there.send(ENVELOPE, MESSAGE)
        there.send(ENVELOPE, MESSAGE)

    first, _second = smtp_sink.wait_for(2)
    assert answer == "250 kept"
    assert (first.sender, first.recipients, first.raw) == (SENDER, (RECIPIENT,), MESSAGE)


@pytest.mark.parametrize(("answer", "error"), [("550 no such mailbox", Permanent), ("451 busy", Passing)])
def test_a_refusal_says_whether_it_will_pass_and_the_next_message_goes_out(smtp_sink, answer, error):
    smtp_sink.refusals.append(answer)

    with SmtpTransport(smtp_sink.url) as there:
        with pytest.raises(error) as refusal:
            there.send(ENVELOPE, MESSAGE)
        there.send(ENVELOPE, MESSAGE)

    assert f"{refusal.value.code} {refusal.value.answer}" == answer
    assert len(smtp_sink.received) == 1


@pytest.mark.parametrize("hello", [HELLO, PLAIN_HELLO])
def test_commands_are_said_with_and_without_reading_ahead(hello):
    with scripted([*hello, "250 ok", "250 ok", "354 go", "250 taken", "221 bye"]) as script:
        with transport(script) as there:
            answer = there.send(ENVELOPE, MESSAGE)

        assert answer == "250 taken"
        assert script.heard[1:4] == [f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA"]
        assert script.heard[4] == b"Subject: Hello\r\n\r\n..one dot\r\n...two\r\nend\r\n.\r\n"


@pytest.mark.parametrize(
    "answers",
    [
        [*HELLO, "250 ok", "550 no", "354 go", "554 no valid recipients", "250 reset"],
        [*HELLO, "250 ok", "550 no", "503 no recipients", "250 reset"],
        [*PLAIN_HELLO, "250 ok", "550 no", "250 reset"],
    ],
)
def test_a_refused_recipient_is_for_good_and_leaves_the_connection_usable(answers):
    again = ["250 ok", "250 ok", "354 go", "250 taken"]

    with scripted([*answers, *again]) as script, transport(script) as there:
        with pytest.raises(Permanent) as refusal:
            there.send(ENVELOPE, MESSAGE)

        assert refusal.value.code == 550
        assert there.send(ENVELOPE, MESSAGE) == "250 taken"


def test_greylisting_passes():
    with scripted([*HELLO, "250 ok", "450 later", "503 bad sequence", "250 reset"]) as script:
        with transport(script) as there, pytest.raises(Passing) as refusal:
            there.send(ENVELOPE, MESSAGE)

        assert refusal.value.code == 450


def test_a_server_that_closes_is_left_and_met_again():
    closing_down = [*PLAIN_HELLO, "421 closing"]
    fresh = [*PLAIN_HELLO, "250 ok", "250 ok", "354 go", "250 taken"]

    with scripted(closing_down, fresh) as script, transport(script) as there:
        with pytest.raises(Passing):
            there.send(ENVELOPE, MESSAGE)

        assert there.send(ENVELOPE, MESSAGE) == "250 taken"


def test_a_kept_connection_that_went_away_is_opened_again_at_once():
    once = [*PLAIN_HELLO, "250 ok", "250 ok", "354 go", "250 taken", DROP]
    again = [*PLAIN_HELLO, "250 ok", "250 ok", "354 go", "250 taken again"]

    with scripted(once, again) as script, transport(script) as there:
        there.send(ENVELOPE, MESSAGE)

        assert there.send(ENVELOPE, MESSAGE) == "250 taken again"


def test_a_connection_lost_before_the_message_passes():
    with scripted([*PLAIN_HELLO, DROP]) as script, transport(script) as there:
        with pytest.raises(Passing) as lost:
            there.send(ENVELOPE, MESSAGE)

        assert not isinstance(lost.value, Uncertain)


@pytest.mark.parametrize("end", [[DROP], []])
def test_no_answer_after_the_message_is_uncertain(end):
    with scripted([*PLAIN_HELLO, "250 ok", "250 ok", "354 go", *end]) as script, transport(script) as there:
        with pytest.raises(Uncertain) as lost:
            there.send(ENVELOPE, MESSAGE)

        assert SENDER not in str(lost.value)
        assert RECIPIENT not in lost.value.answer


def test_nobody_there_is_unreachable(free_port):
    with pytest.raises(Unreachable) as lost:
        SmtpTransport(f"smtp://127.0.0.1:{free_port}").send(ENVELOPE, MESSAGE)

    assert lost.value.answer == "Connection refused"


@pytest.mark.parametrize("greeting", [["554 go away"], ["220 sink", "502 what?", "502 what?"]])
def test_a_server_that_takes_nobody_is_unreachable(greeting):
    with scripted(greeting) as script, pytest.raises(Unreachable):
        transport(script).send(ENVELOPE, MESSAGE)


@pytest.mark.parametrize("answers", [PLAIN_HELLO, ["220 sink", "250-sink\r\n250 STARTTLS", "454 not now"]])
def test_where_tls_is_required_nothing_goes_out_in_clear(answers):
    with scripted(answers) as script:
        with pytest.raises(Unreachable):
            transport(script, query="?starttls=required").send(ENVELOPE, MESSAGE)

        assert not [line for line in script.heard if line.startswith("MAIL")]


def test_a_certificate_of_nobody_is_refused():
    with scripted(["220 sink", "250-sink\r\n250 STARTTLS", "220 go"]) as script, pytest.raises(Unreachable):
        transport(script, query="?starttls=required", tls=ssl.create_default_context()).send(ENVELOPE, MESSAGE)


def test_a_server_that_does_not_speak_tls_is_unreachable_by_smtps():
    with scripted(["220 sink"]) as script, pytest.raises(Unreachable):
        SmtpTransport(script.url.replace("smtp:", "smtps:"), seconds=0.5).send(ENVELOPE, MESSAGE)


def test_a_password_is_given_where_there_is_one():
    answers = ["220 sink", "250-sink\r\n250 AUTH PLAIN", "235 welcome", "250 ok", "250 ok", "354 go", "250 taken"]

    with scripted(answers) as script:
        url = script.url.replace("//", "//trust:p%40ss@")
        with SmtpTransport(url, seconds=0.5) as there:
            there.send(ENVELOPE, MESSAGE)

        assert script.heard[1].startswith("AUTH PLAIN ")


@pytest.mark.parametrize("address", ["a@b.example\r\nRCPT TO:<c@d.example>", "a b@c.example", "<a@b.example>", "é@x"])
def test_an_address_that_smtp_cannot_carry_is_refused(address):
    with pytest.raises(Permanent):
        SmtpTransport("smtp://127.0.0.1:1").send(Envelope(sender=SENDER, recipient=address), MESSAGE)


def test_a_message_without_a_last_line_end_gets_one(smtp_sink):
    with SmtpTransport(smtp_sink.url) as there:
        there.send(ENVELOPE, b"Subject: Hello\r\n\r\nend")

    assert smtp_sink.received[0].raw == b"Subject: Hello\r\n\r\nend\r\n"


def test_the_address_of_a_server_is_read():
    there = smtp.route("smtps://trust:p%40ss@mail.example")

    assert (there.host, there.port, there.implicit_tls) == ("mail.example", 465, True)
    assert (there.user, there.password) == ("trust", "p@ss")
    assert smtp.route("smtp://mail.example:587?starttls=required").starttls


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example?starttls=maybe",
        "smtp://mail.example?tls=1",
        "smtp://user:password@mail.example",
    ],
)
def test_a_wrong_address_of_a_server_is_refused_with_the_name_of_the_setting(url):
    with pytest.raises(SettingError, match="PRECEPTOR_SMTP_URL"):
        smtp.route(url)
