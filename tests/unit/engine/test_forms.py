"""A field of a form becomes the NHS component for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask, get_template_attribute
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange

from engine.storage import database
from engine.transaction import Engine
from engine.web.forms import Form
from engine.web.frame import frame
from tests.clock import FrozenClock
from tests.people import settings_in

COLOURS = [SelectChoice("r", "Red & hot"), SelectChoice("g", "Green")]


class Everything(Form):
    """One field of each kind."""

    name = StringField("Name", [InputRequired("Enter a name.")], description="As on the badge.")
    note = TextAreaField("Note", [Length(max=90)])
    since = DateField("Since")
    seats = IntegerField("Seats", [NumberRange(1, 9, "Enter 1 to 9.")])
    sure = BooleanField("I am sure")
    one = RadioField("One", choices=COLOURS)
    some = SelectMultipleField("Some", choices=COLOURS)
    chosen = SelectField("Chosen", choices=COLOURS)
    package = FileField("Package")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    engine = Engine(database=database.connect("sqlite://"), keeps={}, handlers={}, clock=FrozenClock())
    yield frame(engine, settings_in(tmp_path_factory.mktemp("data")))
    engine.database.dispose()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("name", ['<label class="nhsuk-label" for="name">', "As on the badge.", 'value="&lt;b&gt;"', 'type="text"']),
        ("note", ["<textarea", "&lt;/textarea&gt;"]),
        ("since", ['type="date"', 'value="2027-01-04"']),
        ("seats", ['inputmode="numeric"', 'value="12"']),
        ("sure", ['type="checkbox"', 'id="sure"', "I am sure", " checked"]),
        ("one", ['type="radio"', "<legend", "Red &amp; hot", " checked"]),
        ("some", ['type="checkbox"', "<legend", "Green"]),
        ("chosen", ["<select", '<label class="nhsuk-label" for="chosen">', " selected"]),
        ("package", ['type="file"', 'name="package"']),
    ],
)
def test_a_field_shows_its_label_and_value_as_text(app, name, expected):
    data = {"name": "<b>", "note": "</textarea>", "since": date(2027, 1, 4), "seats": 12, "sure": True}
    with app.test_request_context():
        form = Everything(data={**data, "one": "r", "chosen": "g"})

        shown = get_template_attribute("engine/_field.html", "field")(form[name])

    assert [part for part in expected if part not in shown] == []


def test_errors_are_said_at_the_field_and_at_the_top(app):
    with app.test_request_context("/", method="POST", data={"seats": "many", "one": "g", "chosen": "r"}):
        form = Everything()
        form.validate()

        summary = get_template_attribute("engine/_field.html", "errors")(form)
        field = get_template_attribute("engine/_field.html", "field")(form.name)

    assert 'href="#name"' in summary
    assert 'href="#seats"' in summary
    assert "There is a problem" in summary
    assert "Enter a name." in field
    assert "nhsuk-input--error" in field


def test_what_cannot_be_read_is_said_once_and_in_plain_words(app):
    with app.test_request_context("/", method="POST", data={"seats": "many", "since": "soon", "chosen": "blue"}):
        form = Everything()
        form.validate()

        summary = get_template_attribute("engine/_field.html", "errors")(form)

    assert "Not a valid" not in summary
    assert summary.count('href="#seats"') == 1
    assert "Enter a whole number, as in 12." in summary
    assert "Enter a real date: day, month and year." in summary
    assert "Choose one of those that are listed." in summary


def test_a_browser_is_told_how_long_a_text_may_be(app):
    with app.test_request_context():
        form = Everything()

        shown = get_template_attribute("engine/_field.html", "field")(form.note)

    assert 'maxlength="90"' in shown
