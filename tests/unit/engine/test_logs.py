"""The log: one line an event, with identifiers and never a person's data."""

import io
import json
import logging

import pytest

from engine import logs, settings
from engine.errors import SettingError


@pytest.fixture
def written():
    """Return a function that logs in a style by a logger, and returns the one line."""
    streams = []

    def line(style, logger, message, *arguments, **more):
        stream = io.StringIO()
        streams.append(stream)
        logs.configure(style, stream)
        logging.getLogger(logger).warning(message, *arguments, **more)
        return stream.getvalue().strip()

    yield line
    logging.getLogger().handlers.clear()
    logging.getLogger().setLevel(logging.WARNING)


def test_our_own_line_is_an_event_with_its_identifiers(written):
    said = json.loads(
        written(logs.JSON, "engine.timing.timers", "timer failed subject=%s", "01j", extra={"status": 500})
    )

    assert said.pop("at").endswith("+00:00")
    assert said == {
        "level": "WARNING",
        "logger": "engine.timing.timers",
        "event": "timer failed subject=01j",
        "status": 500,
    }


def test_of_a_librarys_line_only_the_fixed_words_are_written(written):
    said = json.loads(written(logs.JSON, "waitress", "Exception while serving %s", "/play/a-token/"))

    assert said["event"] == "Exception while serving %s"


@pytest.mark.parametrize("style", logs.STYLES)
def test_of_an_exception_the_kind_and_the_places_are_written_and_not_its_text(written, style):
    with pytest.raises(KeyError) as caught:
        {}["Lin Chen"]

    said = written(style, "engine.jobs", "job failed", exc_info=caught.value)

    assert "KeyError test_logs.py:" in said
    assert "Lin" not in said
    assert "\n" not in said


def test_a_line_for_a_person_has_its_facts_behind_the_event(written):
    said = written(logs.TEXT, "engine.web.probes", "request", extra={"route": "/play/<token>/", "ms": 3.5})

    assert said.endswith("WARNING engine.web.probes request route=/play/<token>/ ms=3.5")


def test_a_style_that_is_none_stops_the_start():
    with pytest.raises(SettingError, match=r"PRECEPTOR_LOG must be one of text, json, not 'xml'\."):
        settings.read({"PRECEPTOR_LOG": "xml"})
