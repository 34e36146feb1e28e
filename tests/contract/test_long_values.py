"""The call log on both databases: what came together is one row, what is long goes with its last call."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, event, insert, select

from engine.privacy import retention
from engine.storage import database
from scorm import calls, tables
from scorm import retention as scorm_retention
from scorm.runtime.session import Call
from tests import trial
from tests.clock import START
from tests.databases import close

TRUST = "northshire"
VALUES = [rule for rule in scorm_retention.RULES if rule.name == "values"]
LONG, OTHER = "x" * 5000, "é" * 5000
DECEIVING = 'so said {"sha256": "' + "0" * 64 + '"}'


@pytest.fixture
def engine(database_url, clock):
    built = trial.engine_on(database_url, clock)
    package = {"trust": TRUST, "hash": "p", "edition": "1.2", "title": "Fire", "manifest": {}, "imported_at": START}
    attempt = {"trust": TRUST, "registration": "r", "learner": "ann", "learner_name": "Ann", "package": "p", "sco": "s"}
    attempt |= {"epoch": 1, "running": False, "outcome": None, "opened_at": START, "active_at": START}
    epoch = {"trust": TRUST, "epoch": 1, "activity": "", "launch": "{}", "opening": "{}", "snapshot": "{}", "seq": 0}
    with database.writing(built.database) as connection:
        connection.execute(insert(tables.packages), package)
        connection.execute(insert(tables.attempts), [{**attempt, "id": one} for one in ("first", "second")])
        windows = [{**epoch, "attempt": one, "late_key": one, "opened_at": START} for one in ("first", "second")]
        connection.execute(insert(tables.epochs), windows)
    yield built
    close(built.database)


def say(engine, attempt, *values, seq=1):
    """Write one call whose arguments and answer are these."""
    call = Call(seq=seq, at="2026-11-22T09:00:00.000Z", fn="SetValue", args=values[:-1], answer=values[-1], error="0")
    with database.writing(engine.database) as connection:
        calls.append(connection, {"trust": TRUST, "attempt": attempt, "epoch": 1}, calls.page([call]))


def read(engine, attempt):
    with engine.reading() as connection:
        found = calls.read(connection, {"trust": TRUST, "attempt": attempt, "epoch": 1})
    return [(*one.args, one.answer) for one in found]


def forgotten(engine, attempt, clock):
    """Delete the calls of an attempt, as erasing whoever made it does, and forget what is over."""
    with database.writing(engine.database) as connection:
        connection.execute(delete(tables.calls).where(tables.calls.c.attempt == attempt))
    return retention.forget(engine.database, VALUES, {}, clock())


def kept(engine):
    with engine.reading() as connection:
        return len(connection.execute(select(tables.call_values)).all())


def test_a_value_goes_with_the_last_call_that_says_it(engine, clock):
    say(engine, "first", "cmi.suspend_data", LONG, "true")
    say(engine, "second", "cmi.suspend_data", LONG, "true")

    one_left = forgotten(engine, "first", clock), kept(engine)
    none_left = forgotten(engine, "second", clock), kept(engine)

    assert one_left == ({"values": 0}, 1)
    assert none_left == ({"values": 1}, 0)


def test_every_part_of_a_call_keeps_its_value(engine, clock):
    say(engine, "first", LONG, DECEIVING, OTHER)
    say(engine, "second", OTHER, LONG + "y", OTHER + "y")

    retention.forget(engine.database, VALUES, {}, clock())

    assert read(engine, "first") == [(LONG, DECEIVING, OTHER)]
    assert read(engine, "second") == [(OTHER, LONG + "y", OTHER + "y")]


def test_text_that_only_looks_like_a_reference_keeps_nothing(engine, clock):
    say(engine, "first", "cmi.suspend_data", LONG, "true")
    with engine.reading() as connection:
        hashed = connection.scalar(select(tables.call_values.c.hash))
    say(engine, "second", "cmi.comments", '{"sha256": "' + hashed + '"}', "true")

    assert forgotten(engine, "first", clock) == {"values": 1}


def test_what_no_call_says_is_found_by_reading_the_log_once_however_many_values_there_are(engine, clock):
    values = [{"trust": TRUST, "hash": f"{number:064}", "value": "", "times": 1} for number in range(501)]
    with database.writing(engine.database) as connection:
        connection.execute(insert(tables.call_values), values)
    read_by = []
    event.listen(engine.database, "before_cursor_execute", lambda *told: read_by.append(told[2].count(" calls ")))

    found = retention.forget(engine.database, VALUES, {}, clock())

    assert (found, kept(engine), sum(read_by)) == ({"values": 501}, 0, 1)


def test_a_value_that_is_said_again_is_counted_so_that_it_is_not_forgotten_meanwhile(engine):
    say(engine, "first", "cmi.suspend_data", LONG, "true")
    say(engine, "second", "cmi.suspend_data", LONG, "true")

    with engine.reading() as connection:
        assert connection.scalars(select(tables.call_values.c.times)).all() == [2]


def made(seq, value="page 1"):
    args = ("cmi.location", value)
    return Call(seq=seq, at="2026-11-22T09:00:00.000Z", fn="SetValue", args=args, answer="true", error="0")


def test_calls_that_came_together_are_one_row_and_read_in_order_among_others(engine):
    key = {"trust": TRUST, "attempt": "first", "epoch": 1}
    batches = [[made(1), made(2, LONG), made(3)], [made(4), made(5)], [made(6, "\ud800\x00")]]
    with database.writing(engine.database) as connection:
        calls.append(connection, key, calls.page(batches[0]))
        calls.append(connection, key, calls.page(batches[1], apart={4}))
        calls.append(connection, key, calls.page(batches[2]))

    with engine.reading() as connection:
        together = connection.execute(select(tables.call_batches.c.first, tables.call_batches.c.last)).all()
        alone = connection.scalars(select(tables.calls.c.seq).order_by(tables.calls.c.seq)).all()
        every, some = calls.read(connection, key), calls.read(connection, key, 4)
        rest = list(calls.following(connection, key, 2))

    assert together == [(1, 3), (5, 5), (6, 6)]
    assert alone == [2, 4]
    assert every == [call for batch in batches for call in batch]
    assert [call.seq for call in some] == [1, 2, 3, 4]
    assert [call.seq for call in rest] == [3, 4, 5, 6]


def test_calls_that_came_together_are_forgotten_as_long_after_as_the_others(engine, clock):
    rules = [rule for rule in scorm_retention.RULES if rule.name == "calls"]
    with database.writing(engine.database) as connection:
        calls.append(connection, {"trust": TRUST, "attempt": "first", "epoch": 1}, calls.page([made(1), made(2, LONG)]))

    assert retention.forget(engine.database, rules, {"calls": 1}, clock() + timedelta(days=2)) == {"calls": 2}
