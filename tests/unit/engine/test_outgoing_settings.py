"""When mail goes out and how fast: what an installation is told, and the hours of a day somewhere."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from engine import outgoing_settings
from engine.errors import SettingError
from engine.outgoing_settings import Outgoing
from engine.wording import notices, styles, terms
from engine.wording.terms import Pace

LONDON = ZoneInfo("Europe/London")
EVERY_DAY = outgoing_settings.hours("07:00-21:00")
WEEKDAYS = outgoing_settings.hours("07:00-21:00 mon-fri")


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        (EVERY_DAY, "2026-11-22T07:00:00Z", None),
        (EVERY_DAY, "2026-11-22T20:59:59Z", None),
        (EVERY_DAY, "2026-11-22T21:00:00Z", "2026-11-23T07:00:00Z"),
        (EVERY_DAY, "2026-11-22T06:59:59Z", "2026-11-22T07:00:00Z"),
        (EVERY_DAY, "2027-03-27T22:00:00Z", "2027-03-28T06:00:00Z"),
        (EVERY_DAY, "2027-10-30T21:00:00Z", "2027-10-31T07:00:00Z"),
        (WEEKDAYS, "2026-11-20T22:00:00Z", "2026-11-23T07:00:00Z"),
        (WEEKDAYS, "2026-11-22T12:00:00Z", "2026-11-23T07:00:00Z"),
        (WEEKDAYS, "2026-11-23T12:00:00Z", None),
    ],
    ids=["first", "last", "after", "before", "spring", "autumn", "friday", "sunday", "monday"],
)
def test_hours_begin_by_the_local_clock(hours, now, opens):
    expected = opens and datetime.fromisoformat(opens)

    assert hours.opening(datetime.fromisoformat(now), LONDON) == expected


def test_the_settings_are_read_and_say_themselves():
    read = outgoing_settings.read(
        {
            "PRECEPTOR_MAIL_HOURS": "08:30-18:00 mon-fri",
            "PRECEPTOR_MAIL_RATES": "NHS.net=300 *=60",
            "PRECEPTOR_DIGEST_AT": "16:30",
        }
    )

    assert str(read.hours) == "08:30-18:00 mon-fri"
    assert read.hours.words == "from 08:30 to 18:00 on weekdays"
    assert (read.most("nhs.net"), read.most("trust.example"), read.digest_at) == (300, 60, time(16, 30))


def test_without_a_word_mail_goes_at_any_time_and_as_fast_as_it_can():
    assert outgoing_settings.read({}) == Outgoing()
    assert Outgoing().most("nhs.net") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRECEPTOR_MAIL_HOURS", "7-21"),
        ("PRECEPTOR_MAIL_HOURS", "21:00-07:00"),
        ("PRECEPTOR_MAIL_RATES", "nhs.net"),
        ("PRECEPTOR_MAIL_RATES", "nhs.net=0"),
        ("PRECEPTOR_DIGEST_AT", "25:00"),
    ],
)
def test_a_setting_that_is_wrong_is_named(name, value):
    with pytest.raises(SettingError, match=name):
        outgoing_settings.read({name: value})


@pytest.mark.parametrize(("colour", "contrast"), [("#ffffff", 1.0), ("#000000", 21.0), ("#767676", 4.54)])
def test_the_contrast_of_a_colour_with_white_is_that_of_wcag(colour, contrast):
    assert round(styles.contrast(colour), 2) == contrast


@pytest.mark.parametrize("name", notices.names())
def test_a_notice_that_cannot_be_switched_off_says_why(name):
    found = terms.of(name)

    assert (found.least is Pace.NONE) or found.because.endswith(".")
    assert found.choices[0] is Pace.EACH


def test_a_notice_that_nobody_knows_always_goes():
    assert terms.of("T-01-told").choices == (Pace.EACH,)
