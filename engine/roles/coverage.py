"""Who would get a question of every role in every organisation, now and later, and where nobody would.

Everything is read in four statements, whatever the size of the trust; then `routing.route` decides, as it does when a
question is really asked. Rules for one notice only are left out: which notice asks is known only then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, select

from engine.letters import Recipient
from engine.machine import Workflow, plain
from engine.roles import absences, directory
from engine.roles.directory_tables import accounts, holders, organisations, roles
from engine.roles.routing import Holder, Matter, Route, Rule, route


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A question that a workflow asks of a role; `fallback` is what happens where the role is not allocated."""

    kind: str
    title: str
    role: str
    fallback: StrEnum | None
    choices: tuple[str, ...]


class Reach(StrEnum):
    """What becomes of a question; stored nowhere."""

    PEOPLE = "people"
    RULE = "rule"
    FALLBACK = "fallback"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What would become of a question at one moment: who is asked, and a sentence where it is not simply they."""

    reach: Reach
    place: str | None = None
    names: tuple[str, ...] = ()
    sentence: str = ""

    @property
    def gap(self) -> bool:
        """Say whether nobody would be asked, and that would be an incident."""
        return self.reach is Reach.NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One role of one workflow in one organisation, at each of the moments."""

    kind: str
    title: str
    role: str
    organisation: str
    name: str
    answers: tuple[Answer, ...]

    @property
    def gap(self) -> bool:
        """Say whether nobody would be asked at one of the moments."""
        return any(answer.gap for answer in self.answers)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what orders a list of these: the organisation's name first."""
        return (self.name, self.organisation, self.role, self.kind)


def demands(workflows: Iterable[Workflow]) -> tuple[Demand, ...]:
    """Return what these workflows ask of roles, each question of a workflow to a role once."""
    found = (
        Demand(
            kind=workflow.kind,
            title=workflow.title,
            role=question.role,
            fallback=question.fallback,
            choices=tuple(map(str, workflow.answers(state))),
        )
        for workflow in workflows
        for state, question in workflow.questions.items()
    )
    return tuple({(one.kind, one.role, one.fallback): one for one in found}.values())


def covered(
    conn: Connection,
    trust: str,
    workflows: Iterable[Workflow],
    moments: Sequence[datetime],
    within: frozenset[str] | None = None,
) -> list[Cover]:
    """Return who would be asked at each moment, by organisation; `within` limits it to these organisations."""
    wanted = demands(workflows)
    paths, names = directory.paths(conn, trust), _names(conn, trust)
    held = _allocations(conn, trust, {one.role for one in wanted})
    rules = absences.standing(conn, trust, min(moments), max(moments))
    found: list[Cover] = []
    for demand in wanted:
        here = held.get(demand.role, {})
        settled = {place: tuple(_answer(demand, place, here, rules, at) for at in moments) for place in here}
        nowhere = (_unallocated(demand),) * len(moments)
        for place in paths if within is None else paths.keys() & within:
            nearest = next((above for above in paths[place] if above in settled), None)
            found.append(_cover(demand, place, names[place], settled[nearest] if nearest else nowhere))
    return sorted(found, key=lambda row: row.key)


def tried(conn: Connection, trust: str, rule: Rule, workflows: Iterable[Workflow], at: datetime) -> list[Cover]:
    """Return who would be asked at a moment what the account of a rule is asked, if the rule stood too.

    A rule that stands under the same id is left out: this is what it would become.
    """
    wanted = demands(workflows)
    names = _names(conn, trust)
    held = _allocations(conn, trust, {one.role for one in wanted})
    rules = {account: list(kept) for account, kept in absences.standing(conn, trust, at).items()}
    rules[rule.account] = [rule, *(one for one in rules.get(rule.account, ()) if one.id != rule.id)]
    found = [
        _cover(demand, place, names[place], (_answer(demand, place, held[demand.role], rules, at),))
        for demand in wanted
        for place, there in held.get(demand.role, {}).items()
        if any(holder.account == rule.account and holder.active(at) for holder in there)
    ]
    return sorted(found, key=lambda row: row.key)


