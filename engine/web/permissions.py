"""Who may open a route: each view declares it, and one that does not is closed to everybody (SECURITY 19). Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from engine.machine import Actor

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "preceptor_permission"


class Entry(StrEnum):
    """How a route lets somebody in; stored nowhere."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    RESPONSIBLE = "responsible"
    BEARER = "bearer token"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What a route asks for; `responsibilities` are alternatives, held in any organisation.

    In which organisations the visitor may see or change what, the page asks itself (`directory.reach`).
    """

    entry: Entry
    responsibilities: tuple[str, ...] = ()

    @property
    def by_cookie(self) -> bool:
        """Say whether the route trusts the session's cookie, and so needs the form's token too."""
        return self.entry not in {Entry.BEARER, Entry.MACHINE}

    def admits(self, actor: Actor | None) -> bool:
        """Say whether an actor may come in; without one, only what asks nothing of the session is open."""
        if self.entry is Entry.RESPONSIBLE:
            return actor is not None and any(held in self.responsibilities for held, _place in actor.grants)
        return actor is not None or self.entry is not Entry.SIGNED_IN


def public(view: View) -> View:
    """Declare that anybody may open this."""
    return _declare(view, Permission(entry=Entry.PUBLIC))


def signed_in(view: View) -> View:
    """Declare that everybody who is signed in may open this."""
    return _declare(view, Permission(entry=Entry.SIGNED_IN))


def requires(*responsibilities: str) -> Callable[[View], View]:
    """Declare that one of these responsibilities (or roles held) is needed, in some organisation."""
    return lambda view: _declare(view, Permission(entry=Entry.RESPONSIBLE, responsibilities=responsibilities))


def by_bearer(view: View) -> View:
    """Declare that the view checks a bearer token itself; cookies mean nothing to it."""
    return _declare(view, Permission(entry=Entry.BEARER))


def for_machines(view: View) -> View:
    """Declare that machines ask this: nothing of a session is looked at, nor is the database for it."""
    return _declare(view, Permission(entry=Entry.MACHINE))


def declared(view: Callable[..., Any] | None) -> Permission | None:
    """Return what a view declares."""
    return getattr(view, _MARK, None)


def _declare(view: View, permission: Permission) -> View:
    setattr(view, _MARK, permission)
    return view
