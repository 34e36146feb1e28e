"""What the API takes of online meetings and reminders, for classes and offerings alike. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from engine.web.schemas import Schema, or_null, whole
from workflows.learning.alarms import MOST_MINUTES

LONGEST_LINK: Final = 500
LINK: Final = r"https?://[!-~]+"


def _link(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_LINK or not re.fullmatch(LINK, value):
        raise ValueError(f"Must be an address such as https://meet.example/1, of at most {LONGEST_LINK} characters.")
    return value


_ADDRESS: Final = {
    "type": "string",
    "maxLength": LONGEST_LINK,
    "pattern": f"^{LINK}$",
    "description": "The link by which a session is joined online; it goes to everybody with a place.",
}
MEETING: Final = {
    "conference": or_null(Schema(says=_ADDRESS, read=_link, needed=False)),
    "alarm_minutes": or_null(
        whole(0, MOST_MINUTES, needed=False, about="When calendars remind; 0: as their own settings say.")
    ),
}
