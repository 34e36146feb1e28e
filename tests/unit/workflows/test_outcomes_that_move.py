"""Which news of an attempt can move a workflow, and which only the call log needs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scorm.playing import News
from scorm.runtime.outcome import Completion, Outcome, Success
from scorm.store import Attempt
from tests.clock import START
from workflows.learning import playing

STARTED = Outcome(
    completion=Completion.INCOMPLETE,
    success=Success.UNKNOWN,
    score_raw=50.0,
    score_min=None,
    score_max=None,
    total_seconds=60.0,
    lesson_status="incomplete",
    exit="",
    finished=False,
)
DONE = replace(STARTED, completion=Completion.COMPLETED, success=Success.PASSED, lesson_status="passed")
FAILED = replace(STARTED, success=Success.FAILED, lesson_status="failed")


def attempt(outcome=STARTED, **changes):
    said = {"trust": "t", "id": "a", "registration": "r", "learner": "ann", "learner_name": "Ann", "package": "p"}
    plain = Attempt(**said, sco="s", epoch=1, running=True, outcome=outcome, opened_at=START, active_at=START)
    return replace(plain, **changes)


def moves(before, after, *, begun=False):
    return playing.moves(News(before=before, attempt=after, outcome=after.outcome, begun=begun))


@pytest.mark.parametrize(
    "changes",
    [{"score_raw": 60.0}, {"score_scaled": 0.6}, {"total_seconds": 90.0}, {"progress": 0.5}, {"exit": "suspend"}],
)
def test_a_score_on_the_way_to_a_result_moves_nothing(changes):
    assert not moves(attempt(), attempt(replace(STARTED, **changes)))


@pytest.mark.parametrize("result", [DONE, FAILED, replace(DONE, success=Success.UNKNOWN, lesson_status="completed")])
def test_a_score_beside_a_result_moves(result):
    assert moves(attempt(result), attempt(replace(result, score_raw=60.0)))
    assert moves(attempt(result), attempt(result, highest=60.0))
    assert not moves(attempt(result), attempt(replace(result, total_seconds=90.0)))


@pytest.mark.parametrize("result", [DONE, FAILED, replace(STARTED, finished=True)])
def test_a_status_or_an_end_moves(result):
    assert moves(attempt(), attempt(result))


def test_the_first_word_moves_and_so_does_a_session_that_begins_or_ends():
    assert moves(attempt(None), attempt())
    assert moves(attempt(), attempt(), begun=True)
    assert moves(attempt(), attempt(running=False))


def test_how_a_session_ended_moves_once_it_has_ended():
    ended = replace(STARTED, finished=True)

    assert moves(attempt(ended), attempt(replace(ended, exit="suspend")))


def test_whatever_is_heard_after_a_silence_moves_for_the_attempt_may_have_been_given_up():
    later = START + playing.SILENCE

    assert moves(attempt(), attempt(active_at=later))
    assert not moves(attempt(), attempt(active_at=later - timedelta(seconds=1)))
