"""What an answer may bring along, by the kind of what is asked about: checked as declared before it is used. Pure.

    {"transfer": {"lines": mapping(LINE, needed=False)}}

A kind that declares nothing takes a reason, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.web import schemas
from engine.web.schemas import Schema, lines, record

Declared = Mapping[str, Mapping[str, Schema]]
NOTHING: Final[Declared] = MappingProxyType({})
_LONGEST_REASON: Final = 1000


def checked(declared: Declared, kind: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts as they may be used; raises `Invalid` that points at each member which cannot be."""
    takes = record({"reason": lines(_LONGEST_REASON, needed=False), **declared.get(kind, {})})
    found: Mapping[str, Any] = schemas.check(record({"facts": takes}), {"facts": facts})["facts"]
    return found
