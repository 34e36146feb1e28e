"""Lists that an account saved under a name, the one that it starts with, and whether it wants single-key shortcuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from engine.errors import Invalid, Missing
from engine.identifiers import new_id
from engine.text import clean
from engine.worklist_tables import saved_views, worklist_settings

MOST: Final = 20
LONGEST_NAME: Final = 60
_c = saved_views.c


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """One list by name: the query of its address; `usual` where the worklist opens with it."""

    id: str
    name: str
    query: str
    usual: bool


def of(connection: Connection, trust: str, account: str) -> list[SavedView]:
    """Return an account's views by name."""
    chosen = select(_c.id, _c.name, _c.query, _c.usual).where(_own(trust, account)).order_by(func.lower(_c.name))
    return [SavedView(**row) for row in connection.execute(chosen).mappings()]


def usual(connection: Connection, trust: str, account: str) -> SavedView | None:
    """Return the view with which the worklist opens, where the account chose one."""
    return next((view for view in of(connection, trust, account) if view.usual), None)


def save(  # noqa: PLR0913, PLR0917 - whose, and what
    connection: Connection, trust: str, account: str, name: str, query: str, now: datetime
) -> SavedView:
    """Save a list under a new name. Raises `Invalid` where the name is empty or taken, or there are too many."""
    before = of(connection, trust, account)
    if len(before) >= MOST:
        raise Invalid(f"You have {MOST} saved views: delete one first.", field="name")
    made = SavedView(id=new_id(now), name=_free(before, name), query=query, usual=False)
    # What was searched for stands by itself too, in lower case: it may be a name, and that person may be erased.
    sought = dict(parse_qsl(query)).get("q", "").lower()
    fields = {field: getattr(made, field) for field in made.__slots__}
    row = {"trust": trust, "account": account, "sought": sought, **fields}
    connection.execute(insert(saved_views).values(row))
    return made


def rename(connection: Connection, trust: str, account: str, view: str, name: str) -> None:
    """Give a view another name. Raises `Missing`, or `Invalid` where the name is empty or taken."""
    others = [one for one in of(connection, trust, account) if one.id != view]
    _change(connection, _one(trust, account, view), {"name": _free(others, name)})


def choose(connection: Connection, trust: str, account: str, view: str | None) -> None:
    """Open the worklist with a view from now on, or with no view. Raises `Missing`."""
    connection.execute(update(saved_views).where(_own(trust, account)).values(usual=False))
    if view is not None:
        _change(connection, _one(trust, account, view), {"usual": True})


def forget(connection: Connection, trust: str, account: str, view: str) -> None:
    """Delete a view. Raises `Missing`."""
    if not connection.execute(delete(saved_views).where(_one(trust, account, view))).rowcount:
        raise Missing("There is no such view.")


def shortcuts(connection: Connection, trust: str, account: str) -> bool:
    """Say whether single keys are shortcuts for an account; they are until it switches them off (WCAG 2.1.4)."""
    chosen = select(worklist_settings.c.shortcuts).where(
        worklist_settings.c.trust == trust, worklist_settings.c.account == account
    )
    return connection.execute(chosen).scalar_one_or_none() is not False


def set_shortcuts(connection: Connection, trust: str, account: str, *, on: bool) -> None:
    """Switch single-key shortcuts on or off for an account."""
    key = {"trust": trust, "account": account}
    connection.execute(delete(worklist_settings).filter_by(**key))
    connection.execute(insert(worklist_settings).values(**key, shortcuts=on))


def _own(trust: str, account: str) -> ColumnElement[bool]:
    return and_(_c.trust == trust, _c.account == account)


def _one(trust: str, account: str, view: str) -> ColumnElement[bool]:
    return and_(_own(trust, account), _c.id == view)


def _change(connection: Connection, which: ColumnElement[bool], values: Mapping[str, Any]) -> None:
    if not connection.execute(update(saved_views).where(which).values(values)).rowcount:
        raise Missing("There is no such view.")


def _free(others: list[SavedView], name: str) -> str:
    wanted = clean(name, LONGEST_NAME)
    if not wanted:
        raise Invalid("Enter a name for the view.", field="name")
    if wanted.lower() in {one.name.lower() for one in others}:
        raise Invalid("You have a view with this name already.", field="name")
    return wanted
