"""A batch of calls as a browser sends it: read strictly, for what is in it may come from anybody. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from scorm.errors import BatchMalformed
from scorm.runtime.session import Call

LONGEST = 130_000
"""Characters of one argument or answer: more than any legal value has; the browser cuts what is longer."""

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)
_ERROR = re.compile(r"[0-9]{1,4}", re.ASCII)
_PARTS = 6
_MOST_ARGUMENTS = 2
_made = tuple.__new__  # what `Call` does too, after naming each part


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
    if not _sound(calls, first):
        # Only to say what is wrong are the calls looked at one by one: most batches are as they should be.
        calls = [_call(call, seq) for seq, call in enumerate(calls, first)]
    made = [_made(Call, (seq, at, fn, tuple(args), answer, error)) for seq, at, fn, args, answer, error in calls]
    return Batch(attempt=attempt, epoch=epoch, calls=tuple(made))


def _sound(calls: Sequence[Any], first: int) -> bool:
    """Say of all calls at once whether each is what `_call` reads."""
    if set(map(type, calls)) != {list} or set(map(len, calls)) != {_PARTS}:
        return False
    seqs, moments, names, given, answers, errors = zip(*calls, strict=True)
    if seqs != tuple(range(first, first + len(calls))):
        return False
    if set(map(type, given)) != {list} or max(map(len, given)) > _MOST_ARGUMENTS:
        return False
    try:
        whole = len("".join(chain(answers, *given)))
        "".join(chain(moments, names, errors))
    except TypeError:  # something is no text
        return False
    if whole > LONGEST and max(map(len, chain(answers, *given))) > LONGEST:
        return False
    return all(map(_MOMENT.fullmatch, set(moments))) and all(map(_ERROR.fullmatch, set(errors)))


def _call(parts: Any, seq: int) -> Any:
    """Read one call; raises `BatchMalformed` for the first thing that is wrong with it."""
    if type(parts) is not list or len(parts) != _PARTS or parts[0] != seq:
        raise BatchMalformed(f"call {seq} is not where it belongs")
    _, at, fn, args, answer, error = parts
    if type(args) is not list or len(args) > _MOST_ARGUMENTS:
        raise BatchMalformed(f"call {seq} has no list of arguments")
    if type(at) is not str or type(fn) is not str or type(error) is not str:
        raise BatchMalformed(f"call {seq} has what is no text")
    for said in (answer, *args):
        if type(said) is not str or len(said) > LONGEST:
            raise BatchMalformed(f"call {seq} has what is no text, or too long")
    _require(_MOMENT.fullmatch(at) is not None, f"call {seq} has no proper time")
    _require(_ERROR.fullmatch(error) is not None, f"call {seq} has no proper error")
    return parts


def _counts(value: Any) -> bool:
    return type(value) is int and value > 0


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion reads as one
    if not holds:
        raise BatchMalformed(otherwise)
