"""A trial run of a zip or of a package that is kept: where there is a Chromium that may be used, else why not."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.settings import Settings
from scorm.errors import PackageNotStored, PackageRefused
from scorm.packaging import package
from scorm.trial import chromium, running
from scorm.trial.records import Request, Trial

Told = Callable[[Trial], object]


def trouble(settings: Settings) -> str:
    """Say why no trial run can be made here, or ""."""
    if not chromium.find(settings.chromium):
        return chromium.ABSENT
    return chromium.UNSAFE if settings.production and chromium.unsandboxed() else ""


def try_zip(path: Path, settings: Settings, now: datetime, seconds: float) -> Trial:
    """Try a zip, and keep nothing of it."""
    if why := trouble(settings):
        return Trial(trouble=why)
    with tempfile.TemporaryDirectory(prefix="preceptor-check-") as folder:
        try:
            read = package.read(path, Path(folder) / "blobs")
        except (PackageRefused, PackageNotStored) as refused:
            return Trial(trouble=refused.sentence)
        return try_files(Path(folder), read.hash, read.manifest, read.files, settings, now=now, seconds=seconds)


def try_files(  # noqa: PLR0913 - all that is known of a package
    data_dir: Path,
    package_hash: str,
    manifest: Mapping[str, Any],
    files: Sequence[tuple[str, str, int]],
    settings: Settings,
    *,
    now: datetime,
    seconds: float,
    told: Told = lambda _so_far: None,
) -> Trial:
    """Try a package whose files are kept below `data_dir/blobs`; `told` hears of every part when it is done."""
    if why := trouble(settings):
        return Trial(trouble=why)
    request = Request(
        package=package_hash,
        title=str(manifest["title"]),
        manifest=manifest,
        files=tuple(files),
        data_dir=str(data_dir),
        parts=(),
        chromium=chromium.find(settings.chromium),
        now=now.isoformat(),
        seconds=seconds,
        hosts=settings.content_hosts,
    )
    return running.run(request, told=told)
