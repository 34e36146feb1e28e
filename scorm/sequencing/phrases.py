"""What a learner has to have done first, put into words: `finished “Part 1” and “Part 2”`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Titles = Callable[[str], str]
"""Gives the title of the item of this identifier between quotation marks, "" if a learner knows none."""

MOST = 3
"""Titles that are named; of more, the number is enough."""


def quoted(title: str) -> str:
    """Put a title between quotation marks; none stays none."""
    return f"“{title}”" if title else ""


def of(count: int, said: Sequence[str]) -> str:
    """Say that `count` of these phrases are needed; an empty phrase is what cannot be said. "" if that is too much."""
    known = list(dict.fromkeys(one for one in said if one))
    if count < 1 or len(known) < count or (count > 1 and len(known) < len(said)):
        return ""
    if count == len(known):
        return _listed(known, "and")
    if count == 1:
        return _listed(known, "or")
    same = _verb(known)
    return f"{same} {count} of {_listed([one.removeprefix(same + ' ') for one in known], 'and')}" if same else ""


def _listed(known: Sequence[str], word: str) -> str:
    if len(known) == 1:
        return known[0]
    same = _verb(known)
    items = [one.removeprefix(f"{same} ") for one in known] if same else list(known)
    if len(items) > MOST:
        items = [*items[: MOST - 1], f"{len(items) - MOST + 1} more"]
    either = "either " if word == "or" else ""
    return f"{same} {either}".lstrip() + f"{', '.join(items[:-1])} {word} {items[-1]}"


def _verb(known: Sequence[str]) -> str:
    """Give the verb that all phrases begin with, where none goes on with more than one title."""
    verbs = {one.partition(" ")[0] for one in known}
    plain = all(one.partition(" ")[2].startswith("“") for one in known)
    return verbs.pop() if len(verbs) == 1 and plain else ""
