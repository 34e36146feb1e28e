"""The command line: one clear message and the right exit code for whatever is wrong, and nothing half-done."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import create_engine, func, select, update
from sqlalchemy.pool import NullPool

from engine.roles.directory_tables import accounts
from engine.storage import database
from engine.tables import outbox
from scorm import tables
from workflows import __main__ as command_line
from workflows.demo import courses, trust
from workflows.learning.tables import enrolments
from workflows.people.tables import persons

pytestmark = pytest.mark.story

MANIFEST = courses.build("moving-and-handling")
NOTICES = Path(__file__).parents[2] / "templates" / "email"
DOCTYPE = b"""<?xml version="1.0"?><!DOCTYPE manifest [<!ENTITY a "a">]><manifest identifier="M"/>"""
ELSEWHERE = b"""<manifest identifier="M" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="O"><organization identifier="O"><title>Fire</title>
    <item identifier="I" identifierref="R"><title>Fire</title></item></organization></organizations>
  <resources><resource identifier="R" type="webcontent" adlcp:scormtype="sco" href="gone.html"/></resources>
</manifest>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> object:
        """Return the one JSON document that was printed."""
        return json.loads(self.out)


Command = Callable[..., Outcome]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Return a function that runs a command in this process, with settings of its own."""
    monkeypatch.setenv("PRECEPTOR_DATA_DIR", str(tmp_path))

    def run(*arguments: str | Path, **said: str) -> Outcome:
        for name, value in said.items():
            monkeypatch.setenv(f"PRECEPTOR_{name.upper()}", value)
        with pytest.raises(SystemExit) as ended:
            command_line.main([str(argument) for argument in arguments])
        heard = capsys.readouterr()
        return Outcome(code=int(ended.value.code or 0), out=heard.out, err=heard.err)

    return run


@pytest.fixture
def here(command: Command, trust_url: str) -> Command:
    """Return the same over the demo's trust."""

    def run(*arguments: str | Path, **said: str) -> Outcome:
        return command(*arguments, **{"database_url": trust_url, **said})

    return run


def counted(url: str, table: object) -> int:
    """Return how many rows a table has."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def any_of(url: str, column: object) -> str:
    """Return one value of a column."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return str(connection.execute(select(column).order_by(column).limit(1)).scalar_one())


def kept_files(folder: Path) -> set[Path]:
    """Return what lies below the folder of package files."""
    return {path.relative_to(folder) for path in (folder / "blobs").rglob("*") if path.is_file()}


