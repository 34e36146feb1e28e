"""Links by which a mail's reader may answer: whom they are bound to, and what is kept of them."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from engine import action_links
from engine.errors import Conflict, Missing
from engine.mail import Composer
from engine.storage import database
from engine.tables import outbox
from engine.wording.templates import Shelf
from engine.worklist_tables import action_link_uses
from tests import databases, trial
from tests.clock import START
from tests.letters import MAIL_FROM, a_row
from tests.trial import TRUST

KEY = "a secret of thirty-two characters"
ASKING = "IAT-05-stat-and-mand-received"
ORIGIN = "https://learn.northshire.example"


@pytest.fixture
def engine(database_url, clock):
    engine = trial.engine_on(database_url, clock)
    yield engine
    databases.close(engine.database)


def asked(engine, **changes):
    """Queue a letter that asks, and return its row."""
    row = {**a_row(ASKING), "id": "letter-1", "revision": 1, "state": "QUEUED", "fence": 0, "attempts": 0}
    row |= {"queued_at": START, "due_at": START, "approval": "approval-1", "account": "acc-wren", **changes}
    with database.writing(engine.database) as connection:
        connection.execute(insert(outbox), row)
    return row


def test_a_link_leads_back_to_its_approval_and_its_account(engine):
    row = asked(engine)

    with engine.reading() as connection:
        link = action_links.read(connection, KEY, action_links.secret_of(KEY, row))

    assert (link.trust, link.approval, link.account) == (TRUST, "approval-1", "acc-wren")
    assert not link.expired(START + timedelta(days=14, seconds=-1))
    assert link.expired(START + timedelta(days=14))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret.replace("letter-1", "letter-2"),
        lambda secret: secret.replace(TRUST, "southshire"),
        lambda secret: secret.rpartition(".")[0],
        lambda _secret: "",
        lambda _secret: "...",
        lambda secret: secret + "é",
    ],
)
def test_a_link_that_was_tampered_with_is_not_ours(engine, spoil):
    secret = action_links.secret_of(KEY, asked(engine))

    with engine.reading() as connection, pytest.raises(Missing, match="not one that we sent"):
        action_links.read(connection, KEY, spoil(secret))


@pytest.mark.parametrize("changes", [{"account": "acc-tom"}, {"approval": "approval-2"}])
def test_a_link_is_bound_to_the_person_and_to_the_approval(engine, changes):
    row = asked(engine)

    with engine.reading() as connection, pytest.raises(Missing):
        action_links.read(connection, KEY, action_links.secret_of(KEY, {**row, **changes}))


def test_a_link_made_of_another_key_is_not_ours(engine):
    row = asked(engine)

    with engine.reading() as connection, pytest.raises(Missing):
        action_links.read(connection, KEY, action_links.secret_of("another key", row))


def test_a_letter_that_asks_nothing_has_no_link(engine):
    asked(engine, approval=None, account=None)

    with engine.reading() as connection, pytest.raises(Missing):
        action_links.read(connection, KEY, f"{TRUST}.letter-1.anything")


def test_a_link_is_used_once_and_only_its_hash_is_kept(engine, clock):
    secret = action_links.secret_of(KEY, asked(engine))
    with engine.transaction() as tx:
        link = action_links.read(tx.connection, KEY, secret)
        action_links.use(tx.connection, link, clock())

    with pytest.raises(Conflict), engine.transaction() as tx:
        action_links.use(tx.connection, link, clock())

    with engine.reading() as connection:
        kept = connection.execute(select(action_link_uses)).mappings().one()
    assert kept["hash"] == link.hash
    assert secret not in str(dict(kept))


def test_the_mail_bears_the_link_though_no_row_keeps_it(engine):
    row = asked(engine)
    composer = Composer(Shelf(), MAIL_FROM, tokens=action_links.tokens(KEY, ORIGIN))

    message = composer.compose(row, START).message

    assert f"{ORIGIN}/act/{action_links.secret_of(KEY, row)}".encode() in message.replace(b"=\r\n", b"")
    assert action_links.secret_of(KEY, row) not in str(row)


def test_a_letter_that_asks_nothing_gets_no_link():
    assert action_links.tokens(KEY, ORIGIN)(a_row(ASKING)) == {}
