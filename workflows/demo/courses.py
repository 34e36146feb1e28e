"""Packs the demo's SCORM 1.2 courses, which are plain folders here, as zip files."""

from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_COURSES = Path(__file__).parent / "courses"
_SHARED = "shared"
_MANIFEST = "imsmanifest.xml"

# The earliest time that a zip can hold: a package is known by the hash of its bytes, so they may not tell the time.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16
_UNIX = 3


def names() -> tuple[str, ...]:
    """The courses that can be built, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in _COURSES.glob(f"*/{_MANIFEST}")))


def build(name: str) -> bytes:
    """One course as a zip, manifest first; equal bytes on every machine. KeyError if there is no such course."""
    if name not in names():
        raise KeyError(name)
    members = _files(_COURSES / name, prefix="") | _files(_COURSES / _SHARED, prefix=f"{_SHARED}/")
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for member in sorted(members, key=_manifest_first):
            archive.writestr(_entry(member), members[member].read_bytes())
    return buffer.getvalue()


def _files(folder: Path, *, prefix: str) -> dict[str, Path]:
    """Member names and the files that they come from. Editors' and systems' hidden files are not part of a course."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {prefix + path.relative_to(folder).as_posix(): path for path in paths}


def _manifest_first(member: str) -> tuple[bool, str]:
    return member != _MANIFEST, member


def _entry(member: str) -> ZipInfo:
    """Stored, not deflated: versions of zlib differ in their output, and the hash would with them."""
    entry = ZipInfo(member, _TIMESTAMP)
    entry.compress_type = ZIP_STORED
    entry.create_system = _UNIX
    entry.external_attr = _REGULAR_FILE
    return entry
