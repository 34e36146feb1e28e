"""A zip -> an immutable, content-addressed package; foreign bytes are looked at in a child process only."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scorm import blobs
from scorm.errors import CheckStopped, PackageNotStored, PackageRefused
from scorm.packaging import child, confined
from scorm.packaging.archive import Limits
from scorm.packaging.child import Bounds, Request, Result
from scorm.packaging.manifest import Item, Manifest

_LIMITS = Limits()
_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a zip is: with any `reasons` it is refused, and they are all there; `size` is in bytes, unpacked."""

    manifest: Manifest
    files: int
    size: int
    warnings: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Can it be imported and played?"""
        return not self.reasons

    @property
    def standard(self) -> str:
        """`SCORM`, `AICC`, or another standard that was recognised."""
        return self.manifest.standard

    @property
    def edition(self) -> str:
        """`1.2`, `2004 4th Edition`, or "" where that was not seen."""
        return self.manifest.edition

    @property
    def title(self) -> str:
        """The title of the course, or ""."""
        return self.manifest.title

    @property
    def scos(self) -> tuple[Item, ...]:
        """What can be launched, in order."""
        return self.manifest.scos

    @property
    def launch(self) -> str:
        """The file or the address that is launched first, or ""."""
        return (self.scos[0].path or self.scos[0].url) if self.scos else ""

    def as_dict(self) -> dict[str, Any]:
        """Give it as a report, ready for JSON."""
        named = ("accepted", "standard", "edition", "title", "launch", "files", "size", "warnings", "reasons")
        return {**{name: getattr(self, name) for name in named}, "scos": [asdict(sco) for sco in self.scos]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPackage:
    """A package whose files are all kept: `hash` names the version, `files` are (name, SHA-256, bytes) by name."""

    hash: str
    title: str
    manifest: dict[str, Any]
    files: tuple[tuple[str, str, int], ...]
    warnings: tuple[str, ...]


def examine(path: Path, limits: Limits = _LIMITS, bounds: Bounds = _BOUNDS) -> Verdict:
    """Judge a zip without keeping anything; a zip that cannot even be judged is a verdict too."""
    try:
        result = _inspected(Request(path=str(path), limits=limits, bounds=bounds))
    except PackageRefused as refused:
        return Verdict(manifest=Manifest(), files=0, size=0, warnings=(), reasons=refused.reasons)
    return Verdict(
        manifest=result.manifest,
        files=len(result.files),
        size=sum(size for _, _, size in result.files),
        warnings=result.warnings,
        reasons=result.reasons,
    )


def read(path: Path, folder: Path, limits: Limits = _LIMITS, bounds: Bounds = _BOUNDS) -> ImportedPackage:
    """Keep a zip's files below `folder` by their hashes; the same contents are the same package, however often.

    PackageRefused with every reason, or PackageNotStored; then nothing is kept.
    """
    try:
        with blobs.staging(folder) as stage:
            request = Request(path=str(path), staging=str(stage), blobs=str(folder), limits=limits, bounds=bounds)
            result = _inspected(request)
            if result.unstored:
                raise PackageNotStored(result.unstored)
            if result.reasons:
                raise PackageRefused(result.reasons)
            blobs.publish([digest for _, digest, _ in result.files], stage, folder)
    except OSError as failure:
        raise PackageNotStored(failure.strerror or type(failure).__name__) from failure
    files = tuple(sorted(result.files))
    return ImportedPackage(
        hash=identity(files),
        title=result.manifest.title,
        manifest=result.manifest.as_record(),
        files=files,
        warnings=result.warnings,
    )


def identity(files: tuple[tuple[str, str, int], ...]) -> str:
    """Hash the names and hashes of a package's files: 64 hexadecimal digits that name the version."""
    return hashlib.sha256(json.dumps([[name, digest] for name, digest, _ in sorted(files)]).encode()).hexdigest()


def _inspected(request: Request) -> Result:
    if not Path(request.path).is_file():
        raise PackageRefused([f"There is no file {request.path!r}."])
    answer, code = confined.run(child.__name__, json.dumps(asdict(request)), request.bounds.seconds)
    if code == confined.OUT_OF_MEMORY or code < 0:
        raise CheckStopped(["Looking at it takes more time or memory than it may have."])
    if code:
        raise CheckStopped(["Looking at it ended in an error of ours."])
    result = Result.read(answer)
    return replace(result, reasons=tuple(dict.fromkeys(result.reasons)))
