"""What changed between two texts: line by line, with the words that differ marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import Final

_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
_LONGEST_COMPARED: Final = 2000
_ABOUT: Final = 3


class Change(StrEnum):
    """How a line differs; stored nowhere."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some words of a line, and whether they are what differs."""

    words: str
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a comparison, with its number in the text before, in the text after, or in both."""

    change: Change
    pieces: tuple[Piece, ...]
    before: int | None = None
    after: int | None = None

    @property
    def text(self) -> str:
        """Return the line as it is written."""
        return "".join(piece.words for piece in self.pieces)


def lines(before: str, after: str) -> tuple[Line, ...]:
    """Return every line of both texts: those that stay once, what went before what came."""
    old, new = before.splitlines(), after.splitlines()
    return tuple(
        line
        for tag, *where in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        for line in _block(tag, old, new, where)
    )


def shown(compared: Sequence[Line], about: int = _ABOUT) -> tuple[tuple[Line, ...], ...]:
    """Return the lines that changed with so many about them, in stretches that follow one another."""
    near = {
        place
        for number, line in enumerate(compared)
        if line.change is not Change.SAME
        for place in range(number - about, number + about + 1)
    }
    stretches: list[list[Line]] = []
    last = -2
    for number in sorted(near & set(range(len(compared)))):
        if number != last + 1:
            stretches.append([])
        stretches[-1].append(compared[number])
        last = number
    return tuple(tuple(stretch) for stretch in stretches)


def told(before: str, after: str) -> str:
    """Return what changed as plain text: each line that went with a minus, each that came with a plus."""
    sign = {Change.REMOVED: "-", Change.ADDED: "+"}
    return "\n".join(f"{sign[line.change]} {line.text}" for line in lines(before, after) if line.change in sign)


def _block(tag: str, old: Sequence[str], new: Sequence[str], where: Sequence[int]) -> Iterator[Line]:
    start, end, since, until = where
    if tag == "equal":
        for number in range(end - start):
            words = (Piece(words=old[start + number]),)
            yield Line(change=Change.SAME, pieces=words, before=start + number + 1, after=since + number + 1)
        return
    pairs = [_words(a, b) for a, b in zip_longest(old[start:end], new[since:until])]
    for number, (gone, _) in enumerate(pairs[: end - start]):
        yield Line(change=Change.REMOVED, pieces=gone, before=start + number + 1)
    for number, (_, come) in enumerate(pairs[: until - since]):
        yield Line(change=Change.ADDED, pieces=come, after=since + number + 1)


def _words(old: str | None, new: str | None) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return both lines in pieces; a line that stands beside none is marked as a whole."""
    if old is None or new is None or len(old) + len(new) > _LONGEST_COMPARED:
        return _whole(old), _whole(new)
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    gone: list[Piece] = []
    come: list[Piece] = []
    for tag, start, end, since, until in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        gone += _piece(a[start:end], marked=tag != "equal")
        come += _piece(b[since:until], marked=tag != "equal")
    return tuple(gone), tuple(come)


def _piece(words: Sequence[str], *, marked: bool) -> Iterator[Piece]:
    if words:
        yield Piece(words="".join(words), marked=marked)


def _whole(line: str | None) -> tuple[Piece, ...]:
    return (Piece(words=line, marked=True),) if line else ()
