"""Reports of letters that came back, by RFC 3464 and plain: what is for good, and what may pass."""

from __future__ import annotations

import pytest

from engine.mailroom import reading
from tests.mail_in import plain

DSN = """From: MAILER-DAEMON@mx.example
Subject: {subject}
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Original-Recipient: rfc822;Ann@X.example
Final-Recipient: rfc822;other@x.example
Action: {action}
Status: {status}
--b--
"""


@pytest.mark.parametrize(
    ("action", "status", "permanent"),
    [
        ("failed", "5.1.1", True),
        ("failed", "5.0.0", True),
        ("failed", "", True),
        ("failed", "4.4.7", False),
        ("failed", "5.2.2", False),
        ("failed", "5.7.1", False),
        ("delayed", "4.4.1", False),
    ],
)
def test_a_report_says_whether_it_is_for_good(action, status, permanent):
    found = reading.read(DSN.format(subject="x", action=action, status=status).encode())

    assert [(one.permanent, one.recipient) for one in found.bounces] == [(permanent, "ann@x.example")]
    assert found.automatic


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_none(action):
    assert reading.read(DSN.format(subject="Undeliverable", action=action, status="2.0.0").encode()).bounces == ()


@pytest.mark.parametrize(
    ("subject", "text", "permanent"),
    [
        ("Undeliverable: Fire Safety", "550 5.1.1 User unknown", True),
        ("failure notice", "The user doesn't exist here.", True),
        ("Returned mail", "550 no", True),
        ("Delivery Status Notification (Delay)", "451 4.7.1 greylisted", False),
        ("Mail delivery failed", "Something happened.", False),
    ],
)
def test_a_plain_report_is_known_by_its_words(subject, text, permanent):
    found = reading.read(plain(text, Subject=subject))

    assert [one.permanent for one in found.bounces] == [permanent]


def test_what_a_person_writes_is_no_report():
    assert reading.read(plain("550 people came", Subject="Thank you")).bounces == ()
