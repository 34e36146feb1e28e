"""Who is who, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine import accounts
from engine.errors import Invalid, Missing
from engine.roles import directory
from engine.roles.directory import Holder, Role
from engine.transaction import Engine
from tests.clock import FrozenClock
from tests.people import ADMINISTRATOR, SURGERY, TRUST, WARD, account, engine_on


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def hold(engine: Engine, holder: str, organisation: str, **when: object) -> None:
    with engine.transaction() as tx:
        directory.put_role(tx.connection, Role(trust=TRUST, role="reviewer", organisation=organisation, title="R"))
        given = Holder(trust=TRUST, role="reviewer", organisation=organisation, account=holder, **when)
        directory.put_holder(tx.connection, given)


def grants(engine: Engine, who: str) -> frozenset[tuple[str, str]]:
    with engine.reading() as conn:
        return directory.actor_of(conn, TRUST, who, engine.clock()).grants


def test_a_path_leads_from_the_organisation_up_to_the_trust(engine):
    with engine.reading() as conn:
        path = directory.path(conn, TRUST, WARD)

    assert path == (WARD, SURGERY, TRUST)


def test_another_trusts_organisation_is_missing(engine):
    with engine.reading() as conn, pytest.raises(Missing):
        directory.path(conn, "southshire", WARD)


def test_what_is_held_in_an_organisation_reaches_all_below_it(engine):
    who = account(engine)
    with engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, who, ADMINISTRATOR, SURGERY)
        actor = directory.actor_of(tx.connection, TRUST, who, tx.now)

    with engine.reading() as conn:
        reached = directory.reach(conn, TRUST, actor, (ADMINISTRATOR,))

    assert reached == {SURGERY, WARD}


def test_an_organisation_moves_with_all_that_is_below_it(engine):
    with engine.transaction() as tx:
        directory.add_organisation(tx.connection, now=tx.now, trust=TRUST, id="medicine", name="Medicine")

        directory.change_organisation(tx.connection, TRUST, SURGERY, {"parent": "medicine"})

        assert directory.path(tx.connection, TRUST, WARD) == (WARD, SURGERY, "medicine", TRUST)


@pytest.mark.parametrize(("moved", "parent"), [(SURGERY, WARD), (SURGERY, SURGERY), (TRUST, WARD), (SURGERY, None)])
def test_a_move_that_breaks_the_tree_is_refused(engine, moved, parent):
    with pytest.raises(Invalid), engine.transaction() as tx:
        directory.change_organisation(tx.connection, TRUST, moved, {"parent": parent})


def test_what_is_not_named_in_a_change_stays(engine):
    with engine.transaction() as tx:
        changed = directory.change_organisation(tx.connection, TRUST, WARD, {"mail_name": "Ward Seven"})

    assert (changed.name, changed.mail_name, changed.parent) == ("Ward 7", "Ward Seven", SURGERY)


def test_a_name_loses_what_does_not_print_and_may_not_be_empty(engine):
    with engine.transaction() as tx:
        made = directory.add_organisation(tx.connection, now=tx.now, trust=TRUST, name="Ward\r\n8\u202e")
    with pytest.raises(Invalid), engine.transaction() as tx:
        directory.add_organisation(tx.connection, now=tx.now, trust=TRUST, name=" \u200f ")

    assert made.name == "Ward 8"


def test_an_account_acts_by_what_it_was_granted_and_the_roles_it_holds(engine):
    who = account(engine)
    hold(engine, who, WARD)
    with engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, who, ADMINISTRATOR, TRUST)
        directory.grant(tx.connection, TRUST, who, ADMINISTRATOR, TRUST)

    held = grants(engine, who)

    assert held == {(ADMINISTRATOR, TRUST), ("reviewer", WARD)}


def test_a_permission_that_was_taken_back_is_gone(engine):
    who = account(engine)
    with engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, who, ADMINISTRATOR, TRUST)
        directory.revoke(tx.connection, TRUST, who, ADMINISTRATOR, TRUST)

    assert grants(engine, who) == frozenset()


def test_a_role_is_held_from_its_start_until_before_its_end(engine, clock):
    who, now = account(engine), clock()
    hold(engine, who, WARD, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))

    before = grants(engine, who)
    clock.advance(timedelta(hours=1))
    during = grants(engine, who)
    clock.advance(timedelta(hours=1))
    after = grants(engine, who)

    assert (before, during, after) == (frozenset(), {("reviewer", WARD)}, frozenset())


def test_a_disabled_version_of_a_role_gives_nothing(engine):
    who = account(engine)
    hold(engine, who, WARD)

    with engine.transaction() as tx:
        off = Role(trust=TRUST, role="reviewer", organisation=WARD, title="Reviewer", enabled=False)
        directory.put_role(tx.connection, off)

    assert grants(engine, who) == frozenset()


def test_a_role_knows_its_local_versions_and_who_holds_each(engine):
    who = account(engine)
    hold(engine, who, TRUST)
    hold(engine, who, WARD)

    with engine.reading() as conn:
        versions = directory.versions(conn, TRUST, "reviewer")
        holders = directory.holders_of(conn, TRUST, "reviewer", WARD)

    assert set(versions) == {TRUST, WARD}
    assert [holder.account for holder in holders] == [who]


def test_a_holder_needs_an_account_a_version_and_an_end_after_the_start(engine, clock):
    who, now = account(engine), clock()
    hold(engine, who, WARD)

    with pytest.raises(Missing):
        hold(engine, "nobody", WARD)
    with pytest.raises(Missing), engine.transaction() as tx:
        directory.put_holder(tx.connection, Holder(trust=TRUST, role="other", organisation=WARD, account=who))
    with pytest.raises(Invalid):
        hold(engine, who, WARD, starts_at=now, ends_at=now)


def test_an_inactive_account_is_no_actor(engine, clock):
    who = account(engine)
    with engine.transaction() as tx:
        accounts.change_account(tx.connection, TRUST, who, {"active": False})

    with engine.reading() as conn, pytest.raises(Missing):
        directory.actor_of(conn, TRUST, who, clock())
