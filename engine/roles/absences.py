"""Who is away, and what happens to their questions meanwhile: the rules as they are kept (catalogue B10).

Two rules of one account for the same questions never overlap: the second is refused when it is saved. Every change is
noted with who made it. An out-of-office reply only suggests a rule, which its person confirms or dismisses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, or_, select, union, update

from engine.errors import Conflict, Invalid, Missing, NotAllowed
from engine.identifiers import new_id
from engine.letters import Recipient
from engine.machine import THE_SYSTEM, Actor
from engine.roles import amendments, directory
from engine.roles.absence import FIRST_YEAR, LAST_YEAR, Absence, Choices, State, sentence
from engine.roles.absence_tables import absences
from engine.roles.amendments import Amended
from engine.roles.directory_tables import accounts, grants, holders
from engine.roles.routing import Action, Holder, Rule
from engine.text import clean

KEEPER: Final = "system-administrator"
"""The responsibility that keeps the rules of others, in its organisation and below."""

_ERASABLE: Final = ("comment", "source")
_COMMENT: Final = 400
_SOURCE: Final = 255


def get(conn: Connection, trust: str, id: str) -> Absence:  # noqa: A002 - it is the column's name
    """Return one rule; raises `Missing`."""
    row = conn.execute(select(absences).where(absences.c.trust == trust, absences.c.id == id)).mappings().first()
    if row is None:
        raise Missing("There is no such absence.")
    return _absence(row)


def of(conn: Connection, trust: str, account: str) -> Sequence[Absence]:
    """Return the rules of an account that were not dismissed, the latest start first."""
    chosen = (absences.c.trust == trust, absences.c.account == account, absences.c.state != State.DISMISSED)
    query = select(absences).where(*chosen).order_by(absences.c.starts_at.desc(), absences.c.id)
    return [_absence(row) for row in conn.execute(query).mappings()]


def standing(
    conn: Connection, trust: str, since: datetime, until: datetime | None = None
) -> Mapping[str, Sequence[Rule]]:
    """Return by account the rules that stand at a moment, or at some time of a span, in one statement."""
    target = (accounts.c.trust == absences.c.trust) & (accounts.c.id == absences.c.to) & accounts.c.active
    query = (
        select(absences, accounts.c.name, accounts.c.email, accounts.c.person)
        .outerjoin(accounts, target)
        .where(
            absences.c.trust == trust,
            absences.c.state == State.STANDING,
            absences.c.starts_at <= (until or since),
            or_(absences.c.ends_at.is_(None), absences.c.ends_at > since),
        )
    )
    found: dict[str, list[Rule]] = defaultdict(list)
    for row in conn.execute(query).mappings():
        found[row["account"]].append(_rule(row))
    return found


def away(
    conn: Connection, trust: str, persons: Collection[str], since: datetime, until: datetime
) -> Sequence[tuple[str, Absence]]:
    """Return (person, rule) of who is away at some time of a span: a rule for all questions that ends some day."""
    theirs = (accounts.c.trust == absences.c.trust) & (accounts.c.id == absences.c.account)
    whole = (absences.c.state == State.STANDING, absences.c.kind.is_(None), absences.c.notice.is_(None))
    within = (absences.c.starts_at < until, absences.c.ends_at > since)
    query = (
        select(absences, accounts.c.person)
        .join(accounts, theirs)
        .where(absences.c.trust == trust, accounts.c.person.in_(persons), *whole, *within)
        .order_by(absences.c.starts_at, absences.c.id)
    )
    return [(row["person"], _absence(row)) for row in conn.execute(query).mappings()]


def save(conn: Connection, wanted: Absence, choices: Choices, by: Actor, now: datetime) -> Absence:
    """Keep a rule, a new one (without an id) or a changed one; a suggested one stands from then on.

    Raises `NotAllowed` for somebody else's rule, `Invalid` where it cannot be (`facts["field"]` says what of it),
    `Missing` where there is none.
    """
    require_keeper(conn, wanted.trust, by, wanted.account)
    _lock(conn, wanted.trust, wanted.account)
    before = get(conn, wanted.trust, wanted.id) if wanted.id else None
    _require_changeable(before, wanted, now)
    checked = _checked(conn, replace(wanted, source=before.source if before else wanted.source), choices, now)
    _require_no_overlap(conn, checked)
    return _put(conn, checked, "changed" if before else "made", by, now)


def end(conn: Connection, trust: str, id: str, by: Actor, now: datetime) -> Absence:  # noqa: A002
    """End a rule now; one that has not begun never does. Raises as `save` does."""
    one = get(conn, trust, id)
    require_keeper(conn, trust, by, one.account)
    if one.state is not State.STANDING or one.over(now):
        raise Invalid("This absence has ended already.")
    return _put(conn, replace(one, ends_at=max(now, one.starts_at), state=State.ENDED), "ended", by, now)


def suggest(  # noqa: PLR0913 - what a reply says
    conn: Connection,
    *,
    trust: str,
    account: str,
    source: str,
    now: datetime,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Absence | None:
    """Suggest a rule because of an out-of-office reply; None where it says nothing new.

    `source` names the reply, so that the same one suggests once; nothing is new while a suggestion waits, or while a
    rule for all questions stands. Raises `Missing` where there is no such account.
    """
    _lock(conn, trust, account)
    begins = starts_at or now
    wanted = Absence(
        trust=trust,
        account=account,
        action=Action.REASSIGN,
        starts_at=begins,
        ends_at=ends_at if ends_at and ends_at > begins else None,
        source=clean(source, _SOURCE),
        state=State.SUGGESTED,
    )
    return None if _known(conn, wanted) else _put(conn, wanted, "suggested", THE_SYSTEM, now)


def dismiss(conn: Connection, trust: str, id: str, by: Actor, now: datetime) -> Absence:  # noqa: A002
    """Take a suggestion away. Raises as `save` does."""
    one = get(conn, trust, id)
    require_keeper(conn, trust, by, one.account)
    if one.state is not State.SUGGESTED:
        raise Invalid("This is not a suggestion any more.")
    return _put(conn, replace(one, state=State.DISMISSED), "dismissed", by, now)


def may_keep(conn: Connection, trust: str, by: Actor, account: str) -> bool:
    """Say whether somebody may keep an account's rules: they are theirs, or all that it holds lies where they reach."""
    if by.system or by.id == account:
        return True
    reached = directory.reach(conn, trust, by, (KEEPER,))
    return bool(reached) and (_places(conn, trust, account) or {trust}) <= reached


