"""Identifiers: 26 characters, in order of time, that nobody else will draw. Pure.

The shape is that of a ULID: 48 bits of milliseconds and 80 random bits in Crockford's base 32, lower case.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import lru_cache

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(a + b for a in _DIGITS for b in _DIGITS)
_SHIFTS = range(120, -1, -10)
_SOURCE = secrets.SystemRandom()
_RANDOM_DIGITS = 16
_A_DIGIT_FOR_A_BYTE = bytes(ord(_DIGITS[byte % 32]) for byte in range(256))


def new_id(now: datetime) -> str:
    """Return a fresh identifier made at `now`."""
    return _moment(now) + _SOURCE.randbytes(_RANDOM_DIGITS).translate(_A_DIGIT_FOR_A_BYTE).decode("ascii")


@lru_cache(maxsize=64)
def _moment(now: datetime) -> str:
    """Write the milliseconds of a moment as 10 digits, once for all that one commit makes."""
    milliseconds = int(now.timestamp() * 1000)
    return "".join([_PAIRS[milliseconds >> shift & 1023] for shift in _SHIFTS[8:]])


def encode(number: int) -> str:
    """Write a number of at most 130 bits as 26 digits, two at a time."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
