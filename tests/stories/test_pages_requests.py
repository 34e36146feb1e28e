"""A request for a place on the worklist: what is shown in order to decide, and its answer."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import action_links
from engine.machine import Actor
from engine.tables import approvals, outbox
from tests import databases, northshire
from tests.desk import Browser
from tests.northshire import HELEN, TRUST
from tests.workplace import workplace_on
from workflows.learning import enrolment

ADE = Actor(id="acc-ade", name="Ade Bello", person="ade", grants=frozenset({("class-administrator", TRUST)}))


@pytest.fixture
def place(database_url, clock, tmp_path):
    made = workplace_on(database_url, clock, tmp_path)
    northshire.allocate(made.engine, ADE)
    yield made
    databases.close(made.engine.database)


@pytest.fixture
def course_class(place):
    """A class that needs approval, on which Ann has asked for a place."""
    made = northshire.open_class(place.engine, place.clock, maximum=3, approval=True, title="Evacuation chair")
    northshire.enrol(place.engine, made, "ann")
    return made


def question_of(place) -> str:
    with place.engine.reading() as conn:
        return f"/worklist/{conn.execute(select(approvals.c.id)).scalar_one()}"


def test_everything_needed_to_decide_stands_on_the_page(place, course_class):
    page = place.signed_in(ADE).page(question_of(place))

    assert "A place for Ann on Evacuation chair" in page
    assert "0 of 3 taken; 3 left" in page
    assert "Red: not held" in page
    assert "Required by their post" in page
    assert "Approve: they get a place, or join the waitlist" in page
    assert "Why they ask" not in page


def test_the_reason_that_the_learner_gave_stands_on_the_page(place):
    made = northshire.open_class(place.engine, place.clock, maximum=3, approval=True)
    facts = {"class": made, "person": "ann", "reason": "I often see patients on their own."}
    with place.engine.transaction(northshire.learner("ann")) as tx:
        tx.start(enrolment.KIND, northshire.TRUST, enrolment.Trigger.REQUEST, facts)

    page = place.signed_in(ADE).page(question_of(place))

    assert "I often see patients on their own." in page


def test_whoever_asks_for_a_place_may_say_why_and_whoever_decides_reads_it(place):
    made = northshire.open_class(place.engine, place.clock, maximum=3, approval=True, title="Evacuation chair")
    ann = place.signed_in("ann")

    listed, form = ann.page("/learning/find"), ann.page(f"/learning/find/{made}")
    sent = ann.post(f"/learning/find/{made}", {"class": made, "reason": "I work nights."}, to="/learning/find")

    assert f'href="/learning/find/{made}">Ask for a place' in listed
    assert "Why do you need this? (optional)" in form
    assert sent.status_code == 303
    assert "I work nights." in place.signed_in(ADE).page(question_of(place))
    assert ann.get(f"/learning/find/{made}").status_code == 404


def test_a_rejection_without_a_reason_is_asked_again_and_one_with_it_is_kept(place, course_class):
    ade, question = place.signed_in(ADE), question_of(place)

    refused = ade.post(question, {"choice": "REJECT"})
    done = ade.post(question, {"choice": "REJECT", "comment": "For theatre staff only."})

    assert (refused.status_code, done.status_code) == (422, 303)
    assert "Say why the request is rejected" in refused.text
    assert northshire.standing(place.engine, course_class) == {"ann": ("CANCELLED", None)}


def test_the_link_of_a_mail_asks_for_the_reason_that_a_rejection_needs_on_the_page_that_confirms(place, course_class):
    with place.engine.reading() as conn:
        letter = conn.execute(select(outbox).where(outbox.c.approval.is_not(None))).mappings().one()
    link = f"/act/{action_links.secret_of(place.app.secret_key, letter)}"
    reader = Browser(place.app.test_client())

    confirm = reader.post(link, {"choice": "REJECT", "comment": ""})
    empty = reader.post(link, {"choice": "REJECT", "comment": " ", "why": "asked", "username": ADE.id})
    plain = reader.post(link, {"choice": "APPROVE", "comment": ""})
    done = reader.post(link, {"choice": "REJECT", "comment": "For theatre only.", "why": "asked", "username": ADE.id})

    assert "Your reason" in confirm.text
    assert "Your reason" not in plain.text
    assert (empty.status_code, 'href="#comment"' in empty.text, f'value="{ADE.id}"' in empty.text) == (422, True, True)
    assert (done.status_code, northshire.standing(place.engine, course_class)) == (303, {"ann": ("CANCELLED", None)})


def test_several_rejections_without_a_reason_are_asked_for_it_before_any_is_answered(place, course_class):
    item = question_of(place).rpartition("/")[2]
    together = f"/worklist/together?item={item}"

    answer = place.signed_in(ADE).post(together, {"item": item, "choice": "REJECT"})

    assert (answer.status_code, 'href="#comment"' in answer.text) == (422, True)
    assert northshire.standing(place.engine, course_class) == {"ann": ("REQUESTED", None)}


def test_the_menu_shows_in_which_part_a_page_lies(place, course_class):
    ade = place.signed_in(ADE)

    listed, one, found = ade.page("/classes/"), ade.page(f"/classes/{course_class}"), ade.page("/learning/find")

    assert 'href="/classes/" aria-current="page"' in listed
    assert 'href="/classes/" aria-current="true"' in one
    assert 'href="/" aria-current="true"' in found
    assert one.count("aria-current") == 1


def test_a_request_is_approved_from_the_worklist(place, course_class):
    place.signed_in(ADE).post(question_of(place), {"choice": "APPROVE"})

    assert northshire.standing(place.engine, course_class) == {"ann": ("CONFIRMED", None)}


def test_the_class_leads_whoever_is_asked_to_the_question_and_tells_the_others(place, course_class):
    asked, other = (place.signed_in(who).page(f"/classes/{course_class}") for who in (ADE, HELEN))

    assert f'href="{question_of(place)}"' in asked
    assert question_of(place) not in other
    assert "Asked of a class administrator" in other


def test_the_program_interface_answers_through_the_question_too(place, course_class):
    client = place.app.test_client()
    with place.engine.reading() as conn:
        request = conn.execute(select(approvals.c.subject)).scalar_one()

    answers = [
        client.post(
            f"/api/v1/enrolments/{request}/approve",
            json={},
            headers={"Authorization": f"Bearer {place.token(who)}", "Idempotency-Key": who.id},
        )
        for who in (HELEN, ADE)
    ]

    assert [answer.status_code for answer in answers] == [409, 200]
    assert answers[1].json["state"] == "CONFIRMED"
    with place.engine.reading() as conn:
        assert conn.execute(select(approvals.c.state)).scalar_one() == "CLOSED"
