"""A trust with two directorates and a few people, for tests of who is who."""

from __future__ import annotations

from pathlib import Path

from engine import accounts, settings
from engine.roles import directory
from engine.settings import Settings
from engine.storage import database
from engine.transaction import Engine
from tests.clock import FrozenClock

TRUST, SURGERY, WARD = "northshire", "surgery", "ward-7"
PASSWORD = "three purple teapots"
ADMINISTRATOR = "system-administrator"


def settings_in(folder: Path, **said: str) -> Settings:
    """Return the settings of a trial whose data are in a folder."""
    return settings.read({"PRECEPTOR_DATA_DIR": str(folder), **said})


def engine_on(url: str, clock: FrozenClock) -> Engine:
    """Build an engine without workflows over a migrated database, with the trust in it."""
    engine = Engine(database=database.connect(url), keeps={}, handlers={}, clock=clock)
    with engine.transaction() as tx:
        add = {"conn": tx.connection, "now": tx.now}
        directory.add_organisation(**add, id=TRUST, name="Northshire NHS Foundation Trust")
        directory.add_organisation(**add, trust=TRUST, id=SURGERY, name="Surgery")
        directory.add_organisation(**add, trust=TRUST, parent=SURGERY, id=WARD, name="Ward 7")
    return engine


def account(engine: Engine, username: str = "pnair", *, password: str | None = None) -> str:
    """Add Priya Nair, or somebody else by user name, and return the account's id."""
    with engine.transaction() as tx:
        new = accounts.add_account(
            tx.connection,
            now=tx.now,
            trust=TRUST,
            id=f"acc-{username}",
            username=username,
            email=f"{username}@northshire.example",
            name="Priya Nair",
        )
        if password:
            accounts.set_password(tx.connection, TRUST, new.id, password)
    return new.id
