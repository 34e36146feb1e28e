"""`/courses` and `/offerings`: what is taught, how, and what it gives."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import and_, select, update

from engine.errors import Invalid, Missing, NotAllowed
from engine.identifiers import new_id
from engine.roles import directory
from engine.web import paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import identifier, lines, or_null, partial, record, text, whole
from scorm import library
from workflows.competence import store as competence_store
from workflows.learning import catalogue, version_store
from workflows.learning.meeting_schemas import MEETING
from workflows.learning.records import Delivery, Offering
from workflows.learning.tables import courses, offerings
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR, RUNS_CLASSES

_COURSE: Final = record({"id": identifier(), "title": text(), "organisation": identifier()})
_NEW_COURSE: Final = record({"title": text(), "organisation": identifier()})
_TERMS: Final = {
    "title": text(),
    "package": or_null(
        text(64, needed=False, about="The hash of an imported package: e-learning. Without: classroom.")
    ),
    "competence": or_null(identifier(needed=False)),
    "validity_months": or_null(whole(1, 1200, needed=False)),
    "restrict_days": or_null(whole(0, 365, needed=False)),
    "max_attempts": or_null(whole(1, 100, needed=False)),
    "joining_text": lines(4000, needed=False),
    **MEETING,
}
_NEW_OFFERING: Final = record({"course": identifier(), **_TERMS})
_OFFERING: Final = record({"id": identifier(), "course": identifier(), "delivery": text(), **_TERMS})


def _courses(call: Call) -> Answer:
    query = select(courses).where(courses.c.trust == call.trust)
    return listed(paging.page(call.conn, query, [courses.c.id], **call.paging), _course)


def _add_course(call: Call) -> Answer:
    _require_place(call, call.body["organisation"])
    course = new_id(call.now)
    catalogue.add_course(call.conn, trust=call.trust, identifier=course, **call.body)
    return created(f"/courses/{course}", {"id": course, **call.body})


def _change_course(call: Call) -> Answer:
    here = (courses.c.trust == call.trust, courses.c.id == call.at["id"])
    before = call.conn.execute(select(courses.c.organisation).where(*here)).one_or_none()
    if before is None:
        raise Missing("There is no such course in this trust.")
    for place in {before.organisation, call.body.get("organisation", before.organisation)}:
        _require_place(call, place)
    if call.body:
        call.conn.execute(update(courses).where(*here).values(**call.body))
    return Answer(_course(call.conn.execute(select(courses).where(*here)).mappings().one()))


def _offerings(call: Call) -> Answer:
    query = select(offerings).where(offerings.c.trust == call.trust)
    return listed(paging.page(call.conn, query, [offerings.c.id], **call.paging), _offering)


def _add_offering(call: Call) -> Answer:
    said = call.body
    place = select(courses.c.organisation, courses.c.title).where(
        courses.c.trust == call.trust, courses.c.id == said["course"]
    )
    course = call.conn.execute(place).one_or_none()
    if course is None:
        raise Missing("There is no such course in this trust.")
    _require_place(call, course.organisation)
    package, competence = said.get("package"), said.get("competence")
    known = competence_store.by_id(call.conn, call.trust, [competence] if competence else [])
    if competence and competence not in known:
        raise Invalid("There is no such competence in this trust.", field="competence")
    if package and library.package_of(call.conn, call.trust, package) is None:
        raise Invalid("There is no such package in this trust: import it first.", field="package")
    if package:
        version_store.require_published(call.conn, call.trust, package)
    new = Offering(
        trust=call.trust,
        id=new_id(call.now),
        course=said["course"],
        course_title=course.title,
        title=said["title"],
        delivery=Delivery.E_LEARNING if package else Delivery.CLASSROOM,
        package=package,
        competence=known.get(competence or ""),
        validity_months=said.get("validity_months"),
        restrict_days=said.get("restrict_days"),
        max_attempts=said.get("max_attempts"),
        joining_text=said.get("joining_text", ""),
        **{name: said.get(name) for name in MEETING},
    )
    catalogue.add_offering(call.conn, new)
    shown = {name: getattr(new, name) for name in _OFFERING.members if name != "competence"}
    return created(f"/offerings/{new.id}", {**shown, "competence": competence})


def _change_offering(call: Call) -> Answer:
    """Change an offering from now on: what was enrolled, awarded or sent keeps what it had."""
    here = (offerings.c.trust == call.trust, offerings.c.id == call.at["id"])
    known = and_(courses.c.trust == offerings.c.trust, courses.c.id == offerings.c.course)
    place = select(courses.c.organisation).join(offerings, known).where(*here)
    organisation = call.conn.execute(place).scalar_one_or_none()
    if organisation is None:
        raise Missing("There is no such offering in this trust.")
    _require_place(call, organisation)
    competence = call.body.get("competence")
    if competence and competence not in competence_store.by_id(call.conn, call.trust, [competence]):
        raise Invalid("There is no such competence in this trust.", field="competence")
    if call.body:
        call.conn.execute(update(offerings).where(*here).values(**call.body))
    return Answer(_offering(call.conn.execute(select(offerings).where(*here)).mappings().one()))


def _require_place(call: Call, organisation: str) -> None:
    directory.organisation(call.conn, call.trust, organisation)
    if organisation not in call.reach(LEARNING_ADMINISTRATOR):
        raise NotAllowed("You do not look after the learning of this organisation.")


def _course(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _COURSE.members}


def _offering(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _OFFERING.members}


OPERATIONS: Final = (
    Operation(
        "GET", "/courses", _courses, by=RUNS_CLASSES, query=PAGED, gives=list_of(_COURSE), says="What is taught here."
    ),
    Operation(
        "POST",
        "/courses",
        _add_course,
        by=(LEARNING_ADMINISTRATOR,),
        takes=_NEW_COURSE,
        gives=_COURSE,
        status=201,
        says="Add a course.",
    ),
    Operation(
        "PATCH",
        "/courses/<id>",
        _change_course,
        by=(LEARNING_ADMINISTRATOR,),
        takes=partial(_NEW_COURSE),
        gives=_COURSE,
        says="Change the title of a course, or where it belongs.",
    ),
    Operation(
        "GET",
        "/offerings",
        _offerings,
        by=RUNS_CLASSES,
        query=PAGED,
        gives=list_of(_OFFERING),
        says="The ways to take a course.",
    ),
    Operation(
        "POST",
        "/offerings",
        _add_offering,
        by=(LEARNING_ADMINISTRATOR,),
        takes=_NEW_OFFERING,
        gives=_OFFERING,
        status=201,
        says="Offer a course: in a classroom, or with the hash of a package as e-learning.",
    ),
    Operation(
        "PATCH",
        "/offerings/<id>",
        _change_offering,
        by=(LEARNING_ADMINISTRATOR,),
        takes=partial(record({name: schema for name, schema in _TERMS.items() if name != "package"})),
        gives=_OFFERING,
        says="Change an offering from now on; another package is another offering.",
    ),
)
