"""JSON as text, whatever a SCO says."""

import json

import pytest

from engine import json_text


@pytest.mark.parametrize("said", ["plain", "é", "\x00", "\ud800", "\udc00x", ["a", ("b", 1)], {"a": None}])
def test_what_is_written_is_read_again(said):
    text = json_text.written(said)

    assert "\x00" not in text
    assert text.encode()
    assert json.loads(text) == json_text.read(text) == json.loads(json.dumps(said))


def test_what_is_no_json_is_a_value_error():
    with pytest.raises(ValueError, match="Expecting"):
        json_text.read("{")


def test_what_is_nested_too_deeply_says_so():
    with pytest.raises(RecursionError):
        json_text.read("[" * 100_000)
