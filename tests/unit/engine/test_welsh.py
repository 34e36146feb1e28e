"""Letters in Welsh: days, times, the frame and the texts; in English where nothing is written in Welsh."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jinja2 import meta

from engine import saying, welsh
from engine.mail import Composer
from engine.wording import notices, rendering, sandbox, trial
from engine.wording.notices import WELSH
from engine.wording.templates import Shelf
from tests.clock import START
from tests.letters import MAIL_FROM, a_record, a_row

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "welsh"
TRANSLATED = [name for name in notices.names() if WELSH in notices.notice(name).sources]


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_welsh_text_says_with_every_sample_what_must_be_said(name):
    notice = notices.notice(name)
    template = rendering.compiled(notice, notices.source(notice, WELSH))

    for sample in notice.samples.values():
        said = template.render(sample)
        assert said.text.startswith("Annwyl Priya Nair")
        assert '<html lang="cy">' in said.html
        assert "Dear" not in said.html


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_welsh_message_reads_as_its_golden_file(name):
    """They are plain text, so that a Welsh speaker can review them."""
    golden = GOLDEN / f"{name}.txt"
    said = rendering.compiled(notices.notice(name), notices.source(notices.notice(name), WELSH)).render(
        notices.notice(name).samples[notices.USUAL]
    )

    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(f"{said.subject}\n\n{said.text}")
    assert golden.read_text() == f"{said.subject}\n\n{said.text}", "look at it, then run again with UPDATE_GOLDEN=1"


def test_every_word_of_the_frame_has_its_welsh():
    for suffix in ("txt", "html"):
        assert "Dear {{" not in notices.base(suffix, WELSH)
        assert "Choose which" not in notices.base(suffix, WELSH)


def test_days_and_times_are_said_in_welsh():
    start, end = datetime(2027, 1, 4, 9, 30, tzinfo=UTC), datetime(2027, 1, 4, 12, 30, tzinfo=UTC)
    later = datetime(2027, 7, 6, 0, 5, tzinfo=UTC)

    assert welsh.when(start, end, "Europe/London") == "Dydd Llun 4 Ionawr 2027, 9:30yb tan 12:30yp"
    assert welsh.when(start, later, "Europe/London").endswith("tan Dydd Mawrth 6 Gorffennaf 2027, 1:05yb")
    assert welsh.moment(later, "Europe/London") == "Dydd Mawrth 6 Gorffennaf 2027 am 1:05yb"
    assert [welsh.day(date(2027, 8, day)) for day in (1, 7)] == ["Dydd Sul 1 Awst 2027", "Dydd Sadwrn 7 Awst 2027"]
    assert saying.language_of("xx") is saying.language_of("en")


def test_a_letter_is_written_in_the_language_that_it_was_queued_in():
    reason = "You get this message because you have a place on this class."
    row = a_row("LRN-01-joining-instructions", language=WELSH, reason=reason, invitation=a_record())

    message = Composer(Shelf(), MAIL_FROM).compose(row, START).message.decode()

    assert "Subject: Eich lle ar Moving and Handling Level 2" in message
    plain = notices.reason(notices.notice("LRN-01-joining-instructions"), reason, WELSH)
    assert plain.startswith("Rydych yn cael")
    assert notices.reason(notices.notice("LRN-01-joining-instructions"), "Because.", WELSH) == "Because."


def test_a_notice_without_a_welsh_text_goes_in_english():
    row = a_row("LRN-20-assessment-failed", language=WELSH)

    assert b"Dear Si" in Composer(Shelf(), MAIL_FROM).compose(row, START).message


def test_a_reason_that_names_something_is_said_in_welsh():
    awarded = notices.notice("LRN-18-competence-awarded")

    said = notices.reason(awarded, "You get this message because you were awarded Fire Safety.", WELSH)

    assert said == "Rydych yn cael y neges hon am fod Fire Safety wedi'i ddyfarnu i chi."
    assert notices.reason(awarded, "Something else.", WELSH) == "Something else."


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_welsh_text_can_be_published_and_says_what_the_english_one_says(name):
    notice = notices.notice(name)
    welsh_text = notices.source(notice, WELSH)

    findings, _samples = trial.examine(notice, welsh_text)

    assert findings == []
    for part in ("text", "html"):
        english, translated = (_tokens(getattr(one, part)) for one in (notice.source, welsh_text))
        assert translated >= english - {"too_late"}


def _tokens(written):
    return meta.find_undeclared_variables(sandbox.check(sandbox.unframed(written), sandbox.PLAIN))
