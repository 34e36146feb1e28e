"""Our calendars as ical.js reads them, which Thunderbird reads calendars with."""

from dataclasses import asdict
from pathlib import Path

import pytest

from tests import calendars

pytestmark = pytest.mark.browser

LIBRARY = Path(__file__).resolve().parent.parent / "vendor" / "ical.js" / "ical.js"
READ = """raw => {
  const whole = new ICAL.Component(ICAL.parse(raw));
  const event = new ICAL.Event(whole.getFirstSubcomponent("vevent"));
  const zones = Object.fromEntries(
    whole.getAllSubcomponents("vtimezone").map(zone => [zone.getFirstPropertyValue("tzid"), new ICAL.Timezone(zone)]));
  const seconds = name => {
    const property = event.component.getFirstProperty(name);
    const time = property.getFirstValue();
    const zone = property.getParameter("tzid");
    if (zone) time.zone = zones[zone];
    return time.toUnixTime();
  };
  return {
    method: whole.getFirstPropertyValue("method"),
    uid: event.uid,
    sequence: event.sequence,
    start: seconds("dtstart"),
    end: seconds("dtend"),
    attendee: event.attendees[0].getFirstValue(),
    summary: event.summary,
    location: event.location ?? "",
  };
}"""


def test_ical_js_reads_what_we_meant(page):
    page.add_script_tag(path=LIBRARY)

    wrong = {
        name: seen
        for name, (raw, meant) in calendars.corpus().items()
        if (seen := page.evaluate(READ, raw.decode())) != asdict(meant)
    }

    assert wrong == {}
