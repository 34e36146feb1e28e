"""libical, the C library of Evolution, KDE and Cyrus, as a second opinion on our calendars."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.calendars import Seen
from tests.servers import ensure_libical

_Text: Final = ctypes.c_char_p
_Pointer: Final = ctypes.c_void_p


class _Time(ctypes.Structure):
    """`struct icaltimetype` of libical 3."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "daylight")),
        ("zone", _Pointer),
    )


_SIGNATURES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "icalparser_parse_string": (_Pointer, (_Text,)),
    "icalcomponent_free": (None, (_Pointer,)),
    "icalcomponent_get_inner": (_Pointer, (_Pointer,)),
    "icalcomponent_get_method": (ctypes.c_int, (_Pointer,)),
    "icalproperty_method_to_string": (_Text, (ctypes.c_int,)),
    "icalcomponent_get_uid": (_Text, (_Pointer,)),
    "icalcomponent_get_sequence": (ctypes.c_int, (_Pointer,)),
    "icalcomponent_get_summary": (_Text, (_Pointer,)),
    "icalcomponent_get_location": (_Text, (_Pointer,)),
    "icalcomponent_get_dtstart": (_Time, (_Pointer,)),
    "icalcomponent_get_dtend": (_Time, (_Pointer,)),
    "icaltime_as_timet_with_zone": (ctypes.c_long, (_Time, _Pointer)),
    "icalproperty_string_to_kind": (ctypes.c_int, (_Text,)),
    "icalcomponent_get_first_property": (_Pointer, (_Pointer, ctypes.c_int)),
    "icalproperty_get_attendee": (_Text, (_Pointer,)),
    "icalproperty_get_organizer": (_Text, (_Pointer,)),
    "icalcomponent_get_status": (ctypes.c_int, (_Pointer,)),
    "icalproperty_status_to_string": (_Text, (ctypes.c_int,)),
    "icalcomponent_get_dtstamp": (_Time, (_Pointer,)),
    "icalcomponent_count_errors": (ctypes.c_int, (_Pointer,)),
    "icalrestriction_check": (ctypes.c_int, (_Pointer,)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a calendar program decides on, beside what it shows; the stamp in seconds since 1970."""

    seen: Seen
    status: str
    organizer: str
    stamp: int


class Libical:
    """Reads calendar objects, and says what it finds wrong with them."""

    def __init__(self) -> None:
        """Load the library, which is installed first where it is missing."""
        self._library = ctypes.CDLL(str(ensure_libical()))
        for name, (gives, takes) in _SIGNATURES.items():
            function = getattr(self._library, name)
            function.restype, function.argtypes = gives, takes

    def read(self, raw: bytes) -> tuple[Seen, int, bool]:
        """Return what an object means, how many errors were found in it, and whether iTIP allows it (RFC 5546)."""
        lib = self._library
        with self._parsed(raw) as whole:
            seen = self._seen(whole)
            return seen, lib.icalcomponent_count_errors(whole), bool(lib.icalrestriction_check(whole))

    def told(self, raw: bytes) -> Told:
        """Return what an object tells a calendar program to do."""
        lib = self._library
        with self._parsed(raw) as whole:
            event = lib.icalcomponent_get_inner(whole)
            return Told(
                seen=self._seen(whole),
                status=lib.icalproperty_status_to_string(lib.icalcomponent_get_status(event)).decode(),
                organizer=lib.icalproperty_get_organizer(self._first(event, b"ORGANIZER")).decode(),
                stamp=self._moment(lib.icalcomponent_get_dtstamp(event)),
            )

    @contextmanager
    def _parsed(self, raw: bytes) -> Iterator[int]:
        whole = self._library.icalparser_parse_string(raw)
        try:
            yield whole
        finally:
            self._library.icalcomponent_free(whole)

    def _seen(self, whole: int) -> Seen:
        lib = self._library
        event = lib.icalcomponent_get_inner(whole)
        return Seen(
            method=lib.icalproperty_method_to_string(lib.icalcomponent_get_method(whole)).decode(),
            uid=lib.icalcomponent_get_uid(event).decode(),
            sequence=lib.icalcomponent_get_sequence(event),
            start=self._moment(lib.icalcomponent_get_dtstart(event)),
            end=self._moment(lib.icalcomponent_get_dtend(event)),
            attendee=lib.icalproperty_get_attendee(self._first(event, b"ATTENDEE")).decode(),
            summary=lib.icalcomponent_get_summary(event).decode(),
            location=lib.icalcomponent_get_location(event).decode(),
        )

    def _first(self, event: int, name: bytes) -> int:
        found: int = self._library.icalcomponent_get_first_property(
            event, self._library.icalproperty_string_to_kind(name)
        )
        return found

    def _moment(self, at: _Time) -> int:
        return int(self._library.icaltime_as_timet_with_zone(at, at.zone))
