"""Who stands in for whoever is away, by example and as laws that hold for any rules."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.letters import Recipient
from engine.roles.routing import MOST_FORWARDS, Action, Holder, Matter, Route, Rule, applying, route

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = timedelta(days=1)
MATTER = Matter(now=NOW, kind="leave", notice="T-02-asked", choices=("GRANT", "DENY"), about="lin", sender="acc-sue")
NAMES = [*"abcdef", "lin", "sue"]


def someone(person: str) -> Holder:
    return Holder(account=f"acc-{person}", recipient=Recipient(name=person, email=f"{person}@x.example", person=person))


def rule(person: str, action: Action = Action.REASSIGN, to: str | None = None, **more: Any) -> Rule:
    said = {"id": f"rule-{person}", "starts_at": NOW - DAY, **more}
    return Rule(account=f"acc-{person}", action=action, to=someone(to) if to else None, **said)


def routed(people: str | list[str], *rules: Rule, matter: Matter = MATTER) -> Route:
    kept = defaultdict(list)
    for one in rules:
        kept[one.account].append(one)
    found = route(("trust",), {"trust": [someone(name) for name in people]}, matter, kept)
    assert found
    return found


def who(found: Route) -> list[str]:
    return [one.recipient.name for one in found.holders]


def test_a_delegate_is_asked_and_the_question_stays_its_owners() -> None:
    found = routed("a", rule("a", to="b"))

    assert who(found) == ["b"]
    assert (found.owner, found.delegate) == (someone("a"), someone("b"))
    assert [(one.account, one.to, one.rule) for one in found.forwards] == [("acc-a", "acc-b", "rule-a")]
    assert found.forwards[0].sentence == "a is away and has passed this on to b."


def test_a_transfer_makes_the_question_somebody_elses() -> None:
    found = routed("a", rule("a", to="b", transfer=True))

    assert (who(found), found.owner, found.delegate) == (["b"], someone("b"), None)


def test_a_stand_ins_own_rule_is_tried_too_and_gives_away_only_what_is_theirs() -> None:
    found = routed("a", rule("a", to="b"), rule("b", to="c", transfer=True))

    assert (who(found), found.owner, found.delegate) == (["c"], someone("a"), someone("c"))


def test_what_was_handed_over_may_be_passed_on() -> None:
    found = routed("a", rule("a", to="b", transfer=True), rule("b", to="c"))

    assert (who(found), found.owner, found.delegate) == (["c"], someone("b"), someone("c"))


def test_a_colleague_who_is_there_is_asked_beside_one_stand_in_and_the_question_stays_the_roles() -> None:
    found = routed("abd", rule("a", to="c"), rule("d", to="e"))

    assert (who(found), found.owner, found.delegate) == (["b", "c"], None, someone("c"))


def test_a_stand_in_who_holds_the_role_too_is_asked_once() -> None:
    found = routed("ab", rule("a", to="b"))

    assert (who(found), found.owner, found.delegate) == (["b"], None, None)


def test_a_rule_answers_at_once_what_is_a_choice() -> None:
    found = routed("a", rule("a", Action.ANSWER, answer="GRANT"))

    assert found.answer
    assert (found.answer.account, found.answer.choice, who(found)) == ("acc-a", "GRANT", ["a"])


def test_a_stand_ins_rule_may_answer_for_the_owner() -> None:
    found = routed("a", rule("a", to="b"), rule("b", Action.ANSWER, answer="DENY"))

    assert found.answer
    assert (found.answer.account, found.owner, found.delegate) == ("acc-b", someone("a"), someone("b"))


def test_what_is_no_choice_is_left_to_the_person() -> None:
    found = routed("a", rule("a", Action.ANSWER, answer="MAYBE"))

    assert (who(found), found.answer) == (["a"], None)
    assert "not a choice" in found.forwards[0].sentence


def test_a_rule_does_not_answer_for_a_colleague_who_is_there() -> None:
    found = routed("ab", rule("a", Action.ANSWER, answer="GRANT"))

    assert (who(found), found.answer) == (["b"], None)


def test_rules_of_several_answer_where_nobody_is_there() -> None:
    found = routed("ab", rule("a", Action.ANSWER, answer="GRANT"), rule("b", Action.ANSWER, answer="DENY"))

    assert found.answer
    assert (found.answer.choice, who(found), found.owner) == ("GRANT", ["a", "b"], None)


def test_a_narrower_rule_says_deliver_to_me_all_the_same() -> None:
    found = routed("a", rule("a", to="b"), rule("a", Action.DELIVER, kind="leave", id="but"))

    assert (who(found), found.owner) == (["a"], None)
    assert found.forwards[0].sentence == "a is away, but gets this all the same."


def test_a_ring_is_stopped_and_named() -> None:
    found = routed("a", rule("a", to="b"), rule("b", to="c"), rule("c", to="a"))

    assert (who(found), found.answer) == ([], None)
    assert found.trouble == "The absence rules hand this on in a ring: a, b, c, a."


@pytest.mark.parametrize(("steps", "stopped"), [(MOST_FORWARDS, False), (MOST_FORWARDS + 1, True)])
def test_more_than_ten_forwards_are_stopped(steps, stopped) -> None:
    rules = [rule(f"p{step}", to=f"p{step + 1}") for step in range(steps)]

    found = routed(["p0"], *rules)

    assert ("more than 10 times" in found.trouble) is stopped
    assert who(found) == ([] if stopped else [f"p{steps}"])


@pytest.mark.parametrize("barred", ["lin", "sue"])
def test_nothing_is_passed_on_to_whom_it_is_about_or_from(barred) -> None:
    found = routed("a", rule("a", to=barred))

    assert (who(found), found.forwards[0].to) == (["a"], None)
    assert "may not stand in" in found.forwards[0].sentence


def test_a_stand_in_without_an_active_account_gets_nothing() -> None:
    assert who(routed("a", rule("a"))) == ["a"]


def test_one_persons_ring_is_no_trouble_while_another_is_there() -> None:
    found = routed("ad", rule("a", to="b"), rule("b", to="a"))

    assert (who(found), found.trouble) == (["d"], "")


PEOPLE = st.sampled_from(NAMES)
RULES = st.builds(
    rule,
    PEOPLE,
    st.sampled_from(Action),
    to=st.none() | PEOPLE,
    transfer=st.booleans(),
    answer=st.sampled_from([None, "GRANT", "MAYBE"]),
    kind=st.sampled_from([None, "leave", "other"]),
    notice=st.sampled_from([None, "T-02-asked"]),
    starts_at=st.sampled_from([NOW - DAY, NOW, NOW + DAY]),
    ends_at=st.sampled_from([None, NOW, NOW + DAY]),
    id=st.uuids().map(str),
)
CASES = (st.lists(PEOPLE, min_size=1, unique=True), st.lists(RULES, max_size=25))


@given(*CASES)
def test_somebody_is_asked_or_it_is_said_why_not(people, rules) -> None:
    found = routed(people, *rules)

    assert bool(found.holders) is not bool(found.trouble)


@given(*CASES)
def test_neither_subject_nor_sender_is_ever_stood_in_by(people, rules) -> None:
    found = routed(people, *rules)

    assert "lin" not in who(found)
    assert {forward.to for forward in found.forwards}.isdisjoint({"acc-lin", "acc-sue"})
    assert "acc-sue" not in {one.account for one in found.holders} or "sue" in people


@given(*CASES)
def test_no_question_comes_back_or_goes_on_for_ever(people, rules) -> None:
    found = routed(people, *rules)

    for name in people:
        chain = [step.to for step in _from(found, f"acc-{name}")]
        assert len(set(chain)) == len(chain) <= MOST_FORWARDS
        assert f"acc-{name}" not in chain


@given(*CASES, st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_read_changes_nothing(people, rules, shuffled) -> None:
    mixed = list(rules)
    shuffled.shuffle(mixed)

    assert routed(people, *rules) == routed(people, *mixed)


@given(*CASES)
def test_an_automatic_answer_is_a_choice_and_never_the_subjects_own(people, rules) -> None:
    found = routed(people, *rules)

    assert found.answer is None or found.answer.choice in MATTER.choices
    assert found.answer is None or found.answer.account != "acc-lin"


@given(st.lists(RULES, max_size=12))
def test_the_narrowest_rule_of_a_person_applies(rules) -> None:
    mine = [one for one in rules if one.covers(MATTER)]

    chosen = applying(rules, MATTER)

    assert (chosen is None) is (not mine)
    assert chosen is None or chosen.breadth == min(one.breadth for one in mine)


def _from(found: Route, account: str) -> list[Any]:
    """Follow the forwards from a holder, as the route has them."""
    steps: list[Any] = []
    here = account
    for forward in found.forwards:
        if forward.account == here and forward.to:
            steps.append(forward)
            here = forward.to
    return steps
