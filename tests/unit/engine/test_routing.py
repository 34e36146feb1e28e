"""Whom a role means at one place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.letters import Recipient
from engine.roles.routing import Holder, Matter, route

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def holder(person: str, **dates: datetime) -> Holder:
    return Holder(
        account=f"acc-{person}", recipient=Recipient(name=person, email=f"{person}@x.example", person=person), **dates
    )


def asked(allocated: dict[str, list[Holder]], about: str | None = None) -> tuple[str, list[str]] | None:
    found = route(("ward", "directorate", "trust"), allocated, Matter(now=NOW, kind="leave", about=about))
    return found and (found.organisation, [one.account for one in found.holders])


def test_the_nearest_version_upward_is_asked() -> None:
    assert asked({"trust": [holder("tom")], "directorate": [holder("dee")]}) == ("directorate", ["acc-dee"])


def test_a_local_version_without_a_holder_is_not_passed_over() -> None:
    assert asked({"trust": [holder("tom")], "ward": []}) == ("ward", [])


def test_nobody_active_is_said_to_be_trouble() -> None:
    found = route(("ward",), {"ward": []}, Matter(now=NOW, kind="leave"))

    assert found
    assert "nobody active" in found.trouble


def test_a_role_that_is_allocated_nowhere_upward_has_no_route() -> None:
    assert asked({"elsewhere": [holder("tom")]}) is None


def test_the_subjects_own_person_is_not_asked() -> None:
    assert asked({"trust": [holder("tom"), holder("lin")]}, about="lin") == ("trust", ["acc-tom"])


@pytest.mark.parametrize(
    ("dates", "active"),
    [
        ({}, True),
        ({"starts_at": NOW}, True),
        ({"starts_at": NOW + DAY}, False),
        ({"ends_at": NOW}, False),
        ({"ends_at": NOW + DAY}, True),
    ],
)
def test_a_holder_is_active_from_the_start_until_before_the_end(dates, active) -> None:
    assert holder("tom", **dates).active(NOW) is active
