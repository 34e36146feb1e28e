"""One answer to several questions: what is alike is listed first, and each has its own result."""

import pytest
from sqlalchemy import insert, select, update

from engine.approvals.approval import Trigger
from engine.letters import Subject
from engine.roles.directory_tables import holders
from engine.storage import database
from engine.tables import approvals
from tests import databases
from tests.desk import ADMINISTRATOR, desk_on
from tests.trial import ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER, leaves

pytestmark = pytest.mark.story
TOGETHER = "/worklist/together"


@pytest.fixture
def desk(database_url, clock, tmp_path):
    desk = desk_on(database_url, clock, tmp_path)
    key = {"trust": TRUST, "role": ROLE, "organisation": WARD, "enabled": True}
    with database.writing(desk.engine.database) as connection:
        connection.execute(insert(holders), {**key, "account": ADMINISTRATOR.id})
    yield desk
    databases.close(desk.engine.database)


@pytest.fixture
def ward(desk):
    return desk.signed_in(WARD_HOLDER)


@pytest.fixture
def items(desk):
    for _ in range(4):
        desk.asks_for_leave()
    with desk.engine.reading() as connection:
        return list(connection.scalars(select(approvals.c.id).order_by(approvals.c.id)))


def states(desk):
    with desk.engine.reading() as connection:
        return sorted(connection.scalars(select(leaves.c.state)))


def query(items):
    return "&".join(f"item={item}" for item in items)


def test_what_is_ticked_is_listed_before_anything_happens(desk, ward, items):
    page = ward.page(f"{TOGETHER}?{query(items)}&show=roles")

    assert "Leave: 4 questions" in page
    assert "Answer 4 questions" in page
    assert states(desk) == ["ASKED"] * 4


def test_one_answer_goes_to_each_and_each_has_its_own_result(desk, ward, items):
    other = desk.signed_in(ADMINISTRATOR)
    ward.page(f"{TOGETHER}?{query(items)}")
    other.post(f"/worklist/{items[0]}", {"choice": "DENY"})
    with database.writing(desk.engine.database) as connection:
        own = approvals.c.id == items[1]
        connection.execute(update(approvals).where(own).values(owner=ADMINISTRATOR.id, owner_name="Ada Obi"))

    said = {"item": items, "choice": "GRANT", "comment": "Enjoy it."}
    answer = ward.post(f"{TOGETHER}?{query(items)}", said)

    page = " ".join(answer.text.split())
    assert answer.status_code == 200
    assert "2 answered, 1 refused, 1 overtaken." in page
    assert "Ada Obi answered this on" in page
    assert "This was asked of another role, or of somebody else." in page
    assert states(desk) == ["ASKED", "DENIED", "GRANTED", "GRANTED"]


def test_the_same_answer_sent_twice_does_nothing_twice(desk, ward, items):
    said = {"item": items[:2], "choice": "GRANT"}
    ward.post(f"{TOGETHER}?{query(items)}", said)

    again = ward.post("/worklist/keys", said, to=TOGETHER)

    assert "0 answered, 2 overtaken." in " ".join(again.text.split())
    assert states(desk) == ["ASKED", "ASKED", "GRANTED", "GRANTED"]


def test_an_answer_must_be_chosen_and_must_be_one_of_the_choices(desk, ward, items):
    without = ward.post(f"{TOGETHER}?{query(items)}", {"item": items, "comment": "Hm"})
    another = ward.post(f"{TOGETHER}?{query(items)}", {"item": items, "choice": "RESET"})

    assert without.status_code == 422
    assert ("Choose an answer." in without.text, "Hm" in without.text) == (True, True)
    assert "0 answered, 4 refused." in " ".join(another.text.split())
    assert states(desk) == ["ASKED"] * 4


def test_what_is_not_alike_is_told_apart(desk, ward, items):
    with database.writing(desk.engine.database) as connection:
        connection.execute(update(approvals).where(approvals.c.id == items[0]).values(choices=["GRANT"]))

    page = ward.page(f"{TOGETHER}?{query(items)}")

    assert "not all alike" in page
    assert ("Answer 3 questions of this kind" in page, "Answer 1 question of this kind" in page) == (True, True)


def test_nothing_ticked_and_what_is_somebody_elses_leads_back(desk, ward, items):
    nothing = ward.get(TOGETHER)
    stranger = desk.signed_in(TRUST_HOLDER).get(f"{TOGETHER}?{query(items)}")

    assert (nothing.status_code, stranger.status_code) == (303, 303)
    assert "Tick the questions" in ward.page(nothing.location)


def test_somebody_elses_questions_are_not_answered(desk, items):
    stranger = desk.signed_in(TRUST_HOLDER)

    answer = stranger.post("/worklist/keys", {"item": items, "choice": "GRANT"}, to=TOGETHER)

    assert "0 answered." in " ".join(answer.text.split())
    assert states(desk) == ["ASKED"] * 4


def test_all_of_a_page_can_be_ticked_without_scripts(ward, items):
    page = ward.page("/worklist/?tick=1")

    assert page.count(" checked") == len(items)
    assert items[0] in page


def test_what_waits_for_information_cannot_be_answered_with_the_others(desk, ward, items):
    with desk.engine.transaction(WARD_HOLDER) as tx:
        asked = Subject(kind="approval", trust=TRUST, id=items[0])
        tx.fire(asked, Trigger.ASK, {"of": ADMINISTRATOR.id, "question": "When?"})

    page = ward.page(f"{TOGETHER}?{query(items)}")

    assert "Leave: 3 questions" in page
