"""The older content-server adapter reports in, on both databases, and comes to an outcome as a SCO does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from scorm import addresses, library, store
from scorm.packaging import package
from scorm.relays import olm
from tests import aicc
from tests.clock import FrozenClock
from tests.course import TRUST, Learner, Stage, set_up

ADAPTER = "https://content.example/adapter/Oracle_SCORM_Adapter_JS.html?starting_url=/fire/start.html"


class Adapter:
    """The adapter's relay on a content server: one session."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        read = package.read(aicc.zipped(folder / "course.zip", aicc.hosted_elsewhere(ADAPTER)), stage.settings.blobs)
        with stage.engine.transaction() as tx:
            library.add(tx.connection, TRUST, read, tx.now)
            stage.attempt = replace(stage.attempt, id="attempt-2", package=read.hash, sco="A1")
            store.add_attempt(tx.connection, stage.attempt)
        self.learner = Learner(stage)
        token = stage.play_url.rstrip("/").rpartition("/")[2]
        self.opened_at = self.learner.post(f"/unit/{token}/open").location
        query = parse_qs(urlsplit(self.opened_at).query)
        self.session, self.reports_to = query["sessionid"][0], query["LMS_URL"][0]

    def say(self, action: str, session: str = "", **values: str) -> dict[str, str]:
        named = {f"cmi.{name.replace('__', '.')}": value for name, value in values.items()}
        session = session or self.session
        head = {"action": action, "oracle.apps.ota.private.sessionId": session, "key1": "0"}
        return self.send(olm.written({**head, **named}))

    def send(self, encoded: str) -> dict[str, str]:
        answer = self.learner.post(urlsplit(self.reports_to).path, data={"scormd": encoded})
        assert answer.status_code == 200
        pairs = (line.partition("=") for line in answer.text.splitlines())
        return {key: value for key, _, value in pairs}


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Stage]:
    built = set_up(database_url, tmp_path, clock)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def adapter(stage: Stage, tmp_path: Path) -> Adapter:
    return Adapter(stage, tmp_path)


def test_the_adapter_is_opened_in_its_own_words(adapter: Adapter, stage: Stage) -> None:
    assert adapter.opened_at.startswith(f"{ADAPTER}&sessionid=")
    assert adapter.reports_to == f"{addresses.package_origin(stage.settings, stage.attempt.package)}/olm"
    assert "AICC" not in adapter.opened_at


def test_a_normal_session_comes_to_a_result_and_is_resumed(adapter: Adapter, stage: Stage) -> None:
    began = adapter.say("GetAttemptState")
    adapter.say("Initialize")
    told = adapter.say("GetParam")
    adapter.say("PutParam", core__score__raw="85")
    adapter.say("PutParam", core__lesson_status="C", suspend_data="page=\N{GRINNING FACE}", core__exit="S")
    ended = adapter.say("ExitAU")

    outcome = stage.stored().outcome
    again = adapter.say("GetParam")
    assert began == {"error": "0", "initialized": "false", "finished": "false", "autoCommit": "true"}
    assert (told["cmi.core.lesson_status"], told["cmi.core.entry"], told["error"]) == ("N", "A", "0")
    assert (ended, outcome and outcome.lesson_status) == ({"error": "0"}, "passed")
    assert (again["cmi.suspend_data"], again["cmi.core.entry"]) == ("page=\N{GRINNING FACE}", "R")


def test_a_result_counts_whatever_came_before_or_comes_after(adapter: Adapter, stage: Stage) -> None:
    adapter.say("PutParam", core__lesson_status="completed")
    adapter.say("ExitAU")
    adapter.say("ExitAU")
    adapter.say("PutParam", core__lesson_status="failed")

    outcome = stage.stored().outcome
    assert outcome
    assert (outcome.lesson_status, outcome.finished) == ("completed", True)
    assert adapter.say("SetAutoCommit") == {"error": "0"}


def test_a_session_that_is_none_has_timed_out_and_a_message_that_is_none_is_refused(
    adapter: Adapter, clock: FrozenClock
) -> None:
    unknown, command, rubbish = adapter.say("GetParam", "guess"), adapter.say("Format"), adapter.send("rubbish")
    clock.advance(timedelta(hours=9))

    late, reporting = adapter.say("GetParam"), adapter.say("PutParam", core__lesson_status="C")

    errors = [one["error"] for one in (unknown, command, rubbish, late, reporting)]
    assert errors == ["102", "101", "101", "102", "0"]