def require_keeper(conn: Connection, trust: str, by: Actor, account: str) -> None:
    """Raise `NotAllowed` unless somebody may keep the rules of an account."""
    if not may_keep(conn, trust, by, account):
        raise NotAllowed("You may keep your own absences, and those of people whose roles you administer.")


def names(conn: Connection, trust: str, wanted: Sequence[str | None]) -> Mapping[str, str]:
    """Return the names of accounts by id."""
    query = select(accounts.c.id, accounts.c.name).where(accounts.c.trust == trust, accounts.c.id.in_(set(wanted)))
    return {row.id: row.name for row in conn.execute(query)}


def _places(conn: Connection, trust: str, account: str) -> set[str]:
    """Return where an account holds roles or responsibilities."""
    each = (
        select(table.c.organisation).where(table.c.trust == trust, table.c.account == account)
        for table in (holders, grants)
    )
    return set(conn.execute(union(*each)).scalars())


def _lock(conn: Connection, trust: str, account: str) -> None:
    """Have two who save for one account wait for each other; raises `Missing`."""
    here = (accounts.c.trust == trust, accounts.c.id == account)
    if conn.execute(select(accounts.c.id).where(*here).with_for_update()).first() is None:
        raise Missing("There is no such account.")


def _require_changeable(before: Absence | None, wanted: Absence, now: datetime) -> None:
    if before is None:
        return
    if before.account != wanted.account:
        raise Invalid("An absence stays with its person.", field="account")
    waits = before.state is State.SUGGESTED
    if not waits and (before.state is not State.STANDING or before.over(now)):
        raise Conflict("This absence has ended already; make a new one instead.")


