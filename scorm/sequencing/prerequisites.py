"""Prerequisites of SCORM 1.2, written in aicc_script (CAM 1.2 2.3.5.4, AICC CMI001 5.5) -> what they ask. Pure.

`A1 & A2 | ~A3`, `A1="passed"`, `A1<>"failed"`, `2*{A1, A2, A3}`; a name alone asks for passed or completed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from scorm.sequencing import phrases
from scorm.sequencing.phrases import Titles

Statuses = Callable[[str], str]
"""Gives the lesson status of the item of this identifier, "" if there is none."""


class Prerequisite(Protocol):
    """What a script asks; called with the statuses it says whether that holds."""

    def __call__(self, statuses: Statuses, /) -> bool:
        """Say whether it holds."""
        ...

    def lacking(self, statuses: Statuses, titles: Titles, /) -> str:
        """Say what a learner has to have done first, as in `finished “Part 1”`; "" where that cannot be said."""
        ...


LONGEST = 1_000
"""Characters of a script that are read: CMI001 has 255, and every look at the contents evaluates it."""

_TOKEN = re.compile(r"""\s*(?:(<>|[&|~=(){},*])|"([^"]*)"|'([^']*)'|([^\s&|~=<>(){},*"']+))""")
_DONE = frozenset({"passed", "completed"})
_VERBS = {_DONE: "finished", frozenset({"passed"}): "passed", frozenset({"completed"}): "completed"}
_LETTERS = {"p": "passed", "c": "completed", "f": "failed", "i": "incomplete", "b": "browsed", "n": "not attempted"}


class Unreadable(ValueError):
    """A prerequisite is not written in aicc_script."""


def names(script: str) -> tuple[str, ...]:
    """Return what a script asks about, in order; Unreadable if it is none."""
    parsed(script)
    tokens = _tokens(script)
    return tuple(tokens[at][1:] for at in _naming(tokens))


def spelled(script: str, known: Mapping[str, str]) -> str:
    """Write the names of a script as `known` has them by their small letters; Unreadable if it is none."""
    parsed(script)
    tokens = _tokens(script)
    for at in _naming(tokens):
        tokens[at] = "'" + known.get(tokens[at][1:].casefold(), tokens[at][1:])
    return "".join(_quoted(token[1:]) if token.startswith("'") else token for token in tokens)


@functools.lru_cache(maxsize=4_096)
def parsed(script: str) -> Prerequisite:
    """Read a script; Unreadable if it is none. An empty one asks nothing."""
    if not script.strip():
        return _Several(parts=(), count=0)
    parser = _Parser(_tokens(script))
    prerequisite = parser.either()
    if parser.here:
        raise Unreadable(script)
    return prerequisite


def _naming(tokens: list[str]) -> list[int]:
    """Give the places of names: a word that is no status behind a comparison, and no number before `*`."""
    around = zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False)
    return [at for at, (before, here, after) in enumerate(around) if _names(before, here, after)]


def _names(before: str, here: str, after: str) -> bool:
    return here.startswith("'") and before not in ("=", "<>") and after != "*"


def _quoted(word: str) -> str:
    return f"'{word}'" if '"' in word else f'"{word}"'


def _tokens(script: str) -> list[str]:
    if len(script) > LONGEST:
        raise Unreadable(script[:80])
    script, tokens, at = script.rstrip(), [], 0
    while at < len(script):
        match = _TOKEN.match(script, at)
        if match is None:
            raise Unreadable(script)
        sign, *words = match.groups()
        tokens.append(sign or "'" + next((word for word in words if word is not None), ""))
        at = match.end()
    return tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stands:
    """An item stands as wanted."""

    name: str
    wanted: frozenset[str]

    def __call__(self, statuses: Statuses) -> bool:
        return statuses(self.name) in self.wanted

    def lacking(self, _statuses: Statuses, titles: Titles) -> str:
        verb, title = _VERBS.get(self.wanted, ""), titles(self.name)
        return f"{verb} {title}" if verb and title else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Not:
    """Something does not hold; what is to be undone for it, no learner can be asked for."""

    part: Prerequisite

    def __call__(self, statuses: Statuses) -> bool:
        return not self.part(statuses)

    def lacking(self, _statuses: Statuses, _titles: Titles) -> str:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Several:
    """So many parts hold, or more."""

    parts: tuple[Prerequisite, ...]
    count: int

    def __call__(self, statuses: Statuses) -> bool:
        return sum(part(statuses) for part in self.parts) >= self.count

    def lacking(self, statuses: Statuses, titles: Titles) -> str:
        waiting = [part for part in self.parts if not part(statuses)]
        missing = self.count - (len(self.parts) - len(waiting))
        said = [part.lacking(statuses, titles) for part in waiting]
        return phrases.of(missing, said)


class _Parser:
    """Recursive descent: `|` binds least, then `&`, then `~`, then a comparison."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    @property
    def here(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def taken(self, sign: str) -> bool:
        if self.here != sign:
            return False
        self.at += 1
        return True

    def word(self) -> str:
        if not self.here.startswith("'"):
            raise Unreadable(self.here)
        self.at += 1
        return self.tokens[self.at - 1][1:]

    def either(self) -> Prerequisite:
        parts = [self.both()]
        while self.taken("|"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else _Several(parts=tuple(parts), count=1)

    def both(self) -> Prerequisite:
        parts = [self.inner()]
        while self.taken("&"):
            parts.append(self.inner())
        return parts[0] if len(parts) == 1 else _Several(parts=tuple(parts), count=len(parts))

    def inner(self) -> Prerequisite:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unreadable(self.here)
        found = self._inner()
        self.depth -= 1
        return found

    def _inner(self) -> Prerequisite:
        if self.taken("~"):
            return _Not(part=self.inner())
        if self.taken("("):
            inner = self.either()
            self._close(")")
            return inner
        if self.taken("{"):
            return self.several(None)
        return self.named()

    def named(self) -> Prerequisite:
        name = self.word()
        if self.taken("*"):
            self._close("{")
            return self.several(_count(name))
        if self.taken("="):
            return _Stands(name=name, wanted=frozenset({_status(self.word())}))
        if self.taken("<>"):
            return _Not(part=_Stands(name=name, wanted=frozenset({_status(self.word())})))
        return _Stands(name=name, wanted=_DONE)

    def several(self, count: int | None) -> Prerequisite:
        """Read the rest of `n*{A, B}`; without a number all are asked for."""
        parts = [self.either()]
        while self.taken(","):
            parts.append(self.either())
        self._close("}")
        return _Several(parts=tuple(parts), count=len(parts) if count is None else count)

    def _close(self, sign: str) -> None:
        if not self.taken(sign):
            raise Unreadable(self.here)


_DEEPEST = 50


def _count(word: str) -> int:
    if not (word.isascii() and word.isdigit()):
        raise Unreadable(word)
    return int(word[:9])


def _status(word: str) -> str:
    plain = word.strip().lower()
    return _LETTERS.get(plain, plain)
