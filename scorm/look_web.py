"""The pages of a look at a course, on its own origin: they read, and have nothing that could write."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, render_template, request

from scorm import addresses, looking, moves, tokens
from scorm.course import Click
from scorm.errors import BatchMalformed
from scorm.looking import Looked
from scorm.moves import Move
from scorm.permits import Site
from scorm.tokens import Look, Mode

NAME = "look"
"""What a window that is only looked at has instead of an attempt."""


def blueprint(site: Site) -> Blueprint:
    """Return the routes."""
    pages = Blueprint("look", __name__)

    @pages.get("/look/<token>/")
    def look(token: str) -> str:
        """Show the player, which says that nothing is recorded."""
        chosen = site.looking(token)
        return render_template(
            "scorm/player.html",
            launch_url=f"/look/{token}/launch",
            title=site.titled(chosen.trust, chosen.package),
            home_url=site.home,
            review=chosen.mode is Mode.REVIEW,
            looking=True,
            apart=request.args.get("in") == addresses.WINDOW,
        )

    @pages.post("/look/<token>/launch")
    def launch(token: str) -> dict[str, Any]:
        chosen = site.looking(token)
        with site.engine.reading() as connection:
            shown = looking.look(connection, chosen, site.engine.clock().isoformat())
        return _told(site, chosen, shown)

    @pages.post("/look/<token>/navigate")
    def navigate(token: str) -> dict[str, Any]:
        chosen, move = site.looking(token), moves.parse(_said())
        with site.engine.reading() as connection:
            going, shown = looking.moved(connection, chosen, _click(move), site.engine.clock().isoformat())
        return _told(site, going, shown) if _opens(chosen, going, move) else _stays(shown)

    return pages


def _told(site: Site, chosen: Look, shown: Looked) -> dict[str, Any]:
    """Say what plays, in the words of a window that is recorded; there is nowhere to send calls to."""
    if shown.item is None or shown.launch is None:
        return _stays(shown)
    token = tokens.sign_look(chosen, site.secret)
    return {
        **_stays(shown),
        "epoch": 1,
        "launch": shown.launch.as_dict(),
        "data": dict(shown.data),
        "model_url": f"/model/{shown.launch.model}.json",
        "navigate_url": f"/look/{token}/navigate",
        "content_url": f"/content/{token}/{quote(shown.item.path)}{shown.item.suffix}",
        "title": shown.title,
    }


def _stays(shown: Looked) -> dict[str, Any]:
    course = {"course": shown.course} if shown.course else {}
    return {"attempt": NAME, "look": True, "saved": 0, "outcome": None, **course}


def _opens(before: Look, after: Look, move: Move) -> bool:
    return after != before or move.click is not None


def _click(move: Move) -> Click | None:
    """Return what the learner chose, else the last that the content asked for."""
    if move.click is not None or move.batch is None:
        return move.click
    name, value = (*move.batch.calls[-1].args, "", "")[:2]
    return looking.asked(name, value)


def _said() -> Any:
    try:
        return request.get_json(silent=True)
    except RecursionError:
        raise BatchMalformed("it is nested too deeply") from None
