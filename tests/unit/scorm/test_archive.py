"""A zip is read in one way or not at all."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorm.packaging import archive, zipdirectory
from scorm.packaging.archive import Archive, Damaged, Limits

LIMITS = Limits()


def survey(data, limits=LIMITS):
    return archive.survey(io.BytesIO(data), limits)


def honest(files, method=zipfile.ZIP_DEFLATED, comment=b""):
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as target:
        warnings.simplefilter("ignore")  # zipfile grumbles at doubled names, which is what is wanted here
        for name, content in files:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            info.compress_type = method
            target.writestr(info, content)
        target.comment = comment
    return buffer.getvalue()


def patched(data, mark, offset, fmt, value, *, nth=0):
    """Overwrite a field that lies `offset` bytes behind the nth occurrence of a signature."""
    at = -1
    for _ in range(nth + 1):
        at = data.index(mark, at + 1)
    changed = bytearray(data)
    struct.pack_into(fmt, changed, at + offset, value)
    return bytes(changed)


def both_flags(data, bit):
    """Set a flag in the one local header and the one directory record."""
    return patched(patched(data, b"PK\x03\x04", 6, "<H", bit), b"PK\x01\x02", 8, "<H", bit)


ONE = honest([("a.txt", b"hello " * 50)])
TWO = honest([("a.txt", b"hello " * 50), ("b.txt", b"world " * 50)])


def symlink():
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    return honest([(info, b"/etc/passwd")])


def overlapping():
    # The second record points at the first file, so that both names share its bytes.
    return patched(TWO, b"PK\x01\x02", 42, "<L", 0, nth=1)


def sixty_four(shift):
    """A 64-bit end that the locator misses by so many bytes."""
    at = TWO.index(b"PK\x05\x06")
    begin = TWO.index(b"PK\x01\x02")
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, at - begin, begin)
    return TWO[:at] + end + struct.pack("<4sLQL", b"PK\x06\x07", 0, at + shift, 1) + TWO[at:]


def with_gap(filler):
    offset = TWO.index(b"PK\x03\x04", 1)
    data = TWO[:offset] + filler + TWO[offset:]
    data = patched(data, b"PK\x01\x02", 42, "<L", offset + len(filler), nth=data.count(b"PK\x01\x02") - 1)
    begin = struct.unpack_from("<L", data, data.rindex(b"PK\x05\x06") + 16)[0]
    return patched(data, b"PK\x05\x06", 16, "<L", begin + len(filler), nth=data.count(b"PK\x05\x06") - 1)


def descriptive(name=b"a.txt", content=b"hello", *, signed=True):
    """A zip as written to a pipe: sizes only in a descriptor behind the bytes, and in the directory."""
    packed = zlib.compress(content, 9, -15)
    crc = zlib.crc32(content)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 8, 8, 0, 33, 0, 0, 0, len(name), 0) + name
    behind = (b"PK\x07\x08" if signed else b"") + struct.pack("<3L", crc, len(packed), len(content))
    begin = len(local) + len(packed) + len(behind)
    central = struct.pack(
        "<4s6H3L5H2L",
        *(b"PK\x01\x02", 20, 20, 8, 8, 0, 33, crc, len(packed), len(content), len(name), 0, 0, 0, 0, 0, 0),
    )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(central) + len(name), begin, 0)
    return local + packed + behind + central + name + end


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_honest_zip_gives_its_files_and_their_bytes(method):
    data = honest([("index.html", b"<p>hi</p>" * 9), ("deep/er/", b""), ("deep/er/é.txt", b"x")], method)

    found = survey(data)

    assert found.reasons == found.warnings == ()
    assert [entry.name for entry in found.files] == ["index.html", "deep/er/é.txt"]
    assert b"".join(archive.contents(io.BytesIO(data), found.files[0])) == b"<p>hi</p>" * 9


def test_memory_that_runs_out_while_inflating_is_no_fault_of_the_file(monkeypatch):
    data = honest([("index.html", b"<p>hi</p>" * 9)])
    found = survey(data)
    monkeypatch.setattr(archive.zlib, "decompressobj", lambda *_: Starved())

    with pytest.raises(MemoryError):
        b"".join(archive.contents(io.BytesIO(data), found.files[0]))


class Starved:
    """An inflater that gets no memory, in zlib's words."""

    eof = False

    def decompress(self, *_: object) -> bytes:
        raise zlib.error("Error -4 while decompressing data")


