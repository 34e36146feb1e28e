"""Backup and restore by the command line, on PostgreSQL by the programs of its own client."""

import os
from dataclasses import replace

import pytest

from engine import settings
from engine.errors import Invalid
from tests import northshire, servers
from tests.databases import empty_database, postgres_database
from workflows.commands import copies
from workflows.commands.copies import ToolMissing


@pytest.fixture
def client(monkeypatch):
    """Put the client of the tests' PostgreSQL on the path."""
    monkeypatch.setenv("PATH", f"{servers.client_folder()}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def chosen(database_url, tmp_path, clock):
    engine = northshire.engine_on(database_url, clock)
    northshire.found(engine, clock)
    engine.database.dispose()
    read = settings.read({"PRECEPTOR_DATABASE_URL": database_url, "PRECEPTOR_DATA_DIR": str(tmp_path / "data")})
    read.blobs.mkdir(parents=True)
    (read.blobs / "abc").write_bytes(b"a page")
    return read


@pytest.fixture
def elsewhere(chosen, request, tmp_path):
    """Return the settings of another place, with an empty database."""
    moved = replace(chosen, data_dir=tmp_path / "elsewhere")
    if chosen.database_url.startswith("sqlite"):
        yield replace(moved, database_url=f"sqlite:///{tmp_path / 'elsewhere' / 'new.db'}")
    else:
        with empty_database(request.getfixturevalue("postgres_server")) as url:
            yield replace(moved, database_url=url)


def test_all_data_come_back(chosen, elsewhere, client, clock, tmp_path):
    copies.backup(chosen, tmp_path / "backup")

    copies.restore(elsewhere, tmp_path / "backup")

    engine = northshire.engine_on(elsewhere.database_url, clock)
    assert "fire" in northshire.profile(engine, "ann")
    engine.database.dispose()
    assert (elsewhere.blobs / "abc").read_bytes() == b"a page"


def test_nothing_that_stands_is_overwritten(chosen, client, tmp_path):
    copies.backup(chosen, tmp_path / "backup")

    with pytest.raises(Invalid, match="exists already"):
        copies.backup(chosen, tmp_path / "backup")
    with pytest.raises(Invalid, match=r"stands already|has tables already"):
        copies.restore(chosen, tmp_path / "backup")


def test_a_folder_that_is_no_backup_is_refused(chosen, elsewhere, client, tmp_path):
    with pytest.raises(Invalid, match="is not a backup"):
        copies.restore(elsewhere, tmp_path)


def test_without_postgresqls_client_the_command_says_what_is_missing(postgres_server, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with postgres_database(postgres_server) as url, pytest.raises(ToolMissing, match="pg_dump is not installed here"):
        copies.backup(settings.read({"PRECEPTOR_DATABASE_URL": url}), tmp_path / "backup")

    assert not (tmp_path / "backup").exists()


def test_what_postgresqls_client_says_is_passed_on(client, tmp_path):
    nowhere = settings.read({"PRECEPTOR_DATABASE_URL": "postgresql://a:secret@127.0.0.1:1/x"})

    with pytest.raises(Invalid, match="pg_dump failed") as caught:
        copies.backup(nowhere, tmp_path / "backup")

    assert "secret" not in caught.value.sentence
