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


class Form(FlaskForm):  # type: ignore[misc] # flask_wtf publishes no types
    """A form whose token the frame has already checked, and which shows itself by the macro `field`."""

    class Meta:
        """What WTForms is told."""

        csrf = False


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
    """Return every error of a form, each with a link to its field."""
    whole = [{"text": error} for error in form.form_errors]
    return whole + [{"text": error, "href": f"#{field.id}"} for field in form for error in field.errors]


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
    return {"value": field._value(), **typed, **numeric}  # noqa: SLF001 - WTForms' name for what its widgets show


def _choices(name: str, field: Field) -> dict[str, Any]:
    if field.type == "BooleanField":
        return {"items": [{"value": "y", "text": field.label.text, "checked": bool(field.data), "id": field.id}]}
    mark = "selected" if name == "select" else "checked"
    items = [{"value": one.value, "text": one.label, mark: one.selected} for one in field.iter_choices()]
    legend = {"legend": {"text": field.label.text, "classes": "nhsuk-fieldset__legend--m"}}
    named = {"label": {"text": field.label.text}} if name == "select" else {"idPrefix": field.id, "fieldset": legend}
    return {"items": items, **named}
