"""What is checked, and what was found wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.effects import Effect
from engine.exploring import Examples
from engine.machine import Workflow


class Severity(StrEnum):
    """How bad a finding is: an error must not be merged, a warning wants a look, a note only says."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found: in which workflow, where in it, and what, as a sentence."""

    workflow: str
    place: str
    sentence: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All that runs together: the tables, who serves their effects, and examples by kind.

    `roots` is code beside steps and handlers that moves subjects: scheduled work, the run-time.
    """

    workflows: tuple[Workflow, ...]
    handlers: Mapping[type[Effect], Callable[..., object]]
    examples: Mapping[str, Examples] = field(default_factory=dict)
    roots: tuple[Callable[..., Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the checks came to: the findings, the worst first, and how many cases of each workflow were tried."""

    findings: tuple[Finding, ...]
    cases: Mapping[str, int]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what must be repaired."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)
