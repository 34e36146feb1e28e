"""Whom a role means at one place, and who stands in for those who are away (catalogue B10). Pure.

The nearest version of the role upward decides, else the trust's. Then the absence rules of its holders apply, each
holder's narrowest one: the exact notice, else the workflow, else all. A stand-in's own rules are tried too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from engine.letters import Recipient

MOST_FORWARDS: Final = 10
NOBODY_ACTIVE: Final = "The role is allocated here, but nobody active holds it who could be asked."


class Action(StrEnum):
    """What an absence rule does; stored in `absences.action`."""

    REASSIGN = "REASSIGN"
    ANSWER = "ANSWER"
    DELIVER = "DELIVER"


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
class Rule:
    """What happens to the questions of an account that is away: all, those of a workflow, or those of one notice.

    `to` is who stands in (None where that account is not active any more); with `transfer` the question becomes
    theirs. `answer` is one of the choices. `ends_at` None is for ever.
    """

    id: str
    account: str
    action: Action
    starts_at: datetime
    ends_at: datetime | None = None
    kind: str | None = None
    notice: str | None = None
    to: Holder | None = None
    transfer: bool = False
    answer: str | None = None

    @property
    def breadth(self) -> int:
        """Return how much the rule covers: 0 one notice, 1 a workflow, 2 all."""
        return 0 if self.notice else 1 if self.kind else 2

    def covers(self, matter: Matter) -> bool:
        """Say whether the rule is about this question, now."""
        in_time = self.starts_at <= matter.now and (self.ends_at is None or matter.now < self.ends_at)
        return in_time and self.kind in {None, matter.kind} and self.notice in {None, matter.notice}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What routing needs to know of a question: `about` is the subject's person, `sender` the account that acted."""

    now: datetime
    kind: str
    notice: str | None = None
    choices: tuple[str, ...] = ()
    about: str | None = None
    sender: str | None = None

    def bars(self, one: Holder) -> bool:
        """Say whether a question must not be passed on to somebody: it is about them, or it came from them."""
        return one.account == self.sender or self.concerns(one)

    def concerns(self, one: Holder) -> bool:
        """Say whether the question is about somebody, or may be: nobody knows whose an account without a person is."""
        return self.about is not None and one.recipient.person in {None, self.about}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """One application of a rule; `to` is None where the question stayed where it was, and the sentence says why."""

    account: str
    to: str | None
    rule: str
    sentence: str

    def as_facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"from": self.account, "to": self.to, "rule": self.rule, "sentence": self.sentence}


@dataclass(frozen=True, slots=True, kw_only=True)
class Automatic:
    """An answer that a rule gives at once, in the name of the account whose rule it is."""

    account: str
    choice: str
    rule: str

    def as_facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"account": self.account, "choice": self.choice, "rule": self.rule}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a role was found, and who is asked now that the absence rules are applied.

    `owner` and `delegate` are set where a rule handed the question to somebody. `trouble` says why nobody can be
    asked, which is an incident, never silence (catalogue 6).
    """

    organisation: str
    holders: tuple[Holder, ...] = ()
    forwards: tuple[Forward, ...] = ()
    owner: Holder | None = None
    delegate: Holder | None = None
    answer: Automatic | None = None
    trouble: str = ""

    def as_facts(self) -> dict[str, Any]:
        """Return the route as the journal keeps it: plain data, so that "why" can quote it."""
        return {
            "holders": [holder.account for holder in self.holders],
            "forwards": [forward.as_facts() for forward in self.forwards],
            "answer": self.answer.as_facts() if self.answer else None,
            "trouble": self.trouble,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How far a question has come from one holder: who has it now, whose it is, and by which rules."""

    holder: Holder
    end: Holder
    owner: Holder
    forwards: tuple[Forward, ...] = ()
    seen: tuple[Holder, ...] = ()
    answer: Automatic | None = None
    trouble: str = ""
    over: bool = False

    @property
    def arrived(self) -> bool:
        """Say whether a person is asked at its end."""
        return not self.trouble and self.answer is None

    @property
    def stays(self) -> bool:
        """Say whether the holder is asked in person."""
        return self.arrived and self.end.account == self.holder.account


def route(
    path: Sequence[str],
    allocated: Mapping[str, Iterable[Holder]],
    matter: Matter,
    rules: Mapping[str, Sequence[Rule]] | None = None,
) -> Route | None:
    """Return who is asked, given the organisations upward, the holders wherever the role is allocated, and the rules.

    The nearest version of the role decides, also when nobody holds it. `rules` is by account. The subject's own
    person is never asked. None where the role is not allocated: the workflow's fallback applies.
    """
    nearest = next((organisation for organisation in path if organisation in allocated), None)
    if nearest is None:
        return None
    there = [one for one in allocated[nearest] if one.active(matter.now) and not matter.concerns(one)]
    ways = [_way(holder, matter, rules or {}) for holder in there]
    found = Route(organisation=nearest, forwards=tuple(forward for way in ways for forward in way.forwards))
    return _asked(found, ways)


