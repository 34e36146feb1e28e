"""The engine's pages over the trial workflow: an app, people who are signed in, letters that wait."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select, insert, literal, select
from werkzeug.test import TestResponse

from engine import settings
from engine.machine import Actor
from engine.roles.directory_tables import accounts, grants
from engine.sink import Sink
from engine.storage import database
from engine.tables import outbox
from engine.transaction import Engine, Moved
from engine.web import (
    acting,
    journal,
    mail_choices,
    mail_styles,
    mailbox,
    messages,
    template_pages,
    template_versions,
    why,
    worklist,
)
from engine.web.frame import frame
from tests import trial
from tests.clock import FrozenClock
from tests.letters import a_row
from tests.trial import LEARNER, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER, Turn

ADMINISTRATOR = Actor(id="acc-ada", name="Ada Obi", person="ada")
ELSEWHERE = Actor(id="acc-eve", name="Eve Lund", person="eve")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """A person's browser: signed in, and sending the token of the form that it was shown."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def get(self, address: str, **arguments: Any) -> TestResponse:
        """Open an address."""
        return self._client.get(address, **arguments)

    def page(self, address: str) -> str:
        """Open an address, and return the page in one line."""
        return " ".join(self._client.get(address).text.split())

    def post(self, form: str, data: Mapping[str, str], to: str = "") -> TestResponse:
        """Open the page of a form, and send the form."""
        token = _TOKEN.search(self._client.get(form).text)
        assert token, f"no form on {form}"
        return self._client.post(to or form, data={**data, "csrf_token": token[1]})


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The app and its parts."""

    app: Flask
    engine: Engine
    clock: FrozenClock
    sink: Sink

    def signed_in(self, actor: Actor) -> Browser:
        """Return the browser of an account."""
        return Browser(self._client(actor))

    def cookie(self, actor: Actor) -> str:
        """Return the cookie of a session of an account."""
        cookie = self._client(actor).get_cookie("preceptor")
        assert cookie is not None
        return cookie.value

    def _client(self, actor: Actor) -> FlaskClient:
        client = self.app.test_client()
        with client.session_transaction() as session:
            session.update(trust=TRUST, account=actor.id, number=0, since=int(self.clock().timestamp()))
        return client

    def asks_for_leave(self, organisation: str = WARD, actor: Actor = LEARNER) -> Moved:
        """Have a learner ask for leave, which opens a question."""
        with self.engine.transaction(actor) as tx:
            return tx.start("leave", TRUST, Turn.ASK, {"person": actor.person, "organisation": organisation})

    def queue(self, notice: str, state: str = "QUEUED", **changes: Any) -> str:
        """Queue a letter that says what the usual sample of its notice says, and return its id."""
        row = {**a_row(notice), "revision": 1, "person": "sian", "language": "en", "relevant": None, "attempts": 0}
        row |= {"state": state, "fence": 0, "queued_at": self.clock(), "due_at": self.clock(), **changes}
        row.setdefault("id", f"letter-{notice}")
        with database.writing(self.engine.database) as connection:
            connection.execute(insert(outbox), row)
        return str(row["id"])


def desk_on(url: str, clock: FrozenClock, folder: Path, **environment: str) -> Desk:
    """Put the pages over a database with a trust, its ward, two holders, a learner and an administrator."""
    engine = trial.engine_on(url, clock)
    trial.allocate(engine, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})
    _add(engine, LEARNER, ADMINISTRATOR, ELSEWHERE)
    for responsibility in ("system-administrator", "template-administrator"):
        _grant(engine, ADMINISTRATOR, responsibility, TRUST)
    chosen = settings.read({"PRECEPTOR_DATA_DIR": str(folder / "data"), **environment})
    sink = Sink(folder / "mail", clock)
    app = frame(engine, chosen)
    for pages in (
        worklist.blueprint(engine, {}, works=on_the_ward),
        acting.blueprint(engine, chosen, {}),
        messages.blueprint(engine, chosen),
        journal.blueprint(engine, {}),
        why.blueprint(engine, {}),
        template_pages.blueprint(engine),
        template_versions.blueprint(engine),
        mailbox.blueprint(sink),
        mail_choices.blueprint(engine, chosen),
        mail_styles.blueprint(engine, chosen),
    ):
        app.register_blueprint(pages)
    return Desk(app=app, engine=engine, clock=clock, sink=sink)


def on_the_ward(trust: str) -> Select[Any]:
    """Say of everybody with an account that they work on the ward."""
    return select(accounts.c.id.label("account"), literal(WARD).label("organisation")).where(accounts.c.trust == trust)


def received(desk: Desk, raw: bytes, at: datetime) -> str:
    """Put a message into the mailbox as the sink does, and return its id."""
    folder = desk.sink._folder
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{at:%Y%m%d%H%M%S}"
    (folder / f"{name}.eml").write_bytes(raw)
    return name


def _add(engine: Engine, *actors: Actor) -> None:
    with database.writing(engine.database) as connection:
        connection.execute(insert(accounts), [trial._account(actor) for actor in actors])


def _grant(engine: Engine, actor: Actor, responsibility: str, organisation: str) -> None:
    row = {"trust": TRUST, "account": actor.id, "responsibility": responsibility, "organisation": organisation}
    with database.writing(engine.database) as connection:
        connection.execute(insert(grants), row)
