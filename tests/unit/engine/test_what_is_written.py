"""What every move writes: JSON, identifiers, and hashes that stay as the first release had them."""

import json
from datetime import UTC, date, datetime

import pytest

from engine import identifiers, journal, json_text

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
VALUES = [None, True, 1.5, '“Tŷ” "\\\n\x00', [], {"b": [1, {"a": None}], "a": "x"}, 2**70, "half \ud800 a character"]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_json_reads_as_what_was_written(value):
    assert json.loads(json_text.written(value)) == value


def test_json_is_sorted_and_helped_where_that_is_asked_for():
    written = json_text.sorted_by_key({"b": date(2026, 11, 22), "a": NOW, "c": "\ud800"}, str)

    assert written == '{"a": "2026-11-22 09:00:00+00:00", "b": "2026-11-22", "c": "\ud800"}'


def test_json_of_what_nobody_knows_is_refused():
    with pytest.raises(TypeError):
        json_text.written(NOW)


def test_an_identifier_begins_with_its_moment_and_none_is_drawn_twice():
    drawn = {identifiers.new_id(NOW) for _ in range(100)}

    assert {len(one) for one in drawn} == {26}
    assert {one[:10] for one in drawn} == {"01m817qnm0"}
    assert len(drawn) == 100
    assert set("".join(drawn)) <= set("0123456789abcdefghjkmnpqrstvwxyz")


def test_a_row_of_the_first_release_has_the_hash_it_had():
    row = {
        "previous": journal.GENESIS,
        "trust": "northshire",
        "kind": "booking",
        "subject": "7",
        "revision": 1,
        "step": "B1",
        "trigger": "WAITLIST",
        "source": None,
        "target": "WAITLISTED",
        "actor": "system",
        "at": datetime(2026, 11, 22, 9, 0, 0, 500_000, tzinfo=UTC),
        "because": None,
        "definition": "bdb81df26c60",
        "commitment": journal.digest("said"),
    }

    assert row["commitment"] == "baaadc6ee6a5152e8b80fc934c956de1e21a9f08f94c50b5f2e2dc2950792cbc"
    assert journal.row_hash(row) == "a0b9584595ffdd9b774f92d24cfd4c5c21ae1051b91bf12c2b0307e304652342"
