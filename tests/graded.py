"""Any attempts at all that one learner may have made, for properties of grading and of what may follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from workflows.learning.attempts.grading import Played

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
STATUSES = ("not attempted", "browsed", "incomplete", "failed", "completed", "passed")

scores = st.none() | st.floats(0, 100, allow_nan=False).map(lambda score: round(score, 2))
attempts = st.lists(
    st.builds(
        Played,
        id=st.uuids().map(str),
        opened_at=st.integers(0, 999).map(lambda hours: NOW + timedelta(hours=hours)),
        status=st.sampled_from(STATUSES),
        finished=st.booleans(),
        highest=scores,
        last=scores,
        reset=st.booleans(),
        period=st.integers(1, 3),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)
