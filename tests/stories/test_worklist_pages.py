"""The worklist as people use it over HTTP, without scripts: lists, filters, saved views, and handing questions on."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import insert, select, update

from engine.roles.directory_tables import holders
from engine.storage import database
from engine.tables import approvals
from tests import databases
from tests.desk import ADMINISTRATOR, ELSEWHERE, desk_on
from tests.trial import LEARNER, ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER

pytestmark = pytest.mark.story


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
def second(desk):
    return desk.signed_in(ADMINISTRATOR)


@pytest.fixture
def question(desk):
    desk.asks_for_leave()
    return latest(desk)


def latest(desk):
    """Return the address of the latest question."""
    with desk.engine.reading() as connection:
        found = connection.scalars(select(approvals.c.id).order_by(approvals.c.id.desc())).first()
    return f"/worklist/{found}"


def ask_for(desk, actor, *, hours=0, **changes):
    """Have somebody ask, the question being otherwise than usual, and return its address."""
    desk.clock.advance(timedelta(hours=hours, seconds=1))
    desk.asks_for_leave(actor=actor)
    address = latest(desk)
    if changes:
        with database.writing(desk.engine.database) as connection:
            same = approvals.c.id == address.rpartition("/")[2]
            connection.execute(update(approvals).where(same).values(**changes))
    return address


def tabs(page):
    """Return how many each list has, as its tab says."""
    names = ("To do", "Mine", "My roles", "Delegated", "Done")
    return {name: int(page.split(f">{name} (")[1].split(")")[0]) for name in names}


def test_a_claimed_question_is_its_owners_and_comes_back_when_it_is_given_back(ward, second, question):
    ward.post(question, {}, to=f"{question}/do/claim")
    mine, theirs = tabs(ward.page("/worklist/")), tabs(second.page("/worklist/"))
    seen = second.page(question)
    ward.post(question, {}, to=f"{question}/do/release")

    assert (mine["Mine"], mine["To do"], theirs["My roles"], theirs["To do"]) == (1, 1, 0, 0)
    assert "Wren Hall is dealing with this." in seen
    assert "Send answer" not in seen
    assert tabs(second.page("/worklist/"))["To do"] == 1


def test_a_delegate_answers_for_the_owner_who_may_take_it_back(ward, second, question):
    way = f"{question}/pass/delegate"
    ward.post(way, {"to": ADMINISTRATOR.id, "words": "Please decide."})
    counted = tabs(ward.page("/worklist/"))

    page = second.page(question)

    assert (counted["Delegated"], counted["To do"]) == (1, 0)
    assert "Wren Hall delegated it to Ada Obi: “Please decide.”" in page
    assert "Send answer" in page
    ward.post(question, {}, to=f"{question}/do/take-back")
    assert tabs(ward.page("/worklist/"))["Delegated"] == 0


def test_a_stand_in_is_asked_beside_those_who_hold_the_role(desk, ward):
    ask_for(desk, LEARNER, delegate=ELSEWHERE.id, delegate_name="Eve Lund")

    counted = tabs(ward.page("/worklist/")), tabs(desk.signed_in(ELSEWHERE).page("/worklist/"))

    assert [(each["To do"], each["My roles"], each["Mine"]) for each in counted] == [(1, 1, 0), (1, 0, 1)]


def test_a_transferred_question_is_no_longer_theirs_who_gave_it_away(desk, ward, question):
    way = f"{question}/pass/transfer"

    found = ward.page(f"{way}?who=eve")
    answer = ward.post(f"{way}?who=eve", {"to": ELSEWHERE.id})

    assert "Eve Lund" in found
    assert answer.status_code == 303
    assert tabs(ward.page("/worklist/"))["To do"] == 0
    assert tabs(desk.signed_in(ELSEWHERE).page("/worklist/"))["Mine"] == 1


def test_nobody_is_found_who_may_not_have_it(ward, question):
    page = ward.page(f"{question}/pass/delegate?who=lin")

    assert "No colleague of yours with an account has “lin” in their name." in page


@pytest.mark.parametrize(
    ("way", "said", "sentence"),
    [
        ("delegate", {}, "Choose somebody, or search for a name first."),
        ("ask", {"to": ADMINISTRATOR.id}, "Write what you want to know."),
        ("delegate", {"to": LEARNER.id}, "It cannot go to"),
        ("delegate", {"to": "nobody"}, "Choose an active account"),
    ],
)
def test_what_cannot_be_handed_on_says_why_and_stays(ward, question, way, said, sentence):
    answer = ward.post(f"{question}/pass/{way}", said)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_whoever_is_asked_for_information_replies_with_a_file_and_the_question_goes_on(desk, ward, question):
    ward.post(f"{question}/pass/ask?who=eve", {"to": ELSEWHERE.id, "words": "How many days are left?"})
    eve = desk.signed_in(ELSEWHERE)
    waiting, asked = ward.page(question), eve.page(question)

    files = {"answer": "Nine.", "files": (BytesIO(b"days,9\n"), "days.csv")}
    reply = eve.post(question, files, to=f"{question}/reply")

    page = ward.page(question)
    assert "It can be answered once they have replied." in waiting
    assert ("How many days are left?" in asked, "Your reply" in asked) == (True, True)
    assert reply.status_code == 303
    assert "Eve Lund replied: “Nine.”" in page
    assert "Send answer" in page
    link = page.split("days.csv (")[0].rsplit('href="', 1)[1].split('"')[0]
    download = ward.get(link)
    assert (download.data, download.headers["Content-Disposition"]) == (b"days,9\n", "attachment; filename=days.csv")
    assert desk.signed_in(TRUST_HOLDER).get(link).status_code == 404


def test_a_comment_is_kept_and_a_file_that_is_not_what_it_says_is_refused(ward, question):
    ward.post(question, {"remark": "I rang them."}, to=f"{question}/comment")
    bad = {"remark": "And this", "files": (BytesIO(b"not a picture"), "leave.png")}

    refused = ward.post(question, bad, to=f"{question}/comment")

    assert "Wren Hall commented: “I rang them.”" in ward.page(question)
    assert refused.status_code == 422
    assert "This file is not what its name says" in refused.text
    assert "And this" in refused.text


@pytest.mark.parametrize("address", ["{q}", "{q}/pass/delegate", "{q}/files/x"])
def test_somebody_elses_question_is_not_there(desk, question, address):
    assert desk.signed_in(TRUST_HOLDER).get(address.format(q=question)).status_code == 404


@pytest.mark.parametrize("what", ["do/claim", "pass/transfer", "reply", "comment", ""])
def test_nobody_acts_on_somebody_elses_question(desk, question, what):
    stranger = desk.signed_in(TRUST_HOLDER)

    answer = stranger.post("/worklist/keys", {"choice": "GRANT", "to": "acc-eve"}, to=f"{question}/{what}".rstrip("/"))

    assert answer.status_code == 404


@pytest.mark.parametrize("address", ["do/nothing", "pass/nothing"])
def test_what_nobody_can_do_is_not_there(ward, question, address):
    assert ward.post(question, {}, to=f"{question}/{address}").status_code == 404


def test_filters_narrow_the_list_and_stay_in_the_address(desk, ward, question):
    late = ask_for(desk, ADMINISTRATOR, due_at=desk.clock() - timedelta(hours=1), title="Leave for Ada Obi")
    today = ask_for(desk, TRUST_HOLDER, due_at=desk.clock() + timedelta(hours=3))
    week = ask_for(desk, ELSEWHERE, due_at=desk.clock() + timedelta(hours=12))

    found = {
        name: [
            address
            for address in (question, late, today, week)
            if f'href="{address}?' in ward.page(f"/worklist/?{name}")
        ]
        for name in (
            "due=overdue",
            "due=today",
            "due=week",
            "q=ADA",
            "q=eve+lund",
            "kind=leave",
            "role=x",
            "state=ERROR",
        )
    }

    assert found == {
        "due=overdue": [late],
        "due=today": [today, week],
        "due=week": [today, week],
        "q=ADA": [late],
        "q=eve+lund": [week],
        "kind=leave": [question, late, today, week],
        "role=x": [],
        "state=ERROR": [],
    }
    assert f"{late}?show=open&amp;due=overdue" in ward.page("/worklist/?due=overdue")
    assert "Nothing here matches." in ward.page("/worklist/?role=x")


@pytest.mark.parametrize(
    ("sort", "order"),
    [("due", [1, 0, 2]), ("newest", [2, 1, 0]), ("oldest", [0, 1, 2]), ("title", [2, 0, 1]), ("no-such", [1, 0, 2])],
)
def test_a_list_comes_in_the_order_that_is_asked_for(desk, ward, sort, order):
    soon = desk.clock() + timedelta(hours=2)
    made = [
        ask_for(desk, LEARNER, hours=1, title="b", due_at=soon),
        ask_for(desk, LEARNER, hours=1, title="C", due_at=desk.clock()),
        ask_for(desk, LEARNER, hours=1, title="a", due_at=None),
    ]

    page = ward.page(f"/worklist/?sort={sort}")

    assert sorted(made, key=page.index) == [made[number] for number in order]


def test_answering_leads_on_through_the_same_list_to_its_end(desk, ward):
    first, second, third = (ask_for(desk, LEARNER, hours=1) for _ in range(3))
    through = "?show=roles&sort=newest"

    onward = [
        ward.post(f"{address}{through}", {"choice": "GRANT", "then": "next"}).location
        for address in (second, first, third)
    ]

    assert [address.partition("?")[0] for address in onward] == [first, third, "/worklist/"]
    assert "sort=newest" in onward[0]
    assert "That was the last one of this list." in ward.page(onward[2])
