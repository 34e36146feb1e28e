"""Northshire, a small trust for the demo and for stories: two directorates, a dozen people, four classes, two courses.

Everything that a workflow moves gets to its state by walking there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import accounts
from engine.letters import Subject
from engine.roles import directory
from engine.transaction import Engine, Transaction
from scorm import library
from scorm.packaging import package
from workflows.competence import award
from workflows.competence import store as competence
from workflows.competence.records import Competence, Requirement
from workflows.demo import courses
from workflows.demo.staff import MEDICINE, PASSWORD, STAFF, SURGERY, SYSTEMS_MANAGER, TRUST, Staff
from workflows.learning import catalogue, classes, enrolment
from workflows.learning.records import Delivery, Offering
from workflows.onboarding import applicant, transfer
from workflows.people import responsibilities as held
from workflows.people import store as people
from workflows.people.records import Assignment, AssignmentStatus, Person

_LONDON: Final = ZoneInfo("Europe/London")
_COMPETENCES: Final = (
    ("information-governance", "NHS|CSTF|Information Governance and Data Security - 1 Year|", 12),
    ("moving-and-handling", "NHS|CSTF|Moving and Handling - Level 1 - 3 Years|", 36),
    ("resuscitation", "NHS|CSTF|Resuscitation - Level 2 - Adult Basic Life Support - 1 Year|", 12),
    ("fire-safety", "NHS|CSTF|Fire Safety - 2 Years|", 24),
    ("infection-control", "NHS|CSTF|Infection Prevention and Control - Level 2 - 1 Year|", 12),
    ("safeguarding-adults", "NHS|CSTF|Safeguarding Adults - Level 2 - 3 Years|", 36),
)
_REQUIRED: Final = (
    "information-governance",
    "moving-and-handling",
    "resuscitation",
    "fire-safety",
    "infection-control",
)


def build(engine: Engine, blobs: Path) -> None:
    """Make the trust in an empty database; package files go below `blobs`."""
    with TemporaryDirectory() as folder, engine.transaction() as tx:
        _organisations(tx.connection, tx.now)
        _staff(tx.connection, tx.now)
        _competences(tx.connection)
        _e_learning(tx, Path(folder), blobs)
        _classroom(tx)
        _profiles(tx)
        _applicant(tx)


def sign_ins() -> Iterator[tuple[str, str, str]]:
    """Yield user name, password and what the person is there for."""
    for one in STAFF:
        yield one.username, PASSWORD, one.about


def _organisations(conn: Connection, now: datetime) -> None:
    directory.add_organisation(conn, now=now, id=TRUST, name="Northshire NHS Foundation Trust")
    for identifier, name in ((MEDICINE, "Directorate of Medicine"), (SURGERY, "Directorate of Surgery")):
        directory.add_organisation(conn, now=now, trust=TRUST, parent=TRUST, id=identifier, name=name)
    for organisation, title in (
        (TRUST, "Stat & Mand Competencies Ntf"),
        (SURGERY, "Stat & Mand Competencies Ntf (Surgery)"),
    ):
        role = directory.Role(
            trust=TRUST, role=held.STAT_AND_MAND, organisation=organisation, title=title, enabled=True
        )
        directory.put_role(conn, role)
    asked = directory.Role(trust=TRUST, role=held.CLASS_ADMINISTRATOR, organisation=TRUST, title="Class Administrator")
    directory.put_role(conn, asked)
    title = "Workflow Administrator"
    directory.put_role(conn, directory.Role(trust=TRUST, role=held.WORKFLOWS, organisation=TRUST, title=title))


def _staff(conn: Connection, now: datetime) -> None:
    for one in STAFF:
        _person(conn, one, AssignmentStatus.ACTIVE, now)
        account = accounts.add_account(
            conn, now=now, trust=TRUST, id=one.id, username=one.username, email=one.email, name=one.name, person=one.id
        )
        accounts.set_password(conn, TRUST, account.id, PASSWORD)
        for responsibility in one.grants:
            directory.grant(conn, TRUST, one.id, responsibility, TRUST)
        if one.role_at:
            holder = directory.Holder(
                trust=TRUST, role=held.STAT_AND_MAND, organisation=one.role_at, account=one.id, enabled=True
            )
            directory.put_holder(conn, holder)
        if held.CLASS_ADMINISTRATOR in one.grants:
            asked = directory.Holder(trust=TRUST, role=held.CLASS_ADMINISTRATOR, organisation=TRUST, account=one.id)
            directory.put_holder(conn, asked)
    systems = directory.Holder(trust=TRUST, role=held.WORKFLOWS, organisation=TRUST, account=SYSTEMS_MANAGER)
    directory.put_holder(conn, systems)


def _person(conn: Connection, one: Staff, status: AssignmentStatus, now: datetime) -> None:
    person = Person(trust=TRUST, id=one.id, name=one.name, email=one.email, organisation=one.organisation)
    people.add_person(conn, person)
    post = Assignment(
        trust=TRUST,
        id=one.id,
        person=one.id,
        organisation=one.organisation,
        position=one.position,
        status=status,
        starts_on=(now - timedelta(days=800)).date(),
    )
    people.add_assignment(conn, post)


def _competences(conn: Connection) -> None:
    for identifier, name, months in _COMPETENCES:
        new = Competence(
            trust=TRUST, id=identifier, name=name, framework="NHS|CSTF", validity_months=months, national=True
        )
        competence.add_competence(conn, new)
        if identifier in _REQUIRED:
            competence.add_requirement(conn, Requirement(trust=TRUST, competence=identifier, organisation=TRUST))


def _e_learning(tx: Transaction, folder: Path, blobs: Path) -> None:
    """Import the two courses, and enrol every learner on both."""
    for name in courses.names():
        file = folder / f"{name}.zip"
        file.write_bytes(courses.build(name))
        imported = package.read(file, blobs)
        library.add(tx.connection, TRUST, imported, tx.now)
        _offering(tx.connection, name, imported.title, Delivery.E_LEARNING, package_hash=imported.hash)
        made = _open_class(tx, {"offering": name, "organisation": TRUST, "title": imported.title})
        for learner in STAFF:
            _enrol(tx, made, learner.id)


def _classroom(tx: Transaction) -> None:
    """Open classes: one with places, one full with two waiting, one too near for the waitlist, one that asks first."""
    _offering(tx.connection, "resuscitation", "Resuscitation Level 2: adult basic life support", Delivery.CLASSROOM)
    _offering(tx.connection, "fire-safety", "Fire safety: ward evacuation", Delivery.CLASSROOM)
    _offering(tx.connection, "infection-control", "Infection prevention and control: practical", Delivery.CLASSROOM)
    _offering(tx.connection, "safeguarding-adults", "Safeguarding adults: advanced practice", Delivery.CLASSROOM)
    free = _classroom_class(tx, "resuscitation", days=21, places=12, sessions=2)
    full = _classroom_class(tx, "fire-safety", days=24, places=3)
    near = _classroom_class(tx, "infection-control", days=5, places=2)
    for made, learners in (
        (free, ("lin.chen", "sofia.rossi")),
        (full, ("priya.nair", "lin.chen", "george.baker", "ewan.campbell", "grace.obi")),
        (near, ("marek.nowak", "grace.obi", "sofia.rossi")),
    ):
        for learner in learners:
            _enrol(tx, made, learner)
    asks = _classroom_class(tx, "safeguarding-adults", days=35, places=8, approval=True)
    request = {"class": asks, "person": "ewan.campbell", "reason": "I often see patients on their own."}
    tx.start(enrolment.KIND, TRUST, enrolment.Trigger.REQUEST, request)


def _offering(
    conn: Connection, competence_id: str, title: str, delivery: Delivery, package_hash: str | None = None
) -> None:
    identifier = competence_id
    catalogue.add_course(conn, trust=TRUST, identifier=identifier, title=title, organisation=TRUST)
    awarded = competence.by_id(conn, TRUST, [competence_id])[competence_id]
    offered = Offering(
        trust=TRUST,
        id=identifier,
        course=identifier,
        course_title=title,
        title=title,
        delivery=delivery,
        package=package_hash,
        competence=awarded,
        validity_months=None,
        restrict_days=None,
        max_attempts=None,
        joining_text="" if package_hash else "Please wear clothes that you can move in, and bring your badge.",
    )
    catalogue.add_offering(conn, offered)


def _classroom_class(  # noqa: PLR0913 - what differs between classes
    tx: Transaction, offering: str, *, days: int, places: int, sessions: int = 1, approval: bool = False
) -> str:
    meetings = [_meeting(tx.now, days + week * 7) for week in range(sessions)]
    facts = {
        "offering": offering,
        "organisation": TRUST,
        "maximum": places,
        "minimum": 2,
        "withdraw_days": 1,
        "waitlist": True,
        "waitlist_maximum": 20,
        "approval": approval,
        "venue": "Education Centre, Room 2",
        "sessions": meetings,
    }
    return _open_class(tx, facts)


def _meeting(now: datetime, days: int) -> dict[str, str]:
    """Return a morning, that many days from now, in local time."""
    day = (now + timedelta(days=days)).astimezone(_LONDON).date()
    start = datetime(day.year, day.month, day.day, 9, 30, tzinfo=_LONDON).astimezone(UTC)
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=3)).isoformat()}


def _open_class(tx: Transaction, facts: Mapping[str, Any]) -> str:
    made = tx.start(classes.KIND, TRUST, classes.Trigger.CREATE, facts).subject
    tx.fire(made, classes.Trigger.OPEN)
    return made.id


def _enrol(tx: Transaction, course_class: str, person: str) -> Subject:
    facts = {"class": course_class, "person": person}
    return tx.start(enrolment.KIND, TRUST, enrolment.Trigger.ENROL, facts).subject


def _profiles(tx: Transaction) -> None:
    """Give Priya one competence of each colour (green, amber, red, and blue: held and not required)."""
    today = tx.now.astimezone(_LONDON).date()
    for identifier, ends in (("resuscitation", 300), ("fire-safety", 40), ("infection-control", -10)):
        _award(tx, "priya.nair", identifier, today - timedelta(days=400), today + timedelta(days=ends))
    _award(tx, "priya.nair", "safeguarding-adults", today - timedelta(days=100), today + timedelta(days=900))


def _award(tx: Transaction, person: str, competence_id: str, starts: date, ends: date) -> None:
    facts = {
        "person": person,
        "competence": competence_id,
        "starts_on": starts.isoformat(),
        "ends_on": ends.isoformat(),
        "source": {"kind": "import", "from": "the previous system"},
    }
    tx.start(award.KIND, TRUST, award.Trigger.COPY, facts)


def _applicant(tx: Transaction) -> None:
    """Prefer an applicant for Surgery, whose last trust has sent three competences."""
    jonas = Staff(id="jonas.weber", name="Dr Jonas Weber", position="Core Surgical Trainee", organisation=SURGERY)
    person = Person(trust=TRUST, id=jonas.id, name=jonas.name, email=jonas.email, organisation=SURGERY)
    people.add_person(tx.connection, person)
    today = tx.now.astimezone(_LONDON).date()
    hire = today + timedelta(days=30)
    facts = {"person": jonas.id, "organisation": SURGERY, "position": jonas.position, "hire_on": hire.isoformat()}
    made = tx.start(applicant.KIND, TRUST, applicant.Trigger.PREFER, facts).subject
    names = {identifier: name for identifier, name, _months in _COMPETENCES}
    lines = [
        {
            "name": names[identifier],
            "starts_on": str(today - timedelta(days=200)),
            "ends_on": str(today + timedelta(days=ends)),
        }
        for identifier, ends in (("fire-safety", 530), ("resuscitation", 165), ("safeguarding-adults", 895))
    ]
    sent = {"applicant": made.id, "source_organisation": "Westerly University Hospitals", "lines": lines}
    tx.start(transfer.KIND, TRUST, transfer.Trigger.RECEIVE, sent)
