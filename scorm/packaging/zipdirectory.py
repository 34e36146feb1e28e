"""The central directory of a zip: where it lies and what it says of each entry, to the letter. Pure but for reading.

Clauses are those of APPNOTE 6.3.10, the zip format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from scorm.packaging import zipnames

LARGEST_DIRECTORY = 64 << 20
"""Bytes; 20,000 entries with long names take a tenth of it."""

_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_LONGEST_COMMENT, _FULL32 = 0xFFFF, 0xFFFFFFFF
_UTF8 = 0x0800
_ZIP64 = 0x0001


class Broken(Exception):
    """The structure cannot be followed any further; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the directory begins and ends, and how many records it has."""

    begin: int
    end: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record (4.3.12); `name` is decoded, `raw` is not, `kind` is Unix's kind of file, sizes are in bytes."""

    raw: bytes
    name: str
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    kind: int
    offset: int


def locate(file: BinaryIO) -> Place:
    """Find the directory by the one end record (4.3.16) that the zip must have; Broken if that is not plain."""
    size = file.seek(0, 2)
    tail = read(file, max(0, size - _END.size - _LONGEST_COMMENT), size)
    at = _end_record(read(file, 0, 4), tail)
    _, disk, first_disk, here, count, length, begin, _ = _END.unpack_from(tail, at)
    if disk or first_disk or here != count:
        raise Broken("The zip is one part of several.")
    end = size - len(tail) + at
    locator = end - _LOCATOR.size
    if locator > 0 and read(file, locator, 4) == b"PK\x06\x07":
        end, count, length, begin = _locate64(file, locator)
    if begin + length != end:
        raise Broken("The zip's directory is not where the zip says: something was put in front of it or into it.")
    return Place(begin=begin, end=end, count=count)


def records(file: BinaryIO, place: Place) -> Iterator[Record]:
    """Read every record, in the directory's order; Broken if they do not fill it."""
    if place.end - place.begin > LARGEST_DIRECTORY:
        raise Broken("The zip's directory is too large.")
    directory, at = read(file, place.begin, place.end - place.begin), 0
    for _ in range(place.count):
        if at + _CENTRAL.size > len(directory) or directory[at : at + 4] != b"PK\x01\x02":
            raise Broken("The zip's directory is damaged.")
        fields = _CENTRAL.unpack_from(directory, at)
        names = at + _CENTRAL.size
        extras = names + fields[10]
        comments = extras + fields[11]
        yield _record(fields, directory[names:extras], directory[extras:comments])
        at = comments + fields[12]
    if at != len(directory):
        raise Broken("The zip's directory does not have as many entries as the zip counts.")


def widened(extra: bytes, *narrow: int) -> list[int]:
    """Replace each value that does not fit 32 bits by the next one of the zip64 field (4.5.3)."""
    field = _field(extra, _ZIP64)
    wide = iter(struct.unpack(f"<{len(field) // 8}Q", field[: len(field) // 8 * 8]))
    return [next(wide, value) if value == _FULL32 else value for value in narrow]


def read(file: BinaryIO, at: int, length: int) -> bytes:
    """Read so many bytes from there, or fewer at the end of the file."""
    file.seek(at)
    return file.read(length)


def _end_record(head: bytes, tail: bytes) -> int:
    found = [at for at in _occurrences(tail, b"PK\x05\x06") if at + _END.size <= len(tail)]
    exact = [at for at in found if at + _END.size + _END.unpack_from(tail, at)[-1] == len(tail)]
    if head == b"PK\x05\x06":
        raise Broken("The zip is empty.")
    if head != b"PK\x03\x04":
        raise Broken("Something stands in front of the zip." if exact else "This is not a zip file.")
    if not exact:
        raise Broken("Something stands behind the end of the zip." if found else "The zip is cut short.")
    if len(exact) > 1 or found[-1] != exact[0]:
        raise Broken("The zip has two ends, so it can be read in two ways.")
    return exact[0]


def _locate64(file: BinaryIO, locator: int) -> tuple[int, int, int, int]:
    position = _LOCATOR.unpack(read(file, locator, _LOCATOR.size))[2]
    record = read(file, position, _END64.size) if position < locator else b""
    if len(record) == _END64.size and record.startswith(b"PK\x06\x06"):
        _, length, _, _, disk, first_disk, here, count, size, begin = _END64.unpack(record)
        if position + 12 + length == locator and here == count and not disk and not first_disk:
            return position, count, size, begin
    raise Broken("The zip's 64-bit end is not where the zip says.")


def _record(fields: tuple[bytes | int, ...], raw: bytes, extra: bytes) -> Record:
    numbers = [field for field in fields if isinstance(field, int)]
    size, compressed, offset = widened(extra, numbers[8], numbers[7], numbers[15])
    return Record(
        raw=raw,
        name=zipnames.decoded(raw, utf8=bool(numbers[2] & _UTF8)),
        flags=numbers[2],
        method=numbers[3],
        crc=numbers[6],
        compressed=compressed,
        size=size,
        kind=numbers[14] >> 28,
        offset=offset,
    )


def _field(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _occurrences(data: bytes, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found