@pytest.mark.parametrize("signed", [True, False])
def test_a_zip_written_to_a_pipe_is_honest_too(signed):
    data = descriptive(signed=signed)

    found = survey(data)

    assert found.reasons == found.warnings == ()
    assert b"".join(archive.contents(io.BytesIO(data), found.files[0])) == b"hello"


def test_a_zip_with_64_bit_records_is_honest_too(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    data = honest([("a.txt", b"hello" * 9), ("b.txt", b"world" * 9)])

    found = survey(data)

    assert found.reasons == ()
    assert [entry.size for entry in found.files] == [45, 45]


def test_a_64_bit_end_that_nobody_needed_is_honest_too():
    assert len(survey(sixty_four(0)).files) == 2


def test_a_directory_beyond_all_measure_is_refused(monkeypatch):
    monkeypatch.setattr(zipdirectory, "LARGEST_DIRECTORY", 10)

    assert survey(TWO).reasons == ("The zip's directory is too large.",)


def test_a_comment_is_harmless():
    assert survey(honest([("a.txt", b"hello")], comment=b"made by hand")).reasons == ()


def test_windows_slashes_are_slashes():
    raw = honest([("media/alarm.mp3", b"x")]).replace(b"media/alarm.mp3", b"media\\alarm.mp3")

    assert [entry.name for entry in survey(raw).files] == ["media/alarm.mp3"]


def test_a_name_of_an_old_dos_is_read_as_it_was_meant():
    raw = honest([("caf_.txt", b"x")]).replace(b"caf_", b"caf\x82")

    assert [entry.name for entry in survey(raw).files] == ["café.txt"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "This is not a zip file."),
        (b"%PDF-1.7 and so on", "This is not a zip file."),
        (b"PK\x05\x06" + bytes(18), "The zip is empty."),
        (ONE[:-30], "The zip is cut short."),
        (b"MZ" + ONE, "Something stands in front of the zip."),
        (ONE + b"<?php", "Something stands behind the end of the zip."),
        (ONE[:-2] + struct.pack("<H", 22) + ONE[-22:], "The zip has two ends"),
        (ONE + TWO, "The zip's directory is not where the zip says"),
        (patched(ONE, b"PK\x05\x06", 16, "<L", 3), "The zip's directory is not where the zip says"),
        (patched(ONE, b"PK\x05\x06", 4, "<H", 1), "one part of several"),
        (patched(patched(TWO, b"PK\x05\x06", 8, "<H", 1), b"PK\x05\x06", 10, "<H", 1), "as many entries"),
        (patched(patched(ONE, b"PK\x05\x06", 8, "<H", 2), b"PK\x05\x06", 10, "<H", 2), "directory is damaged"),
        (patched(ONE, b"PK\x01\x02", 0, "<H", 0), "directory is damaged"),
        (sixty_four(1), "64-bit end is not where"),
        (overlapping(), "overlap"),
        (with_gap(ONE), "bytes between its files"),
        (with_gap(bytes(70_000)), "bytes between its files"),
        (honest([("a", b"1"), ("a", b"2")]), "occur twice: 'a'"),
        (honest([("A.html", b"1"), ("a.html", b"2")]), "differ only in case"),
        (honest([("caf\u00e9", b"1"), ("cafe\u0301", b"2")]), "differ only in case or in how accents"),
        (honest([("a", b"1"), ("a/b", b"2")]), "both a file and a folder: 'a'"),
        (honest([("../etc/passwd", b"x")]), "lead out of the zip: '../etc/passwd'"),
        (honest([("a/../../b", b"x")]), "lead out of the zip"),
        (honest([("/etc/passwd", b"x")]), "lead out of the zip"),
        (honest([("C:/a", b"x")]), "lead out of the zip"),
        (honest([("a//b", b"x")]), "lead out of the zip"),
        (honest([("a\nb", b"x")]), "cannot be shown"),
        (honest([("x" * 501, b"x")]), "too long or empty"),
        (symlink(), "not files: 'link'"),
        (both_flags(ONE, 0x0001), "encrypted: 'a.txt'"),
        (honest([("a.txt", b"x")], zipfile.ZIP_LZMA), "other than deflate: 'a.txt'"),
        (patched(ONE, b"PK\x03\x04", 14, "<L", 7), "own header says otherwise"),
        (patched(ONE, b"PK\x03\x04", 22, "<L", 7), "own header says otherwise"),
        (patched(ONE, b"PK\x03\x04", 8, "<H", 0), "own header says otherwise"),
        (ONE.replace(b"a.txt", b"b.txt", 1), "own header says otherwise"),
        (patched(ONE, b"PK\x01\x02", 42, "<L", 5), "own header says otherwise"),
        (patched(ONE, b"PK\x01\x02", 42, "<L", 99_999), "own header says otherwise"),
        (patched(honest([("d/", b"")], 0), b"PK\x01\x02", 24, "<L", 9), "Folders with contents"),
        (patched(honest([("a", b"x")], 0), b"PK\x01\x02", 24, "<L", 9), "Stored files of two sizes"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(data, reason):
    found = survey(data)

    assert any(reason in one for one in found.reasons), found
    assert found.files == ()


def test_every_reason_is_told_at_once():
    data = both_flags(honest([("../a", b"x")]), 0x0001)

    assert len(survey(data).reasons) == 2


def test_a_few_idle_bytes_between_files_are_only_worth_a_warning():
    found = survey(with_gap(bytes(40)))

    assert found.reasons == ()
    assert found.warnings == ("The zip has bytes between its files that belong to none of them.",)


def test_a_directory_that_a_file_runs_into_is_refused():
    data = patched(patched(ONE, b"PK\x01\x02", 20, "<L", 5000), b"PK\x03\x04", 18, "<L", 5000)

    assert survey(data).reasons == ("The last file runs into the zip's directory.",)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(entries=1), "It has 2 entries, which is more than 1."),
        (Limits(size=599), "Unpacked it would be 600 bytes, which is more than 599."),
        (Limits(harmless=0, ratio=3), "Unpacked it would be more than 3 times as large"),
    ],
)
def test_a_zip_may_ask_for_so_much_only(limits, reason):
    assert survey(TWO, limits).reasons[0].startswith(reason)


