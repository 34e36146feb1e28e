"""The spine on both databases: one commit moves, journals, asks and announces, or nothing of it stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update

from engine import journal
from engine.errors import Conflict, Missing, NotAllowed, NotDeclared, Refused, TooDeep
from engine.letters import Subject
from engine.machine import Actor
from engine.moves import Moved
from engine.storage import database
from engine.tables import approvals, outbox
from engine.tables import journal as journal_table
from engine.tables import timers as timers_table
from engine.timing import timers
from engine.transaction import Engine
from tests.clock import FrozenClock
from tests.trial import LEARNER, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER, Leave, Turn, allocate, engine_on, leaves


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def asked(engine: Engine, organisation: str = WARD) -> Subject:
    with engine.transaction(LEARNER) as tx:
        facts = {"person": "lin", "organisation": organisation}
        return tx.start("leave", TRUST, Turn.ASK, facts).subject


def answer(engine: Engine, actor: Actor, choice: str) -> Moved:
    with engine.transaction(actor) as tx:
        approval = tx.connection.execute(select(approvals.c.id)).scalar_one()
        return tx.fire(Subject(kind="approval", trust=TRUST, id=approval), "ANSWER", {"choice": choice})


def states(engine: Engine) -> list[str]:
    with engine.reading() as connection:
        return list(connection.execute(select(leaves.c.state)).scalars())


def test_a_question_goes_to_the_nearest_local_version_of_the_role(engine: Engine) -> None:
    allocate(engine, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})

    asked(engine)

    with engine.reading() as connection:
        letters = connection.execute(select(outbox.c.name, outbox.c.notice)).all()
        opened = connection.execute(select(approvals.c.organisation, approvals.c.state)).all()
    assert [tuple(row) for row in letters] == [("Wren Hall", "T-02-asked")]
    assert [tuple(row) for row in opened] == [(WARD, "OPEN")]


def test_the_answer_moves_the_subject_in_the_name_of_who_answered(engine: Engine) -> None:
    allocate(engine, {WARD: [WARD_HOLDER]})
    leave = asked(engine)

    answer(engine, WARD_HOLDER, "GRANT")

    with engine.reading() as connection:
        rows = journal.history(connection, leave)
        left = connection.execute(select(func.count()).select_from(timers_table)).scalar_one()
    assert [(row["step"], row["actor"]) for row in rows] == [("L1", "acc-lin"), ("L2", "acc-wren")]
    assert rows[1]["because"].startswith("approval/")
    assert states(engine) == [Leave.GRANTED]
    assert left == 0


def test_a_second_answer_is_told_that_the_approval_is_closed(engine: Engine) -> None:
    allocate(engine, {WARD: [WARD_HOLDER]})
    asked(engine)
    answer(engine, WARD_HOLDER, "DENY")

    with pytest.raises(NotDeclared, match="closed"):
        answer(engine, WARD_HOLDER, "GRANT")

    assert states(engine) == [Leave.DENIED]


def test_the_holder_of_another_organisations_version_may_not_answer(engine: Engine) -> None:
    allocate(engine, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})
    asked(engine)

    with pytest.raises(Refused, match="another role"):
        answer(engine, TRUST_HOLDER, "GRANT")

    assert states(engine) == [Leave.ASKED]


def test_an_answer_that_was_not_asked_for_is_refused(engine: Engine) -> None:
    allocate(engine, {WARD: [WARD_HOLDER]})
    asked(engine)

    with pytest.raises(Refused, match="not one of the choices"):
        answer(engine, WARD_HOLDER, "RESET")


def test_a_role_that_is_not_allocated_takes_the_fallback_at_once(engine: Engine) -> None:
    leave = asked(engine)

    with engine.reading() as connection:
        rows = journal.history(connection, leave)
    assert [row["step"] for row in rows] == ["L1", "L5"]
    assert states(engine) == [Leave.GRANTED]


def test_a_role_that_nobody_holds_is_an_incident(engine: Engine) -> None:
    allocate(engine, {WARD: []})

    asked(engine)

    with engine.reading() as connection:
        of_leaves = select(approvals.c.state).where(approvals.c.kind == "leave")
        assert connection.execute(of_leaves).scalars().all() == ["ERROR"]
    assert states(engine) == [Leave.ASKED]


def test_a_question_is_never_put_to_the_person_it_is_about(engine: Engine) -> None:
    own = Actor(id="acc-own", name="Lin Chen", person="lin", grants=WARD_HOLDER.grants)
    allocate(engine, {WARD: [own, WARD_HOLDER]})
    asked(engine)

    with pytest.raises(Refused, match="about yourself"):
        answer(engine, own, "GRANT")

    with engine.reading() as connection:
        assert connection.execute(select(outbox.c.name)).scalars().all() == ["Wren Hall"]


def test_an_unanswered_question_lapses_when_it_is_due_and_only_once(engine: Engine, clock: FrozenClock) -> None:
    allocate(engine, {WARD: [WARD_HOLDER]})
    asked(engine)
    early = timers.fire_due(engine)
    clock.advance(timedelta(days=14))

    fired = [timers.fire_due(engine), timers.fire_due(engine)]

    assert (early, fired) == (0, [1, 0])
    assert states(engine) == [Leave.LAPSED]


def test_a_question_is_cancelled_when_the_subject_moves_on_without_an_answer(engine: Engine) -> None:
    allocate(engine, {WARD: [WARD_HOLDER]})
    leave = asked(engine)

    with engine.transaction() as tx:
        tx.fire(leave, Turn.LAPSE)

    with engine.reading() as connection:
        assert connection.execute(select(approvals.c.state)).scalars().all() == ["CANCELED"]
        assert connection.execute(select(func.count()).select_from(timers_table)).scalar_one() == 0


def test_an_error_keeps_nothing_of_the_commit(engine: Engine) -> None:
    allocate(engine, {WARD: [WARD_HOLDER]})
    leave = asked(engine)

    with pytest.raises(TooDeep), engine.transaction() as tx:
        tx.fire(leave, Turn.LOOP)

    with engine.reading() as connection:
        assert len(journal.history(connection, leave)) == 1


def test_a_guard_says_why_it_refuses(engine: Engine) -> None:
    with pytest.raises(Refused, match=r"The ward is closed\."), engine.transaction(LEARNER) as tx:
        tx.start("leave", TRUST, Turn.ASK, {"person": "lin", "closed": True})


def test_somebody_without_the_responsibility_is_not_allowed(engine: Engine) -> None:
    with pytest.raises(NotAllowed), engine.transaction(TRUST_HOLDER) as tx:
        tx.start("leave", TRUST, Turn.ASK, {"person": "lin"})


def test_a_subject_of_another_trust_is_missing(engine: Engine) -> None:
    leave = asked(engine)

    with pytest.raises(Missing), engine.transaction() as tx:
        tx.fire(Subject(kind="leave", trust="elsewhere", id=leave.id), Turn.RESET)


def test_a_trigger_that_no_workflow_knows_is_not_declared(engine: Engine) -> None:
    leave = asked(engine)

    with pytest.raises(NotDeclared, match="nothing that can happen"), engine.transaction() as tx:
        tx.fire(leave, "DANCE")


def test_many_are_moved_together_and_the_refused_are_named(engine: Engine) -> None:
    granted = [asked(engine).id for _ in range(3)]

    with engine.transaction(LEARNER) as tx:
        outcomes = tx.fire_many("leave", TRUST, Turn.RESET, {**{i: {} for i in granted}, "nobody": {}})

    assert set(outcomes.moved) == set(granted)
    assert isinstance(outcomes.refused["nobody"], Missing)


def test_moves_with_and_without_further_columns_are_written_in_one_call(engine: Engine) -> None:
    first, second = asked(engine), asked(engine)

    with engine.transaction(LEARNER) as tx:
        tx.fire_many("leave", TRUST, Turn.RESET, {first.id: {"note": "again"}, second.id: {}})

    with engine.reading() as connection:
        notes = {row.id: row.note for row in connection.execute(select(leaves.c.id, leaves.c.note))}
    assert notes == {first.id: "again", second.id: None}


def test_a_subject_that_somebody_else_moved_is_a_conflict(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    leave = asked(engine)
    keep = engine.keeps["leave"][1]
    honest = keep.load

    def stale(connection, trust, ids, now):  # type: ignore[no-untyped-def]
        found = honest(connection, trust, ids, now)
        connection.execute(update(leaves).values(revision=leaves.c.revision + 1))
        return found

    monkeypatch.setattr(keep, "load", stale)

    with pytest.raises(Conflict), engine.transaction(LEARNER) as tx:
        tx.fire(leave, Turn.RESET)


def test_a_unique_key_that_says_somebody_was_first_is_a_conflict(engine: Engine) -> None:
    row = {"trust": TRUST, "key": "k", "kind": "leave", "subject": "x", "trigger": "ASK", "facts": {}}

    with pytest.raises(Conflict), engine.transaction() as tx:
        tx.connection.execute(insert(timers_table), [{**row, "due_at": tx.now}] * 2)


def test_an_untouched_journal_verifies_and_a_seal_covers_it(engine: Engine, clock: FrozenClock) -> None:
    asked(engine)

    with database.writing(engine.database) as connection:
        open_trusts = journal.unsealed(connection)
        counts = [journal.seal(connection, TRUST, clock()) for _ in range(2)]
        faults = list(journal.verify(connection, TRUST))

    assert (open_trusts, counts, faults) == ([TRUST], [2, 0], [])


@pytest.mark.parametrize("change", ["target", "payload", "delete-first", "delete-last", "reorder", "seal"])
def test_verify_names_the_first_bad_row(engine: Engine, clock: FrozenClock, change: str) -> None:
    leave = asked(engine)
    rows = {"kind": "leave", "subject": leave.id}
    chosen = [getattr(journal_table.c, name) == value for name, value in rows.items()]
    with database.writing(engine.database) as connection:
        journal.seal(connection, TRUST, clock())
        second = [*chosen, journal_table.c.revision == 2]
        first = [*chosen, journal_table.c.revision == 1]
        tampering = {
            "target": update(journal_table).where(*second).values(target="DENIED"),
            "payload": update(journal_table).where(*second).values(payload="{}"),
            "delete-first": delete(journal_table).where(*first),
            "delete-last": delete(journal_table).where(*second),
            "reorder": update(journal_table).where(*second).values(previous="0" * 64),
            "seal": update(journal.seals).values(rows=7),
        }
        connection.execute(tampering[change])

        faults = [fault.place for fault in journal.verify(connection, TRUST)]

    chain = f"leave/{leave.id}/2"
    expected = {"delete-last": ["seal/1"], "seal": ["seal/1"], "target": [chain], "payload": [chain]}
    assert faults[:1] == expected.get(change, [chain])


def test_an_erased_payload_keeps_the_chain_verifiable(engine: Engine) -> None:
    asked(engine)
    with database.writing(engine.database) as connection:
        connection.execute(update(journal_table).values(payload=None))

        faults = list(journal.verify(connection, TRUST))

    assert faults == []
