"""Making a package something that learners can enrol on: a course, an offering and a class, in one commit."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import Invalid, NotAllowed
from engine.identifiers import new_id
from engine.transaction import Transaction
from workflows.competence import store as competence_store
from workflows.learning import catalogue, classes, version_store
from workflows.learning.records import Delivery, Offering
from workflows.people import store as people
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is to be made of a package; `months` None takes the competence's own validity."""

    package: str
    title: str
    organisation: str
    competence: str | None = None
    months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The ids of what was made."""

    course: str
    offering: str
    course_class: str


def publish(tx: Transaction, trust: str, wanted: Publication) -> Published:
    """Make course, offering and class of an imported package; the class is planned, and is opened by a person.

    Raises `Missing` for an unknown organisation, `NotAllowed`, or `Invalid` for an unknown competence or a draft.
    """
    way = people.ways_up(tx.connection, trust, [wanted.organisation])[wanted.organisation]
    if not tx.actor.system and not tx.actor.may([LEARNING_ADMINISTRATOR], way):
        raise NotAllowed("You do not look after this organisation's learning.")
    version_store.require_published(tx.connection, trust, wanted.package)
    course, offering = new_id(tx.now), new_id(tx.now)
    catalogue.add_course(
        tx.connection, trust=trust, identifier=course, title=wanted.title, organisation=wanted.organisation
    )
    catalogue.add_offering(tx.connection, _offering(tx, trust, wanted, course, offering))
    said = {"offering": offering, "organisation": wanted.organisation, "title": wanted.title}
    moved = tx.start(classes.KIND, trust, classes.Trigger.CREATE, said)
    return Published(course=course, offering=offering, course_class=moved.subject.id)


def _offering(tx: Transaction, trust: str, wanted: Publication, course: str, identifier: str) -> Offering:
    known = competence_store.by_id(tx.connection, trust, [wanted.competence] if wanted.competence else [])
    if wanted.competence and wanted.competence not in known:
        raise Invalid("There is no such competence in this trust.", field="competence")
    return Offering(
        trust=trust,
        id=identifier,
        course=course,
        course_title=wanted.title,
        title=wanted.title,
        delivery=Delivery.E_LEARNING,
        package=wanted.package,
        competence=known.get(wanted.competence or ""),
        validity_months=wanted.months,
        restrict_days=None,
        max_attempts=None,
        joining_text="",
    )
