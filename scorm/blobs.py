"""Files kept by the hash of their bytes: `ab/cdef...` for the SHA-256 `abcdef...`; staged first, published whole."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path


def place(blobs: Path, digest: str) -> Path:
    """Say where the file with this SHA-256 (64 hexadecimal digits) is kept."""
    return blobs / digest[:2] / digest[2:]


@contextmanager
def staging(blobs: Path) -> Iterator[Path]:
    """Make a folder beside the blobs for files that may yet be refused; whatever is left in it goes in the end."""
    blobs.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=blobs, prefix=".staging-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stage(chunks: Iterable[bytes], folder: Path, blobs: Path) -> tuple[str, int]:
    """Keep one file in the staging folder unless its bytes are there or published; gives (SHA-256, size).

    A file of one chunk is never written when its bytes are known already. OSError if there is no room.
    """
    pieces = iter(chunks)
    first, second = next(pieces, b""), next(pieces, None)
    if second is None:
        digest = hashlib.sha256(first).hexdigest()
        if not _known(digest, folder, blobs):
            (folder / digest).write_bytes(first)
        return digest, len(first)
    part = folder / "part"
    digest, size = _write(chain([first, second], pieces), part)
    if _known(digest, folder, blobs):
        part.unlink()
    else:
        part.rename(folder / digest)
    return digest, size


def publish(digests: Iterable[str], folder: Path, blobs: Path) -> None:
    """Move what was staged to its place, durably; a crash in between leaves whole files only, for the next try."""
    _settle(folder)
    touched = {blobs}
    for digest in set(digests):
        target = place(blobs, digest)
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            (folder / digest).rename(target)
            touched.add(target.parent)
    for directory in touched:
        _sync(directory)


def _known(digest: str, folder: Path, blobs: Path) -> bool:
    return (folder / digest).exists() or place(blobs, digest).exists()


def _write(chunks: Iterable[bytes], path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            size += file.write(chunk)
    return digest.hexdigest(), size


def _settle(folder: Path) -> None:
    # One syncfs for 3,000 files takes a second where an fsync for each takes four to thirteen.
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        for path in folder.iterdir():
            _sync(path)
        return
    with _opened(folder) as descriptor:
        if syncfs(descriptor):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _sync(path: Path) -> None:
    with _opened(path) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
