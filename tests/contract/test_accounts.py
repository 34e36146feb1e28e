"""How people get in, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import accounts, bearers
from engine.errors import Invalid, Missing
from engine.roles.directory_tables import account_links, api_tokens
from engine.roles.directory_tables import accounts as table
from engine.transaction import Engine
from engine.web import rates
from tests.clock import FrozenClock
from tests.people import PASSWORD, TRUST, account, engine_on

ORIGIN = "https://learn.northshire.example"
OTHER = "four green saucepans"


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def is_right(engine: Engine, username: str, password: str) -> bool:
    with engine.reading() as conn:
        row = accounts.find(conn, username)
    return accounts.is_right(row, password)


def linked(engine: Engine, who: str) -> str:
    with engine.transaction() as tx:
        return accounts.issue_link(tx.connection, TRUST, who, tx.now)


def use(engine: Engine, secret: str, password: str = OTHER) -> None:
    with engine.transaction() as tx:
        accounts.use_link(tx.connection, secret, password, tx.now)


def test_the_right_password_is_right_whatever_the_case_of_the_user_name(engine):
    account(engine, password=PASSWORD)

    assert is_right(engine, " PNair ", PASSWORD)
    assert not is_right(engine, "pnair", PASSWORD + "s")


def test_nobody_comes_in_without_an_account_a_password_or_an_active_one(engine):
    account(engine)
    account(engine, "gone", password=PASSWORD)
    with engine.transaction() as tx:
        accounts.change_account(tx.connection, TRUST, "acc-gone", {"active": False})

    assert not is_right(engine, "unknown", PASSWORD)
    assert not is_right(engine, "pnair", "")
    assert not is_right(engine, "gone", PASSWORD)


def test_neither_password_nor_link_nor_token_is_kept_in_clear(engine):
    who = account(engine, password=PASSWORD)
    secret = linked(engine, who)
    with engine.transaction() as tx:
        token = bearers.add(tx.connection, TRUST, who, tx.now)

    with engine.reading() as conn:
        kept = [str(tuple(row)) for one in (table, account_links, api_tokens) for row in conn.execute(select(one))]

    assert not [row for row in kept for said in (PASSWORD, secret, token) if said in row]
    assert len(secret) >= 43


def test_a_link_sets_the_password_once_and_ends_every_session(engine):
    who = account(engine, password=PASSWORD)
    secret = linked(engine, who)
    with engine.reading() as conn:
        before = accounts.account(conn, TRUST, who).session

    use(engine, secret)

    with engine.reading() as conn:
        assert accounts.account(conn, TRUST, who).session == before + 1
    assert is_right(engine, "pnair", OTHER)
    with pytest.raises(Missing):
        use(engine, secret, PASSWORD)
    assert is_right(engine, "pnair", OTHER)


def test_asking_whether_a_link_stands_does_not_use_it(engine, clock):
    secret = linked(engine, account(engine))

    with engine.reading() as conn:
        stands = [accounts.link_stands(conn, secret, clock()) for _ in range(3)]

    assert stands == [True, True, True]


def test_a_link_dies_after_two_hours_and_when_a_newer_one_is_issued(engine, clock):
    who = account(engine)
    replaced, newer = linked(engine, who), linked(engine, who)

    with pytest.raises(Missing):
        use(engine, replaced)
    clock.advance(timedelta(hours=2))
    with pytest.raises(Missing):
        use(engine, newer)


def test_a_bad_new_password_leaves_the_link_standing(engine, clock):
    secret = linked(engine, account(engine))

    with pytest.raises(Invalid):
        use(engine, secret, "short")

    with engine.reading() as conn:
        assert accounts.link_stands(conn, secret, clock())


def test_of_two_who_use_a_link_at_once_one_wins(engine):
    secret = linked(engine, account(engine))

    def outcome(password: str) -> str:
        try:
            use(engine, secret, password)
        except Missing:
            return "late"
        return "won"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(outcome, [f"{OTHER} {number}" for number in range(4)]))

    assert sorted(outcomes) == ["late", "late", "late", "won"]


def test_an_address_gets_a_letter_for_each_of_its_active_accounts(engine):
    account(engine)
    account(engine, "pnair2")
    with engine.transaction() as tx:
        accounts.change_account(tx.connection, TRUST, "acc-pnair2", {"email": "PNAIR@northshire.example"})
        letters = accounts.links_for_email(tx.connection, "pnair@Northshire.example ", ORIGIN, tx.now)
        nobody = accounts.links_for_email(tx.connection, "nobody@northshire.example", ORIGIN, tx.now)

    assert [letter.context["username"] for letter in letters] == ["pnair", "pnair2"]
    assert {letter.notice for letter in letters} == {"SYS-01-user-name"}
    assert letters[0].context["expiry"] == "2026-11-22T11:00:00+00:00"
    assert nobody == ()


def test_a_user_name_gets_a_letter_whose_link_works(engine):
    account(engine)
    with engine.transaction() as tx:
        (letter,) = accounts.links_for_username(tx.connection, "PNAIR", ORIGIN, tx.now)

    address = letter.context["reset_link"]
    use(engine, address.removeprefix(f"{ORIGIN}/reset/"))

    assert letter.notice == "SYS-02-password-reset"
    assert letter.subject.kind == "account"
    assert is_right(engine, "pnair", OTHER)


def test_a_token_stands_until_it_is_revoked(engine):
    who = account(engine)
    with engine.transaction() as tx:
        token = bearers.add(tx.connection, TRUST, who, tx.now)
        standing = bearers.bearer(tx.connection, token, tx.now)
        expired = bearers.bearer(tx.connection, token, tx.now + bearers.LIFE)
        bearers.revoke(tx.connection, TRUST, who)
        revoked = bearers.bearer(tx.connection, token, tx.now)

    assert standing == bearers.Bearer(trust=TRUST, account=who, scopes=("*",))
    assert (expired, revoked) == (None, None)


@pytest.mark.parametrize(
    ("scope", "may_read", "may_write"),
    [
        ("*", True, True),
        ("read", True, False),
        ("enrolments:read", True, False),
        ("enrolments:write", True, True),
        ("people:write", False, False),
    ],
)
def test_a_token_is_for_what_its_scopes_say(scope, may_read, may_write):
    bearer = bearers.Bearer(trust=TRUST, account="acc", scopes=(scope,))

    assert bearer.may("enrolments", write=False) is may_read
    assert bearer.may("enrolments", write=True) is may_write


def test_one_token_of_several_is_revoked_by_the_beginning_of_its_hash(engine):
    who = account(engine)
    with engine.transaction() as tx:
        tokens = [bearers.add(tx.connection, TRUST, who, tx.now) for _ in range(2)]
        bearers.revoke(tx.connection, TRUST, who, accounts.digest(tokens[0])[:12])
        left = [row["hash"] for row in bearers.of_account(tx.connection, TRUST, who)]

    assert left == [accounts.digest(tokens[1])]
    with pytest.raises(Missing), engine.transaction() as tx:
        bearers.revoke(tx.connection, TRUST, who, accounts.digest(tokens[0])[:12])


def test_making_an_account_inactive_or_ending_its_sessions_voids_its_cookies(engine):
    who = account(engine)
    with engine.transaction() as tx:
        accounts.end_sessions(tx.connection, TRUST, who)
        changed = accounts.change_account(tx.connection, TRUST, who, {"active": False, "name": "Priya Shah"})

    assert (changed.session, changed.active, changed.name) == (2, False, "Priya Shah")


@pytest.mark.parametrize("username", ["pnair", "PNAIR", "p", "-pn", "p n", "p\nn", ""])
def test_a_user_name_must_be_free_and_plain(engine, username):
    account(engine)

    with pytest.raises(Invalid), engine.transaction() as tx:
        accounts.add_account(
            tx.connection, now=tx.now, trust=TRUST, username=username, email="p@northshire.example", name="P"
        )


@pytest.mark.parametrize("changes", [{"email": "nobody"}, {"email": "a@b.c\r\nBcc: d@e.f"}, {"name": "\u200f"}])
def test_an_address_or_a_name_that_cannot_be_used_is_refused(engine, changes):
    who = account(engine)

    with pytest.raises(Invalid), engine.transaction() as tx:
        accounts.change_account(tx.connection, TRUST, who, changes)


def test_a_password_has_twelve_characters_or_more_and_an_end(engine):
    who = account(engine)

    for password in ("eleven char", "x" * 257):
        with pytest.raises(Invalid), engine.transaction() as tx:
            accounts.set_password(tx.connection, TRUST, who, password)


def test_a_password_is_kept_as_a_hash_that_is_costly_to_guess(engine, full_strength):
    account(engine, password=PASSWORD)

    with engine.reading() as conn:
        row = accounts.find(conn, "pnair")

    method, _, _ = row["password"].partition("$")
    kind, rounds, block, _lanes = method.split(":")
    assert (kind, int(rounds) * int(block) * 128) == ("scrypt", 32 * 1024 * 1024)
    assert accounts.is_right(row, PASSWORD)
    assert not accounts.is_right(row, "something else")


def test_hits_are_counted_in_windows_of_a_quarter_of_an_hour(engine, clock):
    bucket = rates.bucket("sign-in", " PNair")
    for _ in range(3):
        with engine.transaction() as tx:
            rates.hit(tx.connection, bucket, tx.now)

    with engine.reading() as conn:
        counted = rates.hits(conn, bucket, clock()), rates.hits(conn, rates.bucket("sign-in", "other"), clock())
        later = rates.hits(conn, bucket, clock.advance(timedelta(minutes=15)))

    assert (counted, later) == ((3, 0), 0)
    assert "nair" not in bucket.lower()
