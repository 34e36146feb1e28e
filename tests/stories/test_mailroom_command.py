"""`preceptor mailroom` as a process: a reply that comes by SMTP is read by a worker, and records what was answered."""

from __future__ import annotations

import gc
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from engine import return_addresses
from engine.mailroom_tables import inbound_mail
from engine.return_addresses import Use
from engine.tables import outbox
from tests.stories.story_site import free_port
from workflows import __main__ as command_line
from workflows.commands import mailing

pytestmark = pytest.mark.story

KEY = "a secret key of more than thirty-two characters"
DOMAIN = "reply.northshire.example"


@pytest.fixture
def told(trust_url: str, tmp_path: Path) -> Path:
    """Return a file of settings over the demo's trust, with answers by mail."""
    file = tmp_path / "settings"
    file.write_text(
        f"PRECEPTOR_DATA_DIR={tmp_path}\nPRECEPTOR_DATABASE_URL={trust_url}\nPRECEPTOR_SECRET_KEY={KEY}\n"
        f"PRECEPTOR_REPLY_DOMAIN={DOMAIN}\nPRECEPTOR_ANSWERS=yes\nPRECEPTOR_SMTP_URL=smtp://127.0.0.1:1\n"
    )
    return file


@contextmanager
def listening(told: Path, port: int) -> Iterator[str]:
    """Run the mailroom, and give the line that it prints."""
    command = [sys.executable, "-m", "workflows", "--env-file", str(told), "mailroom", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline()
        finally:
            process.terminate()
            assert process.wait(10) == 0


def rows(url: str, table: Any, *where: Any) -> list[Any]:
    """Return the rows of a table."""
    base = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with base.connect() as connection:
        return list(connection.execute(select(table).where(*where)).mappings())


def test_mail_that_comes_is_kept_by_one_process_and_read_by_another(told: Path, trust_url: str) -> None:
    port = free_port()
    letter = rows(trust_url, outbox)[0]
    to = return_addresses.signed(KEY, Use.BOUNCES, letter["trust"], letter["id"], DOMAIN)
    mail = message_from_string("Subject: Hello\nMessage-ID: <1@x>\n\nCan I come later?\n", policy=policy.default)
    mail["From"] = letter["email"]

    with listening(told, port) as line, smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.send_message(mail, letter["email"], to)
    with pytest.raises(SystemExit) as ended:
        command_line.main(["--env-file", str(told), "worker", "--once"])

    (kept,) = rows(trust_url, inbound_mail)
    assert line == f"Taking mail for {DOMAIN} at 127.0.0.1:{port}.\n"
    assert ended.value.code in {0, None}
    assert (kept["state"], kept["said"], kept["letter"]) == ("PERSON", "Can I come later?", letter["id"])


def refused(told: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["--env-file", str(told), "mailroom", *arguments])
    return int(ended.value.code or 0)


def test_a_place_that_is_taken_is_said_in_one_sentence(
    told: Path, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening(told, free_port):
        code = refused(told, "--port", str(free_port))
    gc.collect()  # what was left open would be told of here

    assert (code, "The mailroom cannot listen at" in capsys.readouterr().err) == (2, True)


def test_in_production_it_does_not_run_as_root(
    told: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def root() -> int:
        return 0

    strict = (
        "PRECEPTOR_ENV=production\nPRECEPTOR_APP_ORIGIN=https://a.example\nPRECEPTOR_CONTENT_ORIGIN=https://b.test\n"
    )
    told.write_text(told.read_text() + strict)
    monkeypatch.setattr(mailing.os, "geteuid", root)

    code = refused(told)

    assert (code, "does not run as root" in capsys.readouterr().err) == (2, True)
