"""What the API takes and gives, declared once: checked when it comes in, written into the OpenAPI description. Pure.

    ENROLMENT = record({"person": text(), "class": text(), "since": day(needed=False), "seats": whole(least=1)})

`check` returns plain JSON again: text is cleaned, dates and moments stay ISO 8601 strings (moments in UTC), so that
what comes in can be the facts of a trigger as it is. Members that are not declared are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email

from engine.errors import Invalid
from engine.text import clean, clean_lines, clean_source

_ADDRESS = 254
_ID = 40
_LINE = 200
_LINES = 10_000
_MANY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One kind of value: what JSON Schema says of it, and how it is read.

    `read` returns the value to use, or raises `ValueError` with a sentence; members and items read themselves.
    """

    says: Mapping[str, Any]
    read: Callable[[Any], Any]
    needed: bool = True
    nullable: bool = False
    members: Mapping[str, Schema] = field(default_factory=dict)
    items: Schema | None = None
    values: Schema | None = None


def text(limit: int = _LINE, *, needed: bool = True, empty: bool = False, about: str = "") -> Schema:
    """Return one line of text; `empty` allows one without characters."""
    return _text(clean, limit, needed=needed, empty=empty, about=about)


def or_null(schema: Schema) -> Schema:
    """Return the same, or null."""
    return replace(schema, nullable=True)


def lines(limit: int = _LINES, *, needed: bool = True, about: str = "") -> Schema:
    """Return text of several lines, which may be empty."""
    return _text(clean_lines, limit, needed=needed, empty=True, about=about)


def source(limit: int, *, needed: bool = True, about: str = "") -> Schema:
    """Return text that a machine reads: its lines stay where they are, so that one can be named."""
    return _text(clean_source, limit, needed=needed, empty=True, about=about)


def identifier(*, needed: bool = True, about: str = "") -> Schema:
    """Return the id of another record."""
    return text(_ID, needed=needed, about=about)


def address(*, needed: bool = True, about: str = "") -> Schema:
    """Return an e-mail address that a letter can go to."""

    def read(value: Any) -> str:
        try:
            valid = validate_email(value, allow_smtputf8=False, check_deliverability=False, test_environment=True)
        except (EmailNotValidError, TypeError):
            raise ValueError("Must be an e-mail address.") from None
        return str(valid.ascii_email)

    says = _described({"type": "string", "format": "email", "maxLength": _ADDRESS}, about)
    return Schema(says=says, read=read, needed=needed)


def one_of(*values: str, needed: bool = True, about: str = "") -> Schema:
    """Return one of these words."""

    def read(value: Any) -> str:
        if value not in values:
            raise ValueError(f"Must be one of: {', '.join(values)}.")
        return str(value)

    return Schema(says=_described({"type": "string", "enum": list(values)}, about), read=read, needed=needed)


def whole(least: int | None = None, most: int | None = None, *, needed: bool = True, about: str = "") -> Schema:
    """Return a whole number in a range; JSON's `1.0` is not one."""
    return _number(int, "integer", (least, most), needed=needed, about=about)


def number(least: float | None = None, most: float | None = None, *, needed: bool = True, about: str = "") -> Schema:
    """Return a finite number in a range."""
    return _number((int, float), "number", (least, most), needed=needed, about=about)


def flag(*, needed: bool = True, about: str = "") -> Schema:
    """Return true or false."""

    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("Must be true or false.")  # noqa: TRY004 - every reader raises the same
        return value

    return Schema(says=_described({"type": "boolean"}, about), read=read, needed=needed)


def day(*, needed: bool = True, about: str = "") -> Schema:
    """Return a date, `2027-01-04`."""

    def read(value: Any) -> str:
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            raise ValueError("Must be a date such as 2027-01-04.") from None

    says = _described({"type": "string", "format": "date"}, about)
    return Schema(says=says, read=read, needed=needed)


def moment(*, needed: bool = True, about: str = "") -> Schema:
    """Return a moment with its offset, `2027-01-04T09:30:00Z`."""

    def read(value: Any) -> str:
        try:
            return _aware(datetime.fromisoformat(value)).isoformat()
        except (TypeError, ValueError, OverflowError):
            raise ValueError("Must be a moment with its offset, such as 2027-01-04T09:30:00Z.") from None

    says = _described({"type": "string", "format": "date-time"}, about)
    return Schema(says=says, read=read, needed=needed)


def many(items: Schema, *, most: int = _MANY, needed: bool = True, about: str = "") -> Schema:
    """Return a list."""

    def read(value: Any) -> Any:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"Must be a list of at most {most} items.")
        return value

    return Schema(says=_described({"type": "array", "maxItems": most}, about), read=read, items=items, needed=needed)


def record(members: Mapping[str, Schema], *, needed: bool = True, about: str = "") -> Schema:
    """Return an object with these members and no others."""
    return Schema(says=_described({"type": "object"}, about), read=_read_object, members=dict(members), needed=needed)


