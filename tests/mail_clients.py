"""Replies to meetings, as Outlook, Google, Apple and Thunderbird write them, after public examples."""

from __future__ import annotations

import quopri
from base64 import encodebytes
from collections.abc import Mapping
from typing import Final

_OUTLOOK: Final = """From: Ann Lee <Ann.Lee@Northshire.example>
To: Learning <{to}>
Subject: {prefix}: Fire Safety
Thread-Topic: Fire Safety
Message-ID: <AM0PR01@eurprd01.prod.outlook.example>
MIME-Version: 1.0
X-MS-Has-Attach:
Content-Language: en-GB
Content-Type: multipart/alternative; boundary="_000_AM0_"

--_000_AM0_
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

On nights that week.

--_000_AM0_
Content-Type: text/calendar; charset="utf-8"; method=REPLY
Content-Transfer-Encoding: base64

{calendar64}
--_000_AM0_--
"""
_OUTLOOK_CALENDAR: Final = """BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:GMT Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT={partstat};CN=Ann Lee:MAILTO:Ann.Lee@Northshire.example
COMMENT;LANGUAGE=en-GB:On nights that week.\\n
UID:{uid}
SUMMARY;LANGUAGE=en-GB:{prefix}: Fire Safety
DTSTART;TZID=GMT Standard Time:20270104T093000
DTEND;TZID=GMT Standard Time:20270104T123000
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20261122T090500Z
TRANSP:OPAQUE
SEQUENCE:{sequence}
X-MICROSOFT-CDO-APPT-SEQUENCE:{sequence}
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
END:VCALENDAR
"""
_GOOGLE: Final = """Reply-To: Ann Lee <ann.lee@northshire.example>
Sender: Google Calendar <calendar-notification@google.example>
Message-ID: <calendar-1@google.example>
Subject: {prefix}: Fire Safety @ Mon 4 Jan 2027 09:30 - 12:30 (GMT) (Learning)
From: Ann Lee <ann.lee@northshire.example>
To: {to}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes

Ann Lee has replied to this invitation.

--a
Content-Type: text/html; charset="UTF-8"

<p>Ann Lee has replied to this invitation.</p>
--a
Content-Type: text/calendar; charset="UTF-8"; method=REPLY
Content-Transfer-Encoding: 7bit

{calendar}
--a--
--m
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{calendar64}
--m--
"""
_GOOGLE_CALENDAR: Final = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20270104T093000Z
DTEND:20270104T123000Z
DTSTAMP:20261122T090500Z
ORGANIZER;CN=Learning:mailto:{to}
UID:{uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};CN=Ann
  Lee;X-NUM-GUESTS=0;X-RESPONSE-COMMENT="On nights that week.":mailto:ann.lee@northshire.example
CREATED:20261122T090000Z
LAST-MODIFIED:20261122T090500Z
SEQUENCE:{sequence}
STATUS:CONFIRMED
SUMMARY:Fire Safety
TRANSP:OPAQUE
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:This is an event reminder
TRIGGER:-P0DT0H30M0S
END:VALARM
END:VEVENT
END:VCALENDAR
"""
_APPLE: Final = """From: Ann Lee <ann.lee@northshire.example>
Content-Type: multipart/alternative; boundary="Apple-Mail-1"
MIME-Version: 1.0 (iPhone Mail)
Subject: {prefix}: Fire Safety
Message-Id: <E1@northshire.example>
To: {to}

--Apple-Mail-1
Content-Type: text/plain; charset=utf-8

Ann Lee has replied to your invitation.

--Apple-Mail-1
Content-Type: text/calendar; charset=utf-8; method=REPLY; name="iCal-1.ics"
Content-Disposition: attachment; filename="iCal-1.ics"
Content-Transfer-Encoding: quoted-printable

{calendar_quoted}
--Apple-Mail-1--
"""
_APPLE_CALENDAR: Final = """BEGIN:VCALENDAR
METHOD:REPLY
VERSION:2.0
PRODID:-//Apple Inc.//iPhone OS 17.5//EN
CALSCALE:GREGORIAN
BEGIN:VEVENT
UID:{uid}
DTSTART;TZID=Europe/London:20270104T093000
DTEND;TZID=Europe/London:20270104T123000
DTSTAMP:20261122T090500Z
ORGANIZER;CN="Learning":mailto:{to}
ATTENDEE;CN="Ann Lee";CUTYPE=INDIVIDUAL;EMAIL="ann.lee@northshire.example";PARTSTAT={partstat}:
 mailto:ann.lee@northshire.example
COMMENT:On nights that week.
SEQUENCE:{sequence}
SUMMARY:Fire Safety
END:VEVENT
END:VCALENDAR
"""
_THUNDERBIRD: Final = """From: Ann Lee <ann.lee@northshire.example>
To: {to}
Subject: Event Invitation Reply ({prefix}): Fire Safety
Message-ID: <a1b2@northshire.example>
User-Agent: Mozilla Thunderbird
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="----t"

------t
Content-Type: multipart/alternative; boundary="----u"

------u
Content-Type: text/plain; charset=UTF-8; format=flowed

Ann Lee <ann.lee@northshire.example> has replied to your event invitation.
------u
Content-Type: text/calendar; method=REPLY; charset=UTF-8
Content-Transfer-Encoding: 8bit

{calendar}
------u--
------t
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"

{calendar}
------t--
"""
_THUNDERBIRD_CALENDAR: Final = """BEGIN:VCALENDAR
PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
CREATED:20261122T090000Z
LAST-MODIFIED:20261122T090500Z
DTSTAMP:20261122T090500Z
UID:{uid}
SUMMARY:Fire Safety
ORGANIZER;CN="Learning":mailto:{to}
ATTENDEE;CN="Ann Lee";PARTSTAT={partstat};CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICI
 PANT;X-MOZ-LASTACK=20261122T090500Z:mailto:ann.lee@northshire.example
COMMENT:On nights that week.
DTSTART;TZID=Europe/London:20270104T093000
DTEND;TZID=Europe/London:20270104T123000
SEQUENCE:{sequence}
END:VEVENT
END:VCALENDAR
"""
CLIENTS: Final[Mapping[str, tuple[str, str]]] = {
    "outlook": (_OUTLOOK, _OUTLOOK_CALENDAR),
    "google": (_GOOGLE, _GOOGLE_CALENDAR),
    "apple": (_APPLE, _APPLE_CALENDAR),
    "thunderbird": (_THUNDERBIRD, _THUNDERBIRD_CALENDAR),
}
_PREFIXES: Final = {"ACCEPTED": "Accepted", "TENTATIVE": "Tentative", "DECLINED": "Declined"}


def reply(client: str, partstat: str, *, uid: str, to: str, sequence: int = 0) -> bytes:
    """Return an answer to a meeting as a program sends it for Ann Lee."""
    mail, calendar = CLIENTS[client]
    said = {"partstat": partstat, "prefix": _PREFIXES[partstat], "uid": uid, "to": to, "sequence": sequence}
    written = calendar.format(**said).replace("\n", "\r\n")
    encoded = {
        "calendar": written,
        "calendar64": encodebytes(written.encode()).decode(),
        "calendar_quoted": quopri.encodestring(written.encode()).decode(),
    }
    return mail.format(**said, **encoded).replace("\r\n", "\n").replace("\n", "\r\n").encode()
