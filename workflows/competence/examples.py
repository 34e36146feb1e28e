"""Small cases of the awards of competences, on which their workflow is explored before it runs. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from engine.exploring import Examples
from engine.letters import Recipient
from workflows.competence import award
from workflows.competence.records import Award, Competence

_COMPETENCE: Final = Competence(
    trust="trust", id="fire", name="NHS|CSTF|Fire Safety|", framework="NHS|CSTF", validity_months=24, national=True
)
_AWARD: Final = Award(
    trust="trust",
    id="award",
    state=None,
    revision=1,
    head="",
    organisation="ward",
    organisations=("ward", "trust"),
    person="learner",
    holder=Recipient(name="Lin Chen", email="lin.chen@trust.example", person="learner"),
    competence=_COMPETENCE,
    starts_on=date(2027, 1, 4),
    ends_on=date(2029, 1, 3),
    source={"kind": "learning", "course": "Fire Safety"},
    current=True,
    origin="https://learn.trust.example",
)

EXAMPLES: Final = {
    award.KIND: Examples(records=(_AWARD, replace(_AWARD, ends_on=None), replace(_AWARD, current=False)))
}
