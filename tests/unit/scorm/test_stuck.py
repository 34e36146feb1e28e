"""Signs that an attempt is stuck: one row a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine import settings
from engine.errors import SettingError
from scorm.runtime.outcome import best, outcome_of
from scorm.runtime.session import Launch, Session
from scorm.runtime.story import Story, Window
from scorm.runtime.stuck import Patience, Sign, sign
from scorm.runtime.values import number

STATUS, RAW, EXIT = "cmi.core.lesson_status", "cmi.core.score.raw", "cmi.core.exit"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PATIENCE = Patience(idle=timedelta(days=7), ends=3)
SILENT = {EXIT: "suspend"}
UNDONE = {STATUS: "incomplete", EXIT: "suspend"}


def window(place: int, said: dict[str, str], *, ends: bool = True, mastery: str = "", mode: str = "normal") -> Window:
    launch = Launch(model="scorm12", student_id="n", student_name="N", mastery_score=mastery, lesson_mode=mode)
    session = Session.open(launch, {})
    session.call("LMSInitialize", [""], "")
    for name, value in said.items():
        session.call("LMSSetValue", [name, value], "")
    if ends:
        session.call("LMSFinish", [""], "")
    return Window(number=place, opened_at=NOW, session=session, seq=1, calls=())


def told(*windows: Window) -> Story:
    outcome = None
    for one in windows:
        now = outcome_of(one.session, number(one.session.launch.mastery_score))
        outcome = best(outcome, now) if outcome else now
    return Story(windows=windows, outcome=outcome)


@pytest.mark.parametrize(
    ("expected", "days", "windows"),
    [
        (Sign.SILENT, 7, [window(1, SILENT)]),
        (None, 6, [window(1, SILENT)]),
        (None, 7, [window(1, SILENT, ends=False)]),
        (None, 7, [window(1, UNDONE)]),
        (Sign.ENDED_OFTEN, 0, [window(place, SILENT) for place in (1, 2, 3)]),
        (Sign.ENDED_OFTEN, 0, [window(place, {STATUS: "incomplete"}) for place in (1, 2, 3)]),
        (None, 0, [window(place, SILENT) for place in (1, 2)]),
        (None, 30, [window(place, UNDONE) for place in (1, 2, 3, 4)]),
        (Sign.FULL_SCORE, 0, [window(1, {**UNDONE, RAW: "100"})]),
        (Sign.FULL_SCORE, 7, [window(1, {**UNDONE, RAW: "100"}, ends=False)]),
        (None, 0, [window(1, {**UNDONE, RAW: "100"}, ends=False)]),
        (None, 30, [window(1, {**UNDONE, RAW: "99"})]),
        (None, 30, [window(place, {STATUS: "failed"}) for place in (1, 2, 3)]),
        (None, 30, [window(place, {**SILENT, RAW: "60"}, mastery="80") for place in (1, 2, 3)]),
        (None, 30, [window(place, {**SILENT}, mode="browse") for place in (1, 2, 3)]),
        (None, 30, [window(1, {STATUS: "completed"})]),
    ],
)
def test_a_sign_is_that_all_was_done_and_nothing_final_reported(expected, days, windows):
    assert sign(told(*windows), NOW - timedelta(days=days), NOW, PATIENCE) is expected


def test_a_score_that_reaches_the_pass_mark_is_a_sign_where_nothing_final_came_of_it():
    one = window(1, {**UNDONE, RAW: "85"}, mastery="80")
    unfinished = outcome_of(window(1, UNDONE).session, None)

    assert sign(Story(windows=[one], outcome=unfinished), NOW, NOW, PATIENCE) is Sign.FULL_SCORE


def test_what_was_never_heard_is_no_sign():
    unheard = replace(window(1, {}, ends=False), seq=0)

    assert sign(Story(windows=[unheard], outcome=None), NOW - timedelta(days=30), NOW, PATIENCE) is None


@pytest.mark.parametrize("name", ["PRECEPTOR_STUCK_DAYS", "PRECEPTOR_STUCK_ENDS"])
@pytest.mark.parametrize("value", ["soon", "0", "-1"])
def test_how_long_is_waited_is_a_setting_that_is_checked(name, value):
    chosen = settings.read({})

    assert (chosen.stuck_days, chosen.stuck_ends) == (7, 3)
    with pytest.raises(SettingError, match=name):
        settings.read({name: value})