def applying(rules: Iterable[Rule], matter: Matter) -> Rule | None:
    """Return the rule of one account that applies: the narrowest, and of equals the one that began first."""
    covering = [rule for rule in rules if rule.covers(matter)]
    return min(covering, key=lambda rule: (rule.breadth, rule.starts_at, rule.id), default=None)


def _asked(found: Route, ways: Sequence[_Way]) -> Route:
    """Choose who is asked: whoever is there, and one stand-in; an automatic answer only where nobody is."""
    here = [way.holder for way in ways if way.stays]
    asked_already = {one.account for one in here}
    away = [way for way in ways if way.arrived and way.end.account not in asked_already]
    if here or away:
        return _to_people(found, here, away, alone=len(ways) == 1)
    automatic = [way for way in ways if way.answer]
    if automatic:
        asked = tuple(dict.fromkeys(way.end for way in automatic))
        found = replace(found, holders=asked, answer=automatic[0].answer)
        return _handed(found, automatic[0]) if len(ways) == 1 else found
    return replace(found, trouble=next((way.trouble for way in ways), NOBODY_ACTIVE))


def _to_people(found: Route, here: Sequence[Holder], away: Sequence[_Way], *, alone: bool) -> Route:
    if not away:
        return replace(found, holders=tuple(here))
    if alone:
        return replace(_handed(found, away[0]), holders=(away[0].end,))
    # A question that several hold stays theirs; one stand-in is asked beside those who are there.
    return replace(found, holders=(*here, away[0].end), delegate=away[0].end)


def _handed(found: Route, way: _Way) -> Route:
    """Say whose the question is, where a rule handed it on."""
    if way.end.account == way.holder.account:
        return found
    delegate = way.end if way.end.account != way.owner.account else None
    return replace(found, owner=way.owner, delegate=delegate)


def _way(holder: Holder, matter: Matter, rules: Mapping[str, Sequence[Rule]]) -> _Way:
    """Follow the rules from one holder; each pass moves on to somebody who was not there before, or is the last."""
    way = _Way(holder=holder, end=holder, owner=holder, seen=(holder,))
    while not way.over:
        rule = applying(rules.get(way.end.account, ()), matter)
        way = replace(way, over=True) if rule is None else _ACTS[rule.action](way, rule, matter)
    return way


def _reassigned(way: _Way, rule: Rule, matter: Matter) -> _Way:
    name = way.end.recipient.name
    if rule.to is None:
        return _kept(way, rule, f"{name} is away, but whoever was to stand in has no active account.")
    other = rule.to.recipient.name
    if matter.bars(rule.to):
        return _kept(way, rule, f"{name} is away, but {other} may not stand in: it is about or from them.")
    if rule.to.account in {one.account for one in way.seen}:
        ring = ", ".join(one.recipient.name for one in (*way.seen, rule.to))
        return replace(way, over=True, trouble=f"The absence rules hand this on in a ring: {ring}.")
    if len(way.seen) > MOST_FORWARDS:
        return replace(way, over=True, trouble=f"The absence rules hand this on more than {MOST_FORWARDS} times.")
    does = "hands this over to" if rule.transfer else "has passed this on to"
    forward = Forward(
        account=way.end.account, to=rule.to.account, rule=rule.id, sentence=f"{name} is away and {does} {other}."
    )
    theirs = rule.transfer and way.owner.account == way.end.account
    return replace(
        way,
        end=rule.to,
        owner=rule.to if theirs else way.owner,
        forwards=(*way.forwards, forward),
        seen=(*way.seen, rule.to),
    )


def _answered(way: _Way, rule: Rule, matter: Matter) -> _Way:
    if rule.answer is None or rule.answer not in matter.choices:
        return _kept(way, rule, f"{way.end.recipient.name} is away, but the answer of the rule is not a choice here.")
    return replace(way, over=True, answer=Automatic(account=way.end.account, choice=rule.answer, rule=rule.id))


def _delivered(way: _Way, rule: Rule, _matter: Matter) -> _Way:
    return _kept(way, rule, f"{way.end.recipient.name} is away, but gets this all the same.")


def _kept(way: _Way, rule: Rule, sentence: str) -> _Way:
    stays = Forward(account=way.end.account, to=None, rule=rule.id, sentence=sentence)
    return replace(way, over=True, forwards=(*way.forwards, stays))


_ACTS: Final[Mapping[Action, Callable[[_Way, Rule, Matter], _Way]]] = {
    Action.REASSIGN: _reassigned,
    Action.ANSWER: _answered,
    Action.DELIVER: _delivered,
}