def mapping(values: Schema, *, most: int = _MANY, needed: bool = True, about: str = "") -> Schema:
    """Return an object whose members may have any name, and are all of one kind."""

    def read(value: Any) -> Any:
        if not isinstance(value, dict) or len(value) > most:
            raise ValueError(f"Must be an object of at most {most} members.")
        return value

    says = _described({"type": "object", "maxProperties": most}, about)
    return Schema(says=says, read=read, values=values, needed=needed)


def anything(*, needed: bool = True, about: str = "") -> Schema:
    """Return an object whose members the step that takes it checks by itself (the facts of a trigger)."""
    return Schema(says=_described({"type": "object"}, about), read=_read_object, needed=needed)


def partial(whole_record: Schema) -> Schema:
    """Return the same record with no member needed: what PATCH takes."""
    return replace(
        whole_record, members={name: replace(one, needed=False) for name, one in whole_record.members.items()}
    )


def check(schema: Schema, value: Any) -> Any:
    """Return the value as it may be used.

    Raises `Invalid` with `errors`, a list of {pointer (RFC 6901), detail}: all that is wrong, not the first.
    """
    errors: list[dict[str, str]] = []
    checked = _checked(schema, value, "", errors)
    if errors:
        raise Invalid("Some values are missing or cannot be used.", errors=errors)
    return checked


def described(schema: Schema) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a value."""
    said = dict(schema.says)
    if schema.nullable:
        said["type"] = [said["type"], "null"]
    if schema.items is not None:
        said["items"] = described(schema.items)
    if schema.values is not None:
        said["additionalProperties"] = described(schema.values)
    if schema.members:
        said["properties"] = {name: described(member) for name, member in schema.members.items()}
        said["required"] = [name for name, member in schema.members.items() if member.needed]
        said["additionalProperties"] = False
    return said


def _checked(schema: Schema, value: Any, where: str, errors: list[dict[str, str]]) -> Any:
    if value is None and schema.nullable:
        return None
    try:
        read = schema.read(value)
    except ValueError as error:
        errors.append({"pointer": where, "detail": str(error)})
        return None
    if schema.items is not None:
        return [_checked(schema.items, item, f"{where}/{at}", errors) for at, item in enumerate(read)]
    if schema.values is not None:
        return {name: _checked(schema.values, one, f"{where}/{_token(name)}", errors) for name, one in read.items()}
    return dict(_members(schema, read, where, errors)) if schema.members else read


def _members(
    schema: Schema, value: Mapping[str, Any], where: str, errors: list[dict[str, str]]
) -> Iterator[tuple[str, Any]]:
    unknown = sorted(value.keys() - schema.members.keys())
    errors.extend({"pointer": f"{where}/{_token(name)}", "detail": "There is no such member."} for name in unknown)
    for name, member in schema.members.items():
        if name in value:
            yield name, _checked(member, value[name], f"{where}/{name}", errors)
        elif member.needed:
            errors.append({"pointer": f"{where}/{name}", "detail": "This is needed."})


def _token(name: str) -> str:
    """Write a member's name as a part of a pointer (RFC 6901 3)."""
    return clean(name, _ID).replace("~", "~0").replace("/", "~1")


def _text(clean_up: Callable[[str, int], str], limit: int, *, needed: bool, empty: bool, about: str) -> Schema:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("Must be text.")  # noqa: TRY004 - every reader raises the same
        if len(value) > limit:
            raise ValueError(f"Must have at most {limit} characters.")
        cleaned = clean_up(value, limit)
        if not (cleaned or empty):
            raise ValueError("Must not be empty.")
        return cleaned

    shortest = {} if empty else {"minLength": 1}
    return Schema(says=_described({"type": "string", "maxLength": limit, **shortest}, about), read=read, needed=needed)


def _number(kind: Any, name: str, limits: tuple[float | None, float | None], *, needed: bool, about: str) -> Schema:
    least, most = limits

    def read(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, kind) or not math.isfinite(value):
            raise ValueError("Must be a whole number." if kind is int else "Must be a number.")
        if (least is not None and value < least) or (most is not None and value > most):
            raise ValueError(f"Must be {_between(least, most)}.")
        return value

    bounds = {"minimum": least, "maximum": most}
    says = {"type": name, **{word: bound for word, bound in bounds.items() if bound is not None}}
    return Schema(says=_described(says, about), read=read, needed=needed)


def _between(least: float | None, most: float | None) -> str:
    if least is None or most is None:
        return f"at least {least}" if most is None else f"at most {most}"
    return f"between {least} and {most}"


def _read_object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("Must be an object.")  # noqa: TRY004 - every reader raises the same
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("no offset")
    return value.astimezone(UTC)


def _described(says: Mapping[str, Any], about: str) -> dict[str, Any]:
    return {**says, "description": about} if about else dict(says)
