"""Two who administer the templates of Northshire, so that one may look at what the other wrote."""

from __future__ import annotations

from sqlalchemy import insert

from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory_tables import accounts
from engine.storage import database
from engine.transaction import Engine
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR
from tests.northshire import TRUST

_GRANTS = frozenset({(TEMPLATE_ADMINISTRATOR, TRUST)})
ADA = Actor(id="acc-ada", name="Ada Obi", person="ada", grants=_GRANTS)
BEN = Actor(id="acc-ben", name="Ben Shaw", person="ben", grants=_GRANTS)


def add_authors(engine: Engine, *further: str) -> None:
    """Give both an account that administers templates, and what else is named."""
    with database.writing(engine.database) as conn:
        for actor in (ADA, BEN):
            row = {"trust": TRUST, "id": actor.id, "username": actor.id, "email": f"{actor.person}@northshire.example"}
            said = {"name": actor.name, "person": actor.person, "active": True, "session": 0}
            conn.execute(insert(accounts), {**row, **said})
            for held in (TEMPLATE_ADMINISTRATOR, *further):
                directory.grant(conn, TRUST, actor.id, held, TRUST)


def ask_ben(engine: Engine) -> None:
    """Allocate the role to Ben, so that questions about texts reach him."""
    with database.writing(engine.database) as conn:
        role = directory.Role(trust=TRUST, role=TEMPLATE_ADMINISTRATOR, organisation=TRUST, title="Template Admin")
        directory.put_role(conn, role)
        holder = directory.Holder(trust=TRUST, role=TEMPLATE_ADMINISTRATOR, organisation=TRUST, account=BEN.id)
        directory.put_holder(conn, holder)
