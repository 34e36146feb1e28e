"""Absence rules as they are kept: who may, what is refused, what is suggested, who changed what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine import accounts
from engine.errors import Conflict, Invalid, Missing, NotAllowed
from engine.machine import Actor
from engine.roles import absences, amendments, directory
from engine.roles.absence import Absence, State, choices_of, sentence
from engine.roles.amendments import Amended
from engine.roles.directory import Holder, Role
from engine.roles.routing import Action
from engine.transaction import Engine
from tests.clock import START, FrozenClock
from tests.people import ADMINISTRATOR, SURGERY, TRUST, WARD, account, engine_on
from tests.trial import LEAVE
from workflows.onboarding import transfer

CHOICES = choices_of([LEAVE])
DAY = timedelta(days=1)
TOM = Actor(id="acc-tom", name="Tom Reid")


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = engine_on(database_url, clock)
    for name in ("tom", "wren", "ada"):
        account(built, name)
    yield built
    built.database.dispose()


def away(**said: Any) -> Absence:
    return Absence(
        **{
            "trust": TRUST,
            "account": "acc-tom",
            "action": Action.REASSIGN,
            "to": "acc-wren",
            "starts_at": START,
            **said,
        }
    )


def saved(engine: Engine, rule: Absence, by: Actor = TOM) -> Absence:
    with engine.transaction() as tx:
        return absences.save(tx.connection, rule, CHOICES, by, tx.now)


def kept(engine: Engine) -> list[Absence]:
    with engine.reading() as conn:
        return list(absences.of(conn, TRUST, "acc-tom"))


def suggested(engine: Engine, source: str = "<m1@x.example>", **said: Any) -> Absence | None:
    with engine.transaction() as tx:
        return absences.suggest(tx.connection, trust=TRUST, account="acc-tom", source=source, now=tx.now, **said)


def administrator(engine: Engine, place: str) -> Actor:
    with engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, "acc-ada", ADMINISTRATOR, place)
        return directory.actor_of(tx.connection, TRUST, "acc-ada", tx.now)


def test_a_rule_is_kept_and_stands_while_it_lasts(engine, clock):
    one = saved(engine, away(starts_at=START + DAY, ends_at=START + 3 * DAY, kind="leave", transfer=True))

    with engine.reading() as conn:
        now = absences.standing(conn, TRUST, START)
        later = absences.standing(conn, TRUST, START + 2 * DAY)
        week = absences.standing(conn, TRUST, START, START + 7 * DAY)
    assert kept(engine) == [one]
    assert now == {}
    assert [(rule.id, rule.kind, rule.transfer, rule.to.account) for rule in later["acc-tom"]] == [
        (one.id, "leave", True, "acc-wren")
    ]
    assert week == later


def test_a_stand_in_whose_account_is_closed_is_nobody(engine):
    saved(engine, away())
    with engine.transaction() as tx:
        accounts.change_account(tx.connection, TRUST, "acc-wren", {"active": False})

        (rule,) = absences.standing(tx.connection, TRUST, START)["acc-tom"]

    assert rule.to is None


def test_an_overlap_is_refused_with_a_sentence_that_names_the_other(engine):
    first = saved(engine, away(ends_at=START + 5 * DAY))

    with pytest.raises(Invalid) as refused:
        saved(engine, away(starts_at=START + 2 * DAY, action=Action.DELIVER))

    assert "“All questions are passed on to Priya Nair, from 22 November 2026 to 27 November 2026”" in str(
        refused.value
    )
    assert refused.value.facts == {"field": "starts_at", "other": first.id}


@pytest.mark.parametrize(
    "other",
    [
        {"starts_at": START + 5 * DAY},
        {"kind": "leave"},
        {"notice": "T-02-asked"},
        {"account": "acc-wren", "to": "acc-tom"},
    ],
)
def test_another_time_other_questions_or_another_person_is_no_overlap(engine, other):
    saved(engine, away(ends_at=START + 5 * DAY))

    rule = away(**other)

    assert saved(engine, rule, Actor(id=rule.account, name="Whoever")).state is State.STANDING


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"to": None}, "to"),
        ({"to": "acc-nobody"}, "to"),
        ({"to": "acc-tom"}, "to"),
        ({"ends_at": START}, "ends_at"),
        ({"starts_at": START - 9 * DAY, "ends_at": START - DAY}, "ends_at"),
        ({"kind": "enrolment"}, "kind"),
        ({"action": Action.ANSWER, "answer": "GRANT"}, "kind"),
        ({"action": Action.ANSWER, "kind": "leave", "answer": "MAYBE"}, "answer"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_where_it_is_wrong(engine, said, field):
    with pytest.raises(Invalid) as refused:
        saved(engine, away(**said))

    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    ("action", "left"),
    [
        (Action.REASSIGN, ("acc-wren", True, None)),
        (Action.ANSWER, (None, False, "GRANT")),
        (Action.DELIVER, (None, False, None)),
    ],
)
def test_what_an_action_does_not_use_is_not_kept(engine, action, left):
    one = saved(engine, away(action=action, kind="leave", transfer=True, answer="GRANT"))

    assert (one.to, one.transfer, one.answer) == left


def test_a_rule_is_changed_and_ended_by_its_person_and_each_change_is_noted(engine, clock):
    one = saved(engine, away())
    saved(engine, replace(one, ends_at=START + 4 * DAY, comment="Two  days more"))
    clock.advance(DAY)

    with engine.transaction() as tx:
        ended = absences.end(tx.connection, TRUST, one.id, TOM, tx.now)
        noted = amendments.of(tx.connection, TRUST, Amended.ABSENCE, one.id)

    assert (ended.state, ended.ends_at, ended.comment) == (State.ENDED, START + DAY, "Two days more")
    assert sorted((row.what, row.actor_name) for row in noted) == [
        ("changed", "Tom Reid"),
        ("ended", "Tom Reid"),
        ("made", "Tom Reid"),
    ]


def test_what_has_ended_is_neither_changed_nor_ended_again(engine):
    one = saved(engine, away(starts_at=START + DAY))
    with engine.transaction() as tx:
        ended = absences.end(tx.connection, TRUST, one.id, TOM, tx.now)

    with pytest.raises(Conflict):
        saved(engine, ended)
    with pytest.raises(Invalid), engine.transaction() as tx:
        absences.end(tx.connection, TRUST, one.id, TOM, tx.now)
    assert ended.ends_at == START + DAY


def test_a_rule_never_becomes_somebody_elses(engine):
    one = saved(engine, away())

    with pytest.raises(Invalid):
        saved(engine, replace(one, account="acc-wren", to="acc-tom"), Actor(id="acc-wren", name="Wren"))


def test_only_oneself_keeps_ones_rules(engine):
    with pytest.raises(NotAllowed):
        saved(engine, away(), Actor(id="acc-wren", name="Wren Hall"))
    one = saved(engine, away())
    with pytest.raises(NotAllowed), engine.transaction() as tx:
        absences.end(tx.connection, TRUST, one.id, Actor(id="acc-wren", name="Wren Hall"), tx.now)


@pytest.mark.parametrize(
    ("place", "held_at", "may"), [(SURGERY, WARD, True), (SURGERY, TRUST, False), (TRUST, WARD, True)]
)
def test_an_administrator_keeps_the_rules_of_those_whose_roles_are_below(engine, place, held_at, may):
    with engine.transaction() as tx:
        directory.put_role(tx.connection, Role(trust=TRUST, role="reviewer", organisation=held_at, title="R"))
        directory.put_holder(
            tx.connection, Holder(trust=TRUST, role="reviewer", organisation=held_at, account="acc-tom")
        )

    ada = administrator(engine, place)

    with engine.reading() as conn:
        assert absences.may_keep(conn, TRUST, ada, "acc-tom") is may


def test_only_the_trusts_administrator_keeps_the_rules_of_those_who_hold_nothing(engine):
    with engine.reading() as conn:
        assert not absences.may_keep(conn, TRUST, administrator(engine, SURGERY), "acc-tom")
        assert not absences.may_keep(conn, TRUST, Actor(id="acc-ada", name="Ada"), "acc-tom")
    with engine.reading() as conn:
        assert absences.may_keep(conn, TRUST, administrator(engine, TRUST), "acc-tom")


def test_an_out_of_office_reply_suggests_a_rule_that_does_nothing_until_it_is_confirmed(engine):
    one = suggested(engine, starts_at=START, ends_at=START + 3 * DAY)

    with engine.reading() as conn:
        assert absences.standing(conn, TRUST, START) == {}
    assert one
    assert (one.state, one.source) == (State.SUGGESTED, "<m1@x.example>")
    confirmed = saved(engine, replace(one, to="acc-wren"))
    assert (confirmed.state, confirmed.source) == (State.STANDING, "<m1@x.example>")


def test_a_reply_suggests_once_and_not_what_is_known(engine):
    assert suggested(engine)
    assert suggested(engine, "<m2@x.example>") is None

    with engine.transaction() as tx:
        absences.dismiss(tx.connection, TRUST, kept(engine)[0].id, TOM, tx.now)

    assert kept(engine) == []
    assert suggested(engine) is None
    saved(engine, away())
    assert suggested(engine, "<m3@x.example>") is None


def test_only_a_suggestion_is_dismissed_and_only_an_account_gets_one(engine):
    one = saved(engine, away())

    with pytest.raises(Invalid), engine.transaction() as tx:
        absences.dismiss(tx.connection, TRUST, one.id, TOM, tx.now)
    with pytest.raises(Missing), engine.transaction() as tx:
        absences.suggest(tx.connection, trust=TRUST, account="acc-nobody", source="<m>", now=tx.now)
    with pytest.raises(Missing), engine.reading() as conn:
        absences.get(conn, TRUST, "nothing")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"transfer": True}, "All questions become those of Wren, from 22 November 2026 until it is ended"),
        (
            {"action": Action.ANSWER, "kind": "leave", "answer": "GRANT_HALF"},
            "Questions about: leave are answered “grant half” at once, from 22 November 2026 until it is ended",
        ),
        (
            {"action": Action.DELIVER, "notice": "T-02-asked", "ends_at": START + DAY},
            "Questions of the message T-02-asked come all the same, from 22 November 2026 to 23 November 2026",
        ),
    ],
)
def test_a_rule_is_said_in_one_sentence(said, words):
    assert sentence(away(**said), {"acc-wren": "Wren"}, {"leave": "Leave"}) == words


def test_an_answer_that_needs_something_typed_for_each_question_is_given_by_no_rule():
    assert choices_of([transfer.WORKFLOW]) == {"transfer": ("ACCEPT", "REJECT")}
