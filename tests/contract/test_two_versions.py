"""Two versions side by side: what a later version's schema is to this one, and an older one's."""

import pytest
from sqlalchemy import text

from engine import database, settings
from engine.errors import SettingError
from tests.databases import postgres_database
from workflows import app


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
