"""A forecast: its letters are those of really going on, it changes nothing and reaches nobody (DESIGN section 3)."""

from __future__ import annotations

import hashlib
import os
import subprocess
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select, update

from engine import forecast, settings
from engine.errors import EngineError
from engine.jobs import Daily, Every
from engine.roles.directory_tables import accounts
from engine.stepping import after
from engine.storage import database, snapshot
from engine.tables import journal, metadata, outbox
from tests import northshire, workplace
from tests.contract.test_reminders import award
from tests.databases import close
from tests.northshire import HELEN, TRUST
from workflows import app
from workflows.foresight.outlook import outlook
from workflows.synthetic import founding

TODAY = date(2026, 11, 22)


@pytest.fixture
def engine(database_url, clock):
    engine = northshire.engine_on(database_url, clock)
    yield engine
    close(engine.database)


@pytest.fixture
def chosen(database_url, tmp_path):
    """Return settings whose mail server does not exist: what reaches for it fails."""
    said = {"PRECEPTOR_DATA_DIR": str(tmp_path), "PRECEPTOR_APP_ORIGIN": northshire.SITE.origin}
    return settings.read({**said, "PRECEPTOR_DATABASE_URL": database_url, "PRECEPTOR_SMTP_URL": "smtp://127.0.0.1:9"})


@pytest.fixture
def northshire_(engine, clock):
    """Return the trust with things to come: an open question with a date, awards that end, a class."""
    northshire.found(engine, clock)
    northshire.offer(engine)
    northshire.allocate(engine, northshire.TOM)
    applicant = workplace.applicant_for(engine, "dan")
    workplace.transfer_for(engine, applicant)
    for person, days in (("ann", 12), ("bob", 37), ("cat", 5), ("eve", 80)):
        award(engine, person, "fire", TODAY + timedelta(days=days))
    award(engine, "ann", "cake", TODAY + timedelta(days=20))
    northshire.enrol(engine, northshire.open_class(engine, clock, days=12), "ann")
    return engine


def said(rows, when="sent_at"):
    """Return (day, notice, to, why) of letters."""
    return sorted((row[when].date(), row["notice"], row["email"], row["reason"]) for row in rows)


def really(engine, clock, chosen, sink, days):
    """Let a worker go on for so many days, half a day at a time, and return what it sent."""
    told = settings.read(
        {
            "PRECEPTOR_DATA_DIR": str(chosen.data_dir),
            "PRECEPTOR_APP_ORIGIN": chosen.app_origin,
            "PRECEPTOR_SMTP_URL": sink.url,
        }
    )
    working = app.worker_of(told, engine)
    for _ in range(days * 2):
        working.once()
        clock.advance(timedelta(hours=12))
    working.once()
    with engine.reading() as connection:
        sent = connection.execute(select(outbox).where(outbox.c.state == "SENT")).mappings().all()
        moved = connection.execute(
            select(journal.c.step, journal.c.subject).where(journal.c.at > clock() - timedelta(days))
        )
        return said(sent), sorted(map(tuple, moved))


def fingerprint(engine):
    """Return a hash of every row of every table."""
    with engine.reading() as connection:
        rows = [repr(sorted(map(repr, connection.execute(select(table))))) for table in metadata.sorted_tables]
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def test_its_letters_and_moves_are_those_of_really_going_on_for_thirty_days(northshire_, clock, chosen, smtp_sink):
    with forecast.foresee(northshire_, TRUST, outlook(chosen), days=30) as foreseen:
        letters, moves = said(foreseen.letters()), sorted((row["step"], row["subject"]) for row in foreseen.moves())

    sent, moved = really(northshire_, clock, chosen, smtp_sink, 30)
    assert letters == sent
    assert [step for step, _ in moves] == [step for step, _ in moved]
    assert {notice[:6] for _day, notice, _to, _why in letters} >= {"LRN-01", "LRN-12", "LRN-13", "IAT-05"}


