"""What a remote system keeps for us of a course of several parts: where each part stands, sealed and short. Pure.

The adapter's own database has all of it; this is how a course goes on where that is lost, or at another adapter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from itsdangerous import BadData, URLSafeSerializer

LONGEST: Final = 4_096
"""Characters that every system keeps of [Core_Lesson] (CMI001 6.4.2)."""

_MARK: Final = "preceptor-1."


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A course as it was put aside: our `attempt`, and the `snapshot` of its course, None where there was no room."""

    attempt: str
    snapshot: Mapping[str, Any] | None


def sealed(held: Held, package: str, secret: str) -> str:
    """Write a course in at most `LONGEST` characters: first goes what the largest parts remember, at last all but us.

    How each part stands comes before what it remembers of its pages.
    """
    for snapshot in _shorter(held.snapshot):
        text = _MARK + _serializer(package, secret).dumps([held.attempt, snapshot])
        if len(text) <= LONGEST:
            return text
    return _MARK + _serializer(package, secret).dumps([held.attempt, None])


def opened(text: str, package: str, secret: str) -> Held | None:
    """Read what `sealed` wrote for this package, None for anything else: learners can reach what is kept there."""
    if not text.startswith(_MARK):
        return None
    try:
        attempt, snapshot = _serializer(package, secret).loads(text.removeprefix(_MARK))
    except BadData:
        return None
    return Held(attempt=attempt, snapshot=snapshot)


def _shorter(snapshot: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Give the snapshot as it is, then with ever more parts forgetting their data, the largest first."""
    if snapshot is None:
        return []
    kept = snapshot["kept"]
    sizes = sorted(kept, key=lambda name: -sum(map(len, kept[name]["data"].values())))
    counts = [0, *(2**power for power in range(len(sizes).bit_length())), len(sizes)]
    return [{**snapshot, "kept": _without(kept, frozenset(sizes[:count]))} for count in counts]


def _without(kept: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: {**one, "data": {}} if name in names else one for name, one in kept.items()}


def _serializer(package: str, secret: str) -> URLSafeSerializer:
    salt = f"preceptor.scorm.relay.{package}"
    # Halves of a pair, which content may say, have no place in UTF-8.
    escaped = {"ensure_ascii": True}
    signed = {"digest_method": hashlib.sha256}
    return URLSafeSerializer(secret, salt=salt, signer_kwargs=signed, serializer_kwargs=escaped)
