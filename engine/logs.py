"""The log: one line an event, as JSON or as text, with identifiers and never a person's data.

Our own lines are an event and identifiers. Of an exception the kind and the places are written, not its text, and of a
library's line only its fixed words, for the rest may be an address, a name or a path with a token in it.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

JSON: Final = "json"
TEXT: Final = "text"
STYLES: Final = (TEXT, JSON)
FACTS: Final = ("request", "app", "method", "route", "status", "ms", "account", "endpoint")
"""What a line may say beside its event, by the `extra` of the call."""
_OURS: Final = ("engine", "scorm", "workflows")
_PLACES: Final = 12


def configure(style: str, stream: TextIO | None = None) -> None:
    """Have everything logged from now on, in one of `STYLES`, to a stream (standard error where none is given)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Json() if style == JSON else _Text())
    root = logging.getLogger()
    for former in root.handlers[:]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for loud in ("alembic", "waitress.queue", "mail.log"):
        logging.getLogger(loud).setLevel(logging.WARNING)


def event_of(record: logging.LogRecord) -> str:
    """Return what a line says: our own with its arguments, a library's without."""
    return record.getMessage() if record.name.partition(".")[0] in _OURS else str(record.msg)


def fault_of(record: logging.LogRecord) -> str:
    """Return the kind and the places of a line's exception, innermost last; "" where it has none."""
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    error = record.exc_info[1]
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    return " ".join([type(error).__name__, *(f"{Path(one.filename).name}:{one.lineno}" for one in frames)])


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    said = {name: getattr(record, name) for name in FACTS if getattr(record, name, None) is not None}
    fault = fault_of(record)
    return {**said, "fault": fault} if fault else said


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a line."""
        said = {"at": _moment(record), "level": record.levelname, "logger": record.name, "event": event_of(record)}
        return json.dumps({**said, **_facts(record)}, default=str, ensure_ascii=False)


class _Text(logging.Formatter):
    """One line for a person."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a line."""
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        return f"{_moment(record)} {record.levelname} {record.name} {event_of(record)} {facts}".rstrip()