def _checked(conn: Connection, wanted: Absence, choices: Choices, now: datetime) -> Absence:
    """Return a rule that may stand, without what its action does not use."""
    for moment in (wanted.starts_at, wanted.ends_at or wanted.starts_at):
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise Invalid(f"An absence is between the years {FIRST_YEAR} and {LAST_YEAR}.", field="starts_at")
    if wanted.ends_at is not None and wanted.ends_at <= max(wanted.starts_at, now):
        raise Invalid("The absence must end after it starts, and not in the past.", field="ends_at")
    if wanted.kind is not None and wanted.kind not in choices:
        raise Invalid("No questions are asked about this.", field="kind")
    used = _CHECKS[wanted.action](conn, wanted, choices)
    return replace(used, comment=clean(wanted.comment, _COMMENT), state=State.STANDING)


def _reassigns(conn: Connection, wanted: Absence, _choices: Choices) -> Absence:
    if wanted.to == wanted.account:
        raise Invalid("Somebody else must stand in.", field="to")
    known = select(accounts.c.id).where(accounts.c.trust == wanted.trust, accounts.c.id == wanted.to, accounts.c.active)
    if conn.execute(known).first() is None:
        raise Invalid("Choose who stands in: somebody with an active account.", field="to")
    return replace(wanted, answer=None)


def _answers(_conn: Connection, wanted: Absence, choices: Choices) -> Absence:
    if wanted.kind is None:
        raise Invalid("An answer needs the questions that it answers: choose what they are about.", field="kind")
    if wanted.answer not in choices[wanted.kind]:
        raise Invalid("Choose one of the answers that these questions have.", field="answer")
    return replace(wanted, to=None, transfer=False)


def _delivers(_conn: Connection, wanted: Absence, _choices: Choices) -> Absence:
    return replace(wanted, to=None, transfer=False, answer=None)


_CHECKS: Final[Mapping[Action, Callable[[Connection, Absence, Choices], Absence]]] = {
    Action.REASSIGN: _reassigns,
    Action.ANSWER: _answers,
    Action.DELIVER: _delivers,
}


def _require_no_overlap(conn: Connection, wanted: Absence) -> None:
    rivals = (one for one in of(conn, wanted.trust, wanted.account) if one.state is State.STANDING)
    other = next((one for one in rivals if wanted.overlaps(one)), None)
    if other is not None:
        said = sentence(other, names(conn, wanted.trust, [other.to]))
        raise Invalid(
            f"Another absence is for the same questions at the same time: “{said}”. Change it, or end it first.",
            field="starts_at",
            other=other.id,
        )


def _known(conn: Connection, wanted: Absence) -> bool:
    here = (absences.c.trust == wanted.trust, absences.c.account == wanted.account)
    rows = conn.execute(select(absences).where(*here)).mappings()
    return any(
        one.source == wanted.source
        or one.state is State.SUGGESTED
        or (one.state is State.STANDING and wanted.overlaps(one))
        for one in map(_absence, rows)
    )


def _put(conn: Connection, one: Absence, what: str, by: Actor, now: datetime) -> Absence:
    kept = one if one.id else replace(one, id=new_id(now))
    row = {name: getattr(kept, name) for name in Absence.__slots__}
    if one.id:
        here = (absences.c.trust == one.trust, absences.c.id == one.id)
        conn.execute(update(absences).where(*here).values(row))
    else:
        conn.execute(insert(absences).values(row))
    said = {name: value for name, value in row.items() if name not in _ERASABLE}
    amendments.note(conn, kept.trust, Amended.ABSENCE, kept.id, what, said, by, now)
    return kept


def _absence(row: RowMapping) -> Absence:
    said: dict[str, Any] = {name: row[name] for name in Absence.__slots__}
    return Absence(**{**said, "action": Action(row["action"]), "state": State(row["state"])})


def _rule(row: RowMapping) -> Rule:
    fields = ("id", "account", "starts_at", "ends_at", "kind", "notice", "transfer", "answer")
    return Rule(**{name: row[name] for name in fields}, action=Action(row["action"]), to=_stand_in(row))


def _stand_in(row: RowMapping) -> Holder | None:
    if row["email"] is None:
        return None
    to = Recipient(name=row["name"], email=row["email"], person=row["person"])
    return Holder(account=row["to"], recipient=to)
