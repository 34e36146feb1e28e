"""calcurse, a calendar program for the terminal: imports what it is given, and says what stands on which day."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.servers import ensure_calcurse

_SPAN: Final = ("--input-datefmt", "4", "--from", "2026-11-01", "--days", "700")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calcurse:
    """The calendar of somebody whose computer is set to a zone; `folder` is where the program keeps it."""

    folder: Path
    zone: str = "Europe/London"

    def take(self, *objects: bytes) -> None:
        """Import calendar objects, as somebody does who opens the file in a mail."""
        file = self.folder / "invite.ics"
        for raw in objects:
            file.write_bytes(raw)
            said = self._run("-i", str(file))
            assert "0 skipped" in said, said

    def appointments(self) -> list[tuple[int, int, str]]:
        """Return start, end (in seconds since 1970) and title of what stands in the calendar, by time.

        What is alike is named once, for the program shows what goes on past midnight on both days.
        """
        said = self._run("-Q", *_SPAN, "--filter-type", "apt", "--format-apt", "%(start:epoch) %(end:epoch) %m\n")
        rows = (line.split(" ", 2) for line in said.splitlines() if line[:1].isdecimal() and "/" not in line[:3])
        return sorted({(int(start), int(end), title) for start, end, title in rows})

    def days(self) -> list[str]:
        """Return the titles of what takes a whole day."""
        said = self._run("-Q", *_SPAN, "--filter-type", "event", "--format-event", "= %m\n")
        return [line[2:] for line in said.splitlines() if line.startswith("= ")]

    def kept(self) -> str:
        """Return what the program keeps: each appointment in a line, `!` before the title of one that it reminds of."""
        notes = [path.read_text() for path in sorted((self.folder / "calcurse" / "notes").iterdir())]
        return "\n".join([(self.folder / "calcurse" / "apts").read_text(), *notes])

    def _run(self, *arguments: str) -> str:
        surroundings: Mapping[str, str] = {**os.environ, "TZ": self.zone, "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}
        command = (str(ensure_calcurse()), "-D", str(self.folder / "calcurse"), *arguments)
        return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True).stdout
