"""`preceptor audit` and `records`, on both databases: the journal as a file, copies, erasure, and what is forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from engine import journal
from engine.errors import Invalid
from engine.privacy import retention
from engine.roles.directory_tables import idempotency
from engine.storage import database
from engine.tables import outbox
from tests import northshire
from tests.northshire import HELEN, TRUST, enrol
from workflows import __main__ as command_line
from workflows import wiring
from workflows.people.records import AssignmentStatus
from workflows.people.tables import assignments


@pytest.fixture
def engine(database_url, clock):
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock)
    northshire.offer(built)
    enrolment = enrol(built, northshire.open_class(built, clock), "ann")
    with built.transaction() as tx:
        journal.seal(tx.connection, TRUST, tx.now)
    northshire.fire(built, HELEN, "enrolment", enrolment, "WITHDRAW", {"reason": "Ill"})
    yield built
    built.database.dispose()


@pytest.fixture
def preceptor(engine, database_url, tmp_path, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs a command on the same database."""
    monkeypatch.setenv("PRECEPTOR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PRECEPTOR_DATABASE_URL", database_url)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            command_line.main(arguments)
        said = capsys.readouterr()
        return int(str(ended.value.code)), said.out, said.err

    return run


@pytest.fixture
def exported(preceptor, tmp_path) -> Path:
    file = tmp_path / "journal.jsonl"
    preceptor("audit", "export", "--out", str(file))
    return file


def changed(file: Path, change: Callable[[list[dict[str, Any]]], Any]) -> None:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    change(lines)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_an_exported_journal_is_checked_without_the_database(preceptor, exported):
    code, out, _err = preceptor("audit", "verify", "--file", str(exported))

    assert (code, out) == (0, "Every chain and every seal is whole.\n")
    assert not exported.with_name("journal.jsonl.half").exists()


def _forge(lines):
    lines[1]["row"]["actor"] = "acc-mallory"


def _remove_a_row(lines):
    del lines[0]


def _remove_the_end(lines):
    del lines[-1]


def _forge_a_seal(lines):
    next(line for line in lines if "seal" in line)["seal"]["rows"] = 7


def _forget_a_seal(lines):
    lines[:] = [line for line in lines if "seal" not in line]


@pytest.mark.parametrize("change", [_forge, _remove_a_row, _remove_the_end, _forge_a_seal, _forget_a_seal])
def test_a_file_that_was_tampered_with_is_told(preceptor, exported, change):
    changed(exported, change)

    code, out, _err = preceptor("audit", "verify", "--file", str(exported), "--json")

    assert code == 1
    assert json.loads(out)


def test_a_file_of_somebody_else_is_one_sentence(preceptor, tmp_path):
    foreign = tmp_path / "foreign.txt"
    foreign.write_text("hello\n")

    code, _out, err = preceptor("audit", "verify", "--file", str(foreign))

    assert (code, err) == (2, "preceptor: Line 1 is not one of a journal's file.\n")


def test_a_copy_is_written_as_json_and_as_pdf_and_in_nothing_else(preceptor, tmp_path):
    outcomes = [
        preceptor("records", "access", "ann", "--out", str(tmp_path / f"ann.{end}"))[0]
        for end in ("json", "pdf", "doc")
    ]
    nobody = preceptor("records", "access", "nobody", "--out", str(tmp_path / "x.json"))

    assert outcomes == [0, 0, 2]
    assert json.loads((tmp_path / "ann.json").read_text())["of"] == "Ann"
    assert (tmp_path / "ann.pdf").read_bytes().startswith(b"%PDF-")
    assert nobody[0] == 2


def test_somebody_who_left_is_erased_and_the_journal_stays_whole(preceptor, engine):
    refused = preceptor("records", "erase", "ann", "--reason", "Asked for.", "--yes")
    with database.writing(engine.database) as conn:
        conn.execute(update(assignments).where(assignments.c.person == "ann").values(status=AssignmentStatus.ENDED))

    done = preceptor("records", "erase", "ann", "--reason", "Asked for.", "--yes")

    assert refused[0] == 2
    assert done[0] == 0
    assert preceptor("audit", "verify")[0] == 0


def test_what_is_over_is_counted_and_then_forgotten_and_what_goes_on_stays(preceptor, engine, clock, monkeypatch):
    old = clock() - timedelta(days=800)
    with database.writing(engine.database) as conn:
        conn.execute(update(outbox).values(queued_at=old))
        conn.execute(update(outbox).where(outbox.c.notice.like("LRN-01%")).values(state="SENT"))
        row = {"token": "t", "key": "k", "request": "r", "status": 200, "body": b"", "at": old}
        conn.execute(insert(idempotency).values(**row))
    monkeypatch.setenv("PRECEPTOR_NOW", clock().isoformat())

    counted = json.loads(preceptor("records", "retain", "--dry-run", "--json")[1])
    forgotten = json.loads(preceptor("records", "retain", "--json")[1])
    again = json.loads(preceptor("records", "retain", "--json")[1])

    expected = {"messages": 1, "idempotency": 1}
    assert {one["rule"]: one["rows"] for one in counted if one["rows"]} == expected
    assert {one["rule"]: one["rows"] for one in forgotten if one["rows"]} == expected
    assert [one["rule"] for one in again if one["rows"]] == []
    with engine.reading() as conn:
        assert sorted(conn.scalars(select(outbox.c.email)).all()) == ["", "ann@northshire.example"]


def test_a_period_is_a_setting_and_nought_keeps_for_ever(engine, clock):
    with database.writing(engine.database) as conn:
        conn.execute(update(outbox).values(queued_at=clock() - timedelta(days=10), state="SENT"))

    with engine.reading() as conn:
        for_ever = retention.due(conn, wiring.RETENTION, {"messages": 0}, clock())
        a_week = retention.due(conn, wiring.RETENTION, {"messages": 7}, clock())

    assert "messages" not in for_ever
    assert a_week["messages"] == 2


def test_a_period_of_nothing_is_refused_with_the_names_that_there_are():
    with pytest.raises(Invalid, match="the rules are transfers, reports, disagreements, calls, values, messages"):
        retention.chosen(wiring.RETENTION, {"mesages": 3})
