"""What opening a course does, by the attempts there are and the rules."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graded import NOW, attempts
from workflows.learning.attempts.grading import Played
from workflows.learning.attempts.rules import Begin, Rules
from workflows.learning.attempts.standing import LOCKED, NONE_LEFT, NOT_AGAIN, due_since, stand

PASSED = Played(id="a1", opened_at=NOW - timedelta(days=300), status="passed", finished=True)
FAILED = replace(PASSED, status="failed")
OPEN = replace(PASSED, status="incomplete", finished=False)


def test_the_first_play_begins_an_attempt():
    found = stand((), Rules(begin=Begin.NEVER, most=1), None, NOW)

    assert (found.fresh, found.resumes, found.reviews, found.left) == (True, None, None, 1)


def test_what_goes_on_is_resumed():
    found = stand((OPEN,), Rules(), None, NOW)

    assert (found.resumes, found.reviews, found.fresh, found.offers_anew) == ("a1", None, False, False)


@pytest.mark.parametrize(
    ("begin", "after_pass", "after_fail", "in_the_middle"),
    [
        (Begin.NEVER, NOT_AGAIN, NOT_AGAIN, NOT_AGAIN),
        (Begin.COMPLETED, "", NOT_AGAIN, NOT_AGAIN),
        (Begin.FAILED, NOT_AGAIN, "", NOT_AGAIN),
        (Begin.ENDED, "", "", NOT_AGAIN),
        (Begin.ALWAYS, "", "", ""),
    ],
)
def test_a_new_attempt_may_be_begun_by_the_rule(begin, after_pass, after_fail, in_the_middle):
    barred = [stand((one,), Rules(begin=begin), None, NOW).barred for one in (PASSED, FAILED, OPEN)]

    assert barred == [after_pass, after_fail, in_the_middle]


def test_what_is_over_is_reviewed_and_a_new_attempt_offered():
    found = stand((PASSED,), Rules(), None, NOW)

    assert (found.reviews, found.fresh, found.offers_anew) == ("a1", False, True)


def test_what_cannot_be_looked_at_is_not_reviewed_and_never_begun_again_unasked():
    found = stand((replace(PASSED, readable=False),), Rules(), None, NOW)

    assert (found.reviews, found.fresh, found.offers_anew) == (None, False, True)


def test_a_new_attempt_begins_by_itself_where_the_rules_say_so():
    assert stand((FAILED,), Rules(automatic=True), None, NOW).fresh


def test_the_limit_bars_and_locks():
    barred = stand((FAILED,), Rules(most=1), None, NOW)
    locked = stand((FAILED,), Rules(most=1, lock=True), None, NOW)

    assert (barred.barred, barred.reviews, barred.left) == (NONE_LEFT, "a1", 0)
    assert (locked.barred, locked.reviews, locked.locked) == (LOCKED, None, True)
    assert not stand((OPEN,), Rules(most=1, lock=True), None, NOW).locked


def test_an_attempt_that_was_reset_begins_anew_and_uses_none_up():
    found = stand((replace(FAILED, reset=True),), Rules(begin=Begin.NEVER, most=1), None, NOW)

    assert (found.fresh, found.left) == (True, 1)
    assert stand((PASSED, replace(FAILED, id="a2", opened_at=NOW, reset=True)), Rules(), None, NOW).fresh


@pytest.mark.parametrize(
    ("ends_on", "since"),
    [
        (None, None),
        (date(2027, 2, 23), None),
        (date(2027, 2, 22), date(2026, 11, 22)),
        (date(2026, 10, 1), date(2026, 7, 1)),
    ],
)
def test_what_runs_out_is_to_be_gained_again_from_three_months_before(ends_on, since):
    assert due_since(ends_on, NOW) == since


def test_old_attempts_never_stand_in_the_way_of_a_new_period():
    strict = Rules(begin=Begin.NEVER, most=1, lock=True)

    found = stand((PASSED,), strict, date(2026, 12, 1), NOW)

    assert (found.fresh, found.renews, found.period, found.left, found.reviews) == (True, True, 2, 1, "a1")


def test_an_attempt_of_the_new_period_is_bound_by_the_rules_again():
    second = replace(FAILED, id="a2", opened_at=NOW - timedelta(days=1), period=2)

    found = stand((PASSED, second), Rules(most=1), date(2026, 12, 1), NOW)

    assert (found.fresh, found.barred, found.period) == (False, NONE_LEFT, 2)


def test_what_was_begun_in_an_old_period_and_never_ended_goes_on_in_the_new_one():
    second = replace(OPEN, id="a2", opened_at=PASSED.opened_at + timedelta(days=1))

    assert stand((PASSED, second), Rules(), date(2026, 12, 1), NOW).carries
    assert not stand((PASSED, replace(second, period=2)), Rules(), date(2026, 12, 1), NOW).carries
    assert not stand((PASSED, second), Rules(), date(2027, 12, 1), NOW).carries


rules = st.builds(
    Rules,
    begin=st.sampled_from(Begin),
    automatic=st.booleans(),
    most=st.integers(0, 4),
    lock=st.booleans(),
)


@given(attempts, rules, st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1)))
def test_there_is_always_one_answer_to_play(played, chosen, ends_on):
    found = stand(played, chosen, ends_on, NOW + timedelta(days=60))

    ways = [found.resumes is not None, found.fresh, found.resumes is None and not found.fresh]
    assert sum(ways) == 1
    assert found.resumes is None or found.reviews is None
    assert not (found.locked and (found.reviews or found.fresh))
    assert found.left is None or 0 <= found.left <= chosen.most
