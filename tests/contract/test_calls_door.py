"""Batches of calls go past the framework; what is not plainly one, and what goes wrong, is answered as ever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Response

from engine.web import probes
from scorm.calls_web import LARGEST, ROUTE
from scorm.web import create_content_app
from tests.clock import FrozenClock
from tests.course import Learner, Stage, call, set_up

BEGIN = call(1, "LMSInitialize", "")


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Stage]:
    built = set_up(database_url, tmp_path, clock)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def learner(stage: Stage) -> Learner:
    opener = Learner(stage)
    opener.open(stage.play_url)
    return opener


def body(learner: Learner) -> str:
    return json.dumps({**{name: learner.opened[name] for name in ("attempt", "epoch")}, "first": 1, "calls": [BEGIN]})


def posted(learner: Learner, **options: Any) -> Any:
    return learner.post(learner.opened["calls_url"], **{"data": body(learner), **options})


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_a_batch_is_answered_alike_past_the_framework_and_by_it(learner, kind):
    answer = posted(learner, content_type=kind)

    assert (answer.status_code, answer.get_json()["saved"], answer.mimetype) == (200, 1, "application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_both_ways_bear_the_same_headers(learner):
    past, through = (posted(learner, content_type=kind) for kind in ("application/json", "application/json;v=1"))

    assert {*past.headers.keys()} - {"X-Request-ID"} == {*through.headers.keys()}


def test_a_batch_that_was_cut_short_is_no_batch(stage, learner):
    text = body(learner).encode()

    answer = posted(learner, data=None, input_stream=BytesIO(text[:-9]), content_length=len(text),
                    content_type="application/json")  # fmt: skip

    assert answer.status_code in {400, 422}
    assert stage.told == []


def test_what_is_too_long_is_refused_unread(learner):
    answer = posted(learner, data=b" " * (LARGEST + 1), content_type="application/json")

    assert answer.status_code == 413


def test_a_fault_is_recorded_and_answered_as_any_other(stage, learner, caplog):
    stage.fault = ValueError("broken")

    answer = posted(learner, content_type="application/json")

    assert (answer.status_code, answer.get_json()["error"]) == (500, "internal server error")
    assert [record.message for record in caplog.records] == ["request.failed"]


def test_a_batch_is_measured_and_bears_the_identifier_that_it_came_with(stage, learner):
    meter = probes.Meter()
    app = create_content_app(stage.engine, stage.settings, lambda *_: None, meter.noted("content"))
    meter.install(app, "content")
    address = learner.opened["calls_url"]
    base = stage.play_url.partition("/play/")[0]

    answers: list[Response] = [
        app.test_client().post(address, base_url=base, headers={"X-Request-ID": said}, data=text,
                               content_type="application/json")
        for said, text in (("trace-7", body(learner)), ("no good", body(learner)), ("trace-8", "nothing"))
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [200, 200, 422]
    assert answers[0].headers["X-Request-ID"] == "trace-7"
    assert len(answers[1].headers["X-Request-ID"]) == 32
    assert answers[2].headers["X-Request-ID"] == "trace-8"
    labels = {"app": "content", "method": "POST", "route": ROUTE}
    name = "preceptor_http_request_duration_seconds_count"
    counted = [meter.registry.get_sample_value(name, {**labels, "status": status}) for status in ("2xx", "4xx")]
    assert counted == [2, 1]
