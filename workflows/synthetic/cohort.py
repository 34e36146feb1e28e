"""Who works at a synthetic trust, where, what they hold and until when: the same for the same seed and day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from workflows.people.records import AssignmentStatus

PEOPLE_A_WARD: Final = 60
PEOPLE_A_CLASS: Final = 200
PEOPLE_A_TRANSFER: Final = 400
PLACES: Final = 20
CONFIRMED: Final = 15
_WARDS_A_DIRECTORATE: Final = 40
_HELD: Final = 0.96
_EXPIRED: Final = 0.04
_LONDON: Final = ZoneInfo("Europe/London")
_FIRST: Final = ("Amara", "Ben", "Chloe", "Dev", "Elin", "Farah", "Gwen", "Hamza", "Ines", "Jakub", "Kofi", "Leila")
_LAST: Final = (
    "Abbott",
    "Bello",
    "Chopra",
    "Doyle",
    "Evans",
    "Farrell",
    "Green",
    "Hussain",
    "Ivanova",
    "Jones",
    "Kaur",
)
_POSTS: Final = ("Staff Nurse", "Porter", "Healthcare Assistant", "Registrar", "Radiographer", "Ward Clerk")

COMPETENCES: Final = (
    ("information-governance", "NHS|CSTF|Information Governance and Data Security - 1 Year|", 12, True),
    ("fire-safety", "NHS|CSTF|Fire Safety - 2 Years|", 24, True),
    ("moving-and-handling", "NHS|CSTF|Moving and Handling - Level 1 - 3 Years|", 36, True),
    ("infection-control", "NHS|CSTF|Infection Prevention and Control - Level 1 - 3 Years|", 36, True),
    ("safeguarding-adults", "NHS|CSTF|Safeguarding Adults - Level 1 - 3 Years|", 36, True),
    ("equality", "NHS|CSTF|Equality, Diversity and Human Rights - 3 Years|", 36, True),
    ("resuscitation", "NHS|CSTF|Resuscitation - Level 2 - Adult Basic Life Support - 1 Year|", 12, False),
    ("waste", "NHS|LOCAL|Clinical Waste - 2 Years|", 24, False),
)
"""Id, name, months of validity, and whether the whole trust requires it; else the first half of its directorates."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """A synthetic trust of so many people as of a day."""

    trust: str
    people: int
    seed: int
    today: date

    @property
    def directorates(self) -> tuple[str, ...]:
        """Return the ids of the organisations below the trust."""
        count = max(2, self.people // (PEOPLE_A_WARD * _WARDS_A_DIRECTORATE))
        return tuple(f"{self.trust}-d{number}" for number in range(1, count + 1))

    @property
    def wards(self) -> tuple[str, ...]:
        """Return the ids of the organisations below those."""
        return tuple(f"{self.trust}-w{number}" for number in range(1, max(2, self.people // PEOPLE_A_WARD) + 1))

    def organisations(self) -> Iterator[Row]:
        """Yield the tree, from the top."""
        yield self._organisation(self.trust, None, f"Synthetic NHS Trust {self.seed}")
        for number, one in enumerate(self.directorates, 1):
            yield self._organisation(one, self.trust, f"Directorate {number}")
        for number, one in enumerate(self.wards, 1):
            yield self._organisation(one, self.directorates[number % len(self.directorates)], f"Ward {number}")

    def requirements(self) -> Iterator[Row]:
        """Yield what is required where."""
        half = self.directorates[: max(1, len(self.directorates) // 2)]
        for competence, _name, _months, everywhere in COMPETENCES:
            for place in (self.trust,) if everywhere else half:
                yield {"trust": self.trust, "competence": competence, "organisation": place}

    def persons(self) -> Iterator[Row]:
        """Yield the people, by number."""
        chance, wards = self._chance("people"), self.wards
        for number in range(self.people):
            name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
            key = self.person(number)
            place = wards[number % len(wards)]
            email = f"{key}@{self.trust}.example"
            yield {"trust": self.trust, "id": key, "name": name, "email": email, "organisation": place}

    def assignments(self) -> Iterator[Row]:
        """Yield the post of each."""
        chance, wards = self._chance("posts"), self.wards
        for number in range(self.people):
            since = self.today - timedelta(days=chance.randrange(30, 4000))
            yield {
                "trust": self.trust,
                "id": self.person(number),
                "person": self.person(number),
                "organisation": wards[number % len(wards)],
                "position": chance.choice(_POSTS),
                "status": AssignmentStatus.ACTIVE,
                "starts_on": since,
            }

    def awards(self) -> Iterator[Row]:
        """Yield what each holds, with last days spread over the validity and some past."""
        chance, wards = self._chance("awards"), self.wards
        spans = [(one[0], (self.today + relativedelta(months=one[2]) - self.today).days) for one in COMPETENCES]
        for number in range(self.people):
            for competence, span in spans:
                if chance.random() < _HELD:
                    left = chance.randrange(-90, 0) if chance.random() < _EXPIRED else chance.randrange(span)
                    row = {"organisation": wards[number % len(wards)], "competence": competence}
                    yield row | self._award(self.person(number), competence, self.today + timedelta(days=left), span)

    def meetings(self) -> Iterator[tuple[datetime, datetime]]:
        """Yield the times of the classes: mornings of working days in the three months to come."""
        chance = self._chance("classes")
        for _ in range(max(1, self.people // PEOPLE_A_CLASS)):
            day = self.today + timedelta(days=chance.randrange(8, 90))
            day += timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])
            start = datetime.combine(day, time(9, 30), _LONDON).astimezone(UTC)
            yield start, start + timedelta(hours=3)

    def learners(self, number: int) -> list[str]:
        """Return who has a place on a class."""
        chance = self._chance(f"class {number}")
        return [self.person(one) for one in chance.sample(range(self.people), min(CONFIRMED, self.people))]

    def person(self, number: int) -> str:
        """Return the id of a person."""
        return f"{self.trust}-p{number:06d}"

    def _award(self, person: str, competence: str, ends: date, span: int) -> Row:
        return {
            "trust": self.trust,
            "id": f"{person}-{competence[:12]}",
            "person": person,
            "starts_on": ends - timedelta(days=span),
            "ends_on": ends,
            "source": {"kind": "synthetic"},
        }

    def _organisation(self, identifier: str, parent: str | None, name: str) -> Row:
        return {"trust": self.trust, "id": identifier, "parent": parent, "name": name, "mail_name": None}

    def _chance(self, what: str) -> Random:
        return Random(f"{self.seed}/{what}")  # noqa: S311 - the same rows for the same seed is what is wanted
