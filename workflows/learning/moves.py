"""What somebody asks for when attempts are to go on with another version, and what that makes of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from scorm.packaging.comparing import Keeps


class Scope(StrEnum):
    """Which attempts are moved; stored in `move_orders.scope`."""

    ALL = "all"
    KEEPING = "keeping"
    CHOSEN = "chosen"


class Progress(StrEnum):
    """What becomes of the progress of what is moved; stored in `move_orders.progress`."""

    KEEP = "keep"
    SURE = "sure"
    AFRESH = "afresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody asked for: `chosen` are the attempts where the scope says so."""

    package: str
    scope: Scope
    progress: Progress
    reason: str
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An attempt that could be moved: what it is on, the parts in which it has been, and how much would be kept."""

    id: str
    package: str
    sco: str
    epoch: int
    keeps: Keeps
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What becomes of one attempt: `afresh` without its progress, `waits` until it is opened again."""

    candidate: Candidate
    afresh: bool
    waits: bool


def decide(found: Iterable[Candidate], order: Order) -> tuple[Item, ...]:
    """Decide what becomes of each attempt that an order means. Pure."""
    meant = (one for one in found if order.scope is not Scope.KEEPING or one.keeps is Keeps.ALL)
    return tuple(Item(candidate=one, afresh=_afresh(one.keeps, order.progress), waits=one.open) for one in meant)


def _afresh(keeps: Keeps, wanted: Progress) -> bool:
    if wanted is Progress.AFRESH or keeps is Keeps.NONE:
        return True
    return wanted is Progress.SURE and keeps is not Keeps.ALL
