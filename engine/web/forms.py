"""WTForms on the NHS components: which component a field is, and what is said to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_wtf import FlaskForm
from wtforms import Field

_COMPONENTS: Mapping[str, str] = {
    "BooleanField": "checkboxes",
    "FileField": "fileUpload",
    "PasswordField": "passwordInput",
    "RadioField": "radios",
    "SelectField": "select",
    "SelectMultipleField": "checkboxes",
    "TextAreaField": "textarea",
}
_FOLDERS: Mapping[str, str] = {"fileUpload": "file-upload", "passwordInput": "password-input"}
_TYPES: Mapping[str, str] = {"EmailField": "email", "DateField": "date", "TimeField": "time", "URLField": "url"}
_NUMERIC = frozenset({"IntegerField", "DecimalField"})
_SAID: Mapping[str, str] = {
    "Not a valid integer value.": "Enter a whole number, as in 12.",
    "Not a valid decimal value.": "Enter a number, as in 12.5.",
    "Not a valid date value.": "Enter a real date: day, month and year.",
    "Not a valid time value.": "Enter a time between 00:00 and 23:59.",
    "Not a valid choice.": "Choose one of those that are listed.",
    "Invalid Choice: could not coerce.": "Choose one of those that are listed.",
    "This field is required.": "Fill this in.",
}
"""What WTForms would say, and what a person is told instead."""


class _Wording:
    """Words of WTForms put as this product puts them, in the shape of gettext that WTForms asks for."""

    @staticmethod
    def gettext(text: str) -> str:
        """Return what is said instead of a text of WTForms."""
        return _SAID.get(text, text)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return what is said for so many."""
        return self.gettext(one if count == 1 else many)


class Form(FlaskForm):  # type: ignore[misc] # flask_wtf publishes no types
    """A form whose token the frame has already checked, and which shows itself by the macro `field`."""

    class Meta:
        """What WTForms is told."""

        csrf = False

        def get_translations(self, form: Any) -> _Wording:  # noqa: ARG002 - WTForms asks for it by this name
            """Return the words for what WTForms itself finds wrong."""
            return _Wording()


def install(app: Flask) -> None:
    """Give templates the filters behind the macros of `engine/_field.html`."""
    app.add_template_filter(component, "as_component")
    app.add_template_filter(problems, "as_errors")


def component(field: Field) -> dict[str, Any]:
    """Return the name of a field's component, the folder of its macro, and its parameters."""
    name = _COMPONENTS.get(field.type, "input")
    params = {"id": field.id, "name": field.name, **_said(field)}
    if name in {"radios", "checkboxes"}:
        # The first choice has the field's id: a group that had it too would take the choice's label.
        params.pop("id")
    if name in {"radios", "select", "checkboxes"}:
        params |= _choices(name, field)
    else:
        params |= {"label": {"text": field.label.text}, **_value(name, field)}
    return {"name": name, "folder": _FOLDERS.get(name, name), "params": params}


def problems(form: Form) -> list[dict[str, str]]:
    """Return what is wrong with a form, and of each field the first error, which the field shows too, with a link."""
    whole = [{"text": error} for error in form.form_errors]
    return whole + [{"text": field.errors[0], "href": f"#{field.id}"} for field in form if field.errors]


def _said(field: Field) -> dict[str, Any]:
    return {
        **({"hint": {"text": field.description}} if field.description else {}),
        **({"errorMessage": {"text": field.errors[0]}} if field.errors else {}),
    }


def _value(name: str, field: Field) -> dict[str, Any]:
    if name in {"passwordInput", "fileUpload"}:
        return {}
    numeric = {"inputmode": "numeric", "classes": "nhsuk-input--width-5"} if field.type in _NUMERIC else {}
    typed = {"type": _TYPES[field.type]} if field.type in _TYPES else {}
    # What is longer is cut at entry: a browser that stops at the limit loses nothing unseen.
    longest = {"attributes": {"maxlength": field.flags.maxlength}} if field.flags.maxlength else {}
    return {"value": field._value(), **typed, **numeric, **longest}  # noqa: SLF001 - WTForms' name for what its widgets show


def _choices(name: str, field: Field) -> dict[str, Any]:
    if field.type == "BooleanField":
        return {"items": [{"value": "y", "text": field.label.text, "checked": bool(field.data), "id": field.id}]}
    mark = "selected" if name == "select" else "checked"
    items = [{"value": one.value, "text": one.label, mark: one.selected} for one in field.iter_choices()]
    legend = {"legend": {"text": field.label.text, "classes": "nhsuk-fieldset__legend--m"}}
    named = {"label": {"text": field.label.text}} if name == "select" else {"idPrefix": field.id, "fieldset": legend}
    return {"items": items, **named}
