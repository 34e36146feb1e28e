"""The messages of the older content-server adapter ("scormd"): reading them, and writing what they are answered. Pure.

A message is pairs with a separator, each UTF-16 unit of it written as three digits of base 36. That has two flaws,
which are put right here as far as they can be: the units of an emoji take four digits, and a value may have the
separator in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import accumulate, pairwise
from typing import Final

from scorm.hacp import aicc_values
from scorm.runtime.session import Session, State

SEPARATOR: Final = "~olmota~"
_PRIVATE: Final = "oracle.apps.ota.private."
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_KEY: Final = re.compile(r"(?:action|autoCommit|key[0-9]|cmi\.[a-z0-9_.]+|oracle\.[A-Za-z0-9_.]+)=", re.ASCII)
_BREAKS: Final = re.compile("\r\n|[\r\n]")
_WRITTEN: Final = re.compile(r"[0-9A-Z]*", re.ASCII)
_HALVES: Final = ("16O0", "188W")  # U+D800 and U+E000: between them are the halves of a pair
_BLANKS: Final = ("009", "00A", "00D")  # tab and line breaks
_HOPELESS: Final = 1 << 30
_TOLD: Final = (
    "cmi.core.student_id",
    "cmi.core.student_name",
    "cmi.core.credit",
    "cmi.core.entry",
    "cmi.core.total_time",
    "cmi.core.lesson_mode",
    "cmi.core.lesson_status",
    "cmi.core.lesson_location",
    "cmi.core.score.raw",
    "cmi.suspend_data",
    "cmi.launch_data",
    "cmi.comments",
)
_LETTERS: Final = frozenset(
    {"cmi.core.credit", "cmi.core.entry", "cmi.core.lesson_mode", "cmi.core.lesson_status", "cmi.core.exit"}
)


class Action(StrEnum):
    """What a message asks for."""

    STATE = "GetAttemptState"
    INITIALIZE = "Initialize"
    GET_PARAM = "GetParam"
    PUT_PARAM = "PutParam"
    AUTO_COMMIT = "SetAutoCommit"
    EXIT_AU = "ExitAU"


class Error(IntEnum):
    """What is wrong with a message; the adapter shows the second to content as lost communication."""

    NONE = 0
    GENERAL = 101
    TIMED_OUT = 102


class Unreadable(ValueError):
    """What was sent is no message of the adapter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the adapter says: `action` is None for one that it does not have, `values` are elements in their order."""

    action: Action | None
    session: str
    values: tuple[tuple[str, str], ...] = ()


def read(encoded: str) -> Message:
    """Read a message; raises `Unreadable`."""
    pairs = list(_pairs(_decoded(encoded.strip())))
    said = dict(pairs)
    action = said.get("action", "")
    return Message(
        action=Action(action) if action in frozenset(Action) else None,
        session=said.get(f"{_PRIVATE}sessionId", ""),
        values=tuple(pair for pair in pairs if pair[0].startswith("cmi.")),
    )


def written(said: Mapping[str, str]) -> str:
    """Write pairs as the adapter does."""
    units = SEPARATOR.join(f"{key}={value}" for key, value in said.items()).encode("utf-16-be", "surrogatepass")
    return "".join(_digits(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))


def answer(error: Error, said: Mapping[str, str]) -> str:
    """Write an answer: a pair a line. A line break in a value becomes a space, for the adapter would cut it there."""
    lines = {"error": str(int(error)), **said}
    return "".join(f"{key}={_BREAKS.sub(' ', value)}\n" for key, value in lines.items())


def told(session: Session) -> dict[str, str]:
    """Return what GetParam is answered: every element that the adapter knows, words as their first letters."""
    return {name: _letter(name, session.value(name)) for name in _TOLD}


def standing(session: Session) -> dict[str, str]:
    """Return what GetAttemptState is answered; each change is to be sent at once, for what waits can be lost."""
    began, ended = session.state is not State.IDLE, session.state is State.FINISHED
    return {"initialized": _word(began), "finished": _word(ended), "autoCommit": "true"}


def legal(name: str, value: str) -> str:
    """Return a value that the adapter puts as the data model has it."""
    if name == "cmi.core.lesson_status":
        return aicc_values.status(value)
    return aicc_values.ending(value) if name == "cmi.core.exit" else value


def _decoded(encoded: str) -> str:
    if not _WRITTEN.fullmatch(encoded):
        raise Unreadable
    plain = len(encoded) % 3 == 0 and encoded[::3].strip("0") == ""
    lengths = [3] * (len(encoded) // 3) if plain else _likeliest(encoded)
    ends = list(accumulate(lengths, initial=0))
    units = (int(encoded[start:end], 36).to_bytes(2, "big") for start, end in pairwise(ends))
    return b"".join(units).decode("utf-16-be", "surrogatepass")


def _likeliest(encoded: str) -> list[int]:
    """Split digits into threes and fours so that the fewest oddities come out: a wrong split makes rubbish at once."""
    size = len(encoded)
    odd = [*[_HOPELESS] * size, 0, *[_HOPELESS] * 3]  # from each place to the end
    lengths = [3] * size
    for at in range(size - 1, -1, -1):
        odd[at] = odd[at + 3] + _oddity(encoded[at : at + 3])
        if encoded[at] == "1" and (four := odd[at + 4] + _oddity_of_four(encoded[at : at + 4])) < odd[at]:
            odd[at], lengths[at] = four, 4
    if odd[0] >= _HOPELESS:
        raise Unreadable
    found, at = [], 0
    while at < size:
        found.append(lengths[at])
        at += lengths[at]
    return found


def _oddity(digits: str) -> int:
    """Say how unlikely a unit of three digits is: text is mostly Latin, and has no control characters."""
    if digits[0] != "0":
        return 2
    return 6 if digits < "00W" and digits not in _BLANKS else 0


def _oddity_of_four(digits: str) -> int:
    """Say how unlikely a unit of four digits is, which is for what does not go into three: emoji above all."""
    if not "1000" <= digits <= "1EKF":
        return _HOPELESS
    return 1 if _HALVES[0] <= digits < _HALVES[1] else 2


def _digits(unit: int) -> str:
    digits = ""
    while unit or len(digits) < 3:  # noqa: PLR2004 - three digits a unit, or four where it needs them
        unit, digit = divmod(unit, 36)
        digits = _DIGITS[digit] + digits
    return digits


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Split a message; a part that begins with no key belongs to the value before it."""
    parts: list[str] = []
    for part in text.split(SEPARATOR):
        if _KEY.match(part) or not parts:
            parts.append(part)
        else:
            parts[-1] += SEPARATOR + part
    for part in parts:
        key, equals, value = part.partition("=")
        if equals:
            yield key, value


def _letter(name: str, value: str) -> str:
    return value[:1].upper() if name in _LETTERS else value


def _word(holds: bool) -> str:  # noqa: FBT001 - it is the value
    return "true" if holds else "false"
