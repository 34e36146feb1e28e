"""The gate passes only when everything passed, and ends what hangs."""

import os
import sys
import time
from pathlib import Path

import pytest

from tests import conftest, gate, servers
from tests.gate import Result, Step


def step(program: str, minutes: float = 1.0) -> Step:
    return Step(name="a step", command=(sys.executable, "-c", program), minutes=minutes)


def test_a_step_passes_its_lines_on_and_keeps_the_closing_line_of_pytest(capsys):
    result = gate.run(step("print('work'); print('==== 3 passed, 1 skipped in 0.12s ====')"), os.environ)

    assert result.passed
    assert result.summary == "==== 3 passed, 1 skipped in 0.12s ===="
    assert "work\n" in capsys.readouterr().out


def test_a_step_that_fails_says_how(capsys):
    result = gate.run(step("import sys; sys.exit(7)"), os.environ)

    assert not result.passed
    assert result.verdict == "FAIL (exit 7)"
    assert "a step" in capsys.readouterr().out


def test_a_step_that_hangs_is_ended_with_its_children(tmp_path: Path):
    sign = tmp_path / "sign"
    child = f"import time, pathlib; time.sleep(3); pathlib.Path({str(sign)!r}).touch()"
    program = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"

    result = gate.run(step(program, minutes=0.02), os.environ)
    time.sleep(3)

    assert result.verdict == "FAIL (over 0.02 min)"
    assert not sign.exists()


@pytest.mark.parametrize(("statuses", "expected"), [((0, 0), 0), ((0, 1), 1), ((None, 0), 1)])
def test_the_gate_passes_only_when_every_step_passed(statuses, expected, capsys):
    results = [Result(step=step(""), status=status, seconds=1.0) for status in statuses]

    outcome = gate.report(results)

    assert outcome == expected
    assert "2.0 s" in capsys.readouterr().out


def test_the_closing_line_of_pytest_is_the_last_line_of_all(capsys):
    results = [
        Result(step=step(""), status=0, seconds=1.0, summary="== 9 passed in 1.00s =="),
        Result(step=step(""), status=0, seconds=1.0),
    ]

    gate.report(results)

    assert capsys.readouterr().out.endswith("== 9 passed in 1.00s ==\n")


def test_a_whole_suite_needs_each_test_of_a_database_on_both():
    conftest._require_both_databases(["a.py::test_a[sqlite-1]", "a.py::test_a[postgres-1]", "a.py::test_b"])

    with pytest.raises(pytest.UsageError, match=r"on one database only: .*test_c.*'2'"):
        conftest._require_both_databases(
            ["a.py::test_c[1-sqlite]", "a.py::test_c[2-sqlite]", "a.py::test_c[postgres-1]"]
        )


def test_a_missing_browser_is_said_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PRECEPTOR_CHROMIUM", raising=False)

    with pytest.raises(servers.MissingServerError) as missing:
        servers.ensure_chromium()

    assert str(missing.value).startswith("Chromium is needed")
