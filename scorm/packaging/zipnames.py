"""The names in a zip, keys of a table and never paths: which are unfit, and which two could be taken for one. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

LONGEST_NAME = 500

_DRIVE = re.compile(r"[A-Za-z]:")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f]")


def decoded(raw: bytes, *, utf8: bool) -> str:
    """Read a name as UTF-8 if it says so or can be, else as code page 437 (APPNOTE D.1); slashes are made forward ones.

    Tools of today write UTF-8 and forget to say it. Bytes that claim to be UTF-8 and are not come out as U+FFFD.
    """
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        name = raw.decode(errors="replace") if utf8 else raw.decode("cp437")
    return name.replace("\\", "/").removeprefix("./")


def judge(names: Sequence[str]) -> list[str]:
    """Tell every reason why these names cannot be keys; folders end in a slash."""
    fit = [name for name in names if 0 < len(name) <= LONGEST_NAME]
    files = [name for name in fit if not name.endswith("/")]
    wrong = {
        "Names that are too long or empty": [name for name in names if not 0 < len(name) <= LONGEST_NAME],
        "Names that lead out of the zip": [name for name in fit if _leads_out(name)],
        "Names that cannot be shown": [name for name in fit if _UNPRINTABLE.search(name) or "\ufffd" in name],
        "Names that occur twice": _twice(files),
        "Names that differ only in case or in how accents are written": _alike(files),
        "Names that are both a file and a folder": _both(fit),
    }
    return [f"{what}: {listed(found)}." for what, found in wrong.items() if found]


def listed(names: Iterable[str]) -> str:
    """Put names in a sentence: the first three, quoted, and how many more there are."""
    every = [repr(name[:80]) for name in names]
    more = f" and {len(every) - 3} more" if len(every) > 3 else ""  # noqa: PLR2004 - three is what a sentence bears
    return ", ".join(every[:3]) + more


def _leads_out(name: str) -> bool:
    parts = name.removesuffix("/").split("/")
    return _DRIVE.match(name) is not None or any(part in ("", ".", "..") for part in parts)


def _twice(files: Sequence[str]) -> list[str]:
    return [name for name, times in Counter(files).items() if times > 1]


def _alike(files: Sequence[str]) -> list[str]:
    first: dict[str, str] = {}
    return [name for name in files if first.setdefault(_folded(name), name) != name]


def _both(names: Sequence[str]) -> list[str]:
    folders = {_folded(name[:at]) for name in names for at, letter in enumerate(name) if letter == "/"}
    return [name for name in names if _folded(name) in folders]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
