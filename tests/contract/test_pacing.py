"""Letters that do not go at once: what readers chose, the hours for mail, and how many a minute a domain takes."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from engine import delivery, outgoing_settings
from engine.errors import Passing
from engine.mail import Composer
from engine.outgoing import digests
from engine.outgoing.outbox import Delivery
from engine.outgoing_settings import Outgoing
from engine.outgoing_tables import letter_events, mail_choices, mail_styles, mail_zones
from engine.storage import database
from engine.tables import outbox
from engine.wording.templates import Shelf
from engine.wording.terms import Pace
from tests.clock import START
from tests.contract.fake_transport import FakeTransport, raising
from tests.contract.waiting_letters import TRUST, invitation, letter, queue, stored
from tests.trial import engine_on

COMPLETED = "LRN-17-course-completed"
SAID = {"course": "Fire safety", "completed_at": "2026-11-22T08:00:00Z", "learning_link": "https://learn.example/"}
TOMORROW_AT_7 = START + timedelta(hours=22)


@pytest.fixture
def engine(database_url, clock):
    clock.set(START + timedelta(seconds=1))
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def told(number=1, **changes):
    return letter(
        number, **{"notice": COMPLETED, "context": SAID, "person": "ann", "email": "ann@a.example", **changes}
    )


def chose(engine, pace, notice=COMPLETED):
    row = {"trust": TRUST, "person": "ann", "notice": notice, "pace": pace, "changed_at": START}
    with database.writing(engine.database) as connection:
        connection.execute(insert(mail_choices), row)


def deliver(engine, transport=None):
    transport = transport or FakeTransport()
    delivery.deliver_once(engine, transport, Composer(Shelf(), "Learning <learning@northshire.example>"))
    return [(to, message.decode()) for to, message in transport.taken]


def with_hours(engine, hours="07:00-21:00 mon-fri"):
    return replace(engine, outgoing=Outgoing(hours=outgoing_settings.hours(hours)))


def events(engine):
    with engine.reading() as connection:
        return connection.execute(select(letter_events).order_by(letter_events.c.fence)).mappings().all()


def test_what_somebody_does_not_want_is_not_sent_and_says_since_when(engine):
    chose(engine, Pace.NONE)
    queue(engine.database, told(), told(2, person="bob"))

    assert len(deliver(engine)) == 1

    [mine, other] = stored(engine.database)
    assert (mine["state"], other["state"]) == (Delivery.SUPPRESSED, Delivery.SENT)
    assert mine["answer"].startswith("Not sent, for on Sunday 22 November 2026 at 9:00am Learner 1 chose")


@pytest.mark.parametrize(
    "fixed",
    [{"notice": "LRN-01-joining-instructions"}, invitation("u", 0), {"approval": "a"}],
    ids=["notice", "meeting", "question"],
)
def test_what_has_to_go_goes_whatever_was_chosen(engine, fixed):
    notice = fixed.get("notice", COMPLETED)
    chose(engine, Pace.NONE, notice)
    said = letter()["context"] if notice != COMPLETED else SAID
    queue(engine.database, told(**{"context": said, **fixed}))

    assert len(deliver(engine)) == 1


def test_the_letters_of_a_day_go_in_one_digest_that_names_each_with_its_link(engine, clock):
    chose(engine, Pace.DIGEST)
    queue(engine.database, told(1), told(2, context={**SAID, "course": "Hand hygiene"}))
    assert deliver(engine) == []
    assert stored(engine.database)[1]["answer"].startswith(
        "It goes in the daily digest of Monday 23 November 2026 at 7:00am"
    )

    clock.set(TOMORROW_AT_7)
    [(to, message)] = deliver(engine)

    assert to == "ann@a.example"
    assert "Subject: 2 messages for you" in message
    assert "Fire safety" in message
    assert "Hand hygiene" in message
    assert "https://learn.example/" in message
    rows = stored(engine.database)
    assert [row["state"] for row in rows] == [Delivery.SENT] * 3
    with engine.reading() as connection:
        digest = digests.of(connection, TRUST, rows[0]["id"])
        assert len(digests.named(connection, TRUST, digest)) == 2
    clock.advance(timedelta(days=1))
    assert deliver(engine) == []


def test_a_digest_leaves_out_what_is_no_longer_true_and_does_not_go_empty(engine, clock):
    chose(engine, Pace.DIGEST)
    still = {"name": "still_in", "facts": {"states": ["GRANTED"]}}
    with engine.transaction() as tx:
        tx.connection.execute(insert(outbox), told(relevant=None))
    deliver(engine)
    with engine.transaction() as tx:
        tx.connection.execute(update(outbox).where(outbox.c.notice == COMPLETED).values(relevant=still, kind="leave"))

    clock.set(TOMORROW_AT_7)

    assert deliver(engine) == []
    answers = {row["notice"]: row["answer"] for row in stored(engine.database)}
    assert answers[digests.NOTICE] == digests.EMPTY
    assert answers[COMPLETED] == "Not sent, for this no longer holds: the leave is granted."


def test_what_waits_for_a_digest_goes_with_it_also_when_that_is_late(engine, clock):
    chose(engine, Pace.DIGEST)
    queue(engine.database, told())
    deliver(engine)
    clock.set(TOMORROW_AT_7)
    deliver(engine, FakeTransport(trouble=raising(Passing(451, "later"))))

    clock.advance(timedelta(minutes=30))
    [(_to, message)] = deliver(engine)

    assert "Subject: 1 message for you" in message
    assert {row["state"] for row in stored(engine.database)} == {Delivery.SENT}


def test_a_digest_that_is_given_up_leaves_its_letters_to_the_next(engine, clock):
    chose(engine, Pace.DIGEST)
    queue(engine.database, told())
    deliver(engine)
    with database.writing(engine.database) as connection:
        connection.execute(update(outbox).where(outbox.c.notice == digests.NOTICE).values(state=Delivery.DEAD))

    clock.set(TOMORROW_AT_7 + digests.GRACE)
    assert deliver(engine) == []
    clock.set(TOMORROW_AT_7 + timedelta(days=1))

    assert len(deliver(engine)) == 1


def test_who_no_longer_wants_a_digest_gets_what_waits_for_it(engine, clock):
    chose(engine, Pace.DIGEST)
    queue(engine.database, told())
    deliver(engine)

    with database.writing(engine.database) as connection:
        connection.execute(update(mail_choices).values(pace=Pace.EACH))
        assert digests.let_go(connection, TRUST, "ann", [COMPLETED], clock()) == 1

    assert len(deliver(engine)) == 1


def test_what_goes_in_a_digest_at_this_moment_is_not_let_go_beside_it(engine, clock):
    chose(engine, Pace.DIGEST)
    queue(engine.database, told())
    deliver(engine)
    clock.set(TOMORROW_AT_7)

    class Choosing(FakeTransport):
        def send(self, envelope, message, following=None):
            with database.writing(engine.database) as connection:
                connection.execute(update(mail_choices).values(pace=Pace.EACH))
                assert digests.let_go(connection, TRUST, "ann", [COMPLETED], clock()) == 0
            return super().send(envelope, message, following)

    assert len(deliver(engine, Choosing())) == 1
    assert deliver(engine) == []


def test_a_digest_does_not_take_along_what_was_let_go(engine, clock):
    chose(engine, Pace.DIGEST)
    queue(engine.database, told())
    deliver(engine)
    clock.set(TOMORROW_AT_7 - timedelta(minutes=1))
    with database.writing(engine.database) as connection:
        connection.execute(update(mail_choices).values(pace=Pace.EACH))
        digests.let_go(connection, TRUST, "ann", [COMPLETED], clock())
    clock.set(TOMORROW_AT_7)

    assert len(deliver(engine)) == 1


def test_mail_waits_for_its_hours_where_the_reader_is_and_says_why(engine):
    with database.writing(engine.database) as connection:
        connection.execute(insert(mail_zones), {"trust": TRUST, "person": "ann", "zone": "America/New_York"})
    queue(engine.database, told(1), told(2, person="bob", name="Bob Hill"))

    assert deliver(with_hours(engine)) == []

    mine, other = stored(engine.database)
    assert mine["due_at"] == START + timedelta(days=1, hours=3)
    assert other["due_at"] == TOMORROW_AT_7
    assert other["answer"] == (
        "It waits until Monday 23 November 2026 at 7:00am, because mail to Bob Hill goes from 07:00 to 21:00 on"
        " weekdays (Europe/London)."
    )
    assert [event["answer"] for event in events(engine)] == [mine["answer"], other["answer"]]


def test_what_is_urgent_or_begins_soon_waits_for_no_hours(engine):
    soon = {**SAID, "start": (START + timedelta(hours=30)).isoformat()}
    later = {**SAID, "start": (START + timedelta(days=30)).isoformat()}
    link = {"username": "ann", "reset_link": "https://learn.example/reset/x", "expiry": "2026-11-22T11:00:00Z"}
    queue(
        engine.database,
        told(1, context=soon),
        told(2, context=later),
        told(3, notice="SYS-02-password-reset", kind="account", context=link),
    )

    deliver(with_hours(engine))

    assert [row["state"] for row in stored(engine.database)] == [Delivery.SENT, Delivery.QUEUED, Delivery.SENT]


def test_what_follows_a_letter_that_waits_for_its_hours_waits_too(engine, clock):
    queue(
        engine.database,
        letter(1, person="ann", **invitation("u", 0)),
        letter(2, person="ann", **invitation("u", 1)),
    )

    deliver(with_hours(engine))
    assert deliver(with_hours(engine)) == []
    clock.set(TOMORROW_AT_7)

    assert len(deliver(with_hours(engine))) == 1


def test_an_organisations_hours_come_before_the_installations(engine):
    row = {"trust": TRUST, "organisation": TRUST, "name": "", "colour": "", "contact": "", "hours": "always"}
    with database.writing(engine.database) as connection:
        connection.execute(insert(mail_styles), {**row, "author": "ada", "saved_at": START})
    queue(engine.database, told())

    assert len(deliver(with_hours(engine))) == 1


def test_a_domain_gets_no_more_than_it_takes_a_minute_and_the_others_go_on(engine, clock):
    slow = replace(engine, outgoing=Outgoing(rates={"a.example": 2}))
    queue(engine.database, *(told(number) for number in range(5)), told(9, email="bob@b.example"))

    first = deliver(slow)
    clock.set(datetime.fromisoformat("2026-11-22T09:01:00Z"))
    second = deliver(slow)
    clock.advance(timedelta(minutes=1))

    assert sorted(to for to, _message in first) == ["ann@a.example", "ann@a.example", "bob@b.example"]
    assert len(second) == 2
    assert stored(engine.database)[4]["answer"] == (
        "It waits its turn, for no more than 2 messages a minute go to a.example."
    )
    assert len(deliver(slow)) == 1


def test_a_try_that_failed_is_noted_and_one_that_went_is_not(engine, clock):
    queue(engine.database, told())
    deliver(engine, FakeTransport(trouble=raising(Passing(451, "busy"))))
    clock.advance(timedelta(minutes=1))
    deliver(engine)

    assert [(event["state"], event["answer"], event["tried"]) for event in events(engine)] == [
        (Delivery.RETRY, "451 busy", True)
    ]
