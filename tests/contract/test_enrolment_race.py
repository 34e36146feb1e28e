"""The last place of a class, when many want it at the same moment from several processes."""

from __future__ import annotations

from tests.campaigns import last_place


def test_the_last_place_is_given_once_and_everybody_else_waits_without_a_gap(database_url: str) -> None:
    result = last_place.race(database_url, 40)

    assert result.fair, result
