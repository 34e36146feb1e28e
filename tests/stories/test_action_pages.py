"""Answering by the link of a mail: no session, no answer by opening it, and a step that only a person takes."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from engine import action_links
from engine.roles.directory_tables import accounts
from engine.storage import database
from engine.tables import approvals, outbox
from engine.worklist_tables import action_link_uses
from tests import databases
from tests.desk import Browser, desk_on
from tests.trial import TRUST, TRUST_HOLDER, WARD_HOLDER, Turn

pytestmark = pytest.mark.story
GRANTED = {"choice": "GRANT", "comment": "Enjoy it.", "username": "acc-wren"}


@pytest.fixture
def desk(database_url, clock, tmp_path):
    desk = desk_on(database_url, clock, tmp_path)
    yield desk
    databases.close(desk.engine.database)


@pytest.fixture
def asked(desk):
    return desk.asks_for_leave()


@pytest.fixture
def link(desk, asked):
    """Return the address that the holder of the ward got by mail."""
    with desk.engine.reading() as connection:
        row = connection.execute(select(outbox).where(outbox.c.approval.is_not(None))).mappings().one()
    assert row["account"] == WARD_HOLDER.id
    return f"/act/{action_links.secret_of(desk.app.secret_key, row)}"


@pytest.fixture
def reader(desk):
    """Return the browser of somebody who is not signed in."""
    return Browser(desk.app.test_client())


def tells_nothing(page):
    """Say whether a page says that its link is over, and neither whom it was about nor what came of it."""
    told = ("Leave for lin", "Wren Hall", "Lin", "Grant", "Enjoy", "answered this")
    return "This link is over" in page and "sign in" in page and not any(words in page for words in told)


def leave_state(desk):
    with desk.engine.reading() as connection:
        return connection.scalar(select(desk.engine.kept("leave")[1].table.c.state))


def test_a_scanner_that_opens_the_link_and_presses_its_button_does_nothing(desk, link, reader):
    for _ in range(3):
        reader.get(link)
    pressed = reader.post(link, {})
    pressed_again = reader.post(link, {"choice": "GRANT"})

    assert leave_state(desk) == "ASKED"
    assert (pressed.status_code, pressed_again.status_code) == (422, 200)
    assert "Nothing is recorded yet." in pressed_again.text


def test_the_page_says_what_the_mail_said_and_has_the_choices(link, reader):
    page = reader.page(link)

    assert "Leave for lin" in page
    assert "Wren Hall, as Leave approver, Ward 7" in page
    assert ("Grant" in page, "Deny" in page, 'href="/sign-in?next=/worklist/' in page) == (True, True, True)


def test_a_person_answers_without_a_session_once_they_have_confirmed(desk, link, reader):
    answer = reader.post(link, GRANTED)

    page = reader.page(answer.location)
    assert answer.status_code == 303
    assert leave_state(desk) == "GRANTED"
    assert "Your answer is recorded." in page
    assert tells_nothing(page)
    with desk.engine.reading() as connection:
        row = connection.execute(select(approvals)).mappings().one()
    assert (row["answered_by"], row["comment"]) == (WARD_HOLDER.id, "Enjoy it.")


def test_sending_the_answer_twice_is_one_answer_and_says_no_more_of_it(desk, link, reader):
    reader.page(link)
    token = reader.get(link).text.split('name="csrf_token" value="')[1].split('"')[0]
    reader.post(link, GRANTED)

    again = reader._client.post(link, data={**GRANTED, "choice": "DENY", "csrf_token": token})

    assert leave_state(desk) == "GRANTED"
    assert (again.status_code, tells_nothing(again.text)) == (410, True)
    with desk.engine.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(action_link_uses)) == 1


def test_the_user_name_must_be_that_of_the_person_asked_and_wrong_ones_are_limited(desk, link, reader):
    wrong = [reader.post(link, {**GRANTED, "username": "acc-tom"}).status_code for _ in range(10)]

    right = reader.post(link, GRANTED)

    assert set(wrong) == {422}
    assert right.status_code == 429
    assert leave_state(desk) == "ASKED"


@pytest.mark.parametrize("spoilt", ["/act/x", "/act/northshire.letter.mark", "{link}x"])
def test_a_link_that_was_tampered_with_leads_nowhere(link, reader, spoilt):
    answer = reader.get(spoilt.format(link=link))

    assert answer.status_code == 410
    assert "This link no longer works" in answer.text


def test_after_fourteen_days_the_link_says_only_that_it_is_over(desk, link, reader):
    token = reader.get(link).text.split('name="csrf_token" value="')[1].split('"')[0]
    with database.writing(desk.engine.database) as connection:
        connection.execute(update(approvals).values(due_at=None))
    desk.clock.advance(timedelta(days=14))

    page = reader.page(link)
    answer = reader._client.post(link, data={**GRANTED, "csrf_token": token})

    assert tells_nothing(page)
    assert answer.status_code == 410
    assert leave_state(desk) == "ASKED"


def test_who_is_signed_in_as_the_person_asked_goes_on_to_the_worklist(desk, link):
    answer = desk.signed_in(WARD_HOLDER).get(link)

    assert answer.status_code == 302
    assert answer.location.startswith("/worklist/")


def test_somebody_elses_session_is_told_whose_link_it_is_and_cannot_act(desk, link):
    trusts = desk.signed_in(TRUST_HOLDER)

    shown = trusts.get(link)
    sent = trusts.post("/worklist/keys", GRANTED, to=link)

    assert (shown.status_code, sent.status_code) == (403, 403)
    assert "It was sent to Wren Hall, and you are signed in as Tom Reid." in shown.text
    assert leave_state(desk) == "ASKED"


def test_the_link_of_an_account_that_is_no_longer_active_leads_nowhere(desk, link, reader):
    with database.writing(desk.engine.database) as connection:
        connection.execute(update(accounts).where(accounts.c.id == WARD_HOLDER.id).values(active=False))

    assert reader.get(link).status_code == 410


def test_what_was_settled_meanwhile_is_not_told_by_the_link(desk, asked, link, reader):
    with desk.engine.transaction() as tx:
        tx.fire(asked.subject, Turn.LAPSE)

    page = reader.page(link)

    assert tells_nothing(page)


def test_a_link_that_is_over_does_not_tell_somebody_else_to_whom_it_was_sent(desk, asked, link):
    with desk.engine.transaction() as tx:
        tx.fire(asked.subject, Turn.LAPSE)

    shown = desk.signed_in(TRUST_HOLDER).get(link)

    assert (shown.status_code, tells_nothing(" ".join(shown.text.split()))) == (410, True)


def test_the_link_stands_in_no_log(link, reader, caplog):
    caplog.set_level(logging.DEBUG)

    reader.get(link)
    reader.post(link, {**GRANTED, "username": "nobody"})
    reader.get(f"{link}x")

    assert link.rpartition(".")[2] not in caplog.text


def test_the_form_of_the_link_needs_its_token(desk, link, reader):
    reader.get(link)

    answer = reader._client.post(link, data=GRANTED)

    assert answer.status_code == 400
    assert leave_state(desk) == "ASKED"


def test_a_letter_that_was_queued_names_its_approval_and_its_account(desk, asked):
    with desk.engine.reading() as connection:
        row = connection.execute(select(outbox).where(outbox.c.notice == "T-02-asked")).mappings().one()
        approval = connection.scalar(select(approvals.c.id).where(approvals.c.trust == TRUST))

    assert (row["approval"], row["account"]) == (approval, WARD_HOLDER.id)
