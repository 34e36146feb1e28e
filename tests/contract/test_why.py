"""Why, on both databases: every answer is looked up, and what was deleted is unknown, never invented."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, select, update

from engine import why
from engine.errors import Invalid, Missing
from engine.letters import Subject
from engine.privacy import sight
from engine.storage import database
from engine.tables import journal, outbox
from tests import northshire
from tests.northshire import HELEN, MEDICINE, SURGERY, TRUST, enrol
from workflows.competence import reasons
from workflows.competence.tables import awards
from workflows.learning.tables import classes


@pytest.fixture
def engine(database_url, clock):
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock)
    northshire.offer(built)
    yield built
    built.database.dispose()


@pytest.fixture
def place(engine, clock) -> Subject:
    enrolment = enrol(engine, northshire.open_class(engine, clock), "ann", HELEN)
    return Subject(kind="enrolment", trust=TRUST, id=enrolment)


def state(engine, subject: Subject) -> why.Answer:
    with engine.reading() as conn:
        return why.state(engine, conn, subject)


def letter(engine, notice: str) -> why.Answer:
    with engine.reading() as conn:
        found = conn.scalars(select(outbox.c.id).where(outbox.c.notice == notice)).one()
        return why.letter(engine, conn, TRUST, found)


def cancelled(engine, place) -> None:
    """Cancel the class of a place, and give it to another directorate."""
    with engine.transaction(HELEN) as tx:
        tx.fire(Subject(kind="class", trust=TRUST, id=_class_of(engine, place)), "CANCEL", {"reason": "Trainer ill."})
        tx.connection.execute(update(classes).values(organisation=MEDICINE))


def silence(engine, subject: Subject, notice: str) -> why.Answer:
    with engine.reading() as conn:
        return why.silence(engine, conn, subject, notice)


def colour(engine, competence: str, today: date) -> why.Answer:
    with engine.reading() as conn:
        return reasons.colour(conn, TRUST, "ann", competence, today)


def forget(engine, *which) -> None:
    with database.writing(engine.database) as conn:
        conn.execute(delete(journal).where(*which))


def test_a_status_is_told_with_its_rule_and_its_messages(engine, place):
    said = state(engine, place)

    assert said.question == "Why is this enrolment confirmed?"
    assert said.answer.startswith("It is confirmed because Helen Marsh started the enrolment as confirmed by “enrol”")
    assert "(rule A1-T01, which asks for: " in said.answer
    assert said.facts[-1].sentence == "“Joining instructions (LRN-01)” was written to Ann and waits to be sent."
    assert said.known


def test_a_status_is_told_from_its_first_cause(engine, place, clock):
    course_class = Subject(kind="class", trust=TRUST, id=_class_of(engine, place))
    with engine.transaction(HELEN) as tx:
        tx.fire(course_class, "CANCEL", {"reason": "The trainer is ill."})

    said = state(engine, place)

    assert [fact.evidence.kind for fact in said.facts[:2]] == ["class", "enrolment"]
    assert "Reason" not in said.facts[1].sentence
    assert "The trainer is ill." in said.facts[0].sentence


def test_a_step_that_moves_nothing_is_not_told_as_a_move(engine, place):
    with engine.transaction(HELEN) as tx:
        tx.fire(place, "REPAIR")

    told = " ".join(fact.sentence for fact in state(engine, place).facts)

    assert "Helen Marsh took the step “repair” on the enrolment, which stays confirmed" in told


def test_the_row_behind_an_answer_is_gone_and_so_is_the_answer(engine, place):
    forget(engine, journal.c.kind == "enrolment", journal.c.subject == place.id)

    for said in (state(engine, place), letter(engine, "LRN-01-joining-instructions")):
        assert said.answer == f"Unknown: {why.GONE}."
        assert not said.known
        assert "Helen" not in "".join(fact.sentence for fact in said.facts)


def test_a_row_that_was_changed_answers_nothing(engine, place):
    with database.writing(engine.database) as conn:
        conn.execute(update(journal).where(journal.c.subject == place.id).values(actor="acc-mallory"))

    assert not state(engine, place).known


def test_a_cause_that_is_gone_is_said_to_be_unknown_and_the_rest_stands(engine, place):
    course_class = _class_of(engine, place)
    with engine.transaction(HELEN) as tx:
        tx.fire(Subject(kind="class", trust=TRUST, id=course_class), "CANCEL", {"reason": "Ill."})
    forget(engine, journal.c.kind == "class", journal.c.trigger == "CANCEL")

    said = state(engine, place)

    assert said.known
    assert said.facts[0].sentence.startswith(f"What led to this is unknown: {why.GONE}")


def test_a_message_is_told_with_what_has_to_hold_and_what_became_of_it(engine, place):
    said = letter(engine, "LRN-01-joining-instructions")

    sentences = [fact.sentence for fact in said.facts]
    assert said.question == "Why did Ann get “Joining instructions (LRN-01)”?"
    assert any("At the moment of sending this has to be true: the enrolment is confirmed" in one for one in sentences)
    assert sentences[-1] == "It waits to be sent."


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("national/3f2a", "It was written with the national text."),
        ("unsaved/0", "It was written with a text that was being tried out."),
        ("st-marys/4", "It was written with version 4 of a text of an organisation, an offering or a class."),
    ],
)
def test_the_text_of_a_message_is_told_in_words(engine, place, label, said):
    with database.writing(engine.database) as conn:
        conn.execute(update(outbox).values(template=label))

    assert said in [fact.sentence for fact in letter(engine, "LRN-01-joining-instructions").facts]


def test_a_message_that_somebody_asked_for_needs_no_move(engine, place):
    with database.writing(engine.database) as conn:
        conn.execute(update(outbox).values(revision=0))

    assert letter(engine, "LRN-01-joining-instructions").answer == "Because somebody asked for it."


def test_a_message_that_did_not_go_is_told_by_what_never_happened(engine, place):
    said = silence(engine, place, "LRN-03-meeting-cancelled-withdrawn")

    assert said.answer.startswith("Because what it tells of never happened: it goes at “withdraw” (rule A1-T1")
    assert said.facts == ()


def test_a_message_that_did_go_is_told_with_what_became_of_it(engine, place):
    said = silence(engine, place, "LRN-01")

    assert said.answer == "“Joining instructions (LRN-01)” was written to Ann and waits to be sent."


def test_a_message_that_was_written_for_nobody_is_told_so(engine, place):
    with database.writing(engine.database) as conn:
        conn.execute(delete(outbox))

    assert "it was meant for nobody" in silence(engine, place, "LRN-01-joining-instructions").answer


def test_a_notice_that_nothing_sends_is_refused(engine, place):
    with pytest.raises(Invalid, match="Nothing that can happen to this enrolment sends"):
        silence(engine, place, "LRN-99")


def test_a_record_or_a_message_that_is_not_there_is_missing(engine):
    with pytest.raises(Missing):
        state(engine, Subject(kind="enrolment", trust=TRUST, id="nobody"))
    with pytest.raises(Missing), engine.reading() as conn:
        why.letter(engine, conn, TRUST, "nothing")


@pytest.mark.parametrize(
    ("ends_on", "today", "answer"),
    [
        (
            None,
            date(2026, 11, 22),
            "green today, 22 November 2026, because it is required and it is held without an end",
        ),
        (date(2027, 6, 1), date(2026, 11, 22), "because it is required and it is valid until 1 June 2027."),
        (date(2027, 2, 22), date(2026, 11, 22), "until 22 February 2027, which is within the next 3 months."),
        (
            date(2026, 11, 21),
            date(2026, 11, 22),
            "because it is required and it was valid only until 21 November 2026.",
        ),
    ],
)
def test_a_colour_is_told_by_the_requirement_and_the_award(engine, ends_on, today, answer):
    award(engine, "fire", ends_on)

    said = colour(engine, "fire", today)

    assert answer in said.answer
    assert said.facts[0].sentence == ("The post Staff Nurse requires it, because Northshire NHS Foundation Trust does.")


def test_a_competence_that_nothing_requires_is_blue_and_one_of_which_nothing_is_known_is_none(engine):
    award(engine, "moving", None)

    said = colour(engine, "moving", date(2026, 11, 22))

    assert "no post of theirs requires it" in said.answer
    assert said.facts[0].sentence == "No post that this person works in requires it."
    assert "it is not held" in colour(engine, "fire", date(2026, 11, 22)).answer
    with pytest.raises(Missing):
        colour(engine, "cake", date(2026, 11, 22))


def test_a_cause_in_an_organisation_of_others_is_there_and_not_told(engine, place):
    cancelled(engine, place)
    with engine.reading() as conn:
        said = why.state(engine, conn, place, frozenset({TRUST, SURGERY}))

    assert (said.facts[0].sentence, said.facts[0].evidence, said.known) == (why.HIDDEN, None, True)
    assert "Trainer ill." in state(engine, place).facts[0].sentence
    assert "Trainer ill." not in said.facts[0].sentence


def test_a_message_about_a_record_of_others_says_neither_what_moved_it_nor_who(engine, place):
    with engine.reading() as conn:
        found = conn.scalars(select(outbox.c.id)).first()
        said = why.letter(engine, conn, TRUST, found, frozenset({MEDICINE}))

    assert (said.answer, said.facts[0].sentence) == (why.HIDDEN, why.HIDDEN)
    assert "Helen" not in "".join(fact.sentence for fact in said.facts)


def test_a_message_of_others_that_did_go_is_not_said_never_to_have_gone(engine, place):
    with engine.reading() as conn:
        said = why.silence(engine, conn, place, "LRN-01", frozenset({MEDICINE}))

    assert said.answer == why.HIDDEN


def test_a_record_that_nobody_keeps_any_more_is_nobodys_to_see(engine):
    with engine.reading() as conn:
        assert not sight.sees(engine, conn, Subject(kind="gone", trust=TRUST, id="x"), frozenset({TRUST}))


def award(engine, competence: str, ends_on: date | None) -> None:
    row = {"trust": TRUST, "id": f"award-{competence}", "organisation": "surgery", "state": "HELD", "revision": 1}
    row |= {"head": "", "definition": "", "updated_at": engine.clock(), "competence": competence, "person": "ann"}
    with database.writing(engine.database) as conn:
        conn.execute(awards.insert().values(**row, starts_on=date(2026, 1, 1), ends_on=ends_on, source={}))


def _class_of(engine, enrolment: Subject) -> str:
    table = engine.kept("enrolment")[1].table
    with engine.reading() as conn:
        return conn.scalar(select(table.c.course_class).where(table.c.id == enrolment.id))
