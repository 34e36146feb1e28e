"""What is said where a setting asks for a library that is not installed, or for what a database cannot do."""

import sys

import pytest

from engine import settings
from engine.errors import Invalid, SettingError
from engine.web.frame import frame
from workflows import app, nodes

POSTGRES = {"PRECEPTOR_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}
PROVIDER = {
    "PRECEPTOR_OIDC_ISSUER": "https://login.northshire.example",
    "PRECEPTOR_OIDC_CLIENT_ID": "preceptor",
    "PRECEPTOR_OIDC_CLIENT_SECRET": "hushed",
}


@pytest.fixture
def absent(monkeypatch):
    for name in ("granian", "engine.cluster", "engine.web.provider"):
        monkeypatch.setitem(sys.modules, name, None)


def test_serving_postgresql_names_the_extra_that_it_needs(absent):
    with pytest.raises(SettingError, match=r"preceptor\[postgres\]"):
        nodes.serve(POSTGRES, "127.0.0.1", 1, 2, 2)


def test_the_job_engine_of_many_machines_names_the_extra_that_it_needs(absent):
    with pytest.raises(SettingError, match=r"preceptor\[cluster\]"):
        app.cluster_of()


def test_sign_in_at_a_provider_names_the_extra_that_it_needs(absent, tmp_path):
    chosen = settings.read({**PROVIDER, "PRECEPTOR_DATA_DIR": str(tmp_path)})

    with pytest.raises(SettingError, match=r"preceptor\[oidc\]"):
        frame(None, chosen)


def test_several_processes_are_refused_on_sqlite(tmp_path):
    with pytest.raises(Invalid, match="SQLite is served by one process"):
        nodes.serve({"PRECEPTOR_DATA_DIR": str(tmp_path)}, "127.0.0.1", 1, 2, 2)
