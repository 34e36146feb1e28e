"""A trust whose people have opened an e-learning of SCORM 2004, for W3."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from engine.letters import Subject
from engine.machine import Actor
from engine.transaction import Engine
from scorm import library, store
from scorm.packaging import package
from scorm.store import Attempt
from workflows.learning import catalogue, classes, enrolment, playing
from workflows.learning.records import Delivery, Offering
from workflows.synthetic import founding

_COURSE: Final = "w3"
_PAGE: Final = "<!doctype html><title>W3</title>"
_MANIFEST: Final = """<?xml version="1.0"?>
<manifest identifier="w3" version="1" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
          xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3">
  <metadata><schema>ADL SCORM</schema><schemaversion>2004 4th Edition</schemaversion></metadata>
  <organizations default="o"><organization identifier="o"><title>W3</title>
    <item identifier="i" identifierref="r"><title>W3</title></item></organization></organizations>
  <resources><resource identifier="r" type="webcontent" adlcp:scormType="sco" href="index.html">
    <file href="index.html"/></resource></resources>
</manifest>
"""


def attempts(engine: Engine, blobs: Path, folder: Path, learners: int) -> list[Attempt]:
    """Found the trust, enrol everybody on the e-learning, and begin an attempt of each."""
    people = founding.found(engine, learners, 1)
    made = _course(engine, people.trust, folder, blobs)
    return [_launched(engine, people.trust, made, people.person(number)) for number in range(learners)]


def _course(engine: Engine, trust: str, folder: Path, blobs: Path) -> Subject:
    zipped = folder / "w3.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("imsmanifest.xml", _MANIFEST)
        archive.writestr("index.html", _PAGE)
    imported = package.read(zipped, blobs)
    with engine.transaction() as tx:
        library.add(tx.connection, trust, imported, tx.now)
        _offer(tx.connection, trust, imported.hash)
        facts = {"offering": _COURSE, "organisation": trust, "title": _COURSE}
        made = tx.start(classes.KIND, trust, classes.Trigger.CREATE, facts).subject
        tx.fire(made, classes.Trigger.OPEN)
    return made


def _launched(engine: Engine, trust: str, course_class: Subject, person: str) -> Attempt:
    facts = {"class": course_class.id, "person": person}
    with engine.transaction() as tx:
        enrolled = tx.start(enrolment.KIND, trust, enrolment.Trigger.ENROL, facts).subject
    with engine.transaction(Actor(id=person, name=person, person=person)) as tx:
        found = store.attempt(tx.connection, trust, playing.launch(tx, trust, enrolled.id))
    if found is None:
        raise AssertionError(person)
    return found


def _offer(connection: Connection, trust: str, package_hash: str) -> None:
    catalogue.add_course(connection, trust=trust, identifier=_COURSE, title=_COURSE, organisation=trust)
    offered = Offering(
        trust=trust,
        id=_COURSE,
        course=_COURSE,
        course_title=_COURSE,
        title=_COURSE,
        delivery=Delivery.E_LEARNING,
        package=package_hash,
        competence=None,
        validity_months=None,
        restrict_days=None,
        max_attempts=None,
        joining_text="",
    )
    catalogue.add_offering(connection, offered)
