"""What a SCO is told and cannot change, frozen when its window opens, so that a replay has it too. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a replay needs to know; the names of SCORM 1.2 stand for those of 2004 too, "" for what is not said.

    `given` is what the LMS says of single elements, by name (`cmi.objectives.0.id`, `cmi.comments_from_lms.0.comment`,
    `adl.data.0.store`); under a pattern (`adl.nav.request_valid.choice.{target=}`) it is for every name of it.
    `access` narrows that of single elements to `r`, `w` or "" (RTE 2004 4.3.1: adl.data by its map).
    """

    model: str
    student_id: str
    student_name: str
    credit: str = "credit"
    lesson_mode: str = "normal"
    entry: str = "ab-initio"
    launch_data: str = ""
    mastery_score: str = ""
    max_time_allowed: str = ""
    time_limit_action: str = ""
    total_time: str = ""
    comments_from_lms: str = ""
    completion_threshold: str = ""
    scaled_passing_score: str = ""
    server_time: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    access: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Give every field by name, as the browser is served it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `as_dict` wrote, also before the last fields were added."""
        return cls(**fields)