def role_titles(conn: Connection, trust: str, wanted: Iterable[str]) -> Mapping[str, str]:
    """Return what people call these roles: the title of the trust's own version, else of a local one, else the code."""
    chosen = select(roles.c.role, roles.c.title).where(roles.c.trust == trust, roles.c.title != "")
    rows = conn.execute(chosen.order_by(roles.c.organisation == trust, roles.c.organisation))
    known = {row.role: row.title for row in rows}
    return {role: known.get(role) or role.replace("-", " ").capitalize() for role in wanted}


def _cover(demand: Demand, place: str, name: str, answers: tuple[Answer, ...]) -> Cover:
    said = {"kind": demand.kind, "title": demand.title, "role": demand.role}
    return Cover(**said, organisation=place, name=name, answers=answers)


def _answer(
    demand: Demand,
    place: str,
    held: Mapping[str, Sequence[Holder]],
    rules: Mapping[str, Sequence[Rule]],
    at: datetime,
) -> Answer:
    """Return what becomes of a question about nobody in particular that is asked where a version of the role is."""
    found = route((place,), held, Matter(now=at, kind=demand.kind, choices=demand.choices), rules)
    return _unallocated(demand) if found is None else _routed(found)


def _routed(found: Route) -> Answer:
    names = tuple(holder.recipient.name for holder in found.holders)
    said = " ".join(forward.sentence for forward in found.forwards)
    if found.trouble:
        return Answer(reach=Reach.NOBODY, place=found.organisation, sentence=found.trouble)
    if found.answer:
        choice = found.answer.choice.replace("_", " ").lower()
        sentence = f"{said} An absence rule of {names[0]} answers “{choice}” at once.".strip()
        return Answer(reach=Reach.RULE, place=found.organisation, sentence=sentence)
    return Answer(reach=Reach.PEOPLE, place=found.organisation, names=names, sentence=said)


def _unallocated(demand: Demand) -> Answer:
    if demand.fallback is None:
        sentence = "The role is not allocated here, and the workflow has no fallback."
        return Answer(reach=Reach.NOBODY, sentence=sentence)
    return Answer(
        reach=Reach.FALLBACK, sentence=f"The role is not allocated here, so “{plain(demand.fallback)}” happens at once."
    )


def _names(conn: Connection, trust: str) -> Mapping[str, str]:
    query = select(organisations.c.id, organisations.c.name).where(organisations.c.trust == trust)
    return {row.id: row.name for row in conn.execute(query)}


def _allocations(conn: Connection, trust: str, wanted: set[str]) -> Mapping[str, Mapping[str, Sequence[Holder]]]:
    """Return by role and organisation who holds each enabled version, at any time, in one statement."""
    on_account = (accounts.c.trust == holders.c.trust) & (accounts.c.id == holders.c.account) & accounts.c.active
    on_role = (
        (holders.c.trust == roles.c.trust)
        & (holders.c.role == roles.c.role)
        & (holders.c.organisation == roles.c.organisation)
        & holders.c.enabled
    )
    dates = (holders.c.starts_at, holders.c.ends_at)
    who = (holders.c.account, accounts.c.name, accounts.c.email, accounts.c.person)
    query = (
        select(roles.c.role, roles.c.organisation, *who, *dates)
        .select_from(roles.outerjoin(holders, on_role).outerjoin(accounts, on_account))
        .where(roles.c.trust == trust, roles.c.enabled, roles.c.role.in_(wanted))
    )
    found: dict[str, dict[str, list[Holder]]] = defaultdict(lambda: defaultdict(list))
    for row in conn.execute(query.order_by(accounts.c.name, accounts.c.id)).mappings():
        here = found[row["role"]][row["organisation"]]
        if row["email"] is not None:
            here.append(_holder(row))
    return found


def _holder(row: RowMapping) -> Holder:
    to = Recipient(name=row["name"], email=row["email"], person=row["person"])
    return Holder(account=row["account"], recipient=to, starts_at=row["starts_at"], ends_at=row["ends_at"])
