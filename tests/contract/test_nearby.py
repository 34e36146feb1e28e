"""Whose names somebody may look up, on both databases: whom they work with, and who may have the question."""

import pytest
from sqlalchemy import select

from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory import Holder, Role
from engine.roles.directory_tables import accounts
from engine.web import colleagues, named, nearby
from engine.web.mishaps import RateLimited
from tests import approvals, northshire
from tests.approvals import PAT, SENDER
from tests.databases import close
from tests.northshire import HELEN, MEDICINE, SURGERY, TOM, WREN
from tests.trial import LEARNER, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER
from workflows.people import store


@pytest.fixture
def engine(database_url, clock):
    built = approvals.engine_on(database_url, clock)
    yield built
    close(built.database)


def holds(engine, actor, role, place):
    with engine.transaction() as tx:
        directory.put_role(tx.connection, Role(trust=TRUST, role=role, organisation=place, title=role))
        directory.put_holder(tx.connection, Holder(trust=TRUST, role=role, organisation=place, account=actor.id))


def found(engine, question, search, *, handed=True, actor=WARD_HOLDER):
    with engine.reading() as connection:
        approval = approvals.read(engine, question)
        rows = colleagues.found(connection, approval, actor, search, engine.clock(), handed=handed)
    return [(row["name"], row["email"]) for row in rows]


def test_somebody_without_any_organisation_in_common_is_not_found(engine):
    question = approvals.ask(engine)

    assert found(engine, question, "pat") == []


@pytest.mark.parametrize("place", [WARD, TRUST], ids=["in the ward", "above"])
def test_who_holds_something_is_found_by_those_whose_own_covers_it(engine, place):
    question = approvals.ask(engine)
    holds(engine, PAT, "clerk", place)

    assert found(engine, question, "okoro") == ([("Pat Okoro", "")] if place == WARD else [])
    assert found(engine, question, "okoro", actor=TRUST_HOLDER) == [("Pat Okoro", "")]


def test_who_may_be_asked_is_found_wherever_they_hold_the_role(engine):
    assert found(engine, approvals.ask(engine), "reid") == [("Tom Reid", "")]


def test_who_brought_it_up_is_found_to_be_asked_but_not_to_decide(engine):
    question = approvals.ask(engine)

    assert found(engine, question, LEARNER.name[:4], handed=False) == [(LEARNER.name, "")]
    assert found(engine, question, LEARNER.name[:4]) == []


def test_one_letter_finds_only_those_who_hold_the_role_here(engine):
    question = approvals.ask(engine)
    holds(engine, PAT, "clerk", WARD)

    assert found(engine, question, "p") == []


def test_addresses_tell_namesakes_apart(engine):
    question = approvals.ask(engine)
    for one in (PAT, SENDER):
        holds(engine, one, "clerk", WARD)
    with engine.transaction() as tx:
        tx.connection.execute(accounts.update().where(accounts.c.id == SENDER.id).values(name="Pat Okoro"))

    assert found(engine, question, "okoro") == [
        ("Pat Okoro", "pat@northshire.example"),
        ("Pat Okoro", "sid@northshire.example"),
    ]


def test_searches_are_counted_and_too_many_end(engine):
    for _ in range(100):
        nearby.count_search(engine, PAT)

    with pytest.raises(RateLimited):
        nearby.count_search(engine, PAT)
    nearby.count_search(engine, SENDER)


@pytest.fixture
def trust(database_url, clock):
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock)
    northshire.allocate(built, HELEN, WREN, TOM)
    yield built
    close(built.database)


@pytest.mark.parametrize(
    ("grants", "names"),
    [
        ((), ["Helen Marsh", "Tom Reid", "Wren Hall"]),
        ((("recruiter", MEDICINE),), ["Helen Marsh", "Tom Reid", "Wren Hall"]),
    ],
    ids=["a colleague", "a colleague who recruits elsewhere"],
)
def test_people_find_those_who_work_in_the_same_organisation(trust, grants, names):
    ann = Actor(id="acc-helen", name="Helen Marsh", person="helen", grants=frozenset(grants))

    with trust.reading() as connection:
        among = nearby.near(connection, TRUST, ann, store.workplaces)
        seen = [row["name"] for word in ("e", "l") for row in named.matching(connection, TRUST, word, among=among)]
        stranger = Actor(id="nobody", name="Nobody", person=None)
        unseen = nearby.near(connection, TRUST, stranger, store.workplaces)
        hidden = connection.execute(select(accounts.c.id).where(unseen)).all()

    assert sorted(set(seen)) == names
    assert hidden == []


def test_where_somebody_is_employed_and_where_they_have_a_post_both_count(trust):
    with trust.reading() as connection:
        places = connection.execute(store.workplaces(TRUST)).all()

    assert ("acc-wren", SURGERY) in {tuple(row) for row in places}
