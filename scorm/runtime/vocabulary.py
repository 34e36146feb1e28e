"""What each version of SCORM calls the elements that decide what an attempt came to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from scorm.runtime import elements


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names of one version; `statuses` are the elements that report, `done` what they say of who is done.

    A full score is what `most` says, else `full`; `score` is the one that is held against `pass_mark`.
    """

    standard: str
    model: str
    statuses: tuple[str, ...]
    done: Mapping[str, str]
    failed: tuple[str, str]
    score: str
    most: str | None
    full: float
    pass_mark: str
    exit: str

    @property
    def telling(self) -> tuple[str, ...]:
        """Return every element that a verdict is made of."""
        return (*self.statuses, self.score, self.exit)

    def function(self, verb: str) -> str:
        """Return what the API calls a verb of the model, such as `finish`."""
        return _functions(self.model)[verb]


@cache
def _functions(model: str) -> Mapping[str, str]:
    functions = list(elements.model(model).functions.items())
    return {one.verb: name for name, one in reversed(functions)}


SCORM_12: Final = Vocabulary(
    standard="SCORM 1.2",
    model="scorm12",
    statuses=("cmi.core.lesson_status",),
    done={"completed": "cmi.core.lesson_status", "passed": "cmi.core.lesson_status"},
    failed=("cmi.core.lesson_status", "failed"),
    score="cmi.core.score.raw",
    most="cmi.core.score.max",
    full=100,
    pass_mark="cmi.student_data.mastery_score",  # noqa: S106 - it is no password
    exit="cmi.core.exit",
)
SCORM_2004: Final = Vocabulary(
    standard="SCORM 2004",
    model="scorm2004",
    statuses=("cmi.completion_status", "cmi.success_status"),
    done={"completed": "cmi.completion_status", "passed": "cmi.success_status"},
    failed=("cmi.success_status", "failed"),
    score="cmi.score.scaled",
    most=None,
    full=1,
    pass_mark="cmi.scaled_passing_score",  # noqa: S106 - it is no password
    exit="cmi.exit",
)
AICC: Final = replace(SCORM_12, standard="AICC", model="aicc")
VOCABULARIES: Final[Mapping[str, Vocabulary]] = {one.model: one for one in (SCORM_12, SCORM_2004, AICC)}
"""By the name of the model."""
