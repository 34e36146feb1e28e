"""Truths, numbers and terms as a manifest spells them, gathering a doubt for each that is not legal. Pure."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TypeVar

Term = TypeVar("Term", bound=StrEnum)

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class Literals:
    """Reads literals; `doubts` says of each illegal one what it was, and that its default was taken."""

    def __init__(self) -> None:
        """Begin without doubts."""
        self.doubts: list[str] = []

    def truth(self, text: str | None, name: str, *, default: bool) -> bool:
        """Read an xs:boolean."""
        plain = (text or "").strip().lower()
        if plain and plain not in _TRUTHS:
            self._doubt(name, plain)
        return _TRUTHS.get(plain, default)

    def number(self, text: str | None, name: str, least: float, most: float, default: float) -> float:
        """Read a decimal between `least` and `most`."""
        plain = (text or "").strip()
        if not plain:
            return default
        try:
            value = float(plain)
        except ValueError:
            value = math.nan
        if least <= value <= most:
            return value
        self._doubt(name, plain)
        return default

    def count(self, text: str | None, name: str) -> int | None:
        """Read a number that is not negative; None where nothing is said."""
        plain = (text or "").strip()
        if plain.isascii() and plain.isdigit():
            return int(plain[:9])
        if plain:
            self._doubt(name, plain)
        return None

    def term(self, text: str | None, name: str, default: Term) -> Term:
        """Read one word of the default's vocabulary."""
        plain = (text or "").strip()
        try:
            return type(default)(plain) if plain else default
        except ValueError:
            self._doubt(name, plain)
            return default

    def known(self, kind: type[Term], text: str | None, name: str) -> Term | None:
        """Read one word of a vocabulary that has no default; None if it is none of them."""
        plain = (text or "").strip()
        try:
            return kind(plain)
        except ValueError:
            self._doubt(name, plain)
            return None

    def _doubt(self, name: str, text: str) -> None:
        self.doubts.append(f"The manifest's {name} {text[:60]!r} is not a legal one and is left out.")
