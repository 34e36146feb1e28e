"""How people get in: accounts, passwords and links by mail, none of which a copy of the database gives away.

Passwords are kept as Werkzeug's scrypt; links are 256 random bits, kept as their SHA-256. Programs have `bearers`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.sql.elements import ColumnElement
from werkzeug.security import check_password_hash, generate_password_hash

from engine.errors import Invalid, Missing
from engine.identifiers import new_id
from engine.letters import Letter, Recipient, Subject
from engine.roles.directory_tables import account_links, accounts
from engine.text import clean

LINK_LIFE = timedelta(hours=2)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
# What a guess costs whoever has a copy of the database: about 60 ms and 32 MiB (Werkzeug's own choice).
PASSWORD_HASH = "scrypt:32768:8:1"  # noqa: S105 - a way of hashing
_TOKEN_BYTES = 32
_NAME = 200
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,79}")


class LinkState(StrEnum):
    """A link's life (catalogue A20); stored in `account_links.state`. An issued one past its time is expired."""

    ISSUED = "ISSUED"
    USED = "USED"
    REPLACED = "REPLACED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in; `session` rises when all that are signed in are to be signed out."""

    trust: str
    id: str
    username: str
    email: str
    name: str
    person: str | None
    active: bool
    session: int


_SHOWN = tuple(accounts.c[name] for name in Account.__slots__)


def account(conn: Connection, trust: str, id: str) -> Account:  # noqa: A002 - it is the column's name
    """Return one account; raises `Missing`."""
    return _one(conn, accounts.c.trust == trust, accounts.c.id == id)


def add_account(  # noqa: PLR0913 - a row has as many columns
    conn: Connection,
    *,
    now: datetime,
    trust: str,
    username: str,
    email: str,
    name: str,
    person: str | None = None,
    id: str | None = None,  # noqa: A002 - it is the column's name
) -> Account:
    """Add an account that cannot sign in yet: it has no password.

    Raises `Invalid` where the user name is taken, or the address or a name cannot be used.
    """
    new = Account(
        trust=trust,
        id=id or new_id(now),
        username=_free_username(conn, username),
        email=_address(email),
        name=_needed(name, "name"),
        person=person,
        active=True,
        session=0,
    )
    conn.execute(insert(accounts).values(**{field: getattr(new, field) for field in Account.__slots__}))
    return new


def change_account(conn: Connection, trust: str, id: str, changes: Mapping[str, Any]) -> Account:  # noqa: A002
    """Change `email`, `name`, `person` or `active`; an account that is made inactive is signed out everywhere.

    Raises `Missing` or `Invalid`.
    """
    before = account(conn, trust, id)
    active = bool(changes.get("active", before.active))
    after = {
        "email": _address(changes.get("email", before.email)),
        "name": _needed(changes.get("name", before.name), "name"),
        "person": changes.get("person", before.person),
        "active": active,
        "session": before.session + (before.active and not active),
    }
    conn.execute(update(accounts).where(accounts.c.trust == trust, accounts.c.id == id).values(**after))
    return account(conn, trust, id)


def check_new_password(password: str) -> str:
    """Return a password that may be set; raises `Invalid` with the sentence that says why not."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"The password must have at least {SHORTEST_PASSWORD} characters.", field="password")
    if len(password) > LONGEST_PASSWORD:
        raise Invalid(f"The password must have at most {LONGEST_PASSWORD} characters.", field="password")
    return password


def set_password(conn: Connection, trust: str, id: str, password: str) -> None:  # noqa: A002
    """Set a password and end every session; links that were out are void.

    Raises `Invalid` where the password is too short or too long.
    """
    kept = generate_password_hash(check_new_password(password), PASSWORD_HASH)
    changes = {"password": kept, "session": accounts.c.session + 1}
    conn.execute(update(accounts).where(accounts.c.trust == trust, accounts.c.id == id).values(**changes))
    _void_links(conn, trust, id)


def end_sessions(conn: Connection, trust: str, id: str) -> None:  # noqa: A002
    """Sign an account out everywhere."""
    here = (accounts.c.trust == trust, accounts.c.id == id)
    conn.execute(update(accounts).where(*here).values(session=accounts.c.session + 1))


def find(conn: Connection, username: str) -> RowMapping | None:
    """Return the row of a user name, for `is_right`; reading only, so that no writer waits for the hashing."""
    query = select(*_SHOWN, accounts.c.password).where(accounts.c.username == username.strip().lower())
    return conn.execute(query).mappings().first()


def is_right(row: RowMapping | None, password: str) -> bool:
    """Say whether the password is the account's; takes as long where there is no account (about 60 ms)."""
    kept = row["password"] if row is not None else None
    matches = check_password_hash(kept or _nobodys_password(), password[:LONGEST_PASSWORD])
    return bool(matches and row is not None and kept and row["active"])


