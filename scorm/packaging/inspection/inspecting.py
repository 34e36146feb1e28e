"""Has the texts of a package read in a child process, and says what was found."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path

from scorm.packaging import confined
from scorm.packaging.inspection import findings, reader
from scorm.packaging.inspection.findings import Kind
from scorm.packaging.inspection.reader import Request, Result
from scorm.packaging.manifest import Manifest

_LOADED = frozenset({Kind.SCRIPT, Kind.STYLE, Kind.FONT, Kind.MEDIA, Kind.FRAME})
STOPPED = "Its pages could not be read for what will not work: that took more time or memory than it may."


def of_zip(path: Path, manifest: Manifest) -> Result | None:
    """Read the texts of a zip that was accepted; None if that took too long."""
    return read(Request(path=str(path), launched=launched(manifest)))


def of_files(folder: Path, files: Sequence[tuple[str, str, int]], manifest: Manifest) -> Result | None:
    """Read the texts of a package whose files (name, SHA-256, bytes) are kept below a folder; None if it took long."""
    return read(Request(folder=str(folder), files=tuple(files), launched=launched(manifest)))


def read(request: Request) -> Result | None:
    """Run the child; None where it has no answer."""
    answer, code = confined.run(reader.__name__, json.dumps(asdict(request)), request.seconds * 2)
    return None if code else Result.recorded(json.loads(answer))


def launched(manifest: Manifest) -> tuple[str, ...]:
    """Return the files that are opened first."""
    return tuple(dict.fromkeys(sco.path for sco in manifest.scos if sco.path))


def warnings(result: Result | None, hosts: Collection[str] = ()) -> tuple[str, ...]:
    """Say what was found, in sentences; `hosts` are those from which courses may load what they need."""
    if result is None:
        return (STOPPED,)
    found = [one for one in result.findings if one.kind not in _LOADED or one.target not in hosts]
    left = f"{result.unread} of its texts were not read for what will not work: there is too much of it."
    return (*findings.sentences(found), *([left] if result.unread else []))
