"""`preceptor relay` as a process: it says where a package opens, opens it there, and lists what is owed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from engine.storage import database
from tests import aicc
from tests.contract.test_content_origin import MANIFEST
from tests.course import FILES
from tests.remote_system import System, serving
from tests.stories.story_site import free_port
from tests.stories.windows import ask
from tests.waiting import until
from workflows import __main__ as command_line

pytestmark = pytest.mark.story


@contextmanager
def running(folder: Path, zipped: Path, port: int, hosts: str) -> Iterator[str]:
    """Run the adapter, and give the address that it prints for the package."""
    settings = folder / "relay.env"
    settings.write_text(
        f"PRECEPTOR_DATA_DIR={folder}\nPRECEPTOR_CONTENT_ORIGIN=http://content.localhost:{port}\n"
        f"PRECEPTOR_RELAY_HOSTS={hosts}\n"
    )
    database.migrate(f"sqlite:///{folder / 'preceptor.db'}")
    command = [sys.executable, "-m", "workflows", "--env-file", str(settings), "relay", str(zipped), "--json"]
    with subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())[zipped.name]
        finally:
            process.terminate()


def ended(folder: Path, *arguments: str) -> Any:
    with pytest.raises(SystemExit) as end:
        command_line.main(["--env-file", str(folder / "relay.env"), "relay", *arguments])
    return end.value.code


def test_a_package_is_opened_for_a_remote_system_and_reported_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zipped, port, system = tmp_path / "course.zip", free_port(), System()
    with ZipFile(zipped, "w") as course:
        course.writestr("imsmanifest.xml", MANIFEST)
        course.writestr("start.html", FILES["index.html"])
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    with serving(system) as reports, running(tmp_path, zipped, port, "127.0.0.1") as address:
        until(lambda: answers(port, address), "it serves")
        body = f"AICC_SID=s-1&AICC_URL={reports}"
        player = ask(port, "POST", f"{address}open", form, body).json["url"]
        opened = ask(port, "POST", f"{player}launch", {}).json
        calls = [[1, "2026-11-22T09:00:00.000Z", "LMSInitialize", [""], "true", "0"]]
        batch = json.dumps({"attempt": opened["attempt"], "epoch": 1, "first": 1, "calls": calls})
        origin = player.partition("/play/")[0]
        ask(port, "POST", origin + opened["calls_url"], {"Content-Type": "application/json"}, batch)
        until(lambda: "lesson_status" in system.core, "it is reported")
        until(lambda: ended(tmp_path, "--waiting") == 0, "that is noted")
    capsys.readouterr()

    assert opened["launch"]["student_name"] == system.name
    assert system.core["lesson_status"] == "incomplete, S"
    assert ended(tmp_path, "--waiting", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_without_a_system_that_may_be_told_nothing_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "relay.env").write_text(f"PRECEPTOR_DATA_DIR={tmp_path}\n")
    database.migrate(f"sqlite:///{tmp_path / 'preceptor.db'}")

    assert ended(tmp_path) == 2
    assert "PRECEPTOR_RELAY_HOSTS" in capsys.readouterr().err


def answers(port: int, address: str) -> bool:
    try:
        return ask(port, "GET", f"{address}?AICC_SID=s-1&AICC_URL=https://127.0.0.1/", {}).status == 200
    except ConnectionError:
        return False


def test_a_course_of_aicc_is_not_relayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = f"PRECEPTOR_DATA_DIR={tmp_path}\nPRECEPTOR_CONTENT_ORIGIN=http://content.localhost:8000\n"
    (tmp_path / "relay.env").write_text(f"{settings}PRECEPTOR_RELAY_HOSTS=127.0.0.1\n")
    database.migrate(f"sqlite:///{tmp_path / 'preceptor.db'}")

    assert ended(tmp_path, str(aicc.zipped(tmp_path / "course.zip", aicc.course()))) == 2

    assert "only SCORM packages are played for one" in capsys.readouterr().err