def links_for_email(conn: Connection, email: str, origin: str, now: datetime) -> tuple[Letter, ...]:
    """Return SYS-01, the user name and a link, for each active account with this address; none is no error."""
    reason = "You get this message because somebody, probably you, asked for the user name of this address."
    found = _active(conn, accounts.c.email == email.strip().lower())
    return tuple(_letter(one, "SYS-01-user-name", reason, _link(conn, one, origin, now)) for one in found)


def links_for_username(conn: Connection, username: str, origin: str, now: datetime) -> tuple[Letter, ...]:
    """Return SYS-02, a link to set a password, for an active account; an unknown user name is no error."""
    reason = "You get this message because somebody, probably you, asked for a new password."
    found = _active(conn, accounts.c.username == username.strip().lower())
    return tuple(_letter(one, "SYS-02-password-reset", reason, _link(conn, one, origin, now)) for one in found)


def issue_link(conn: Connection, trust: str, id: str, now: datetime) -> str:  # noqa: A002
    """Return the secret of a new link, which lives two hours; an older one of the account is replaced."""
    _void_links(conn, trust, id)
    secret = secrets.token_urlsafe(_TOKEN_BYTES)
    row = {"hash": digest(secret), "trust": trust, "account": id, "state": LinkState.ISSUED}
    conn.execute(insert(account_links).values(**row, expires_at=now + LINK_LIFE))
    return secret


def link_stands(conn: Connection, secret: str, now: datetime) -> bool:
    """Say whether a link could be used now; asking does not use it."""
    return conn.execute(select(account_links.c.hash).where(*_standing(secret, now))).first() is not None


def use_link(conn: Connection, secret: str, password: str, now: datetime) -> Account:
    """Set a password by a link, once; every session of the account ends.

    Raises `Missing` where the link was used, replaced, has expired or never was, `Invalid` for a bad password.
    """
    check_new_password(password)
    taken = update(account_links).where(*_standing(secret, now)).values(state=LinkState.USED)
    row = conn.execute(taken.returning(account_links.c.trust, account_links.c.account)).first()
    if row is None:
        raise Missing("This link was used before, or is more than two hours old.")
    set_password(conn, row.trust, row.account, password)
    return account(conn, row.trust, row.account)


def digest(secret: str) -> str:
    """Return what is kept of a secret: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _active(conn: Connection, condition: ColumnElement[bool]) -> Iterator[Account]:
    query = select(*_SHOWN).where(condition, accounts.c.active).order_by(accounts.c.username)
    return (Account(**row) for row in conn.execute(query).mappings().all())


def _link(conn: Connection, to: Account, origin: str, now: datetime) -> Mapping[str, str]:
    secret = issue_link(conn, to.trust, to.id, now)
    return {"reset_link": f"{origin}/reset/{secret}", "expiry": (now + LINK_LIFE).isoformat()}


def _letter(to: Account, notice: str, reason: str, link: Mapping[str, str]) -> Letter:
    return Letter(
        notice=notice,
        to=Recipient(name=to.name, email=to.email, person=to.person),
        subject=Subject(kind="account", trust=to.trust, id=to.id),
        organisation=to.trust,
        reason=reason,
        context={"username": to.username, **link},
    )


def _one(conn: Connection, *where: ColumnElement[bool]) -> Account:
    row = conn.execute(select(*_SHOWN).where(*where)).mappings().first()
    if row is None:
        raise Missing("There is no such account.")
    return Account(**row)


def _standing(secret: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        account_links.c.hash == digest(secret),
        account_links.c.state == LinkState.ISSUED,
        account_links.c.expires_at > now,
    )


def _void_links(conn: Connection, trust: str, id: str) -> None:  # noqa: A002
    issued = (account_links.c.trust == trust, account_links.c.account == id, account_links.c.state == LinkState.ISSUED)
    conn.execute(update(account_links).where(*issued).values(state=LinkState.REPLACED))


def _free_username(conn: Connection, username: str) -> str:
    wanted = username.strip().lower()
    if not _USERNAME.fullmatch(wanted):
        raise Invalid("A user name has 2 to 80 letters, digits and . _ - + @, and starts with a letter or digit.")
    if conn.execute(select(accounts.c.id).where(accounts.c.username == wanted)).first() is not None:
        raise Invalid("This user name is taken.", field="username")
    return wanted


def _address(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise Invalid("This is not an e-mail address.", field="email") from None


def _needed(value: str, name: str) -> str:
    text = clean(value, _NAME)
    if not text:
        raise Invalid(f"The {name} must not be empty.", field=name)
    return text


@cache
def _nobodys_password() -> str:
    return generate_password_hash(secrets.token_urlsafe(_TOKEN_BYTES), PASSWORD_HASH)
