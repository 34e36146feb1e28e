"""A move through a course as a browser asks for it: the calls that were left, then where to. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from scorm.course import Click
from scorm.errors import BatchMalformed
from scorm.runtime import batches
from scorm.runtime.batches import Batch
from scorm.sequencing.requests import Request

LONGEST = 1_000
"""Characters of the name of what was chosen."""

_KEY = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_CLICKS = frozenset({Request.CONTINUE, Request.PREVIOUS, Request.CHOICE, Request.EXIT_ALL, Request.SUSPEND_ALL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a window asks for: `click` is the learner's, None where the SCO has ended by itself.

    `key` is drawn by the browser, 256 bits, and becomes the late key of the window that opens: by it a move that was
    sent twice is known, and told from a move of another window.
    """

    attempt: str
    epoch: int
    key: str
    click: Click | None
    batch: Batch | None


def parse(body: Any) -> Move:
    """Read {attempt, epoch, key, click: {request, target} or null, first, calls}; raises `BatchMalformed`."""
    if not isinstance(body, dict):
        raise BatchMalformed("it is no object")
    attempt, epoch, key = (body.get(name) for name in ("attempt", "epoch", "key"))
    if not isinstance(attempt, str) or type(epoch) is not int or epoch < 1:
        raise BatchMalformed("attempt or epoch is missing")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise BatchMalformed("it has no key")
    batch = batches.parse(body) if body.get("calls") else None
    return Move(attempt=attempt, epoch=epoch, key=key, click=_click(body.get("click")), batch=batch)


def _click(said: Any) -> Click | None:
    if said is None:
        return None
    request, target = (said.get("request"), said.get("target", "")) if isinstance(said, dict) else (None, None)
    if request not in _CLICKS or not isinstance(target, str) or len(target) > LONGEST:
        raise BatchMalformed("it asks for what nobody can choose")
    return Click(Request(request), target)
