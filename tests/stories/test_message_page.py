"""The page of a message: what happened to it, who else was told, and taking it back."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from engine import delivery
from engine.errors import Passing
from engine.mail import Composer
from engine.outgoing_tables import digest_items, mail_choices
from engine.storage import database
from engine.tables import outbox
from engine.wording.templates import Shelf
from tests.contract.fake_transport import FakeTransport, raising
from tests.desk import ADMINISTRATOR, desk_on
from tests.letters import MAIL_FROM
from tests.trial import TRUST, WARD_HOLDER

COMPLETED = "LRN-17-course-completed"


@pytest.fixture
def desk(database_url, clock, tmp_path):
    built = desk_on(database_url, clock, tmp_path)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def administrator(desk):
    return desk.signed_in(ADMINISTRATOR)


def deliver(desk, transport):
    delivery.deliver_once(desk.engine, transport, Composer(Shelf(), MAIL_FROM))


def test_each_try_is_told_with_the_answer_of_the_mail_server(desk, administrator):
    letter = desk.queue(COMPLETED)
    deliver(desk, FakeTransport(trouble=raising(Passing(451, "4.7.1 try later"))))
    desk.clock.advance(timedelta(minutes=1))
    deliver(desk, FakeTransport())

    page = administrator.page(f"/messages/{letter}")

    assert "Tried: it could not be sent then. 451 4.7.1 try later." in page
    assert "Taken by the mail server, at try number 2. The answer: 250 kept" in page


def test_a_message_that_waits_is_withdrawn_with_a_reason_and_may_go_after_all(desk, administrator):
    letter = desk.queue(COMPLETED)
    address = f"/messages/{letter}"

    assert administrator.post(address, {"reason": ""}, to=f"{address}/withdraw").status_code == 422
    assert administrator.post(address, {"reason": "A mistake"}, to=f"{address}/withdraw").status_code == 303

    page = administrator.page(address)
    assert "Not sent. Withdrawn by Ada Obi: A mistake." in page
    assert "Send it again" in page
    assert f'action="{address}/withdraw"' not in page


def test_the_page_says_who_else_was_told_of_the_same_event(desk, administrator):
    moved = desk.asks_for_leave()
    desk.signed_in(WARD_HOLDER).post(f"/worklist/{question(desk)}", {"choice": "GRANT"})
    with desk.engine.reading() as connection:
        told = connection.execute(select(outbox).where(outbox.c.notice == "T-01-told")).mappings().one()
    same = {name: told[name] for name in ("kind", "subject", "revision")}
    other = desk.queue(COMPLETED, name="Amit Rao", organisation=told["organisation"], **same)

    page = administrator.page(f"/messages/{other}")

    assert moved.subject.id == told["subject"]
    assert "“T-01-told” was written to Lin Chen and waits to be sent." in page
    assert "Why did another message not go?" in page


def test_a_message_in_a_digest_leads_to_it_and_back(desk, administrator):
    chosen = {"trust": TRUST, "person": "sian", "notice": COMPLETED, "pace": "DIGEST", "changed_at": desk.clock()}
    with database.writing(desk.engine.database) as connection:
        connection.execute(insert(mail_choices), chosen)
    letter = desk.queue(COMPLETED)
    deliver(desk, FakeTransport())
    with desk.engine.reading() as connection:
        digest = connection.execute(select(digest_items.c.digest)).scalar_one()

    assert "It goes in the daily digest of Monday 23 November 2026 at 7:00am" in administrator.page(
        f"/messages/{letter}"
    )
    page = administrator.page(f"/messages/{digest}")
    assert f'href="/messages/{letter}"' in page
    assert "You have completed" in page or "1 message for you" in page


def question(desk):
    with desk.engine.reading() as connection:
        table = desk.engine.kept("approval")[1].table
        return connection.execute(select(table.c.id)).scalar_one()
