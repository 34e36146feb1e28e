"""Whether somebody or some timer can take every state further in every organisation, by the live data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, and_, func, select

from engine.checking.findings import Bundle, Finding, Severity
from engine.checking.firings import fired
from engine.checking.shape import Fired, ways_out
from engine.machine import EVERYONE, SELF, Question, Step, Workflow, plain
from engine.roles import directory
from engine.roles.directory_tables import accounts, grants, holders, organisations, roles

_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One organisation: what somebody active may do there, and by role whether its nearest version has a holder."""

    trust: str
    name: str
    granted: frozenset[str]
    roles: Mapping[str, bool]

    @property
    def able(self) -> frozenset[str]:
        """Return every responsibility and role that somebody has here."""
        return self.granted | {role for role, held in self.roles.items() if held}


def reach(bundle: Bundle, connection: Connection, now: datetime) -> tuple[Finding, ...]:
    """Return where nobody would be asked, may act, or could take a subject further."""
    found, known = tuple(places(connection, now)), fired(bundle)
    return tuple(
        finding
        for workflow in bundle.workflows
        for each in (_stuck(workflow, known, found), _unasked(workflow, found), _unmanned(workflow, found))
        for finding in each
    )


def places(connection: Connection, now: datetime) -> Iterator[Place]:
    """Return every organisation with what its people may do, in a few statements for all of a trust."""
    for trust in connection.scalars(select(organisations.c.trust).distinct()).all():
        names = {
            row.id: row.name
            for row in connection.execute(
                select(organisations.c.id, organisations.c.name).where(organisations.c.trust == trust)
            )
        }
        granted, versions = _granted(connection, trust), _versions(connection, trust, now)
        for organisation, path in sorted(directory.paths(connection, trust).items()):
            nearest: dict[str, bool] = {}
            for above in path:
                nearest = {**versions.get(above, {}), **nearest}
            able = frozenset(held for above in path for held in granted.get(above, ()))
            yield Place(trust=trust, name=names[organisation], granted=able, roles=nearest)


def _granted(connection: Connection, trust: str) -> Mapping[str, set[str]]:
    active = and_(accounts.c.trust == grants.c.trust, accounts.c.id == grants.c.account, accounts.c.active)
    query = select(grants.c.organisation, grants.c.responsibility).join(accounts, active)
    found: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query.where(grants.c.trust == trust).distinct()):
        found[row.organisation].add(row.responsibility)
    return found


def _versions(connection: Connection, trust: str, now: datetime) -> Mapping[str, dict[str, bool]]:
    """Return by organisation the roles that are allocated there, and whether somebody active holds each now."""
    of_role = and_(
        holders.c.trust == roles.c.trust,
        holders.c.role == roles.c.role,
        holders.c.organisation == roles.c.organisation,
        directory.holding(now),
    )
    active = and_(accounts.c.trust == holders.c.trust, accounts.c.id == holders.c.account, accounts.c.active)
    query = (
        select(roles.c.organisation, roles.c.role, func.count(accounts.c.id).label("active"))
        .select_from(roles.outerjoin(holders, of_role).outerjoin(accounts, active))
        .where(roles.c.trust == trust, roles.c.enabled)
        .group_by(roles.c.organisation, roles.c.role)
    )
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.organisation][row.role] = row.active > 0
    return found


def _stuck(workflow: Workflow, known: Fired, found: Sequence[Place]) -> Iterator[Finding]:
    for state in workflow.states:
        ways = ways_out(workflow.steps, state)
        if state in workflow.finals or not ways:
            continue
        where = [place for place in found if not any(_passable(workflow, step, known, place) for step in ways)]
        if where:
            yield _finding(workflow, state, f"{_in(where)} nobody and no timer can take it further.", Severity.ERROR)


def _passable(workflow: Workflow, step: Step, known: Fired, place: Place) -> bool:
    if not step.by:
        return (workflow.kind, str(step.trigger)) in known
    return _open_to(step) or not place.able.isdisjoint(step.by)


def _open_to(step: Step) -> bool:
    return SELF in step.by or EVERYONE in step.by


def _unasked(workflow: Workflow, found: Sequence[Place]) -> Iterator[Finding]:
    for state, question in workflow.questions.items():
        empty = [place for place in found if place.roles.get(question.role) is False]
        absent = [place for place in found if question.role not in place.roles]
        if empty:
            sentence = f"{_in(empty)} nobody active holds the role {question.role} that it asks."
            yield _finding(workflow, state, sentence, Severity.WARNING if question.lapse else Severity.ERROR)
        if absent:
            yield _finding(workflow, state, f"{_in(absent)} {_absence(question)}", _weight(question))


def _absence(question: Question) -> str:
    if question.fallback:
        return f"the role {question.role} is not allocated: {plain(question.fallback)}, without asking."
    return f"the role {question.role} that it asks is not allocated."


def _weight(question: Question) -> Severity:
    return Severity.NOTE if question.fallback else Severity.WARNING if question.lapse else Severity.ERROR


def _unmanned(workflow: Workflow, found: Sequence[Place]) -> Iterator[Finding]:
    """Return the steps that nobody may take, those that the same people may take together."""
    together: dict[tuple[str, ...], list[Step]] = defaultdict(list)
    for step in workflow.steps:
        if step.by and not step.answer and not _open_to(step):
            together[step.by].append(step)
    for by, steps in together.items():
        where = [place for place in found if place.able.isdisjoint(by)]
        if where:
            names = ", ".join(step.id for step in steps)
            sentence = f"{_in(where)} nobody holds {' or '.join(by)}."
            yield Finding(workflow=workflow.kind, place=names, sentence=sentence, severity=Severity.WARNING)


def _in(where: Iterable[Place]) -> str:
    names = [place.name for place in where]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"In {', '.join(names[:_NAMED])}{more}"


def _finding(workflow: Workflow, state: StrEnum, sentence: str, severity: Severity) -> Finding:
    return Finding(workflow=workflow.kind, place=plain(state), sentence=sentence, severity=severity)
