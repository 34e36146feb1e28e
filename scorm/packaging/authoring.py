"""By which programs a package runs, as far as the names and the bytes of its files tell. Pure.

A learner's place and answers are kept in words that only the course's own program knows. Where two versions have the
same program, the newer one reads what the older one wrote; where they have not, nobody can know from outside.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

PROGRAMS: Final = (".js", ".mjs", ".wasm", ".swf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """An authoring tool, by a file that only its packages have; `content` are scripts that it makes of each course."""

    name: str
    mark: re.Pattern[str]
    content: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether the programs are the same (True), certainly others (False) or nobody can know (None), and why."""

    same: bool | None
    sentence: str


def _tool(name: str, mark: str, content: str = r"$^") -> Tool:
    return Tool(name=name, mark=re.compile(mark, re.IGNORECASE), content=re.compile(content, re.IGNORECASE))


TOOLS: Final = (
    _tool("Articulate Storyline", r"(^|/)story(_html5)?\.html$", r"(^|/)(html5/data|story_content)/"),
    _tool("Articulate Rise", r"(^|/)scormcontent/index\.html$", r"(^|/)scormcontent/lib/(?!.*vendor)"),
    _tool("Adobe Captivate", r"(^|/)cpm\.js$", r"(^|/)(cpm|assets/js/cpm)\.js$"),
    _tool("iSpring", r"(^|/)res/data/player\.js$", r"(^|/)res/data/slide\d+\.js$"),
    _tool("Lectora", r"(^|/)trivantis[^/]*\.js$", r"(^|/)a001[^/]*\.js$"),
    _tool("Adapt", r"(^|/)adapt/js/adapt\.min\.js$"),
    _tool("eXeLearning", r"(^|/)exe_[a-z]+\.js$"),
    _tool("Xerte", r"(^|/)xenith\.js$"),
    _tool("H5P", r"(^|/)h5p\.json$"),
)


def tool_of(names: Collection[str]) -> Tool | None:
    """Return the tool that a package was made with, where its files show it."""
    return next((tool for tool in TOOLS if any(tool.mark.search(name) for name in names)), None)


def compared(
    old: Mapping[str, str], new: Mapping[str, str], old_starts: Collection[str], new_starts: Collection[str]
) -> Finding:
    """Compare the programs of two versions; files are SHA-256 by name, `starts` the pages that are opened first."""
    before, after = tool_of(old), tool_of(new)
    if before and after and before != after:
        said = f"It was made with {after.name} instead of {before.name}, which keeps progress in other words."
        return Finding(same=False, sentence=said)
    tool = before if before == after else None
    was, now = _programs(old, tool), _programs(new, tool)
    if was or now:
        return _of_programs(was, now, f"of {tool.name} " if tool else "")
    pages = {name: old[name] for name in old_starts if name in old}
    if pages and pages == {name: new[name] for name in new_starts if name in new}:
        return Finding(same=True, sentence="Its pages that begin are the same, so that it reads what it wrote before.")
    said = "It has no program of its own to compare, so that it cannot be known whether it reads what was kept."
    return Finding(same=None, sentence=said)


def _of_programs(was: Mapping[str, str], now: Mapping[str, str], whose: str) -> Finding:
    if was == now:
        said = f"Its programs {whose}({_counted(len(now))}) are the same, so that it reads what it wrote before."
        return Finding(same=True, sentence=said)
    others = sorted(name for name in {*was, *now} if was.get(name) != now.get(name))
    shown = f"{', '.join(others[:3])}{' and more' if others[3:] else ''}"
    said = f"Of its programs {whose}{_counted(len(others))} changed ({shown})"
    return Finding(same=None, sentence=f"{said}: it cannot be known whether they read what was kept.")


def _programs(files: Mapping[str, str], tool: Tool | None) -> dict[str, str]:
    scripts = {name: digest for name, digest in files.items() if name.lower().endswith(PROGRAMS)}
    return {name: one for name, one in scripts.items() if tool is None or not tool.content.search(name)}


def _counted(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"
