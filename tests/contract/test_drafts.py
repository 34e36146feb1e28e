"""Versions of an organisation's own text: drafts, publishing, a second person, going back, taking out of use."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from engine import drafts, journal, template_keep
from engine.drafts import Place
from engine.errors import Conflict, Decided, Missing, NotAllowed, NotDeclared, Refused
from engine.storage import database
from engine.tables import approvals, outbox
from engine.wording import notices, template_version, templates, texts
from engine.wording.lint import Finding, Level
from engine.wording.template_tables import template_versions
from engine.wording.template_version import State, Trigger
from engine.wording.texts import Wanted
from engine.wording.trial import Trial
from tests import northshire
from tests.authors import ADA, BEN, add_authors, ask_ben
from tests.northshire import SURGERY, TRUST

NOTICE = "LRN-17-course-completed"
SHIPPED = notices.notice(NOTICE).source
PLACE = Place(trust=TRUST, organisation=SURGERY, notice=NOTICE)
FAULT = Finding(level=Level.ERROR, place="text", sentence="There is no token named x in this notice.")


@pytest.fixture
def engine(database_url, clock):
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock, names=("ann",))
    add_authors(built)
    yield built
    built.database.dispose()


def tried(subject, *findings):
    return Trial(notice=NOTICE, source=replace(SHIPPED, subject=subject), findings=findings, samples={})


def save(engine, subject, *findings, actor=ADA, **said):
    with engine.transaction(actor) as tx:
        return drafts.save_draft(tx, PLACE, tried(subject, *findings), comment=f"It says {subject}", **said)


def publish(engine, number, actor=ADA, **said):
    with engine.transaction(actor) as tx:
        return drafts.publish(tx, PLACE, number, **said)


def decide(engine, number, trigger, actor=BEN, reason=""):
    with engine.transaction(actor) as tx:
        drafts.decide(tx, PLACE, number, trigger, reason=reason)


def states(engine):
    with engine.reading() as conn:
        return [(one.number, one.state) for one in templates.versions(conn, TRUST, SURGERY, NOTICE)]


def subject_at(engine, at=None):
    wanted = Wanted(trust=TRUST, organisation=SURGERY, notice=NOTICE, at=at)
    with engine.reading() as conn:
        return texts.standing(conn, [wanted])[wanted].subject


def told(engine):
    with engine.reading() as conn:
        rows = conn.execute(select(outbox.c.notice, outbox.c.name, outbox.c.context).order_by(outbox.c.id)).all()
    return sorted((row.notice[:6], row.name, row.context.get("what", "")) for row in rows)


def two_persons(engine):
    with engine.transaction(ADA) as tx:
        template_keep.set_second_person(tx.connection, TRUST, ADA.id, tx.now, wanted=False)
        template_keep.set_second_person(tx.connection, TRUST, ADA.id, tx.now, wanted=True)


def test_a_draft_changes_nothing_until_it_is_published(engine):
    number = save(engine, "One")
    before = subject_at(engine)

    stands = publish(engine, number)

    assert (before, subject_at(engine), stands) == (SHIPPED.subject, "One", State.PUBLISHED)
    assert told(engine) == [("SYS-09", "Ben Shaw", "Ada Obi published version 1")]


def test_a_draft_is_saved_again_under_its_number(engine):
    number = save(engine, "One", FAULT)

    again = save(engine, "Better", draft=number, seen=1, actor=BEN)

    with engine.reading() as conn:
        (version,) = templates.versions(conn, TRUST, SURGERY, NOTICE)
    assert (again, version.source.subject, version.author, version.faults) == (1, "Better", BEN.id, 0)
    assert version.base == replace(SHIPPED, label=SHIPPED.label)


def test_who_saves_a_draft_that_somebody_else_changed_is_told(engine):
    number = save(engine, "One")
    save(engine, "Two", draft=number, actor=BEN)

    with pytest.raises(Conflict, match="Somebody else"):
        save(engine, "Three", draft=number, seen=1)


def test_the_next_version_retires_the_one_before(engine):
    publish(engine, save(engine, "One"))

    publish(engine, save(engine, "Two"))

    assert states(engine) == [(2, State.PUBLISHED), (1, State.RETIRED)]
    assert sorted(northshire.steps(engine, template_version.KIND)) == [*2 * ["A19-T01"], *2 * ["A19-T02"], "A19-T03"]


def test_a_version_of_the_first_release_is_retired_too_and_the_journal_is_whole(engine, clock):
    old = {"trust": TRUST, "notice": NOTICE, "organisation": SURGERY, "version": 1, "state": "PUBLISHED"}
    words = {"subject": "Old", "text": SHIPPED.text, "html": SHIPPED.html}
    with database.writing(engine.database) as conn:
        conn.execute(
            insert(template_versions), {**old, **words, "author": "acc-ada", "comment": "", "saved_at": clock()}
        )
    clock.advance(timedelta(minutes=1))

    publish(engine, save(engine, "New"))

    assert states(engine) == [(2, State.PUBLISHED), (1, State.RETIRED)]
    with engine.reading() as conn:
        tables = {template_version.KIND: template_versions}
        assert list(journal.verify(conn, TRUST, tables)) == []


def test_what_has_errors_is_not_published(engine):
    number = save(engine, "{{ x }}", FAULT)

    with pytest.raises(Refused, match="It has errors"):
        publish(engine, number)
    with pytest.raises(Refused, match="It has errors"):
        publish(engine, save(engine, "Fine when it was saved"), faults=1)


def test_a_letter_keeps_the_text_that_stood_when_it_was_queued(engine, clock):
    moments = [clock()]
    for subject in ("One", "Two"):
        clock.advance(timedelta(hours=1))
        publish(engine, save(engine, subject))
        moments.append(clock())
    clock.advance(timedelta(hours=1))
    with engine.transaction(ADA) as tx:
        drafts.withdraw(tx, PLACE, 2, reason="It was wrong")

    assert [subject_at(engine, at) for at in moments] == [SHIPPED.subject, "One", "Two"]
    assert subject_at(engine, clock()) == subject_at(engine) == SHIPPED.subject


def test_going_back_publishes_the_earlier_text_as_a_new_version_that_says_so(engine):
    publish(engine, save(engine, "One"))
    publish(engine, save(engine, "Two"))

    with engine.transaction(ADA) as tx:
        new, stands = drafts.roll_back(tx, PLACE, 1, reason="Two was unclear", tried=tried("One"))

    with engine.reading() as conn:
        version = templates.version(conn, TRUST, SURGERY, NOTICE, new)
    assert (new, stands, subject_at(engine)) == (3, State.PUBLISHED, "One")
    assert (version.comment, version.restores) == ("Back to version 1: Two was unclear", 1)
    assert told(engine)[-1] == ("SYS-09", "Ben Shaw", "Ada Obi went back to version 1")


def test_taking_a_text_out_of_use_needs_a_reason_and_brings_back_the_one_from_above(engine):
    publish(engine, save(engine, "One"))

    with pytest.raises(Refused, match="reason"), engine.transaction(ADA) as tx:
        drafts.withdraw(tx, PLACE, 1, reason="")
    with engine.transaction(ADA) as tx:
        drafts.withdraw(tx, PLACE, 1, reason="We use the trust's")

    assert subject_at(engine) == SHIPPED.subject
    assert told(engine)[-1] == ("SYS-09", "Ben Shaw", "Ada Obi took version 1 out of use")


def test_where_a_second_person_publishes_the_author_cannot(engine):
    two_persons(engine)
    number = save(engine, "One")

    stands = publish(engine, number)

    assert stands is State.SUBMITTED
    assert told(engine) == [("SYS-13", "Ben Shaw", "")]
    with pytest.raises(Refused, match="Whoever wrote it"):
        decide(engine, number, Trigger.APPROVE, actor=ADA)
    with pytest.raises(Refused, match="Whoever wrote it"):
        decide(engine, number, Trigger.APPROVE, actor=replace(BEN, person="ada"))
    decide(engine, number, Trigger.APPROVE)
    assert subject_at(engine) == "One"
    with engine.reading() as conn:
        version = templates.version(conn, TRUST, SURGERY, NOTICE, number)
    assert (version.author, version.published_by) == (ADA.id, BEN.id)


def test_a_second_person_sends_it_back_with_a_reason(engine):
    two_persons(engine)
    number = save(engine, "One")
    publish(engine, number)

    with pytest.raises(Refused, match="reason"):
        decide(engine, number, Trigger.REJECT)
    decide(engine, number, Trigger.REJECT, reason="Too long")

    assert states(engine) == [(1, State.DRAFT)]


def test_holders_of_the_role_are_asked_in_their_worklist_and_the_first_answer_closes_it(engine):
    two_persons(engine)
    ask_ben(engine)
    number = save(engine, "One")
    publish(engine, number)

    decide(engine, number, Trigger.APPROVE)

    with engine.reading() as conn:
        (asked,) = conn.execute(select(approvals).where(approvals.c.kind == template_version.KIND)).mappings()
    assert asked["title"] == "Publish version 1 of “Course completed (LRN-17)”?"
    assert (asked["state"], asked["choice"], asked["answered_by"]) == ("CLOSED", "APPROVE", BEN.id)
    assert [row[0] for row in told(engine)] == ["SYS-09", "SYS-13"]
    with pytest.raises((Decided, NotDeclared)):
        decide(engine, number, Trigger.APPROVE)


def test_a_draft_that_is_thrown_away_cannot_be_published(engine):
    number = save(engine, "One")
    with engine.transaction(ADA) as tx:
        drafts.discard(tx, PLACE, number)

    with pytest.raises(NotDeclared):
        publish(engine, number)


def test_saving_and_publishing_at_once_is_one_commit(engine):
    with engine.transaction(ADA) as tx:
        said = drafts.save_and_publish(tx, PLACE, tried("One"), comment="Shorter")

    assert said == (1, State.PUBLISHED)
    assert subject_at(engine) == "One"


def test_only_who_administers_templates_there_may_save_one(engine):
    with pytest.raises(NotAllowed):
        save(engine, "One", actor=northshire.HELEN)
    with pytest.raises(Missing), engine.transaction(ADA) as tx:
        drafts.save_draft(tx, replace(PLACE, notice="LRN-99-none"), tried("One"), comment="")
    with pytest.raises(Missing):
        publish(engine, 7)


def test_letters_of_before_a_release_keep_the_national_text_that_they_were_queued_with(engine, clock, monkeypatch):
    older = replace(SHIPPED, subject="Older", label="national/older")
    with database.writing(engine.database) as conn:
        assert texts.note_shipped(conn, clock()) == sum(len(notices.notice(name).sources) for name in notices.names())
        conn.execute(texts.shipped_texts.delete().where(texts.shipped_texts.c.notice == NOTICE))
        words = {"subject": older.subject, "text": older.text, "html": older.html, "label": older.label}
        conn.execute(insert(texts.shipped_texts), {"notice": NOTICE, "language": "en", "seen_at": clock(), **words})
    queued = clock()
    clock.advance(timedelta(days=1))
    with database.writing(engine.database) as conn:
        texts.note_shipped(conn, clock())
        assert texts.note_shipped(conn, clock()) == 0

    assert subject_at(engine, queued) == "Older"
    assert subject_at(engine, clock()) == subject_at(engine) == SHIPPED.subject
    assert subject_at(engine, queued - timedelta(days=1)) == SHIPPED.subject


def test_welsh_goes_before_english_and_ones_own_before_the_nations(engine):
    joining = replace(PLACE, notice="LRN-01-joining-instructions")
    shipped = notices.notice(joining.notice)
    wanted = Wanted(trust=TRUST, organisation=SURGERY, notice=joining.notice, language="cy")

    found = []
    for source in (replace(shipped.source, subject="Ours"), replace(shipped.translations["cy"], subject="Ein lle")):
        with engine.transaction(ADA) as tx:
            written = Trial(notice=joining.notice, source=source, findings=(), samples={})
            drafts.save_and_publish(tx, joining, written, comment="Our own words")
            found.append(texts.standing(tx.connection, [wanted])[wanted].subject)

    assert found == [shipped.translations["cy"].subject, "Ein lle"]
