"""Runs the migrations on the database that `engine.storage.database.migrate` names."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

from engine.storage import database
from engine.tables import Instant, metadata


def rendered(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our types as the plain ones, so that a migration never depends on code that moves on."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def run() -> None:
    """Apply the migrations in one transaction."""
    engine = database.connect(context.config.attributes["url"])
    with database.writing(engine) as connection:
        context.configure(
            connection=connection,
            target_metadata=context.config.attributes.get("metadata", metadata),
            render_as_batch=True,
            compare_type=True,
            render_item=rendered,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
