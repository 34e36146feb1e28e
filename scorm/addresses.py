"""Where a course is played: one host of the content origin for each package. Pure but for the secret's file."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from engine.settings import Settings, secret_for
from scorm import tokens
from scorm.store import Attempt
from scorm.tokens import Look, Purpose, Token

_HOST_DIGITS = 16

WINDOW = "window"
"""What the address of a player says where the course plays in a window of its own."""


def play_url(settings: Settings, attempt: Attempt, now: datetime, *, apart: bool = False) -> str:
    """Return the address that opens the player; it is as good as a key, for 8 hours and as long as it is used.

    With `apart` the course plays in a window of its own, else in the player's page.
    """
    token = play_token(attempt, secret_for(settings), now)
    return f"{package_origin(settings, attempt.package)}/play/{token}/{_within(apart)}"


def finish_saving_url(settings: Settings, attempt: Attempt, now: datetime) -> str:
    """Return the address of the page that sends what a browser still keeps of an attempt."""
    key = tokens.sign(_token(attempt, now), Purpose.FINISH_SAVING, secret_for(settings))
    return f"{package_origin(settings, attempt.package)}/finish-saving/{key}"


def look_url(settings: Settings, look: Look, *, apart: bool = False) -> str:
    """Return the address at which a course is looked at, for 8 hours; nothing that is done there is recorded."""
    token = tokens.sign_look(look, secret_for(settings))
    return f"{package_origin(settings, look.package)}/look/{token}/{_within(apart)}"


def play_token(attempt: Attempt, secret: str, now: datetime) -> str:
    """Sign a launch token for the attempt's newest window."""
    return tokens.sign(_token(attempt, now), Purpose.PLAY, secret)


def package_origin(settings: Settings, package: str) -> str:
    """Return the origin of one package."""
    return f"{urlsplit(settings.content_origin).scheme}://{package_host(settings, package)}"


def package_host(settings: Settings, package: str) -> str:
    """Return the host of one package below the content host, with the port where there is one."""
    return f"{package[:_HOST_DIGITS]}.{urlsplit(settings.content_origin).netloc}"


def _within(apart: bool) -> str:  # noqa: FBT001 - where the course plays
    return f"?in={WINDOW}" if apart else ""


def _token(attempt: Attempt, now: datetime) -> Token:
    return Token(
        trust=attempt.trust,
        attempt=attempt.id,
        epoch=attempt.epoch,
        package=attempt.package,
        issued=int(now.timestamp()),
    )
