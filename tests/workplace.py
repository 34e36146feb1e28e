"""The pages and the API of the workflows over Northshire: an app, people who are signed in, a package to play."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from engine import bearers, settings
from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory_tables import accounts as accounts_table
from engine.roles.directory_tables import grants
from engine.settings import Settings
from engine.storage import database
from engine.transaction import Engine
from engine.web import acting, api, journal, resources, template_pages, template_versions, why, worklist
from engine.web.frame import frame
from scorm import library
from scorm.packaging import package
from tests import northshire
from tests.clock import FrozenClock
from tests.desk import Browser
from tests.northshire import HELEN, SURGERY, TRUST, learner
from workflows import api as workflows_api
from workflows import web
from workflows.demo import courses
from workflows.learning import publishing
from workflows.learning.publishing import Publication

__all__ = ["CARA", "ELSEWHERE", "SAM", "Workplace", "workplace_on"]

SAM = Actor(id="acc-sam", name="Sam Orr", person=None, grants=frozenset({("class-administrator", "medicine")}))
CARA = Actor(id="acc-cara", name="Cara Dee", person=None, grants=frozenset({("career-management", TRUST)}))
ELSEWHERE = Actor(
    id="acc-olu",
    name="Olu Ade",
    grants=frozenset({("learning-administrator", "southshire"), ("recruiter", "southshire")}),
)


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """The app and its parts."""

    app: Flask
    engine: Engine
    clock: FrozenClock
    settings: Settings

    def signed_in(self, who: Actor | str) -> Browser:
        """Return the browser of an account, or of a learner by name."""
        return Browser(self.client(who))

    def client(self, who: Actor | str) -> FlaskClient:
        """Return the same without help with forms."""
        actor = learner(who) if isinstance(who, str) else who
        client = self.app.test_client()
        with client.session_transaction() as session:
            since = int(self.clock().timestamp())
            session.update(trust=_trust(actor), account=actor.id, number=0, since=since)
        return client

    def token(self, who: Actor | str) -> str:
        """Return a new token of an account for the API."""
        actor = learner(who) if isinstance(who, str) else who
        with self.engine.transaction() as tx:
            return bearers.add(tx.connection, _trust(actor), actor.id, tx.now)

    def cookie(self, who: Actor | str) -> str:
        """Return the cookie of a signed-in browser."""
        kept = self.client(who).get_cookie("preceptor")
        assert kept
        return kept.value

    def zipped(self, name: str = "fire-safety") -> bytes:
        """Return one of the demo's courses as a zip."""
        return courses.build(name if name in courses.names() else courses.names()[0])

    def e_learning(self, folder: Path, *names: str) -> dict[str, str]:
        """Publish a package as open e-learning, enrol learners, and return the enrolments by name."""
        file = folder / "course.zip"
        file.write_bytes(self.zipped())
        read = package.read(file, self.settings.blobs)
        with self.engine.transaction(HELEN) as tx:
            library.add(tx.connection, TRUST, read, tx.now)
            wanted = Publication(package=read.hash, title="Fire online", organisation=SURGERY, competence="fire")
            made = publishing.publish(tx, TRUST, wanted)
        northshire.fire(self.engine, HELEN, "class", made.course_class, "OPEN")
        return {name: northshire.enrol(self.engine, made.course_class, name) for name in names}


def workplace_on(url: str, clock: FrozenClock, folder: Path, **environment: str) -> Workplace:
    """Put pages and API over a database with two trusts; everybody of Northshire has an account."""
    engine = northshire.engine_on(url, clock)
    northshire.found(engine, clock)
    northshire.offer(engine)
    with database.writing(engine.database) as connection:
        directory.add_organisation(connection, now=clock(), name="Southshire NHS Trust", id="southshire")
    northshire.allocate(engine, northshire.WREN)
    for actor in (HELEN, SAM, CARA, ELSEWHERE, *map(learner, ("ann", "bob", "cat", "dan", "eve"))):
        _add(engine, actor)
    chosen = settings.read({"PRECEPTOR_DATA_DIR": str(folder / "data"), **environment})
    app = frame(engine, chosen)
    web.install(app, engine, chosen)
    app.register_blueprint(worklist.blueprint(engine, web.presenters(engine)))
    app.register_blueprint(acting.blueprint(engine, chosen, web.presenters(engine)))
    app.register_blueprint(journal.blueprint(engine, {}))
    app.register_blueprint(template_pages.blueprint(engine))
    app.register_blueprint(template_versions.blueprint(engine))
    app.register_blueprint(why.blueprint(engine, {}))
    app.register_blueprint(
        api.blueprint(engine, [*resources.operations(chosen, workflows_api.ANSWERS), *workflows_api.operations(chosen)])
    )
    return Workplace(app=app, engine=engine, clock=clock, settings=chosen)


def transfer_for(engine: Engine, applicant: str, *, lines: list[dict[str, Any]] | None = None) -> str:
    """Have competences arrive for an applicant, and return the transfer's id."""
    came = lines or [
        {"name": northshire.FIRE, "starts_on": "2026-06-01", "ends_on": "2027-06-01"},
        {"name": northshire.MOVING, "starts_on": "2025-03-01", "ends_on": "2028-03-01"},
    ]
    with engine.transaction(HELEN) as tx:
        said = {"applicant": applicant, "source_organisation": "Westshire NHS Trust", "lines": came}
        return tx.start("transfer", TRUST, "RECEIVE", said).subject.id


def applicant_for(engine: Engine, person: str = "ann") -> str:
    """Record a person as preferred applicant for a post in surgery, and return the applicant's id."""
    said = {"person": person, "organisation": SURGERY, "position": "Senior Nurse", "hire_on": "2026-12-01"}
    with engine.transaction(HELEN) as tx:
        return tx.start("applicant", TRUST, "PREFER", said).subject.id


def _trust(actor: Actor) -> str:
    return "southshire" if actor is ELSEWHERE else TRUST


def _add(engine: Engine, actor: Actor) -> None:
    trust = _trust(actor)
    row = {"trust": trust, "id": actor.id, "username": actor.id, "email": f"{actor.id}@northshire.example"}
    with database.writing(engine.database) as connection:
        connection.execute(
            insert(accounts_table), {**row, "name": actor.name, "person": actor.person, "active": True, "session": 0}
        )
        for responsibility, place in actor.grants:
            key = {"trust": trust, "account": actor.id, "responsibility": responsibility, "organisation": place}
            connection.execute(insert(grants), key)
