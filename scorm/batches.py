"""A batch of calls as a browser sends it: read strictly, for what is in it may come from anybody. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scorm.errors import BatchMalformed
from scorm.session import Call

LONGEST = 130_000
"""Characters of one argument or answer: more than any legal value has; the browser cuts what is longer."""

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)
_ERROR = re.compile(r"[0-9]{1,4}", re.ASCII)
_PARTS = 6
_MOST_ARGUMENTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Calls of one epoch of one attempt, without a gap between them."""

    attempt: str
    epoch: int
    calls: tuple[Call, ...]

    @property
    def first(self) -> int:
        """Return the number of the first call."""
        return self.calls[0].seq


def parse(body: Any) -> Batch:
    """Read {attempt, epoch, first, calls: [[seq, at, fn, args, answer, error], ...]}; raises `BatchMalformed`."""
    _require(isinstance(body, dict), "it is no object")
    attempt, epoch, first, calls = (body.get(name) for name in ("attempt", "epoch", "first", "calls"))
    _require(isinstance(attempt, str) and _counts(epoch) and _counts(first), "attempt, epoch or first is missing")
    _require(isinstance(calls, list) and len(calls) > 0, "it has no calls")
    return Batch(
        attempt=attempt, epoch=epoch, calls=tuple(_call(call, first + place) for place, call in enumerate(calls))
    )


def _call(parts: Any, seq: int) -> Call:
    _require(
        isinstance(parts, list) and len(parts) == _PARTS and parts[0] == seq, f"call {seq} is not where it belongs"
    )
    _, at, fn, args, answer, error = parts
    _require(isinstance(args, list) and len(args) <= _MOST_ARGUMENTS, f"call {seq} has no list of arguments")
    _require(_strings([at, fn, answer, error, *args]), f"call {seq} has what is no text, or too long")
    _require(bool(_MOMENT.fullmatch(at) and _ERROR.fullmatch(error)), f"call {seq} has no proper time or error")
    return Call(seq=seq, at=at, fn=fn, args=tuple(args), answer=answer, error=error)


def _counts(value: Any) -> bool:
    return type(value) is int and value > 0


def _strings(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str) and len(value) <= LONGEST for value in values)


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion reads as one
    if not holds:
        raise BatchMalformed(otherwise)
