"""The child process that reads the texts of a package which nobody trusts yet, under limits of time and memory.

Started by scorm.packaging.inspection.inspecting as `python -m scorm.packaging.inspection.reader`; the request that it
reads and what it prints are JSON of the records here.
"""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any, Final, Self

from scorm import blobs
from scorm.packaging import archive, confined
from scorm.packaging.archive import Damaged, Limits
from scorm.packaging.inspection.findings import Finding
from scorm.packaging.inspection.survey import Survey, is_text

_PAGES: Final = (".html", ".htm", ".xhtml")
_NO_FILES: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to read: a zip, or files kept by hash as (name, SHA-256, bytes) below `folder`; and how much at most.

    `launched` are the files that are opened first. `bytes_of_file` and `bytes_of_all` bound the text, `seconds` and
    `memory` the process.
    """

    path: str = ""
    folder: str = ""
    files: tuple[tuple[str, str, int], ...] = ()
    launched: tuple[str, ...] = ()
    bytes_of_file: int = 2 << 20
    bytes_of_all: int = 32 << 20
    seconds: int = 30
    memory: int = 384 << 20

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `json.dumps(asdict(...))` wrote."""
        fields = json.loads(text)
        files = tuple((name, digest, size) for name, digest, size in fields["files"])
        return cls(**{**fields, "files": files, "launched": tuple(fields["launched"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found in how many texts; `unread` were left, for there was too much."""

    findings: tuple[Finding, ...] = ()
    read: int = 0
    unread: int = 0

    @classmethod
    def recorded(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        found = tuple(map(Finding.recorded, fields["findings"]))
        return cls(findings=found, read=int(fields["read"]), unread=int(fields["unread"]))


def main(arguments: Sequence[str]) -> int:
    """Answer one request on standard output; 0 whenever there is an answer."""
    request = Request.read(arguments[0])
    confined.restrict(memory=request.memory, processor=request.seconds, written=_NO_FILES)
    try:
        result = inspect(request)
    except MemoryError:
        return confined.OUT_OF_MEMORY
    sys.stdout.write(json.dumps(asdict(result)))
    return 0


def inspect(request: Request) -> Result:
    """Read the pages that are opened first, then the other pages, then styles and scripts; OSError, Damaged."""
    with ExitStack() as opened:
        texts = _zipped(request, opened) if request.path else _kept(request)
        survey = Survey(list(texts), request.launched)
        findings = list(survey.opened())
        left, read = request.bytes_of_all, 0
        ordered = sorted((name for name in texts if is_text(name)), key=lambda name: _rank(name, request.launched))
        for name in ordered:
            if left <= 0:
                break
            data = b"".join(_at_most(texts[name], min(left, request.bytes_of_file)))
            left, read = left - len(data), read + 1
            findings.extend(survey.read(name, _decoded(data)))
    return Result(findings=tuple(findings), read=read, unread=len(ordered) - read)


def _zipped(request: Request, opened: ExitStack) -> dict[str, Iterator[bytes]]:
    file = opened.enter_context(Path(request.path).open("rb"))  # noqa: SIM115 - it is, of the caller's
    found = archive.survey(file, Limits())
    return {entry.name: archive.contents(file, entry) for entry in found.files}


def _kept(request: Request) -> dict[str, Iterator[bytes]]:
    folder = Path(request.folder)
    return {name: _chunks(blobs.place(folder, digest)) for name, digest, _ in request.files}


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from takewhile(bool, iter(lambda: file.read(archive.CHUNK), b""))


def _at_most(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    left = most
    try:
        for chunk in chunks:
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return
    except Damaged:
        # What could be read of it is read; that it is damaged is said where packages are judged.
        return


def _rank(name: str, launched: Sequence[str]) -> tuple[bool, bool]:
    return name not in launched, PurePosixPath(name).suffix.lower() not in _PAGES


def _decoded(data: bytes) -> str:
    if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return data.decode("utf-16", errors="replace")
    return data.decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main([sys.stdin.read()]))
