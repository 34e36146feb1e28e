"""The journal of a trust as a file that can be checked without us: one JSON object a line, chain after chain.

The rows come first, then the seals, then a line with the counts, so that a file that was cut short shows it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import Connection, select

from engine import journal
from engine.errors import Invalid
from engine.journal import GENESIS, Fault
from engine.tables import seals


def write(connection: Connection, trust: str, out: TextIO) -> int:
    """Write the journal of a trust as one moment has it, and return the number of its rows."""
    count = 0
    for row in journal.rows(connection, trust):
        _line(out, {"row": dict(row)})
        count += 1
    sealed = connection.execute(select(seals).where(seals.c.trust == trust).order_by(seals.c.number)).mappings().all()
    for seal in sealed:
        _line(out, {"seal": dict(seal)})
    _line(out, {"end": {"trust": trust, "rows": count, "seals": len(sealed)}})
    return count


def verify(lines: Iterable[str]) -> Iterator[Fault]:
    """Yield what is wrong with a file: the first fault of each chain, then of the seals, then of its end.

    Raises `Invalid` where a line is none of ours.
    """
    reading = _Reading(lines)
    yield from journal.broken_chains(reading.rows())
    yield from _broken_seals(reading)
    if reading.end != {"rows": reading.count, "seals": len(reading.seals)}:
        yield Fault(place="end", sentence="The file does not end where it ended when it was written.")


class _Reading:
    """What was read so far: the rows go by, the seals and the hash of what is under each stay."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = enumerate(lines, start=1)
        self.under: dict[int, Any] = {}
        self.counts: dict[int, int] = {}
        self.seals: list[dict[str, Any]] = []
        self.end: dict[str, int] | None = None
        self.count = 0

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows, and keep what follows them."""
        for number, line in self._lines:
            kind, value = _read(number, line)
            if kind == "row":
                self.count += 1
                self._sealed(value)
                yield value
            elif kind == "seal":
                self.seals.append(value)
            else:
                self.end = {"rows": value["rows"], "seals": value["seals"]}

    def _sealed(self, row: dict[str, Any]) -> None:
        number = row["seal"]
        if number is not None:
            self.under.setdefault(number, hashlib.sha256()).update(row["hash"].encode())
            self.counts[number] = self.counts.get(number, 0) + 1


def _broken_seals(reading: _Reading) -> Iterator[Fault]:
    previous = GENESIS
    for expected, seal in enumerate(reading.seals, start=1):
        place = f"seal/{seal['number']}"
        root = reading.under[seal["number"]].hexdigest() if seal["number"] in reading.under else ""
        if (seal["number"], seal["previous"], journal.seal_hash(seal)) != (expected, previous, seal["hash"]):
            yield Fault(place=place, sentence="This seal was changed, or one before it is gone.")
        elif (root, reading.counts.get(seal["number"])) != (seal["root"], seal["rows"]):
            yield Fault(place=place, sentence="Rows under this seal were changed or are gone.")
        previous = seal["hash"]


def _line(out: TextIO, value: dict[str, Any]) -> None:
    out.write(json.dumps(value, default=lambda moment: moment.isoformat(), ensure_ascii=False) + "\n")


def _read(number: int, line: str) -> tuple[str, dict[str, Any]]:
    try:
        ((kind, value),) = json.loads(line).items()
        if "at" in value:
            value["at"] = datetime.fromisoformat(value["at"])
    except (ValueError, AttributeError, TypeError):
        raise Invalid(f"Line {number} is not one of a journal's file.") from None
    return kind, value