def test_they_are_so_for_a_larger_trust_too(engine, clock, chosen, smtp_sink):
    made = founding.found(engine, 60, 3)

    with forecast.foresee(engine, made.trust, outlook(chosen), days=30) as foreseen:
        letters = said(foreseen.letters())

    assert letters == really(engine, clock, chosen, smtp_sink, 30)[0]
    assert len(letters) > 50


def test_nothing_changes_in_the_live_database_and_nobody_is_reached(northshire_, chosen):
    before = fingerprint(northshire_)

    with forecast.foresee(northshire_, TRUST, outlook(chosen), days=10) as foreseen:
        counts = foreseen.counts()

    assert counts["letters"] > 0
    assert fingerprint(northshire_) == before


def test_a_copy_has_one_trust_and_no_secrets(northshire_, clock, chosen, tmp_path):
    founding.found(northshire_, 10, 4)
    with database.writing(northshire_.database) as connection:
        connection.execute(update(accounts).values(password="scrypt:secret"))

    copy = snapshot.take(northshire_.database, TRUST, outlook(chosen).extent, tmp_path / "copy.db")

    with database.reading(copy) as connection:
        rows = connection.execute(select(accounts.c.trust, accounts.c.password)).all()
        history = connection.execute(select(journal)).all()
    copy.dispose()
    assert (set(rows), history) == ({(TRUST, None)}, [])


def test_only_we_can_read_a_copy_and_what_a_killed_process_left_is_removed(northshire_, chosen, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = subprocess.Popen(["true"])
    ended.wait()
    left, ours = tmp_path / f"preceptor-forecast-{ended.pid}-x", tmp_path / f"preceptor-forecast-{os.getpid()}-x"
    for folder in (left, ours, tmp_path / "preceptor-forecast-1-x", tmp_path / "preceptor-forecast-note-x"):
        folder.mkdir()

    with forecast.copied(northshire_, TRUST, outlook(chosen)) as file:
        modes = {path.stat().st_mode & 0o077 for path in (file.parent, *file.parent.iterdir())}

    assert modes == {0}
    assert (left.exists(), ours.exists(), file.exists()) == (False, True, False)


def test_what_is_copied_holds_no_bytes_and_no_keys(chosen):
    copied = {table.name for table in outlook(chosen).extent.tables()}

    assert copied.isdisjoint({"api_tokens", "account_links", "idempotency", "calls", "call_values", "package_files"})
    assert copied >= {"awards", "timers", "outbox", "approvals", "accounts", "holders", "template_versions"}


def test_a_change_is_made_on_the_copy_alone(northshire_, chosen):
    def end_of_fire(copy):
        with copy.transaction(HELEN) as tx:
            tx.connection.execute(metadata.tables["requirements"].delete())

    with forecast.foresee(northshire_, TRUST, outlook(chosen), days=30, change=end_of_fire) as foreseen:
        changed = {row["notice"][:6] for row in foreseen.letters()}
    with forecast.foresee(northshire_, TRUST, outlook(chosen), days=30) as foreseen:
        unchanged = {row["notice"][:6] for row in foreseen.letters()}

    assert unchanged - changed == {"LRN-12", "LRN-13"}


def test_whoever_watches_is_told_how_far_it_is_and_may_stop_it(northshire_, chosen):
    heard = []

    def listen(part):
        heard.append(part)
        if part > 0.5:
            raise EngineError

    with pytest.raises(EngineError), forecast.foresee(northshire_, TRUST, outlook(chosen), days=4, watch=listen):
        pass

    assert heard == sorted(heard)
    assert heard[0] == 0.0


@pytest.mark.parametrize("rhythm", [Every(timedelta(minutes=15)), Every(timedelta(days=7)), Daily(time(5))])
def test_the_next_occurrence_of_a_rhythm_is_the_first_that_is_later(rhythm, clock):
    following = after(rhythm, clock())

    assert following > clock()
    assert rhythm.latest(following) == following
    assert rhythm.latest(following - timedelta(seconds=1)) == rhythm.latest(clock())
