"""The life of an approval on both databases: shared, talked about, answered once (A16)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from engine.approvals import answering, attachments
from engine.approvals.answering import Became
from engine.approvals.approval import Status, Trigger
from engine.approvals.tables import approval_comments, attachment_files
from engine.errors import Decided, Invalid, Missing, Refused
from engine.machine import Actor
from engine.privacy import holdings, retention
from engine.privacy.personal import Register
from engine.storage import database
from engine.transaction import Engine
from tests.approvals import (
    GONE,
    PAT,
    Build,
    add,
    ask,
    does,
    engines,
    hold,
    leave_states,
    letters,
    not_true,
    read,
    said_about,
)
from tests.clock import FrozenClock
from tests.trial import LEARNER, TRUST, TRUST_HOLDER, WARD_HOLDER


@pytest.fixture
def build(database_url: str, clock: FrozenClock) -> Iterator[Build]:
    with engines(database_url, clock) as on:
        yield on


@pytest.fixture
def engine(build: Build) -> Engine:
    return build()


# Sharing


def test_a_claimed_question_is_its_owners_until_it_is_released(engine: Engine) -> None:
    also = hold(engine, PAT)
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.CLAIM)

    with pytest.raises(Refused, match="somebody else"):
        does(engine, also, question, Trigger.ANSWER, choice="GRANT")
    with pytest.raises(Refused, match="owns this already"):
        does(engine, also, question, Trigger.CLAIM)
    does(engine, WARD_HOLDER, question, Trigger.RELEASE)
    does(engine, also, question, Trigger.ANSWER, choice="GRANT")

    after = read(engine, question)
    assert (after.owner, after.answered_by_name, leave_states(engine)) == (None, "Pat Okoro", ["GRANTED"])


def test_a_delegate_may_answer_while_the_owner_keeps_it_and_its_due_date(engine: Engine) -> None:
    question = ask(engine)
    before = read(engine, question)

    does(engine, WARD_HOLDER, question, Trigger.DELEGATE, to=PAT.id, comment="You know the ward.")
    between = read(engine, question)
    does(engine, PAT, question, Trigger.ANSWER, choice="DENY")

    assert (between.owner, between.delegate, between.due_at) == (WARD_HOLDER.id, PAT.id, before.due_at)
    assert (between.owner_name, between.delegate_name) == ("Wren Hall", "Pat Okoro")
    assert letters(engine) == [("T-02-asked", "Pat Okoro"), ("T-02-asked", "Wren Hall")]
    assert said_about(engine, question) == [("Wren Hall", "You know the ward.")]
    assert leave_states(engine) == ["DENIED"]


def test_the_owner_takes_a_delegated_question_back(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.DELEGATE, to=PAT.id)

    does(engine, WARD_HOLDER, question, Trigger.TAKE_BACK)

    with pytest.raises(Refused, match="somebody else"):
        does(engine, PAT, question, Trigger.ANSWER, choice="GRANT")
    with pytest.raises(Refused, match="not delegated"):
        does(engine, WARD_HOLDER, question, Trigger.TAKE_BACK)
    does(engine, WARD_HOLDER, question, Trigger.ANSWER, choice="GRANT")
    assert leave_states(engine) == ["GRANTED"]


def test_a_transfer_moves_the_ownership_and_a_delegate_cannot_do_it(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.DELEGATE, to=PAT.id)
    with pytest.raises(Refused, match="Only its owner"):
        does(engine, PAT, question, Trigger.TRANSFER, to=TRUST_HOLDER.id)

    does(engine, WARD_HOLDER, question, Trigger.TRANSFER, to=PAT.id, comment="Yours now.")

    after = read(engine, question)
    assert (after.owner, after.delegate) == (PAT.id, None)
    with pytest.raises(Refused, match="somebody else"):
        does(engine, WARD_HOLDER, question, Trigger.ANSWER, choice="GRANT")


@pytest.mark.parametrize("trigger", [Trigger.DELEGATE, Trigger.TRANSFER])
@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        (LEARNER.id, "whoever asked|about"),
        (GONE.id, "no such active account"),
        ("nobody", "no such active account"),
        (WARD_HOLDER.id, "already"),
        ("", "Say to whom"),
    ],
)
def test_a_question_goes_to_nobody_who_may_not_have_it(
    engine: Engine, trigger: Trigger, to: str, sentence: str
) -> None:
    question = ask(engine)

    with pytest.raises(Refused, match=sentence):
        does(engine, WARD_HOLDER, question, trigger, to=to)

    assert (read(engine, question).owner, len(letters(engine))) == (None, 1)


def test_a_question_never_goes_to_the_person_it_is_about_by_another_account(engine: Engine) -> None:
    other = Actor(id="acc-lin-2", name="Lin Chen", person="lin")
    add(engine, other)
    question = ask(engine)

    with pytest.raises(Refused, match="the person that it is about"):
        does(engine, WARD_HOLDER, question, Trigger.DELEGATE, to=other.id)


# Talking


def test_information_is_asked_for_and_given_and_the_asker_is_told(engine: Engine) -> None:
    question = ask(engine)

    does(engine, WARD_HOLDER, question, Trigger.ASK, of=LEARNER.id, question="Which days?")
    waiting = read(engine, question)
    with pytest.raises(Refused, match="not the one who was asked"):
        does(engine, PAT, question, Trigger.REPLY, answer="All of them.")
    does(engine, LEARNER, question, Trigger.REPLY, answer="Monday and Tuesday.")

    after = read(engine, question)
    assert (waiting.state, waiting.asked_of_name, waiting.asked_by) == (Status.MORE_INFO, "Lin Chen", WARD_HOLDER.id)
    assert (after.state, after.asked_of, after.asked_by) == (Status.OPEN, None, None)
    assert letters(engine, "SYS-") == [
        ("SYS-07-more-information", "Lin Chen"),
        ("SYS-10-information-given", "Wren Hall"),
    ]
    assert said_about(engine, question) == [("Wren Hall", "Which days?"), ("Lin Chen", "Monday and Tuesday.")]


def test_a_request_for_information_can_be_taken_back(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.ASK, of=PAT.id, question="Which days?")

    does(engine, WARD_HOLDER, question, Trigger.TAKE_BACK)

    assert (read(engine, question).state, read(engine, question).asked_of) == (Status.OPEN, None)
    assert not_true(engine, "SYS-07") == 1


def test_information_is_asked_of_an_active_account_and_in_words(engine: Engine) -> None:
    question = ask(engine)

    for of, words in ((GONE.id, "Which?"), (PAT.id, " "), (WARD_HOLDER.id, "Which?")):
        with pytest.raises(Refused):
            does(engine, WARD_HOLDER, question, Trigger.ASK, of=of, question=words)

    assert read(engine, question).state is Status.OPEN


def test_a_comment_is_kept_of_whoever_takes_part_and_of_nobody_else(engine: Engine) -> None:
    question = ask(engine)

    does(engine, WARD_HOLDER, question, Trigger.COMMENT, comment="I ask the ward sister.")
    with pytest.raises(Refused, match="asked of somebody else"):
        does(engine, PAT, question, Trigger.COMMENT, comment="Me too.")
    with pytest.raises(Refused, match="Write a comment"):
        does(engine, WARD_HOLDER, question, Trigger.COMMENT, comment=" ")

    assert said_about(engine, question) == [("Wren Hall", "I ask the ward sister.")]


def test_a_file_is_kept_once_and_none_is_too_large_or_never_stored(engine: Engine) -> None:
    question = ask(engine)

    with engine.transaction(WARD_HOLDER) as tx:
        one, same = (attachments.store(tx.connection, TRUST, name, b"%PDF-1.7") for name in ("a.pdf", "b.PDF"))
        with pytest.raises(Invalid, match="at most 5 MB"):
            attachments.store(tx.connection, TRUST, "a.txt", b"x" * (attachments.LARGEST + 1))
    does(engine, WARD_HOLDER, question, Trigger.COMMENT, attachments=[one.as_facts(), same.as_facts()])
    with pytest.raises(Invalid, match="never stored"):
        does(engine, WARD_HOLDER, question, Trigger.COMMENT, attachments=[{**one.as_facts(), "hash": "0" * 64}])
    with pytest.raises(Invalid, match="At most 5 files"):
        does(engine, WARD_HOLDER, question, Trigger.COMMENT, attachments=[one.as_facts()] * 6)

    with engine.reading() as connection:
        kept = [row["name"] for row in attachments.of(connection, TRUST, [question])]
    assert (one.hash, sorted(kept)) == (same.hash, ["a.pdf", "b.PDF"])


def test_what_was_said_and_attached_about_somebody_is_erased_and_forgotten(engine: Engine, clock: FrozenClock) -> None:
    question = ask(engine)
    with engine.transaction(WARD_HOLDER) as tx:
        file = attachments.store(tx.connection, TRUST, "lin.txt", b"Lin is ill.").as_facts()
    does(engine, WARD_HOLDER, question, Trigger.COMMENT, comment="Lin is ill.", attachments=[file])
    does(engine, WARD_HOLDER, question, Trigger.ANSWER, choice="GRANT")
    over = {rule.name: rule.over(clock()) for rule in retention.RULES if rule.name in {"comments", "attachments"}}

    with database.writing(engine.database) as connection:
        counts = [
            connection.scalar(select(func.count()).select_from(approval_comments).where(over["comments"])),
            connection.scalar(select(func.count()).select_from(attachment_files).where(over["attachments"])),
        ]
        Register(holdings.HOLDINGS).erase(connection, TRUST, "lin")
        (left,) = attachments.of(connection, TRUST, [question])
        with pytest.raises(Missing, match="was erased"):
            attachments.content(connection, TRUST, question, left["id"])

    assert (counts, left["name"]) == ([1, 1], "Erased")
    assert said_about(engine, question) == [("Wren Hall", "Erased")]


# Many


def test_of_fifty_answers_at_once_one_wins_and_the_others_see_who_decided_and_when(engine: Engine) -> None:
    question = ask(engine)

    def answer(number: int) -> str:
        try:
            with engine.transaction(WARD_HOLDER) as tx:
                choice = "GRANT" if number % 2 else "DENY"
                answering.act(tx, TRUST, question, Trigger.ANSWER, {"choice": choice})
        except Decided as late:
            return late.sentence
        return "won"

    with ThreadPoolExecutor(10) as pool:
        said = list(pool.map(answer, range(50)))

    late = {sentence for sentence in said if sentence != "won"}
    choice = "grant" if leave_states(engine) == ["GRANTED"] else "deny"
    assert said.count("won") == 1
    assert late == {f"Wren Hall answered this on Sunday 22 November 2026 at 9:00am: {choice}."}


def test_like_questions_are_answered_together_and_one_that_fails_undoes_no_other(engine: Engine) -> None:
    ids = [ask(engine) for _ in range(4)]
    does(engine, WARD_HOLDER, ids[1], Trigger.ANSWER, choice="DENY")
    does(engine, WARD_HOLDER, ids[2], Trigger.TRANSFER, to=PAT.id)

    results = answering.answer_many(engine, WARD_HOLDER, TRUST, [*ids, "nothing"], {"choice": "GRANT"})

    assert [results[one].became for one in (*ids, "nothing")] == [
        Became.DONE,
        Became.OVERTAKEN,
        Became.REFUSED,
        Became.DONE,
        Became.REFUSED,
    ]
    assert results[ids[1]].facts["answered_by"] == "Wren Hall"
    assert sorted(leave_states(engine)) == ["ASKED", "DENIED", "GRANTED", "GRANTED"]


def test_an_approval_of_another_trust_is_not_there(engine: Engine) -> None:
    question = ask(engine)

    with pytest.raises(Missing), engine.transaction(WARD_HOLDER) as tx:
        answering.act(tx, "southshire", question, Trigger.ANSWER, {"choice": "GRANT"})
