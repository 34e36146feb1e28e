"""The child process that looks at a zip which nobody trusts yet, under limits of time, memory and output.

Started by scorm.packaging.package as `python -m scorm.packaging.child`; the request that it reads and what it
prints are JSON of the records here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

from scorm import blobs
from scorm.packaging import aicc_files, archive, confined, imsmanifest, items
from scorm.packaging.archive import Archive, Damaged, Entry, Limits
from scorm.packaging.manifest import Manifest
from scorm.packaging.zipnames import listed

MANIFEST = "imsmanifest.xml"
MOST_DAMAGES = 20
"""Damaged files that are named; a zip with more is no better known for it."""

_OLDEST = (".csf", "/csf.xml", "csf.xml")
"""How files that describe a course of SCORM 1.1 are called (CSF, course structure format)."""

_OTHER_STANDARDS = {
    "tincan.xml": "xAPI",
    "cmi5.xml": "cmi5",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the process may use: seconds by the wall and of the processor, bytes of memory."""

    seconds: int = 300
    processor: int = 120
    memory: int = 512 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which zip to look at, and where to stage its files: "" to keep none."""

    path: str
    staging: str = ""
    blobs: str = ""
    limits: Limits = field(default_factory=Limits)
    bounds: Bounds = field(default_factory=Bounds)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `json.dumps(asdict(...))` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "limits": Limits(**fields["limits"]), "bounds": Bounds(**fields["bounds"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found: files as (name, SHA-256, bytes); `unstored` is why files could not be staged, or ""."""

    manifest: Manifest
    files: tuple[tuple[str, str, int], ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    unstored: str = ""

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Read what `json.dumps(asdict(...))` wrote; ValueError, TypeError or KeyError for anything else."""
        fields: Mapping[str, Any] = json.loads(text)
        return cls(
            manifest=Manifest.recorded(fields["manifest"]),
            files=tuple((str(name), str(digest), int(size)) for name, digest, size in fields["files"]),
            warnings=tuple(map(str, fields["warnings"])),
            reasons=tuple(map(str, fields["reasons"])),
            unstored=str(fields["unstored"]),
        )


def main(arguments: Sequence[str]) -> int:
    """Answer one request on standard output; 0 whenever there is an answer."""
    request = Request.read(arguments[0])
    bounds = request.bounds
    confined.restrict(memory=bounds.memory, processor=bounds.processor, written=request.limits.size)
    try:
        with Path(request.path).open("rb") as file:
            result = inspect(file, request)
    except MemoryError:
        return confined.OUT_OF_MEMORY
    sys.stdout.write(json.dumps(asdict(result)))
    return 0


def inspect(file: BinaryIO, request: Request) -> Result:
    """Look at the whole zip, and stage its files where the request says so."""
    found = archive.survey(file, request.limits)
    if found.reasons:
        return Result(manifest=Manifest(), warnings=found.warnings, reasons=found.reasons)
    described = _described(file, found, request.limits)
    reasons = list(described.reasons)
    try:
        files = tuple(_kept(file, found, request, reasons))
    except OSError as failure:
        return Result(manifest=described, unstored=failure.strerror or type(failure).__name__)
    return Result(
        manifest=described,
        files=files,
        warnings=(*found.warnings, *described.warnings, *items.doubts(described)),
        reasons=tuple(reasons),
    )


def _described(file: BinaryIO, found: Archive, limits: Limits) -> Manifest:
    names = [entry.name for entry in found.files]
    chosen, warnings, reasons = _chosen(names)
    if not chosen and (course := aicc_files.found(names)):
        return _course(file, found, limits, course)
    if not chosen:
        return Manifest(standard=_standard(names), reasons=reasons)
    entry = next(one for one in found.files if one.name == chosen)
    if entry.size > limits.manifest:
        return Manifest(reasons=(f"The manifest is {entry.size:,} bytes, which is more than {limits.manifest:,}.",))
    try:
        xml = b"".join(archive.contents(file, entry))
    except Damaged as damaged:
        return Manifest(reasons=(str(damaged),))
    return imsmanifest.parse(xml, names, chosen[: -len(MANIFEST)], warnings)


def _course(file: BinaryIO, found: Archive, limits: Limits, course: aicc_files.Found) -> Manifest:
    """Read the files of an AICC course."""
    entries = {entry.name: entry for entry in found.files}
    data: dict[str, bytes] = {}
    for end, name in course.files.items():
        if entries[name].size > limits.manifest:
            return Manifest(standard="AICC", reasons=(f"The file {name!r} is larger than {limits.manifest:,} bytes.",))
        try:
            data[end] = b"".join(archive.contents(file, entries[name]))
        except Damaged as damaged:
            return Manifest(standard="AICC", reasons=(str(damaged),))
    return aicc_files.parse(data, tuple(entries), course)


def _chosen(names: Sequence[str]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Choose the manifest, the outermost one: its name or "", with warnings and reasons."""
    every = [name for name in names if name.casefold().rpartition("/")[2] == MANIFEST and not _shadow(name)]
    depth = min((name.count("/") for name in every), default=0)
    outermost = [name for name in every if name.count("/") == depth]
    if not every:
        return "", (), (_absence(names),)
    if len(outermost) > 1:
        several = f"The zip has {len(outermost)} manifests in its folders and none outside them"
        return "", (), (f"{several}: {listed(outermost)}. Upload each course as a zip of its own.",)
    chosen = outermost[0]
    warnings = [f"The whole package lies in a folder; {chosen!r} is used."] if depth else []
    if len(every) > 1:
        warnings.append(f"The zip has other manifests in its folders; {chosen!r} is used.")
    return chosen, tuple(warnings), ()


def _shadow(name: str) -> bool:
    """Say whether this is what macOS puts into a zip beside the files."""
    return name.startswith("__MACOSX/") or "/._" in f"/{name}"


def _absence(names: Sequence[str]) -> str:
    standard = _standard(names)
    if standard:
        return f"This is {standard} content; only SCORM and AICC courses can be played."
    if any(name.casefold().endswith(_OLDEST) for name in names):
        return imsmanifest.SCORM_11
    if inner := [name for name in names if name.casefold().endswith(".zip") and not _shadow(name)]:
        return (
            f"The zip has no course in it but another zip, {listed(inner)}. Unpack this one, and upload what is in it."
        )
    like = [name for name in names if "manifest" in name.casefold() and name.casefold().endswith((".xml", ".xml.txt"))]
    if like:
        return f"There is no {MANIFEST} in the zip, so it is not a SCORM package; {listed(like)} may be meant for it."
    return (
        f"There is no {MANIFEST} in the zip, so it is not a SCORM package. Export the course as SCORM, not for the web."
    )


def _standard(names: Sequence[str]) -> str:
    said = (_OTHER_STANDARDS[end] for name in names for end in _OTHER_STANDARDS if name.lower().endswith(end))
    return next(said, "")


def _kept(file: BinaryIO, found: Archive, request: Request, reasons: list[str]) -> Iterator[tuple[str, str, int]]:
    for entry in found.files:
        try:
            yield (entry.name, *_taken(file, entry, request, wanted=not reasons))
        except Damaged as damaged:
            reasons.append(str(damaged))
            if len(reasons) > MOST_DAMAGES:
                return


def _taken(file: BinaryIO, entry: Entry, request: Request, *, wanted: bool) -> tuple[str, int]:
    chunks = archive.contents(file, entry)
    if request.staging and wanted:
        return blobs.stage(chunks, Path(request.staging), Path(request.blobs))
    return "", sum(map(len, chunks))


if __name__ == "__main__":
    sys.exit(main([sys.stdin.read()]))
