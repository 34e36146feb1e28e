"""Files kept by the hash of their bytes: `ab/cdef...` for the SHA-256 `abcdef...`; staged first, published whole."""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain
from pathlib import Path

_STAGING = ".staging-"


def place(blobs: Path, digest: str) -> Path:
    """Say where the file with this SHA-256 (64 hexadecimal digits) is kept."""
    return blobs / digest[:2] / digest[2:]


@contextmanager
def staging(blobs: Path) -> Iterator[Path]:
    """Make a folder beside the blobs for files that may yet be refused; whatever is left in it goes in the end.

    Folders of processes that were killed are cleared away first.
    """
    blobs.mkdir(parents=True, exist_ok=True)
    with _alone(blobs):
        _sweep(blobs)
        folder = Path(tempfile.mkdtemp(dir=blobs, prefix=_STAGING))
        own = os.open(folder, os.O_RDONLY)
        # Held for as long as this process lives, which is how others know that the folder is in use.
        fcntl.flock(own, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(own)


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
    """Move what was staged to its place, durably; a crash in between leaves whole files only, for the next try.

    What is there already is marked as used now, so that `discard` leaves it alone; OSError if it has just gone.
    """
    _settle(folder)
    touched = {blobs}
    with _alone(blobs):
        for digest in set(digests):
            target = place(blobs, digest)
            if target.exists():
                os.utime(target)
            else:
                target.parent.mkdir(exist_ok=True)
                (folder / digest).rename(target)
                touched.add(target.parent)
    for directory in touched:
        _sync(directory)


def discard(digests: Iterable[str], blobs: Path, last: datetime) -> int:
    """Remove files that nobody refers to any more and that no upload has used since `last`; return how many."""
    gone = 0
    for digest in digests:
        target = place(blobs, digest)
        # One at a time, so that an upload waits for a moment and not for all of it.
        with _alone(blobs), suppress(FileNotFoundError):
            if target.stat().st_mtime <= last.timestamp():
                target.unlink()
                gone += 1
    return gone


@contextmanager
def _alone(blobs: Path) -> Iterator[None]:
    with _opened(blobs) as all_of_it:
        fcntl.flock(all_of_it, fcntl.LOCK_EX)
        yield


def _sweep(blobs: Path) -> None:
    for folder in blobs.glob(f"{_STAGING}*"):
        # One that is locked is in use, and one that is gone has just been finished.
        with suppress(BlockingIOError, FileNotFoundError), _opened(folder) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


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
