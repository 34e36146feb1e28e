"""Files kept by their hashes, and taken away when nobody refers to them any more."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from scorm import blobs


def test_what_nobody_refers_to_is_discarded_unless_an_upload_has_just_used_it(tmp_path: Path) -> None:
    folder, since = tmp_path / "blobs", datetime(2026, 1, 1, tzinfo=UTC)
    with blobs.staging(folder) as stage:
        old, used = (blobs.stage([content], stage, folder)[0] for content in (b"old", b"used"))
        blobs.publish([old, used], stage, folder)
    for digest in (old, used):
        os.utime(blobs.place(folder, digest), (0, 0))
    with blobs.staging(folder) as stage:
        blobs.publish([used], stage, folder)

    gone = blobs.discard([old, used, "0" * 64], folder, since)

    assert gone == 1
    assert [blobs.place(folder, digest).exists() for digest in (old, used)] == [False, True]
