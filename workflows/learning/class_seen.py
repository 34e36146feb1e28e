"""The class that a page of those who run classes is about."""

from __future__ import annotations

from sqlalchemy import Connection

from engine.errors import Missing
from engine.web.visitors import Visitor
from workflows.learning import pages
from workflows.learning.records import Class
from workflows.people.responsibilities import RUNS_CLASSES


def class_of(connection: Connection, here: Visitor, identifier: str, *, lock: bool = False) -> Class:
    """Return a class that the visitor runs; raises `Missing` for any other."""
    found = pages.course_class(connection, here.trust, identifier, lock=lock)
    if not here.actor.may(RUNS_CLASSES, found.organisations):
        raise Missing("There is no such class, or it belongs to an organisation that you do not look after.")
    return found
