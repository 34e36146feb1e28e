"""Whom a role means at one place: the nearest local version upward, else the trust's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.letters import Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An account that holds a role at an organisation, between two moments where they are given."""

    account: str
    recipient: Recipient
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Say whether the account holds the role now."""
        return (self.starts_at is None or self.starts_at <= now) and (self.ends_at is None or now < self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a role was found, and who holds it there now; nobody is an incident, never silence (catalogue 6)."""

    organisation: str
    holders: tuple[Holder, ...]


def route(
    path: Sequence[str],
    allocated: Mapping[str, Iterable[Holder]],
    now: datetime,
    about: str | None,
) -> Route | None:
    """Return who is asked, given the organisations upward and the holders of the role wherever it is allocated.

    The nearest version of the role decides, also when nobody holds it. The subject's own person is never asked.
    None where the role is not allocated: the workflow's fallback applies.
    """
    nearest = next((organisation for organisation in path if organisation in allocated), None)
    if nearest is None:
        return None
    others = (holder for holder in allocated[nearest] if about is None or holder.recipient.person != about)
    return Route(organisation=nearest, holders=tuple(holder for holder in others if holder.active(now)))
