"""A test of a template: a letter to whoever writes it, which carries the text itself and belongs to no record. Pure.

It goes through the outbox like every letter and is marked in its subject. It says what a sample says, so that nobody's
data leaves in it; it has no calendar part, which would put a meeting that is not into a calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine.letters import Letter, Recipient, Subject
from engine.wording import notices, rendering
from engine.wording.notices import Source
from engine.wording.rendering import Template

KIND: Final = "test"
"""The kind under which the outbox keeps a test; no workflow has it, and no figure counts it."""
MARK: Final = "[TEST] "
_WRITTEN: Final = "written"
_OF_THE_MAIL: Final = frozenset({"trust_name", "brand_colour", "contact_line"})
"""What the composer says of the organisation's mail, for a test looks as its letters do."""
_LABEL: Final = f"{rendering.UNSAVED}/0"
_REASON: Final = "You asked for a test of this message while you wrote it."


def letter(  # noqa: PLR0913 - a letter has as many sides
    notice: str, source: Source, sample: str, *, to: Recipient, account: str, subject: Subject, organisation: str
) -> Letter:
    """Return the test of a text that was tried out, filled in with a sample of its notice, for an account."""
    written = {"subject": source.subject, "text": source.text, "html": source.html, "language": source.language}
    said = {name: value for name, value in notices.notice(notice).samples[sample].items() if name not in _OF_THE_MAIL}
    return Letter(
        notice=notice,
        to=to,
        subject=subject,
        organisation=organisation,
        reason=_REASON,
        context={**said, _WRITTEN: written},
        account=account,
    )


def template(row: Mapping[str, Any]) -> Template | None:
    """Return the text that a row of the outbox carries, with the mark in its subject; None where it is no test."""
    written = row["context"].get(_WRITTEN) if row["kind"] == KIND else None
    if written is None:
        return None
    marked = {**written, "subject": MARK + written["subject"]}
    return rendering.compiled(notices.notice(row["notice"]), Source(**marked, label=_LABEL))
