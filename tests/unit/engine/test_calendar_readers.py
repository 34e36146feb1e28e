"""Our calendars as libraries read them that are not ours, and as a CalDAV server keeps them.

libical is under Evolution, KDE and Cyrus; vobject is under Radicale, which finds meetings by the zone in the mail.
"""

from datetime import UTC, datetime, timedelta

import pytest
from radicale import Application, config
from werkzeug.test import Client

from engine import calendar
from engine.letters import Method
from tests import calendars
from tests.calendars import ANN
from tests.clock import START
from tests.letters import ORGANIZER, an_invitation
from tests.libical import Libical

CORPUS = calendars.corpus()
QUERY = """<?xml version="1.0"?><C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
<C:time-range start="{start:%Y%m%dT%H%M%SZ}" end="{end:%Y%m%dT%H%M%SZ}"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""


class Shelf:
    """A calendar on Radicale, and what a calendar program does with the mail that it gets (RFC 4791 4.1: no METHOD)."""

    def __init__(self, folder):
        """Make the calendar of Ann."""
        settings = {"storage": {"filesystem_folder": str(folder)}, "auth": {"type": "none"}}
        configuration = config.load()
        configuration.update({**settings, "rights": {"type": "authenticated"}}, "a test", privileged=True)
        self._client = Client(Application(configuration))
        assert self._ask("MKCALENDAR", "/ann/own/").status_code == 201

    def take(self, raw):
        """Put what a mail says into the calendar."""
        kept = b"".join(line for line in raw.splitlines(keepends=True) if not line.startswith(b"METHOD:"))
        answer = self._ask("PUT", "/ann/own/meeting.ics", data=kept, content_type="text/calendar; charset=utf-8")
        assert answer.status_code in {201, 204}, answer.text

    def kept(self):
        """Return what stands in the calendar."""
        return self._ask("GET", "/ann/own/meeting.ics").data

    def meets(self, start, minutes=30):
        """Say whether a meeting is found in a span of time."""
        asked = QUERY.format(start=start, end=start + timedelta(minutes=minutes))
        answer = self._ask("REPORT", "/ann/own/", data=asked, content_type="text/xml", headers={"Depth": "1"})
        assert answer.status_code == 207, answer.text
        return "meeting.ics" in answer.text

    def _ask(self, method, path, **more):
        return self._client.open(path, method=method, auth=("ann", "ann"), **more)


@pytest.fixture(scope="module")
def libical():
    return Libical()


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


def written(sequence=0, **changes):
    made = an_invitation(**changes)
    return calendar.text(made, sequence=sequence, stamp=START, organizer=ORGANIZER, attendee=ANN)


def test_there_are_objects_of_every_kind_of_mail_and_around_every_change_of_the_clocks():
    assert {seen.method for _raw, seen in CORPUS.values()} == {str(method) for method in Method}
    assert len(calendars.of_mail()) >= 10
    assert len(CORPUS) > 80


@pytest.mark.parametrize("name", CORPUS)
def test_libical_reads_what_we_meant_and_finds_no_error_in_it(libical, name):
    raw, meant = CORPUS[name]

    seen, errors, allowed = libical.read(raw)

    assert (seen, errors, allowed) == (meant, 0, True)


def test_libical_sees_what_is_wrong_with_a_request_without_an_organizer(libical):
    raw = b"".join(line for line in written().splitlines(keepends=True) if not line.startswith(b"ORGANIZER"))

    _seen, _errors, allowed = libical.read(raw)

    assert not allowed


@pytest.mark.parametrize("day", ["2027-03-27", "2027-03-28", "2027-10-30", "2027-10-31"])
def test_a_calendar_server_has_the_meeting_at_its_time_by_the_zone_in_the_mail(shelf, day):
    start = datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=UTC)

    shelf.take(written(start=start, end=start + timedelta(hours=3)))

    hour = timedelta(hours=1)
    found = [shelf.meets(at) for at in (start - hour, start, start + 2 * hour, start + 3 * hour)]
    assert found == [False, True, True, False]


def test_a_calendar_server_follows_a_meeting_through_a_change_to_its_cancellation(shelf):
    first, later = START, START + timedelta(days=2)
    span = {"end": first + timedelta(hours=1)}
    shelf.take(written(start=first, **span))
    before = shelf.meets(first), shelf.meets(later)

    shelf.take(written(1, start=later, end=later + timedelta(hours=1)))
    after = shelf.meets(first), shelf.meets(later)
    shelf.take(written(2, start=later, end=later + timedelta(hours=1), method=Method.CANCEL))

    assert (before, after) == ((True, False), (False, True))
    assert b"STATUS:CANCELLED" in shelf.kept()
    assert b"SEQUENCE:2" in shelf.kept()


def test_a_calendar_server_gives_back_the_same_uid_words_and_attendee(shelf, libical):
    raw, meant = CORPUS["Europe/London 2027-07-01T12:00 REQUEST"]

    shelf.take(raw)

    back = shelf.kept().replace(b"VERSION:2.0\r\n", b"VERSION:2.0\r\nMETHOD:REQUEST\r\n", 1)
    assert libical.read(back)[0] == meant