def a_zip(**files: bytes) -> bytes:
    """Return a zip; an underscore in a name stands for its dot."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return buffer.getvalue()


BAD_PACKAGES = {
    "no zip at all": (b"PK, said the file", "not a zip file"),
    "a zip cut short": (MANIFEST[: len(MANIFEST) // 2], ""),
    "no manifest": (a_zip(index_html=b"<p>Fire</p>"), "imsmanifest.xml"),
    "a manifest that is no XML": (a_zip(imsmanifest_xml=b"<manifest"), "not well-formed XML"),
    "a manifest with a DOCTYPE": (a_zip(imsmanifest_xml=DOCTYPE), "DOCTYPE"),
    "a manifest that starts with a file that is not there": (a_zip(imsmanifest_xml=ELSEWHERE), "gone.html"),
}


@pytest.fixture(params=BAD_PACKAGES)
def bad_package(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """Return a file that is no package, and a word that its refusal must contain."""
    data, word = BAD_PACKAGES[request.param]
    file = tmp_path / "course.zip"
    file.write_bytes(data)
    return file, word


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("app_origin", "learn.example"),
        ("content_origin", "http://content.localhost/courses"),
        ("database_url", "preceptor.db"),
        ("now", "yesterday"),
        ("env", "staging"),
    ],
)
def test_a_wrong_setting_stops_any_command_with_one_sentence_that_names_it(command: Command, name: str, value: str):
    outcome = command("db", "check", **{name: value})

    assert outcome.code == 2
    assert outcome.err.startswith(f"preceptor: PRECEPTOR_{name.upper()}")
    assert (outcome.err.count("\n"), outcome.out) == (1, "")


@pytest.mark.parametrize(("name", "value"), [("smtp_url", "http://mail.example"), ("mail_from", "the trust")])
def test_a_worker_that_could_deliver_nothing_does_not_start(command: Command, name: str, value: str):
    command("db", "upgrade")

    outcome = command("worker", **{name: value})

    assert outcome.code == 2
    assert outcome.err.startswith(f"preceptor: PRECEPTOR_{name.upper()} must be ")


def test_production_asks_for_a_key_before_anything_else(command: Command):
    outcome = command("db", "check", env="production")

    assert outcome.code == 2
    assert "PRECEPTOR_SECRET_KEY" in outcome.err


def test_a_database_that_is_away_is_named_with_exit_code_3(command: Command, free_port: int):
    outcome = command("db", "check", database_url=f"postgresql+psycopg://nobody@127.0.0.1:{free_port}/preceptor")

    assert outcome.code == 3
    assert outcome.err.startswith("preceptor: The database cannot be used: ")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "verify"),
        ("worker", "--once"),
        ("users", "add", "ada@northshire.example", "--name", "Ada"),
        ("why", "message", "m"),
        ("token", "ada@northshire.example"),
        ("deliver", "--once"),
        ("due",),
        ("roles", "coverage"),
        ("workdays", "show"),
        ("templates", "lint"),
        ("scorm", "log", "a"),
        ("records", "retain", "--dry-run"),
        ("workflows", "migrate", "--dry-run"),
        ("forecast", "--days", "3"),
        ("synthesise", "--people", "3"),
        ("db", "partition", "--modulus", "2"),
        ("serve",),
    ],
)
def test_a_schema_that_is_older_stops_a_command_and_says_what_to_do(command: Command, arguments: tuple[str, ...]):
    newest = database.revisions("sqlite:///nowhere.db")[1]

    outcome = command(*arguments)

    assert outcome.code == 2
    needed = f"this program needs version {newest}: run `preceptor db upgrade`."
    assert f"This database is without a schema, {needed}" in outcome.err


def test_settings_are_read_from_a_file_and_a_file_that_is_not_there_is_named(command: Command, tmp_path: Path):
    file = tmp_path / "preceptor.env"
    file.write_text("# ours\nPRECEPTOR_NOW = 'tomorrow'\n")

    read = command("--env-file", file, "db", "check")
    missing = command("--env-file", tmp_path / "no.env", "db", "check")

    assert (read.code, missing.code) == (2, 2)
    assert "PRECEPTOR_NOW" in read.err
    assert "no.env cannot be read" in missing.err


def test_an_unknown_command_is_bad_input(command: Command):
    outcome = command("frobnicate")

    assert outcome.code == 2
    assert "No such command 'frobnicate'" in outcome.err


def test_a_package_that_cannot_be_played_is_refused_with_the_reason(command: Command, bad_package: tuple[Path, str]):
    file, word = bad_package

    outcome = command("scorm", "check", file)

    assert outcome.code == 1
    assert "course.zip: is refused" in outcome.out
    assert word in outcome.out
    assert not kept_files(file.parent)


def test_a_package_that_cannot_be_played_is_not_imported_and_nothing_of_it_is_kept(
    here: Command, bad_package: tuple[Path, str], trust_url: str
):
    file, word = bad_package
    before = kept_files(file.parent), counted(trust_url, tables.packages)

    outcome = here("scorm", "import", file)

    assert outcome.code == 2
    assert outcome.err.startswith("preceptor: This package cannot be used.")
    assert word in outcome.err
    assert outcome.err.count("\n") == 1
    assert (kept_files(file.parent), counted(trust_url, tables.packages)) == before


def test_a_real_process_ends_with_the_same_message_and_code(tmp_path: Path):
    file = tmp_path / "course.zip"
    file.write_bytes(b"not a zip")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PRECEPTOR_")}

    ended = subprocess.run(
        [sys.executable, "-m", "workflows", "scorm", "check", file, "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**clean, "PRECEPTOR_DATA_DIR": str(tmp_path)},
    )

    assert ended.returncode == 1
    assert json.loads(ended.stdout)["reasons"] == ["This is not a zip file."]
    assert ended.stderr == ""


def test_a_package_is_not_imported_for_a_trust_that_is_not_there(here: Command, tmp_path: Path):
    file = tmp_path / "course.zip"
    file.write_bytes(MANIFEST)
    before = kept_files(tmp_path)

    outcome = here("scorm", "import", file, "--trust", "southshire")

    assert outcome.code == 2
    assert outcome.err == "preceptor: There is no trust southshire.\n"
    assert kept_files(tmp_path) == before


def test_importing_the_same_package_again_changes_nothing(here: Command, tmp_path: Path, trust_url: str):
    file = tmp_path / "course.zip"
    file.write_bytes(MANIFEST)
    before = counted(trust_url, tables.packages)

    outcome = here("scorm", "import", file)

    assert outcome.code == 0
    assert "was imported before; nothing changed" in outcome.out
    assert counted(trust_url, tables.packages) == before


def test_an_account_is_added_with_a_responsibility_and_gets_a_token(here: Command, trust_url: str):
    added = here("users", "add", "ada@northshire.example", "--name", "Ada Obi", "--role", "recruiter")
    again = here("users", "add", "ada.obi@northshire.example", "--name", "Ada Obi")
    token = here("token", "ada@northshire.example")

    assert added.out.startswith("user name ada.obi, password ")
    assert again.out.startswith("user name ada.obi2, password ")
    assert (token.code, len(token.out.split())) == (0, 1)


def test_an_account_is_its_persons_by_its_address_or_because_it_was_said(here: Command, trust_url: str):
    base = create_engine(trust_url, poolclass=NullPool)
    with base.begin() as connection:
        connection.execute(update(accounts).values(person=None))
        address, known = connection.execute(select(persons.c.email, persons.c.id).order_by(persons.c.id)).first()

    by_address = here("users", "add", address, "--name", "Ada Obi")
    unknown = here("users", "add", "ada@northshire.example", "--name", "Ada Obi")
    tied = here("users", "tie", "ada@northshire.example", known)
    nobody = here("users", "tie", "ada@northshire.example", "nobody")

    assert (by_address.err, "tied to no person" in unknown.err) == ("", True)
    assert (tied.code, nobody.code) == (0, 2)
    with base.begin() as connection:
        named = select(accounts.c.person).where(accounts.c.name == "Ada Obi")
        assert set(connection.execute(named).scalars()) == {known}


def test_a_responsibility_that_is_not_known_leaves_no_account_behind(here: Command, trust_url: str):
    before = counted(trust_url, accounts)

    outcome = here("users", "add", "ada@northshire.example", "--name", "Ada Obi", "--role", "emperor")

    assert outcome.code == 2
    assert "emperor" in outcome.err
    assert counted(trust_url, accounts) == before


def test_a_local_role_is_given_by_its_name(here: Command):
    outcome = here(
        "users",
        "add",
        "ada@northshire.example",
        "--name=Ada Obi",
        "--role=stat-and-mand",
        f"--organisation={trust.SURGERY}",
    )

    assert outcome.code == 0


def test_nobody_gets_a_token_for_an_address_that_nobody_has(here: Command):
    outcome = here("token", "nobody@northshire.example")

    assert outcome.code == 2
    assert outcome.err == "preceptor: There is no account with the address nobody@northshire.example.\n"


def test_why_says_in_plain_words_what_happened(here: Command, trust_url: str):
    message = here("why", "message", any_of(trust_url, outbox.c.id))
    enrolment = here("why", "enrolment", any_of(trust_url, enrolments.c.id), "--json")
    unknown = here("why", "message", "nothing")

    assert "You get this message because" in message.out
    assert enrolment.document
    assert (unknown.code, unknown.err) == (2, "preceptor: There is no record nothing.\n")


def test_what_was_delivered_and_fired_is_counted(here: Command):
    delivered, due = here("deliver", "--once", "--json"), here("due", "--json")

    assert delivered.document == {"sent": 0, "again": 0, "withdrawn": 0, "dead": 0}
    assert due.document == {"fired": 0}


def test_a_moment_that_is_none_fires_nothing(here: Command):
    outcome = here("due", "--until", "soon")

    assert outcome.code == 2
    assert "--until must be a moment" in outcome.err


def test_the_journal_of_a_new_trust_is_whole(here: Command):
    audit = here("audit", "verify")

    assert (audit.code, audit.out) == (0, "Every chain and every seal is whole.\n")


def test_the_texts_that_are_shipped_have_no_errors(command: Command):
    command("db", "upgrade")

    lint = command("templates", "lint")

    assert (lint.code, lint.err) == (0, "")


def test_a_text_is_shown_as_an_organisation_gets_it(here: Command):
    shown = here("templates", "render", "LRN-05-placed-on-waitlist", "--organisation", trust.SURGERY)
    unknown = here("templates", "render", "LRN-05-placed-on-waitlist", "--sample", "unheard of")

    assert shown.out.startswith("Subject: You are on the waiting list for ")
    assert unknown.code == 2
    assert "has no sample “unheard of”" in unknown.err


def test_workflows_and_texts_are_listed(command: Command):
    workflows, texts = command("workflows", "list", "--json"), command("templates", "list", "--json")

    assert {"enrolment", "class", "transfer", "applicant"} <= {one["kind"] for one in workflows.document}
    assert {one["notice"] for one in texts.document} == {path.name for path in NOTICES.glob("[!_]*")}


def test_asking_about_a_database_that_is_not_there_does_not_make_one(command: Command, tmp_path: Path):
    missing = tmp_path / "nowhere" / "preceptor.db"

    asked = command("db", "check", database_url=f"sqlite:///{missing}")

    assert asked.code == 1
    assert not missing.parent.exists()


def test_a_backup_is_put_back_only_where_nothing_stands(command: Command, tmp_path: Path):
    safe = tmp_path / "safe"
    command("db", "upgrade")
    first = command("db", "backup", safe)

    again, over = command("db", "backup", safe), command("db", "restore", safe)
    elsewhere = command("db", "restore", safe, data_dir=str(tmp_path / "new"))
    checked = command("db", "check", "--json")

    assert (first.code, elsewhere.code) == (0, 0)
    assert (again.code, over.code) == (2, 2)
    assert "a backup never overwrites" in again.err
    assert "stands already" in over.err
    assert checked.document["current"] is True


def test_why_of_a_person_tells_every_move_that_is_about_them(here: Command):
    told = here("why", "person", "priya.nair", "--json")
    plainly = here("why", "person", "priya.nair")
    unknown = here("why", "person", "nobody")

    kinds = {event["kind"] for event in told.document}
    moments = [event["at"] for event in told.document]
    assert kinds == {"award", "enrolment"}
    assert moments == sorted(moments)
    assert "new → confirmed (A1-T01, enrol by system)" in plainly.out
    assert unknown.code == 2


def test_the_bench_ends_with_one_line_of_json(command: Command, tmp_path: Path):
    ran = command("bench", "w1", "--db", f"sqlite:///{tmp_path / 'w1.db'}", "--n", "5", "--procs", "1")

    figures = json.loads(ran.out.splitlines()[-1])
    assert ran.code == 0
    assert (figures["ops"], figures["ok"]) == (15, True)


def test_an_unknown_workload_is_bad_input(command: Command):
    ran = command("bench", "w9")

    assert ran.code == 2
    assert "bench knows w1, w2, w3, w5, w6" in ran.err
