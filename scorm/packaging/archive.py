"""A zip read strictly: each file's name, where its bytes lie, and every reason not to trust it. Pure but for reading.

Two readers of an ambiguous zip see different files, so whatever can be read in two ways is refused as a whole:
overlaps, doubled names, headers that disagree, bytes in front or behind. Clauses are those of APPNOTE 6.3.10.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from scorm.packaging import zipdirectory, zipnames
from scorm.packaging.zipdirectory import Broken, Record
from scorm.packaging.zipnames import listed

CHUNK = 1 << 20
"""Bytes that are read or inflated at a time."""

LARGEST_GAP = 65_536
"""Bytes between two files that a tool may leave unused."""

_NO_MEMORY = "Error -4 "  # Z_MEM_ERROR, which Python tells as any other fault of the data

_LOCAL = struct.Struct("<4s5H3L2H")
_FULL32 = 0xFFFFFFFF
_ENCRYPTED, _DESCRIBED = 0x2041, 0x0008
_STORED, _DEFLATED = 0, 8
# The upper four bits of a file's attributes are its kind in Unix: 8 is a file, 4 a folder, 0 not said.
_PLAIN = (0, 4, 8)
_SIGNATURES = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06")
_DESCRIPTOR = b"PK\x07\x08"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a zip may ask for: bytes when unpacked, entries, times that it may grow, bytes of its manifest.

    The growth counts only above `harmless` bytes, for a small text may well shrink to a thousandth.
    """

    size: int = 2 << 30
    entries: int = 20_000
    ratio: int = 200
    harmless: int = 64 << 20
    manifest: int = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file: `start` is the offset of its bytes; `compressed` and `size` count them before and after inflating."""

    name: str
    method: int
    crc: int
    compressed: int
    size: int
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The files in the order in which they lie; with any `reasons` none of it is to be trusted."""

    files: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


class Damaged(ValueError):
    """A file's bytes are not what the zip says they are; the sentence says which file."""


def survey(file: BinaryIO, limits: Limits) -> Archive:
    """Read the structure of a zip, not its contents; tells all reasons at once, and raises only OSError."""
    try:
        place = zipdirectory.locate(file)
        if place.count > limits.entries:
            return Archive(reasons=(f"It has {place.count:,} entries, which is more than {limits.entries:,}.",))
        records = sorted(zipdirectory.records(file, place), key=lambda record: record.offset)
        starts = [_start(file, record) for record in records]
    except Broken as broken:
        return Archive(reasons=(str(broken),))
    reasons = [*zipnames.judge([record.name for record in records]), *_kinds(records), *_bombs(records, limits)]
    reasons += _headers(records, starts)
    gaps = _gaps(file, records, starts, place.begin) if not reasons else []
    reasons += [sentence for fatal, sentence in gaps if fatal]
    files = tuple(_entry(*pair) for pair in zip(records, starts, strict=True) if not pair[0].name.endswith("/"))
    warnings = [sentence for fatal, sentence in gaps if not fatal]
    return Archive(files=() if reasons else files, warnings=tuple(warnings), reasons=tuple(reasons))


