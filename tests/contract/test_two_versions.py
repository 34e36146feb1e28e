"""Two versions side by side: what a later version's schema is to this one, and an older one's."""

import pytest
from alembic import command
from sqlalchemy import func, inspect, select, text

from engine import journal, settings
from engine.errors import SettingError
from engine.storage import database
from engine.tables import approvals, metadata, outbox
from engine.tables import journal as moves
from tests import northshire
from tests.databases import close, postgres_database
from workflows import app
from workflows.competence.tables import awards
from workflows.learning.tables import enrolments
from workflows.people.tables import persons
from workflows.synthetic import founding


def at(url, revision):
    base = database.connect(url)
    with database.writing(base) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    base.dispose()
    return settings.read({"PRECEPTOR_DATABASE_URL": url})


def test_a_node_starts_on_the_schema_of_a_later_version_which_only_added(database_url):
    app.require_schema(at(database_url, "9999"))

    assert database.suffices("9999")


def test_a_node_does_not_start_where_there_is_no_schema(tmp_path):
    chosen = settings.read({"PRECEPTOR_DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"})

    with pytest.raises(SettingError, match="run `preceptor db upgrade`"):
        app.require_schema(chosen)


def test_a_database_that_lacks_a_table_is_refused_with_its_name(database_url):
    base = database.connect(database_url)
    with database.writing(base) as connection:
        connection.execute(text("DROP TABLE heartbeats"))
    base.dispose()

    newest = database.revisions(database_url)[1]
    with pytest.raises(SettingError, match=f"at version {newest} but was made by another program: it lacks heartbeats"):
        app.require_schema(settings.read({"PRECEPTOR_DATABASE_URL": database_url}))


def test_the_job_engine_of_many_machines_needs_its_tables(postgres_server):
    with postgres_database(postgres_server) as url:
        chosen = settings.read({"PRECEPTOR_DATABASE_URL": url, "PRECEPTOR_JOBS": "procrastinate"})
        with pytest.raises(SettingError, match="Procrastinate's tables are missing"):
            app.require_schema(chosen)

        app.cluster_of().upgrade(url)
        app.cluster_of().upgrade(url)

        app.require_schema(chosen)


def test_a_database_of_the_first_release_is_brought_up_with_all_that_is_in_it(database_url, clock, tmp_path):
    engine = northshire.engine_on(database_url, clock)
    trust = founding.found(engine, 40, 7).trust
    before = counted(engine)
    as_first_released(engine.database, f"sqlite:///{tmp_path / 'first.db'}")
    close(engine.database)

    database.migrate(database_url)

    engine = northshire.engine_on(database_url, clock)
    with engine.reading() as connection:
        assert list(journal.verify(connection, trust)) == []
    assert counted(engine) == before
    assert database.lacking(database_url, metadata.tables) == ()
    close(engine.database)


def as_first_released(base, beside):
    """Make the schema what the first release's own migration makes of it beside this one."""
    command.upgrade(database.migration_config(beside), "0001")
    other = database.connect(beside)
    words = list(back_to(inspect(other), inspect(base)))
    with database.writing(base) as connection:
        for said in words:
            connection.execute(text(said))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    other.dispose()


def back_to(then, now):
    """Yield what takes away what a schema did not have then, and gives back the indices that it had."""
    old = set(then.get_table_names())
    yield from (f"DROP TABLE {table.name}" for table in reversed(metadata.sorted_tables) if table.name not in old)
    for table in sorted(old & metadata.tables.keys()):
        had = {one["name"]: one["column_names"] for one in then.get_indexes(table)}
        has = {one["name"] for one in now.get_indexes(table) if not one.get("duplicates_constraint")}
        yield from (f"DROP INDEX {name}" for name in has - had.keys())
        yield from (f"CREATE INDEX {name} ON {table} ({', '.join(had[name])})" for name in had.keys() - has)
        columns = {one["name"] for one in then.get_columns(table)}
        gained = [one["name"] for one in now.get_columns(table) if one["name"] not in columns]
        yield from (f"ALTER TABLE {table} DROP COLUMN {name}" for name in gained)


def counted(engine):
    with engine.reading() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in (persons, enrolments, awards, approvals, outbox, moves)
        }