def test_a_file_that_is_larger_than_it_says_stops_at_what_it_says():
    data = honest([("a.bin", bytes(5 << 20))])
    data = patched(patched(data, b"PK\x01\x02", 24, "<L", 10), b"PK\x03\x04", 22, "<L", 10)
    taken = []

    with pytest.raises(Damaged, match="larger than the zip says"):
        taken.extend(archive.contents(io.BytesIO(data), survey(data).files[0]))

    assert taken == []


@pytest.mark.parametrize("wrong", [b"\xff" * 8, b"\x00" * 8])
def test_bytes_that_are_not_deflated_are_damage(wrong):
    begin = ONE.index(b"a.txt") + 5
    data = ONE[:begin] + wrong + ONE[begin + 8 :]

    with pytest.raises(Damaged, match=r"'a.txt' is damaged"):
        list(archive.contents(io.BytesIO(data), survey(data).files[0]))


def test_a_wrong_checksum_is_damage():
    data = honest([("a.txt", b"hello")], zipfile.ZIP_STORED).replace(b"hello", b"jello")

    with pytest.raises(Damaged, match="not the ones that were packed"):
        list(archive.contents(io.BytesIO(data), survey(data).files[0]))


def test_bytes_left_behind_a_deflated_file_are_damage():
    packed = zlib.compress(b"hello", 9, -15)
    entry = archive.Entry(name="a.txt", method=8, crc=zlib.crc32(b"hello"), compressed=len(packed) + 3, size=5, start=0)

    with pytest.raises(Damaged, match="does not end where the zip says"):
        list(archive.contents(io.BytesIO(packed + b"abc"), entry))


def test_a_large_file_comes_in_pieces():
    data = honest([("a.bin", bytes(3 << 20))])
    pieces = list(archive.contents(io.BytesIO(data), survey(data).files[0]))

    assert sum(map(len, pieces)) == 3 << 20
    assert max(map(len, pieces)) <= archive.CHUNK


@given(st.integers(0, len(TWO) - 1), st.integers(0, 255))
def test_one_changed_byte_never_gives_other_contents_unnoticed(at, value):
    data = bytearray(TWO)
    data[at] = value
    found = survey(bytes(data))

    contents = set()
    for entry in found.files:
        try:
            contents.add(b"".join(archive.contents(io.BytesIO(bytes(data)), entry)))
        except Damaged:
            contents.add(b"hello " * 50)

    assert contents <= {b"hello " * 50, b"world " * 50}


@given(st.integers(0, len(TWO) - 1))
def test_a_zip_that_is_cut_anywhere_is_refused(at):
    assert survey(TWO[:at]).reasons


@given(st.binary(max_size=300))
def test_noise_is_never_a_zip(noise):
    assert survey(noise) == Archive(reasons=survey(noise).reasons)
    assert survey(b"PK\x03\x04" + noise).reasons
