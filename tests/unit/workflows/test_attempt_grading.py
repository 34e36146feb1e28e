"""What several attempts come to, by example and for all."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graded import NOW, attempts
from workflows.learning.attempts.grading import Grade, Played, explained, grade
from workflows.learning.attempts.rules import Across, Rules, Within


def made(number, status, highest=None, last=None, **facts):
    opened_at = NOW + timedelta(days=number)
    return Played(
        id=f"a{number}", opened_at=opened_at, status=status, finished=True, highest=highest, last=last, **facts
    )


THREE = (made(1, "failed", 40.0, 30.0), made(2, "passed", 90.0, 80.0), made(3, "failed", 62.0, 50.0))


@pytest.mark.parametrize(
    ("across", "within", "status", "score", "counted"),
    [
        (Across.HIGHEST, Within.HIGHEST, "passed", 90.0, ("a2",)),
        (Across.HIGHEST, Within.LAST, "passed", 80.0, ("a2",)),
        (Across.AVERAGE, Within.HIGHEST, "passed", 64.0, ("a1", "a2", "a3")),
        (Across.AVERAGE, Within.LAST, "passed", 53.3333333, ("a1", "a2", "a3")),
        (Across.FIRST, Within.HIGHEST, "failed", 40.0, ("a1",)),
        (Across.LAST, Within.LAST, "failed", 50.0, ("a3",)),
    ],
)
def test_three_attempts_are_graded_in_each_way(across, within, status, score, counted):
    found = grade(THREE, Rules(across=across, within=within))

    assert (found.status, found.score, found.counted) == (status, score, counted)


def test_nothing_comes_to_nothing():
    assert grade((), Rules()) == Grade()


def test_who_tries_again_is_not_failed_yet():
    assert grade((*THREE[:1], replace(made(2, "incomplete"), finished=False)), Rules()).status == "incomplete"


def test_the_last_attempt_without_a_result_does_not_count_beside_one_that_has_one():
    open_still = replace(made(4, "incomplete", 10.0), finished=False)

    assert grade((*THREE, open_still), Rules(across=Across.LAST)).counted == ("a3",)
    assert grade((open_still,), Rules(across=Across.LAST)).counted == ("a4",)


def test_an_attempt_that_was_reset_counts_only_where_it_was_done_after_all():
    rules = Rules(across=Across.FIRST)

    assert grade((replace(THREE[0], reset=True), *THREE[1:]), rules).counted == ("a2",)
    assert grade((replace(THREE[1], reset=True), THREE[2]), rules).counted == ("a2",)


def test_only_the_present_period_counts():
    found = grade((*THREE, made(4, "incomplete", 20.0, period=2)), Rules())

    assert (found.status, found.score) == ("incomplete", 20.0)


def test_an_attempt_without_a_score_counts_by_its_status():
    assert grade((made(1, "completed"),), Rules(across=Across.AVERAGE)) == Grade(
        status="completed", score=None, counted=("a1",), by="a1"
    )


def test_how_the_score_comes_about_is_said_in_sentences():
    said = explained(
        (*THREE, made(4, "failed", reset=True, period=2)), Rules(across=Across.AVERAGE, within=Within.LAST)
    )

    assert said[0] == "The average score of all attempts that have a result counts."
    assert "the last score" in said[1]
    assert "reset does not count" in said[2]
    assert "present period" in said[3]
    assert len(explained(THREE, Rules())) == 3


all_rules = st.builds(Rules, within=st.sampled_from(Within), across=st.sampled_from(Across))


@given(attempts, all_rules, st.randoms())
def test_the_order_in_which_attempts_are_read_is_of_no_matter(played, rules, random):
    shuffled = list(played)
    random.shuffle(shuffled)

    assert grade(shuffled, rules) == grade(played, rules)


@given(attempts, all_rules)
def test_a_grade_is_made_of_what_was_played(played, rules):
    found = grade(played, rules)

    counted = [one for one in played if one.id in found.counted]
    scored = [score for one in counted if (score := one.score(rules.within)) is not None]
    assert len(counted) == len(found.counted)
    assert all(one.counts for one in counted)
    assert found.status in {one.status for one in played} | {"not attempted"}
    assert (found.score is None) == (not scored)
    assert found.score is None or min(scored) - 0.001 <= found.score <= max(scored) + 0.001


@given(attempts, st.sampled_from(Within))
def test_the_best_is_never_worse_than_any_other_way(played, within):
    ways = [grade(played, Rules(within=within, across=way)) for way in Across]

    best = grade(played, Rules(within=within))
    assert all(best.done or not one.done for one in ways)
    assert all(one.score is None or best.score >= one.score - 0.001 for one in ways)


@given(attempts, all_rules)
def test_what_is_played_in_an_earlier_period_changes_nothing(played, rules):
    latest = max((one.period for one in played), default=1)

    assert grade([one for one in played if one.period == latest], rules) == grade(played, rules)
