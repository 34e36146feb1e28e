"""Value spaces and time spans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorm.runtime.values import LONGEST_TIMESPAN, Space, duration, elapsed, joined, number, seconds, timespan, units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00:00", 0.0),
        ("0001:02:03.5", 3723.5),
        ("00:00:00.07", 0.07),
        ("9999:59:59.99", LONGEST_TIMESPAN),
        ("00:99:99", 99 * 60 + 99),
        ("", 0.0),
        ("an hour", 0.0),
    ],
)
def test_a_time_span_is_read_as_seconds(text, expected):
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0.0, "0000:00:00.00"),
        (3723.5, "0001:02:03.50"),
        (59.999, "0000:01:00.00"),
        (1e9, "9999:59:59.99"),
        (-5.0, "0000:00:00.00"),
    ],
)
def test_seconds_are_written_as_a_time_span(total, expected):
    assert timespan(total) == expected


@given(st.integers(0, 999_999_999))
def test_a_time_span_written_is_the_time_span_read(hundredths):
    assert seconds(timespan(hundredths / 100)) == pytest.approx(hundredths / 100)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT0S", 0.0),
        ("PT1H2M3.45S", 3723.45),
        ("P1DT1S", 86_401.0),
        ("P1Y1M", 395 * 86_400.0),
        ("", 0.0),
        ("an hour", 0.0),
    ],
)
def test_a_duration_is_read_as_seconds(text, expected):
    assert elapsed(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("total", "expected"),
    [(0.0, "PT0H0M0S"), (3723.5, "PT1H2M3.5S"), (59.999, "PT0H1M0S"), (1e6, "PT277H46M40S"), (-5.0, "PT0H0M0S")],
)
def test_seconds_are_written_as_a_duration(total, expected):
    assert duration(total) == expected


@given(st.integers(0, 999_999_999))
def test_a_duration_written_is_the_duration_read(hundredths):
    assert elapsed(duration(hundredths / 100)) == pytest.approx(hundredths / 100)


def test_length_is_counted_as_a_browser_counts():
    assert units("a😀") == 3
    assert units("\ud83d") == 1


def test_halves_of_a_character_join():
    assert joined("\ud83d", "\ude00") == "😀"


def test_an_empty_score_is_no_number():
    assert number("") is None
    assert number("66.5") == 66.5


@pytest.mark.parametrize(
    ("rules", "legal", "illegal"),
    [
        ({}, "anything at all", None),
        ({"values": ["yes", ""]}, "", "no"),
        ({"pattern": "[0-9]+"}, "17", "17\n"),
        ({"values": ["none"], "pattern": "[0-9]+"}, "none", "some"),
        ({"values": ["none"], "pattern": "[0-9]+"}, "4", ""),
        ({"max": 2}, "ab", "abc"),
        ({"pattern": "(-?[0-9]+)?", "range": [-1, 1]}, "", "2"),
        ({"pattern": "(-?[0-9]+)?", "range": [-1, 1]}, "-1", "-2"),
        ({"pattern": "-?[0-9]+", "range": [0, None]}, "7", "-1"),
        ({"apart": ","}, "a,b", "a,a"),
        ({"rising": ":"}, "1:2", "10:9"),
        ({"rising": ":"}, ":-5", "-4:-5"),
    ],
)
def test_a_space_holds_what_all_its_rules_allow(rules, legal, illegal):
    space = Space.stated(rules)

    assert space.holds(legal)
    assert illegal is None or not space.holds(illegal)
