"""The web process of SQLite: granian where it is installed, which answers and ends politely; else waitress."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import waitress

from engine.storage import database
from tests.campaigns import machines
from workflows import nodes


@pytest.fixture
def unsettled() -> Iterator[None]:
    """Have the process of the tests be as it was: a web process makes itself ready for nothing but serving."""
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)
    gc.unfreeze()


def test_a_node_on_sqlite_answers_and_ends_politely(tmp_path: Path, free_port: int) -> None:
    chosen = {
        "PRECEPTOR_DATA_DIR": str(tmp_path),
        "PRECEPTOR_DATABASE_URL": f"sqlite:///{tmp_path}/preceptor.db",
        "PRECEPTOR_APP_ORIGIN": f"http://127.0.0.1:{free_port}",
        "PRECEPTOR_CONTENT_ORIGIN": f"http://content.localhost:{free_port}",
    }
    database.migrate(chosen["PRECEPTOR_DATABASE_URL"])
    node = machines.web(chosen, free_port)

    with machines.running([node]):
        node.end(signal.SIGTERM)

    assert node.process
    assert node.process.returncode == 0
    assert not machines.answers(free_port)


def test_without_granian_one_process_is_served_by_waitress(monkeypatch, unsettled, free_port):
    served: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "granian", None)
    monkeypatch.setattr(waitress, "serve", lambda application, **told: served.update(told, application=application))

    nodes.serve_one(lambda _target: "an application", "127.0.0.1", free_port, 3)

    assert served == {"application": "an application", "host": "127.0.0.1", "port": free_port, "threads": 3} | dict(
        nodes.AS_IT_CAME
    )
