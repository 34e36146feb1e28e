"""Where each block of a text comes from: the place furthest up from which it was taken unchanged. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.wording import sandbox
from engine.wording.notices import Source

_PARTS = {"Subject": "subject", "Text": "text", "HTML": "html"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One block of one part, and the label of the text that it comes from."""

    part: str
    block: str
    label: str


def origins(chain: Sequence[Source]) -> tuple[Origin, ...]:
    """Return each block of the first text of a chain with where it comes from; the chain leads upward."""
    split = [_blocks(source) for source in chain]
    return tuple(
        Origin(part=part, block=block, label=chain[_height(split, (part, block))].label) for part, block in split[0]
    )


def _blocks(source: Source) -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for part, name in _PARTS.items():
        written = getattr(source, name)
        blocks = sandbox.blocks(written) if name != "subject" else {"": written}
        found.update({(part, block): " ".join(said.split()) for block, said in blocks.items()})
    return found


def _height(split: Sequence[Mapping[tuple[str, str], str]], key: tuple[str, str]) -> int:
    """Return how far up a block is the same without a break."""
    height = 0
    while height + 1 < len(split) and split[height + 1].get(key) == split[0][key]:
        height += 1
    return height
