"""What a person is told when a request cannot be served, and where the page leads them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

from engine.storage import database
from engine.transaction import Engine
from engine.web import mishaps
from engine.web.frame import frame
from tests.clock import FrozenClock
from tests.people import settings_in


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    engine = Engine(database=database.connect("sqlite://"), keeps={}, handlers={}, clock=FrozenClock())
    yield frame(engine, settings_in(tmp_path_factory.mktemp("data")))
    engine.database.dispose()


def told(app: Flask, error: Exception, came: str) -> str:
    with app.test_request_context("/classes/1/notify", method="POST", headers={"Referer": came}):
        app.preprocess_request()
        request.max_content_length = 26_000_000
        return mishaps.answer(error).get_data(as_text=True)


def test_what_is_too_large_is_told_how_large_it_may_be_and_leads_back_to_its_form(app):
    page = told(app, RequestEntityTooLarge(), "http://localhost/classes/1/notify?show=open")

    assert "Send at most 26 MB at once." in page
    assert 'href="/classes/1/notify?show=open"' in page


def test_who_was_signed_out_over_a_form_comes_back_to_it_by_signing_in(app):
    page = told(app, mishaps.SignedOut(), "http://localhost/classes/1/notify")

    assert 'href="/sign-in?next=/classes/1/notify"' in page


@pytest.mark.parametrize("came", ["", "http://elsewhere.example/classes/1", "http://localhost//elsewhere.example"])
def test_no_page_leads_back_to_another_site(app, came):
    page = told(app, RequestEntityTooLarge(), came)

    assert "Open the page again" not in page
    assert "elsewhere" not in page
