"""JSON as text, whatever a SCO says."""

import json

import pytest

from scorm import wording


@pytest.mark.parametrize("said", ["plain", "é", "\x00", "\ud800", "\udc00x", ["a", ("b", 1)], {"a": None}])
def test_what_is_written_is_read_again(said):
    text = wording.written(said)

    assert "\x00" not in text
    assert text.encode()
    assert json.loads(text) == wording.read(text) == json.loads(json.dumps(said))


def test_what_is_no_json_is_a_value_error():
    with pytest.raises(ValueError, match="Expecting"):
        wording.read("{")


def test_what_is_nested_too_deeply_says_so():
    with pytest.raises(RecursionError):
        wording.read("[" * 100_000)
