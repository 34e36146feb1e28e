"""The pages on which people take what is kept about them, and administrators give or erase it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, select, update

from engine.machine import Actor
from engine.roles.directory_tables import accounts, grants
from engine.storage import database
from tests import northshire
from tests.northshire import TRUST
from tests.workplace import Workplace, workplace_on
from workflows.people import store as people
from workflows.people.records import AssignmentStatus
from workflows.people.tables import assignments, persons

ADA = Actor(id="acc-ada", name="Ada Obi", person="eve", grants=frozenset({("system-administrator", TRUST)}))


@pytest.fixture
def place(database_url, tmp_path, clock):
    built = workplace_on(database_url, clock, tmp_path)
    row = {"trust": TRUST, "id": ADA.id, "username": "ada", "email": "ada@northshire.example", "name": ADA.name}
    with database.writing(built.engine.database) as conn:
        conn.execute(insert(accounts).values(**row, person="eve", active=True, session=0))
        conn.execute(
            insert(grants).values(
                trust=TRUST, account=ADA.id, responsibility="system-administrator", organisation=TRUST
            )
        )
    yield built
    built.engine.database.dispose()


def name_of(place: Workplace, person: str) -> str:
    with place.engine.reading() as conn:
        return conn.scalar(select(persons.c.name).where(persons.c.id == person))


def test_a_learner_takes_a_copy_as_json_and_as_pdf(place):
    ann = place.signed_in("ann")

    written = ann.post("/my-data", {"form": "json"})
    printed = ann.post("/my-data", {"form": "pdf"})

    assert json.loads(written.data)["of"] == "Ann"
    assert "attachment" in written.headers["Content-Disposition"]
    assert printed.data.startswith(b"%PDF-")


def test_a_learner_chooses_the_language_of_their_letters(place):
    northshire.sent(place.engine)
    ann = place.signed_in("ann")

    refused = ann.post("/my-data", {"language": "fr"}, to="/my-data/language")
    chosen = ann.post("/my-data", {"language": "cy"}, to="/my-data/language")
    course_class = northshire.open_class(place.engine, place.clock)
    northshire.enrol(place.engine, course_class, "ann")

    assert (refused.status_code, chosen.status_code) == (422, 303)
    assert "Your e-mails are in Welsh" in ann.page("/my-data")
    assert {row.language for row in northshire.letters(place.engine)} == {"cy"}
    with place.engine.reading() as connection:
        assert people.languages(connection, TRUST, {"ann", "bob"}) == {"ann": "cy", "bob": "en"}


def test_copies_are_given_only_so_often(place):
    ann = place.signed_in("ann")

    answers = [ann.post("/my-data", {"form": "json"}).status_code for _ in range(21)]

    assert answers == [200] * 20 + [429]


def test_a_copy_in_no_form_is_asked_again(place):
    answer = place.signed_in("ann").post("/my-data", {"form": "papyrus"})

    assert answer.status_code == 422
    assert "Choose how you want it." in answer.text


def test_only_an_administrator_opens_the_data_of_somebody_else(place):
    assert place.signed_in("ann").get("/people/bob/data").status_code == 403
    assert "Bob" in place.signed_in(ADA).page("/people/bob/data")


def test_somebody_who_works_here_cannot_be_erased(place):
    page = place.signed_in(ADA).page("/people/bob/data")

    assert "the record is still needed" in page
    assert "/people/bob/erase" not in page


def test_an_administrator_erases_somebody_who_left_with_a_reason_and_a_confirmation(place):
    with database.writing(place.engine.database) as conn:
        conn.execute(update(assignments).where(assignments.c.person == "bob").values(status=AssignmentStatus.ENDED))
    ada = place.signed_in(ADA)

    unsure = ada.post("/people/bob/data", {"reason": ""}, to="/people/bob/erase")
    before = name_of(place, "bob")
    done = ada.post("/people/bob/data", {"reason": "Asked for.", "sure": "yes"}, to="/people/bob/erase")

    assert unsure.status_code == 422
    assert "Enter why this is erased." in unsure.text
    assert before == "Bob"
    assert done.status_code == 303
    assert name_of(place, "bob") == "Erased"


def test_an_erasure_that_is_refused_says_why_and_erases_nothing(place):
    answer = place.signed_in(ADA).post("/people/cat/data", {"reason": "No.", "sure": "yes"}, to="/people/cat/erase")

    assert answer.status_code == 422
    assert "still needed" in answer.text
    assert name_of(place, "cat") == "Cat"


def test_an_account_of_nobody_is_told_so(place):
    answer = place.signed_in(Actor(id="acc-sam", name="Sam Orr")).get("/my-data")

    assert answer.status_code == 404
    assert "belongs to no person" in answer.text
