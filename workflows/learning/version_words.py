"""Versions and moves as people say them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scorm.packaging.comparing import Keeps
from workflows.learning.moves import Progress, Scope
from workflows.learning.undoing import Standing
from workflows.learning.version import VersionState
from workflows.learning.words import Said

VERSIONS: Final[Mapping[VersionState, Said]] = {
    VersionState.DRAFT: Said("Draft", "yellow"),
    VersionState.PUBLISHED: Said("Published", "green"),
    VersionState.RETIRED: Said("Earlier version", "blue"),
    VersionState.REMOVED: Said("Removed", "grey"),
}

KEEPS: Final[Mapping[Keeps, Said]] = {
    Keeps.ALL: Said("Can be kept", "green"),
    Keeps.PART: Said("Can be kept in part", "yellow"),
    Keeps.UNKNOWN: Said("Cannot be known", "yellow"),
    Keeps.NONE: Said("Cannot be kept", "red"),
}

STANDINGS: Final[Mapping[Standing, Said]] = {
    Standing.WAITING: Said("When it is opened next", "yellow"),
    Standing.MOVED: Said("Moved", "green"),
    Standing.PLAYED: Said("Moved, and played since", "green"),
    Standing.GONE: Said("Moved", "green"),
    Standing.UNDONE: Said("Undone", "grey"),
    Standing.REFUSED: Said("Not moved", "red"),
}

SCOPES: Final[Mapping[Scope, str]] = {
    Scope.KEEPING: "Those that certainly keep their progress",
    Scope.ALL: "All of them",
    Scope.CHOSEN: "Those that are ticked",
}

PROGRESS: Final[Mapping[Progress, str]] = {
    Progress.KEEP: "Keep it, also where it cannot be known whether the newer version reads it; else start afresh",
    Progress.SURE: "Keep it only where it certainly can be kept; else start afresh",
    Progress.AFRESH: "Start afresh",
}
