"""What the player is told of a window: how its course stands, and what it needs for what plays in it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from scorm import addresses, aicc_sessions, contents_told
from scorm.conducting import Conducting
from scorm.packaging.manifest import AU, Item
from scorm.permits import Site
from scorm.playing import Opened


def told(site: Site, shown: Conducting) -> dict[str, Any]:
    """Say what a window shows from now on: how the course stands, and what plays where something new does."""
    course, opened = shown.course, shown.opened
    if shown.superseded:
        return {**_known(shown), "error": "superseded"}
    contents = {"course": contents_told.told(course)} if course else {}
    return {**_known(shown), **contents, **(_launch(site, opened, alone=course is None) if opened else {})}


def standing(shown: Conducting) -> dict[str, Any]:
    """Say how a course stands while a unit of it plays, which reports by itself: `running` until it has left."""
    contents = {"course": contents_told.told(shown.course)} if shown.course else {}
    superseded = {"error": "superseded"} if shown.superseded else {}
    return {**_known(shown), **contents, **superseded, "running": shown.attempt.running}


def _known(shown: Conducting) -> dict[str, Any]:
    outcome = shown.attempt.outcome
    return {
        "attempt": shown.attempt.id,
        "saved": shown.saved,
        "outcome": outcome.as_dict() if outcome else None,
    }


def _launch(site: Site, opened: Opened, *, alone: bool) -> dict[str, Any]:
    """Say what a window needs to play; without an address of content nothing plays until the learner chooses."""
    attempt, epoch = opened.attempt, opened.epoch
    token = addresses.play_token(attempt, site.secret, site.engine.clock())
    plays = attempt.sco if alone else epoch.activity
    item = site.item(attempt, plays) if plays else None
    return {
        "epoch": epoch.epoch,
        "launch": epoch.launch.as_dict(),
        "data": dict(epoch.opening),
        "model_url": f"/model/{epoch.launch.model}.json",
        "calls_url": f"/play/{token}/calls",
        "navigate_url": f"/play/{token}/navigate",
        "late_url": f"/late/{opened.late_key}/calls",
        "content_url": f"/content/{token}/{quote(item.path)}{item.suffix}" if item else "",
        "title": site.title(attempt),
        **(_unit(site, opened, item, token) if item and item.kind == AU and not alone else {}),
    }


def _unit(site: Site, opened: Opened, item: Item, token: str) -> dict[str, Any]:
    """Say where a unit opens, of which it is told by its address, and the host of one that is elsewhere."""
    origin = addresses.package_origin(site.settings, opened.attempt.package)
    return {
        "content_url": aicc_sessions.launch_url(item, f"{origin}/content/{token}/", opened.late_key, origin),
        "standing_url": f"/play/{token}/standing",
        "elsewhere": urlsplit(item.url).hostname or "",
    }
