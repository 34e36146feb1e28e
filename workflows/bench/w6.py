"""W6, import of a SCORM zip: from the file on disk to every file stored by its hash and the launch page known."""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scorm import blobs
from scorm.packaging import package
from scorm.packaging.manifest import Manifest

_KIBIBYTES_A_MEGABYTE = 1000 / 1024 * 1000


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Import the zip, then unpack it as others do; see `--help`."""
    parser = argparse.ArgumentParser(prog="preceptor bench w6", description=__doc__)
    parser.add_argument("--zip", required=True, type=Path)
    parser.add_argument("--dest", required=True, type=Path)
    told = parser.parse_args(arguments)
    told.dest.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    imported = package.read(told.zip, told.dest)
    seconds = time.monotonic() - began
    # Taken before the limits run, whose processes are children of ours too.
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "seconds": round(seconds, 3),
        "files": len(imported.files),
        "peak_rss_mb": round(peak / _KIBIBYTES_A_MEGABYTE, 1),
        "limits": {name: {"seconds": round(_timed(way, told.zip), 3)} for name, way in _ways().items()},
        "ok": _proved(imported, told.zip, told.dest),
    }


def _proved(imported: package.ImportedPackage, path: Path, folder: Path) -> bool:
    """Say whether every file of the zip is stored with its size, and what is launched is one of them."""
    with zipfile.ZipFile(path) as archive:
        wanted = {one.filename: one.file_size for one in archive.infolist() if not one.is_dir()}
    stored = {name: blobs.place(folder, digest).stat().st_size for name, digest, _ in imported.files}
    launched = [sco.path for sco in Manifest.recorded(imported.manifest).scos]
    return stored == wanted and bool(launched) and set(launched) <= stored.keys()


def _ways() -> dict[str, Callable[[Path, str], object]]:
    """Return the limits: what unpacks the zip without looking at it, where this machine has it."""
    ways: dict[str, Callable[[Path, str], object]] = {"zipfile.extractall": _extracted}
    if unzip := shutil.which("unzip"):
        ways["unzip"] = lambda path, folder: subprocess.run([unzip, "-q", str(path), "-d", folder], check=True)  # noqa: S603 - the machine's own program
    return ways


def _extracted(path: Path, folder: str) -> None:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)


def _timed(way: Callable[[Path, str], object], path: Path) -> float:
    with TemporaryDirectory() as folder:
        began = time.monotonic()
        way(path, folder)
        return time.monotonic() - began
