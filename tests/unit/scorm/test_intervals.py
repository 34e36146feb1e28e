"""Time intervals of SCORM 2004."""

import pytest

from scorm.runtime.intervals import interval, seconds


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("PT0S", 0.0),
        ("PT1H2M3.5S", 3723.5),
        ("P1D", 86_400.0),
        ("P1Y2M3DT4H5M6S", 365 * 86_400 + 63 * 86_400 + 4 * 3600 + 5 * 60 + 6),
        ("", 0.0),
        ("PT1.234S", 0.0),
        ("nonsense", 0.0),
    ],
)
def test_an_interval_is_read_as_seconds(text: str, wanted: float) -> None:
    assert seconds(text) == wanted


@pytest.mark.parametrize(
    ("total", "wanted"),
    [(0.0, "PT0H0M0S"), (3723.5, "PT1H2M3.50S"), (90_000.0, "PT25H0M0S"), (-3.0, "PT0H0M0S")],
)
def test_seconds_are_written_as_an_interval(total: float, wanted: str) -> None:
    assert interval(total) == wanted
