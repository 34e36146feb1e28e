"""`preceptor users` and `token`: let somebody in, and give a program a token."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import Connection, select

from engine import accounts, bearers
from engine.accounts import Account
from engine.errors import Invalid, Missing
from engine.roles import directory
from engine.roles.directory_tables import accounts as account_table
from engine.roles.directory_tables import organisations
from workflows.commands.report import engine_of
from workflows.people import store
from workflows.people.responsibilities import GRANTED

_SCOPE = re.compile(r"read|[a-z]+:(read|write)")
_SHOWN = 12


@click.group()
def users() -> None:
    """Accounts."""


@users.command()
@click.argument("email")
@click.option("--name", required=True, help="The name as others see it.")
@click.option("--role", help="A responsibility to grant, or a role to hold.")
@click.option("--organisation", help="Where; the default is the trust.")
@click.option("--trust", help="Needed where there are several trusts.")
@click.option("--person", help="Whose it is; without it, the one person of the trust with this address.")
@click.pass_context
def add(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    email: str,
    *,
    name: str,
    role: str | None,
    organisation: str | None,
    trust: str | None,
    person: str | None,
) -> None:
    """Add an account, and print its user name and first password once."""
    engine = engine_of(context)
    with engine.transaction() as tx:
        home = the_trust(tx.connection, trust)
        username = _free_username(tx.connection, name)
        made = accounts.add_account(tx.connection, now=tx.now, trust=home, username=username, email=email, name=name)
        password = secrets.token_urlsafe(12)
        accounts.set_password(tx.connection, home, made.id, password)
        if role:
            _give(tx.connection, home, made.id, role, organisation or home)
        known = _tied(tx.connection, made, person)
    click.echo(f"user name {username}, password {password}")
    if known is None:
        click.echo("It is tied to no person, so it is asked nothing about people: see users tie.", err=True)


@users.command()
@click.argument("email")
@click.argument("person")
@click.pass_context
def tie(context: click.Context, email: str, person: str) -> None:
    """Say whose the account with this address is: then nobody answers what is asked about themselves."""
    engine = engine_of(context)
    with engine.transaction() as tx:
        trust, account = _account_with(tx.connection, email)
        _tied(tx.connection, accounts.account(tx.connection, trust, account), person)
    click.echo(f"{email} is the account of {person}.")


def _tied(connection: Connection, account: Account, person: str | None) -> str | None:
    """Tie an account to a person, or to the only one with its address; return to whom. Raises `Missing`."""
    if person is None:
        store.tie(connection, account.trust, account.email)
    else:
        found = store.person(connection, account.trust, person)
        accounts.change_account(connection, account.trust, account.id, {"person": found.id})
    return accounts.account(connection, account.trust, account.id).person


@click.command()
@click.argument("email")
@click.option(
    "--scope", "scopes", multiple=True, help="read, or RESOURCE:read, RESOURCE:write; all where none is said."
)
@click.option("--days", default=bearers.LIFE.days, show_default=True, type=click.IntRange(1, 3660), help="How long.")
@click.option("--list", "wants_list", is_flag=True, help="Only show the tokens that stand.")
@click.option("--revoke", metavar="HASH", help="Only make void the token whose hash, as --list shows it, begins so.")
@click.pass_context
def token(  # noqa: PLR0913 - one parameter an option
    context: click.Context, email: str, *, scopes: tuple[str, ...], days: int, wants_list: bool, revoke: str | None
) -> None:
    """Make an API token for the account with this address, and print it once."""
    wrong = [scope for scope in scopes if not _SCOPE.fullmatch(scope)]
    if wrong:
        raise click.UsageError(f"“{wrong[0]}” is no scope: it is read, or as enrolments:read or enrolments:write.")
    engine = engine_of(context)
    with engine.transaction() as tx:
        trust, account = _account_with(tx.connection, email)
        if revoke:
            count = bearers.revoke(tx.connection, trust, account, revoke)
            click.echo(f"{count} made void.")
        elif wants_list:
            for row in bearers.of_account(tx.connection, trust, account):
                click.echo(f"{row['hash'][:_SHOWN]}  until {row['expires_at']:%Y-%m-%d}  {' '.join(row['scopes'])}")
        else:
            wanted, life = scopes or (bearers.EVERYTHING,), timedelta(days=days)
            click.echo(bearers.add(tx.connection, trust, account, tx.now, scopes=wanted, life=life))


def _account_with(connection: Connection, email: str) -> tuple[str, str]:
    found = connection.execute(
        select(account_table.c.trust, account_table.c.id).where(account_table.c.email == email.lower())
    ).all()
    if len(found) != 1:
        raise Missing(f"There {'are several accounts' if found else 'is no account'} with the address {email}.")
    return found[0].trust, found[0].id


def the_trust(connection: Connection, named: str | None) -> str:
    """Return the trust that was named, or the only one; raises `Missing` or `Invalid`."""
    roots = connection.execute(select(organisations.c.id).where(organisations.c.parent.is_(None))).scalars().all()
    if named is not None:
        if named not in roots:
            raise Missing(f"There is no trust {named}.")
        return named
    if len(roots) == 1:
        return str(roots[0])
    raise Invalid(f"Name the trust with --trust: there are {len(roots)}." if roots else "There is no trust yet.")


def _free_username(connection: Connection, name: str) -> str:
    """Return a user name made of the name, with a number where it is taken."""
    stem = re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".") or "user"
    wanted, number = stem, 1
    while accounts.find(connection, wanted) is not None:
        number += 1
        wanted = f"{stem}{number}"
    return wanted


def _give(connection: Connection, trust: str, account: str, role: str, organisation: str) -> None:
    if role in GRANTED:
        directory.grant(connection, trust, account, role, organisation)
        return
    held: Any = directory.versions(connection, trust, role)
    if organisation not in held:
        raise Invalid(f"“{role}” is neither a responsibility ({', '.join(GRANTED)}) nor a role allocated there.")
    directory.put_holder(
        connection, directory.Holder(trust=trust, role=role, organisation=organisation, account=account, enabled=True)
    )
