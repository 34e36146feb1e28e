"""How old somebody has to be to read a text with ease: a hint, by Flesch and Kincaid's grade (1975). Pure.

Syllables are counted as groups of vowels, which is right for most English words and near enough for a hint; the
libraries that look them up bring a dictionary of megabytes for the same figure.
"""

from __future__ import annotations

import re
from typing import Final

from engine.wording.lint import Finding, Level

AIM: Final = 14
"""The NHS service manual aims at 9 to 11; a message of names, dates and titles reads older than it is."""

_FEWEST_WORDS: Final = 30
_AGE_OF_GRADE_0: Final = 5
_LINK: Final = re.compile(r"\S+://\S+")
_SENTENCE: Final = re.compile(r"[.!?:;]+\s|\n+")
_WORD: Final = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'\u2019-]*")
_VOWELS: Final = re.compile(r"[aeiouyà-ÿ]+")
_SILENT: Final = re.compile(r"(?<=[a-z]{2})(?:(?<!l)e|e[sd])$")


def age(text: str) -> int | None:
    """Return the reading age of a text in years; None where it is too short to say."""
    sentences = [words for part in _SENTENCE.split(_LINK.sub("", text)) if (words := _WORD.findall(part))]
    count = sum(map(len, sentences))
    if count < _FEWEST_WORDS:
        return None
    syllables = sum(_syllables(word.lower()) for words in sentences for word in words)
    return round(0.39 * count / len(sentences) + 11.8 * syllables / count - 15.59) + _AGE_OF_GRADE_0


def hints(text: str) -> list[Finding]:
    """Return a warning where a text asks for much older readers than it should."""
    found = age(text)
    if found is None or found <= AIM:
        return []
    sentence = f"It reads as for age {found} and over: shorter sentences and plainer words reach more people."
    return [Finding(level=Level.WARNING, place="text", sentence=sentence)]


def _syllables(word: str) -> int:
    return max(1, len(_VOWELS.findall(_SILENT.sub("", word))))
