"""What the records of every workflow are called on the pages that serve all of them: whom and what each is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, Table, cast, select

from engine import incident
from engine.approvals import approval
from engine.incident_tables import incidents
from engine.tables import approvals
from engine.wording import template_version
from engine.wording.template_tables import template_versions
from scorm.tables import packages
from workflows.competence import award
from workflows.competence.tables import awards, competences
from workflows.learning import attempt, classes, enrolment, performance, stuck, version
from workflows.learning import tables as learning
from workflows.learning.version_tables import package_versions
from workflows.onboarding import applicant, transfer
from workflows.onboarding.tables import applicants, transfers
from workflows.people import requests
from workflows.people.tables import persons, record_requests

_COMMA: Final = ", "


def _named(table: Table, words: ColumnElement[str]) -> Select[Any]:
    return select(table.c.trust, table.c.id, words.label("words")).select_from(table)


def _of(table: Table, words: ColumnElement[str]) -> Select[Any]:
    """Name a record by its person, then by what it is about."""
    return _with(_named(table, persons.c.name + _COMMA + words), table, persons, table.c.person)


def _with(query: Select[Any], table: Table, other: Table, key: ColumnElement[Any]) -> Select[Any]:
    return query.join(other, (other.c.trust == table.c.trust) & (other.c.id == key))


_ENROLLED: Final = _of(learning.enrolments, learning.classes.c.title)
_LAUNCHED: Final = _with(
    _of(learning.launches, learning.classes.c.title),
    learning.launches,
    learning.enrolments,
    learning.launches.c.enrolment,
)

_PACKAGE: Final = (packages.c.trust == package_versions.c.trust) & (packages.c.hash == package_versions.c.package)

CALLED: Final[Mapping[str, Select[Any]]] = {
    approval.KIND: _named(approvals, approvals.c.title),
    incident.KIND: _named(incidents, incidents.c.title),
    applicant.KIND: _of(applicants, applicants.c.position),
    transfer.KIND: _with(
        _with(
            _named(transfers, persons.c.name + _COMMA + transfers.c.source_organisation),
            transfers,
            applicants,
            transfers.c.applicant,
        ),
        applicants,
        persons,
        applicants.c.person,
    ),
    award.KIND: _with(_of(awards, competences.c.name), awards, competences, awards.c.competence),
    classes.KIND: _named(learning.classes, learning.classes.c.title),
    enrolment.KIND: _with(_ENROLLED, learning.enrolments, learning.classes, learning.enrolments.c.course_class),
    attempt.KIND: _with(_LAUNCHED, learning.enrolments, learning.classes, learning.enrolments.c.course_class),
    performance.KIND: _with(
        _of(learning.performances, learning.offerings.c.title),
        learning.performances,
        learning.offerings,
        learning.performances.c.offering,
    ),
    stuck.KIND: _of(learning.stuck_attempts, learning.stuck_attempts.c.course),
    version.KIND: _named(
        package_versions, packages.c.title + ", version " + cast(package_versions.c.number, String)
    ).join(packages, _PACKAGE),
    template_version.KIND: _named(
        template_versions, template_versions.c.notice + ", version " + cast(template_versions.c.version, String)
    ),
    requests.KIND: _with(_named(record_requests, persons.c.name), record_requests, persons, record_requests.c.person),
}
"""By kind the statement that names its records: rows of trust, id and `words`."""
