"""What the first line of an answer by mail says: one of the choices, or nothing that is beyond doubt. Pure.

Only whole words at the beginning of the first line count, so that nothing that is quoted can be taken for an answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_SAME: Final[Mapping[str, frozenset[str]]] = {
    "yes": frozenset({"accept", "accepted", "accepts", "approve", "approved", "approves", "agree", "agreed"}),
    "no": frozenset({"reject", "rejected", "rejects", "decline", "declined", "declines", "refuse", "refused"}),
}
_MEANS: Final[Mapping[str, frozenset[str]]] = {
    "yes": frozenset({"ACCEPT", "APPROVE"}),
    "no": frozenset({"REJECT", "DECLINE"}),
}
_QUOTED: Final = re.compile(r"\s*[>|]")
_ENDS: Final = re.compile(
    r"\s*(-- ?$|_{5,}|-{3,} ?(original message|forwarded)|from:|sent from|sent:|begin forwarded|get outlook)",
    re.IGNORECASE,
)
_ATTRIBUTION: Final = re.compile(r"\s*(on|am|le|el) .{6,}", re.IGNORECASE)
_WROTE: Final = re.compile(r"(wrote|schrieb|a écrit|escribió)\s*:\s*$", re.IGNORECASE)
_AROUND: Final = " \t*_\"'“”#•."
_AFTER: Final = re.compile(r"\s*[:,;.!\u2013\u2014-]\s*|\s*$")
_MOST_LINES: Final = 400
_POLITE: Final = frozenset({"", "thanks", "thank you", "please", "many thanks", "regards", "kind regards"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One of the choices, and what was written with it."""

    choice: str
    comment: str


def own_lines(text: str) -> Iterator[str]:
    """Yield the lines that somebody wrote above or around what they quote, without their signature."""
    lines = text.splitlines()[:_MOST_LINES]
    for number, line in enumerate(lines):
        if _ENDS.match(line):
            return
        if not _QUOTED.match(line) and not _attributes(lines, number):
            yield line.strip()


def answer(text: str, choices: Collection[str]) -> Answer | None:
    """Return which of the choices the first line says, and the words after it; None where that is not beyond doubt."""
    lines = list(own_lines(text))
    first = next((number for number, line in enumerate(lines) if line), None)
    if first is None:
        return None
    line = lines[first].strip(_AROUND)
    known = _words(choices)
    said = next((word for word in sorted(known, key=len, reverse=True) if _begins(line, word)), None)
    if said is None or "?" in line:
        return None
    after = line[len(said) :]
    rest = _AFTER.sub("", after, count=1) if _AFTER.match(after) else None
    more = "\n".join(lines[first + 1 :]).strip()
    if known[said] in _NEEDS_NO_MARK and rest is None:
        rest = after.strip()  # “reject because …”: nothing can turn a no into a yes
    if rest is None or _contradicts(rest, known, known[said]):
        return None
    written = "\n".join(part for part in (rest, more) if part).strip()
    return Answer(choice=known[said], comment="" if written.lower().strip(" .,!") in _POLITE else written)


_NEEDS_NO_MARK: Final = _MEANS["no"]


def _attributes(lines: list[str], number: int) -> bool:
    """Say whether a line belongs to `On … somebody wrote:`, which clients break in two."""
    following = " ".join(lines[number : number + 3])
    begins = bool(_ATTRIBUTION.match(lines[number])) and bool(_WROTE.search(_until_colon(following)))
    return begins or bool(_WROTE.search(lines[number]))


def _until_colon(said: str) -> str:
    return said[: said.rfind(":") + 1]


def _words(choices: Collection[str]) -> dict[str, str]:
    """Return the words by which each choice is meant: its own, and what means the same where that is one choice."""
    known = {choice.replace("_", " ").lower(): choice for choice in choices}
    for sense, words in _SAME.items():
        meant = _MEANS[sense] & set(choices)
        if len(meant) == 1:
            known |= dict.fromkeys(words, next(iter(meant)))
    return known


def _begins(line: str, word: str) -> bool:
    low = line.lower()
    return low.startswith(word) and not low[len(word) : len(word) + 1].isalnum()


def _contradicts(rest: str, known: Mapping[str, str], choice: str) -> bool:
    """Say whether the rest of the line names another choice."""
    return any(re.search(rf"\b{re.escape(word)}\b", rest.lower()) for word, other in known.items() if other != choice)
