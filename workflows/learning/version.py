"""One version of a package: a draft that nobody plays, the one that new attempts begin on, or an earlier one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.machine import Case, Step, Workflow, guard, reason_given
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR

KIND: Final = "version"


class VersionState(StrEnum):
    """How a version stands; stored in `package_versions.state`."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"
    REMOVED = "REMOVED"


class Trigger(StrEnum):
    """What happens to a version; the journal keeps it."""

    FOUND = "FOUND"
    UPLOAD = "UPLOAD"
    PUBLISH = "PUBLISH"
    ROLL_BACK = "ROLL_BACK"
    RETIRE = "RETIRE"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version: `line` is the package that was the first, `number` counts from 1.

    `organisations` are those above every course that offers the package; `needed` counts the attempts that are on it.
    """

    trust: str
    id: str
    state: VersionState | None
    revision: int
    head: str
    organisation: str
    organisations: tuple[str, ...]
    person: None = None
    line: str
    number: int
    package: str
    needed: int


@guard("Attempts are on this version: they go on with it, or their learners may look at them again.")
def not_needed(case: Case[Version]) -> bool:
    """Hold where no attempt is on it."""
    return case.record.needed == 0


_S, _T = VersionState, Trigger
_BY: Final = (LEARNING_ADMINISTRATOR,)

WORKFLOW: Final = Workflow(
    kind=KIND,
    title="Version of a package",
    states=VersionState,
    triggers=Trigger,
    finals=(_S.PUBLISHED, _S.RETIRED, _S.REMOVED),
    steps=(
        # What was played before there were versions is the first one.
        Step(id="VER-T01", trigger=_T.FOUND, sources=(), target=_S.PUBLISHED),
        Step(id="VER-T02", trigger=_T.UPLOAD, sources=(), target=_S.DRAFT, by=_BY),
        Step(id="VER-T03", trigger=_T.PUBLISH, sources=(_S.DRAFT,), target=_S.PUBLISHED, by=_BY, when=(reason_given,)),
        Step(
            id="VER-T04", trigger=_T.ROLL_BACK, sources=(_S.RETIRED,), target=_S.PUBLISHED, by=_BY, when=(reason_given,)
        ),
        Step(id="VER-T05", trigger=_T.RETIRE, sources=(_S.PUBLISHED,), target=_S.RETIRED),
        Step(
            id="VER-T06",
            trigger=_T.REMOVE,
            sources=(_S.DRAFT, _S.RETIRED),
            target=_S.REMOVED,
            by=_BY,
            when=(reason_given, not_needed),
        ),
        Step(id="VER-T07", trigger=_T.UPLOAD, sources=(_S.REMOVED,), target=_S.DRAFT, by=_BY),
    ),
)