def contents(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Give a file's bytes, at most 1 MiB at a time; Damaged once they are not what the directory says."""
    crc = size = 0
    for chunk in _inflated(file, entry) if entry.method == _DEFLATED else _stored(file, entry):
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        if size > entry.size:
            raise Damaged(f"The file {entry.name!r} is larger than the zip says.")
        yield chunk
    if size != entry.size or crc != entry.crc:
        raise Damaged(f"The file {entry.name!r} is damaged: its bytes are not the ones that were packed.")


def _kinds(records: Sequence[Record]) -> Iterator[str]:
    wrong = {
        "Files that are encrypted": [one.name for one in records if one.flags & _ENCRYPTED],
        "Files packed in a way other than deflate": [
            one.name for one in records if one.method not in (_STORED, _DEFLATED)
        ],
        "Links and other things that are not files": [one.name for one in records if one.kind not in _PLAIN],
        "Folders with contents of their own": [one.name for one in records if one.name.endswith("/") and one.size],
        "Stored files of two sizes": [
            one.name for one in records if one.method == _STORED and one.size != one.compressed
        ],
    }
    yield from (f"{what}: {listed(names)}." for what, names in wrong.items() if names)


def _bombs(records: Sequence[Record], limits: Limits) -> Iterator[str]:
    size, compressed = sum(one.size for one in records), sum(one.compressed for one in records)
    if size > limits.size:
        yield f"Unpacked it would be {size:,} bytes, which is more than {limits.size:,}."
    if size > limits.harmless and size > compressed * limits.ratio:
        yield f"Unpacked it would be more than {limits.ratio} times as large, as only a trap is."


def _start(file: BinaryIO, record: Record) -> int | None:
    """Give the offset of a file's bytes, behind its local header (4.3.7); None if that contradicts the directory."""
    head = zipdirectory.read(file, record.offset, _LOCAL.size)
    if len(head) < _LOCAL.size:
        return None
    signature, _, flags, method, _, _, crc, compressed, size, names, extras = _LOCAL.unpack(head)
    rest = file.read(names + extras)
    size, compressed = zipdirectory.widened(rest[names:], size, compressed)
    said = (flags, method, rest[:names])
    if signature != b"PK\x03\x04" or len(rest) < names + extras or said != (record.flags, record.method, record.raw):
        return None
    unsaid = bool(flags & _DESCRIBED) and not (crc or compressed or size)
    if not unsaid and (crc, compressed, size) != (record.crc, record.compressed, record.size):
        return None
    return record.offset + len(head) + len(rest)


def _headers(records: Sequence[Record], starts: Sequence[int | None]) -> Iterator[str]:
    wrong = [record.name for record, start in zip(records, starts, strict=True) if start is None]
    if wrong:
        yield f"Files whose own header says otherwise than the zip's directory: {listed(wrong)}."
    ends = [(start or 0) + record.compressed for record, start in zip(records, starts, strict=True)]
    lapped = [after.name for end, (_, after) in zip(ends, pairwise(records), strict=False) if end > after.offset]
    if lapped:
        yield f"Files that overlap others: {listed(lapped)}."


def _gaps(
    file: BinaryIO, records: Sequence[Record], starts: Sequence[int | None], directory: int
) -> list[tuple[bool, str]]:
    """Look at every byte that belongs to no file, as (fatal, sentence): another zip could hide there."""
    found = []
    offsets = [*(record.offset for record in records), directory]
    ends = [0, *((start or 0) + record.compressed for record, start in zip(records, starts, strict=True))]
    owners = [None, *records]
    for owner, end, offset in zip(owners, ends, offsets, strict=True):
        gap = zipdirectory.read(file, end, min(offset - end, LARGEST_GAP + 1)) if offset > end else b""
        if offset < end:
            found.append((True, "The last file runs into the zip's directory."))
        elif gap and not _describes(gap, owner):
            fatal = len(gap) > LARGEST_GAP or any(mark in gap for mark in _SIGNATURES)
            found.append((fatal, "The zip has bytes between its files that belong to none of them."))
    return list(dict.fromkeys(found))


def _describes(gap: bytes, record: Record | None) -> bool:
    """Is this the data descriptor (4.3.9) of the file before it?"""
    if record is None or not record.flags & _DESCRIBED:
        return False
    bare = gap.removeprefix(_DESCRIPTOR)
    narrow, wide = (
        struct.pack("<2L", record.compressed & _FULL32, record.size & _FULL32),
        struct.pack("<2Q", record.compressed, record.size),
    )
    crc = struct.pack("<L", record.crc)
    return bare in (crc + narrow, crc + wide) or gap in (crc + narrow, crc + wide)


def _entry(record: Record, start: int | None) -> Entry:
    return Entry(
        name=record.name,
        method=record.method,
        crc=record.crc,
        compressed=record.compressed,
        size=record.size,
        start=start or 0,
    )


def _stored(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    file.seek(entry.start)
    left = entry.compressed
    while left and (chunk := file.read(min(left, CHUNK))):
        left -= len(chunk)
        yield chunk


def _inflated(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _stored(file, entry):
            rest = packed
            while rest and not inflater.eof:
                yield inflater.decompress(rest, CHUNK)
                rest = inflater.unconsumed_tail
        while not inflater.eof and (more := inflater.decompress(b"", CHUNK)):
            yield more
    except zlib.error as broken:
        if str(broken).startswith(_NO_MEMORY):
            raise MemoryError from broken
        raise Damaged(f"The file {entry.name!r} is damaged: {broken}.") from broken
    if not inflater.eof or inflater.unused_data:
        raise Damaged(f"The file {entry.name!r} is damaged: it does not end where the zip says.")
