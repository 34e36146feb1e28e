"""What the API takes is refused with all that is wrong, or read as plain JSON."""

from __future__ import annotations

import pytest

from engine.errors import Invalid
from engine.web import schemas
from engine.web.schemas import (
    address,
    anything,
    day,
    flag,
    identifier,
    lines,
    many,
    moment,
    number,
    one_of,
    or_null,
    record,
    whole,
)
from engine.web.schemas import text as line


@pytest.mark.parametrize(
    ("schema", "value", "read"),
    [
        (line(), " Ward\r\n7\u202e ", "Ward 7"),
        (line(empty=True), "", ""),
        (lines(), "one\r\ntwo", "one\ntwo"),
        (identifier(), "01abc", "01abc"),
        (address(), "ngozi@northshire.example", "ngozi@northshire.example"),
        (address(), "ngozi@größe.example", "ngozi@xn--gre-6ka8i.example"),
        (one_of("red", "green"), "red", "red"),
        (whole(1, 3), 3, 3),
        (number(), 0.5, 0.5),
        (flag(), False, False),
        (day(), "2027-01-04", "2027-01-04"),
        (moment(), "2027-06-04T09:30:00+01:00", "2027-06-04T08:30:00+00:00"),
        (moment(), "2027-06-04T09:30:00Z", "2027-06-04T09:30:00+00:00"),
        (or_null(day()), None, None),
        (many(whole()), [1, 2], [1, 2]),
        (anything(), {"any": ["thing"]}, {"any": ["thing"]}),
        (record({"name": line(), "note": line(needed=False)}), {"name": "A"}, {"name": "A"}),
    ],
)
def test_what_is_right_is_read(schema, value, read):
    assert schemas.check(schema, value) == read


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        (line(), "\u200f", "Must not be empty."),
        (line(3), "long", "Must have at most 3 characters."),
        (line(), 7, "Must be text."),
        *((address(), wrong, "Must be an e-mail address.") for wrong in ("a@b.example,c@d.example", "nobody", "", 7)),
        (one_of("red", "green"), ["red"], "Must be one of: red, green."),
        (whole(), 1.0, "Must be a whole number."),
        (whole(), True, "Must be a whole number."),
        (whole(1), 0, "Must be at least 1."),
        (whole(most=3), 4, "Must be at most 3."),
        (whole(1, 3), 4, "Must be between 1 and 3."),
        (number(), float("nan"), "Must be a number."),
        (flag(), 1, "Must be true or false."),
        (day(), "4/1/2027", "Must be a date such as 2027-01-04."),
        (day(), None, "Must be a date such as 2027-01-04."),
        (moment(), "2027-06-04T09:30:00", "Must be a moment with its offset, such as 2027-01-04T09:30:00Z."),
        (many(whole(), most=1), [1, 2], "Must be a list of at most 1 items."),
        (record({}), [], "Must be an object."),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(schema, value, said):
    with pytest.raises(Invalid) as refusal:
        schemas.check(schema, value)

    assert refusal.value.facts["errors"] == [{"pointer": "", "detail": said}]


def test_every_fault_is_named_by_its_place():
    schema = record({"people": many(record({"name": line()})), "on": day()})

    with pytest.raises(Invalid) as refusal:
        schemas.check(schema, {"people": [{"name": "A"}, {"name": ""}], "a/b~c": 1})

    assert [fault["pointer"] for fault in refusal.value.facts["errors"]] == ["/a~1b~0c", "/people/1/name", "/on"]


def test_in_a_partial_record_nothing_is_needed():
    schema = schemas.partial(record({"name": line(), "on": day()}))

    assert schemas.check(schema, {}) == {}
    assert schemas.described(schema)["required"] == []


def test_a_schema_describes_itself_as_json_schema():
    schema = record({"name": line(20, about="Who."), "on": or_null(day(needed=False)), "of": many(whole(1))})

    assert schemas.described(schema) == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 20, "minLength": 1, "description": "Who."},
            "on": {"type": ["string", "null"], "format": "date"},
            "of": {"type": "array", "maxItems": 1000, "items": {"type": "integer", "minimum": 1}},
        },
        "required": ["name", "of"],
        "additionalProperties": False,
    }


def test_an_object_of_any_names_has_values_of_one_kind_and_errors_that_name_them():
    schema = schemas.mapping(schemas.whole(), most=2)

    assert schemas.check(schema, {"1": 5}) == {"1": 5}
    assert schemas.described(schema)["additionalProperties"] == {"type": "integer"}
    for value, pointer in (({"a/b": "x"}, "/a~1b"), ([], ""), (dict.fromkeys("abc", 1), "")):
        with pytest.raises(Invalid) as caught:
            schemas.check(schema, value)
        assert caught.value.facts["errors"][0]["pointer"] == pointer
