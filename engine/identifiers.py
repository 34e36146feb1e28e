"""Identifiers: 26 characters, in order of time, that nobody else will draw. Pure.

The shape is that of a ULID: 48 bits of milliseconds and 80 random bits in Crockford's base 32, lower case.
"""

from __future__ import annotations

import secrets
from datetime import datetime

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(a + b for a in _DIGITS for b in _DIGITS)
_SHIFTS = range(120, -1, -10)
_RANDOM_BITS = 80


def new_id(now: datetime) -> str:
    """Return a fresh identifier made at `now`."""
    return encode(int(now.timestamp() * 1000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS))


def encode(number: int) -> str:
    """Write a number of at most 130 bits as 26 digits, two at a time (this runs for every row)."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
