"""`preceptor scorm log`: what the flight recorder of an attempt says, as text and as data."""

import json
from collections.abc import Iterator

import pytest

from tests.course import Learner, Stage, call, set_up
from tests.databases import close
from workflows import __main__ as command_line


@pytest.fixture
def stage(database_url, tmp_path, clock) -> Iterator[Stage]:
    built = set_up(database_url, tmp_path, clock)
    yield built
    close(built.engine.database)


@pytest.fixture
def log(stage, database_url, tmp_path, monkeypatch, capsys):
    """Return a function that reads the recorder of an attempt in which somebody saved two pages."""
    learner = Learner(stage)
    learner.open(stage.play_url)
    pages = [call(2 + number, "LMSSetValue", "cmi.core.lesson_location", str(number + 1)) for number in range(2)]
    learner.send(call(1, "LMSInitialize", ""), *pages)
    monkeypatch.setenv("PRECEPTOR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PRECEPTOR_DATABASE_URL", database_url)

    def read(*arguments: str, command: str = "log") -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            command_line.main(["scorm", command, *arguments])
        heard = capsys.readouterr()
        return int(ended.value.code or 0), heard.out, heard.err

    return read


def test_every_call_is_shown_in_order_and_what_the_data_were_then(stage, log):
    code, out, _err = log(stage.attempt.id)

    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[:3]] == ["1", "2", "3"]
    assert json.loads(out.splitlines()[-1])["data"]["cmi.core.lesson_location"] == "2"


def test_the_data_can_be_read_as_of_an_earlier_call(stage, log):
    _code, out, _err = log(stage.attempt.id, "--at", "2", "--json")

    answer = json.loads(out)
    assert [one["seq"] for one in answer["calls"]] == [1, 2]
    assert answer["data"]["data"]["cmi.core.lesson_location"] == "1"


@pytest.mark.parametrize("command", ["log", "why"])
def test_an_attempt_that_is_not_there_is_said_in_one_sentence(log, command):
    assert log("gone", command=command) == (2, "", "preceptor: There is no attempt gone.\n")


def test_why_an_attempt_is_incomplete_is_said_with_the_calls_that_show_it(stage, log):
    code, out, _err = log(stage.attempt.id, command="why")

    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("The course is still open, or its window was closed")
    assert lines[1] == "  The course began. [window 1, call 1, 2026-11-22T09:00:00.000Z]"
    assert lines[-2].startswith("What can be done: ")
    assert lines[-1] == "It runs on the only version of its package."
