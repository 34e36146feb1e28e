"""What a learner's browser loads to play a course."""

from __future__ import annotations

import re
from importlib import resources

MOST = 40 * 1024
"""Bytes, as they are served: nothing is minified."""


def loaded(name, seen=()):
    """Give a script of the player and everything that it imports, by name."""
    text = resources.files("scorm").joinpath("static", name).read_text("utf-8")
    found = {name: text}
    for other in re.findall(r"""from "\./([a-z]+\.js)";""", text):
        if other not in seen:
            found |= loaded(other, (*seen, name))
    return found


def test_the_player_with_all_that_it_imports_stays_small_and_depends_on_nothing_else():
    scripts = loaded("player.js")

    assert sum(len(text.encode()) for text in scripts.values()) <= MOST
    assert {"api.js", "journal.js", "player.js"} <= set(scripts)
    assert not any(re.search(r"""from "(?!\./)""", text) for text in scripts.values())
