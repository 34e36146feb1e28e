"""What the run-time's tables keep of people: their attempts, and every call that a course made for them."""

from __future__ import annotations

from typing import Final

from engine.privacy.holdings import ERASED
from engine.privacy.personal import Holding
from scorm.tables import attempts, call_batches, calls, course_states, divergences, epochs, relays, shared_states

ATTEMPTS: Final = Holding(
    table=attempts,
    title="Attempts at e-learning",
    person="learner",
    shown=("id", "learner_name", "package", "sco", "outcome", "highest", "last", "opened_at", "active_at"),
    erased={"learner_name": ERASED},
)

HOLDINGS: Final = (
    ATTEMPTS,
    Holding(
        table=epochs,
        title="Windows in which they played",
        through=("attempt", ATTEMPTS),
        shown=("attempt", "epoch", "opened_at", "snapshot"),
        gone=True,
    ),
    Holding(
        table=course_states,
        title="How far they got in each part",
        through=("attempt", ATTEMPTS),
        shown=("attempt", "kept"),
        gone=True,
    ),
    Holding(
        table=shared_states,
        title="What their courses share",
        person="learner",
        shown=("kept",),
        gone=True,
    ),
    Holding(
        table=calls,
        title="What the courses recorded",
        through=("attempt", ATTEMPTS),
        shown=("attempt", "at", "fn", "said", "error"),
        gone=True,
    ),
    Holding(
        table=call_batches,
        title="What the courses recorded, as it came together",
        through=("attempt", ATTEMPTS),
        shown=("attempt", "epoch", "said"),
        gone=True,
    ),
    Holding(
        table=divergences,
        title="Where the browser and the server disagreed",
        through=("attempt", ATTEMPTS),
        shown=("attempt", "seq", "ours", "theirs", "found_at"),
        gone=True,
    ),
    Holding(
        table=relays,
        title="Where a course was reported to",
        through=("attempt", ATTEMPTS),
        shown=("attempt", "system", "left", "due_at", "trouble"),
        gone=True,
    ),
)
