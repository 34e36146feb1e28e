"""Reports of mail that came back, as qmail, Postfix and Exchange write them."""

from __future__ import annotations

from typing import Final

QMAIL: Final = """From: MAILER-DAEMON@mx.example
To: bounces@x.example
Subject: failure notice
Message-ID: <1@mx.example>

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann.lee@northshire.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 <ann.lee@northshire.example>: Recipient address rejected
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

Subject: 250 2.0.0 Fire Safety
"""
QMAIL_HERE: Final = """From: MAILER-DAEMON@mx.example
To: bounces@x.example
Subject: failure notice
Message-ID: <2@mx.example>

Hi. This is the qmail-send program at mx.example.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann.lee@northshire.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.
"""
EXCHANGE: Final = """From: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@northshire.example>
To: <bounces@x.example>
Subject: Undeliverable: Fire Safety
Auto-Submitted: auto-replied
Message-ID: <e1@northshire.example>
MIME-Version: 1.0
X-MS-Exchange-Message-Is-Ndr:
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: multipart/alternative; differences=Content-Type; boundary="q"

--q
Content-Type: text/plain; charset="us-ascii"

Your message to ann.lee@northshire.example couldn't be delivered.

--q
Content-Type: text/html; charset="us-ascii"

<p>Your message couldn't be delivered.</p>
--q--

--r
Content-Type: message/delivery-status

Reporting-MTA: dns;LO2P123.example
Received-From-MTA: dns;relay.example
Arrival-Date: Sun, 22 Nov 2026 09:00:00 +0000

Original-Recipient: rfc822;ann.lee@northshire.example
Final-Recipient: rfc822;ann.lee@northshire.example
Action: failed
Status: {status}
Diagnostic-Code: smtp;550 {status} {words}
X-Display-Name: Ann Lee

--r
Content-Type: message/rfc822

Subject: Fire Safety
Message-ID: <ours@x.example>

Undeliverable 550 5.1.1
--r--
"""
POSTFIX: Final = """From: MAILER-DAEMON@relay.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@x.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Message-Id: <p1@relay.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="p"

--p
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not be delivered.

--p
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
X-Postfix-Queue-ID: 4T

Final-Recipient: rfc822; ann.lee@northshire.example
Original-Recipient: rfc822;ann.lee@northshire.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example
Diagnostic-Code: smtp; 550 5.1.1 <ann.lee@northshire.example>: Recipient address
    rejected: User unknown

--p
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Subject: Fire Safety
--p--
"""
