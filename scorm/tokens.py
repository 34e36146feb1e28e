"""What an address of the content origin carries: a signed launch token, a finish-saving key, a late key. Pure.

A launch token names an attempt, which binds learner, registration, package and SCO for good, and the epoch that it may
speak for; cookies have no authority on the content origin (SECURITY 2 to 4).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from itsdangerous import BadData, URLSafeSerializer

LAUNCH_LIFE = timedelta(hours=8)
"""How long a launch token lives after it was issued, or after the attempt was last heard of."""

LATE_LIFE = timedelta(days=30)
"""How long calls may be brought late, by late key or from the finish-saving page."""


_MOST_TOKENS = 1_000


class Purpose(StrEnum):
    """What a token is for: one of one purpose is worth nothing for another."""

    PLAY = "play"
    FINISH_SAVING = "finish-saving"
    LOOK = "look"


class Mode(StrEnum):
    """How a course is looked at without taking it: cmi.mode and cmi.core.lesson_mode say the same."""

    REVIEW = "review"
    BROWSE = "browse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Whom and what a token speaks for; `issued` is in whole seconds since 1970."""

    trust: str
    attempt: str
    epoch: int
    package: str
    issued: int

    @property
    def issued_at(self) -> datetime:
        """Return the moment of issue, in UTC."""
        return datetime.fromtimestamp(self.issued, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is looked at: an attempt that is over, or "" for none; `part` is the one that plays, "" for the first."""

    trust: str
    attempt: str
    mode: Mode
    package: str
    issued: int
    part: str = ""

    @property
    def issued_at(self) -> datetime:
        """Return the moment of issue, in UTC."""
        return datetime.fromtimestamp(self.issued, UTC)


def sign_look(look: Look, secret: str) -> str:
    """Write a look as text that can stand in a path; nothing that records takes it."""
    return _serializer(Purpose.LOOK, secret).dumps(astuple(look))


def read_look(text: str, secret: str) -> Look | None:
    """Return the look, or None for anything else."""
    try:
        trust, attempt, mode, package, issued, part = _serializer(Purpose.LOOK, secret).loads(text)
    except BadData:
        return None
    return Look(trust=trust, attempt=attempt, mode=Mode(mode), package=package, issued=issued, part=part)


def sign(token: Token, purpose: Purpose, secret: str) -> str:
    """Write a token as text that can stand in a path."""
    return _serializer(purpose, secret).dumps(astuple(token))


@lru_cache(maxsize=_MOST_TOKENS)
def read(text: str, purpose: Purpose, secret: str) -> Token | None:
    """Return the token, or None for anything that we did not sign for this purpose.

    A window brings the same one with all that it sends.
    """
    try:
        trust, attempt, epoch, package, issued = _serializer(purpose, secret).loads(text)
    except BadData:
        return None
    return Token(trust=trust, attempt=attempt, epoch=epoch, package=package, issued=issued)


def new_late_key() -> str:
    """Draw an append-only key of 256 bits."""
    return secrets.token_urlsafe(32)


def unit_key(session: str) -> str:
    """Return the late key that the session id of an AICC unit is: no such key is one of the player's."""
    return f"aicc:{session}"


def hashed(key: str) -> str:
    """Return what of a late key is stored."""
    return hashlib.sha256(key.encode()).hexdigest()


def _serializer(purpose: Purpose, secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=f"preceptor.scorm.{purpose}", signer_kwargs={"digest_method": hashlib.sha256})
