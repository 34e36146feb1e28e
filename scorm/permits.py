"""What a request to the content origin may do: the token in its path, at the host of its package."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import abort, request

from engine.settings import Settings
from engine.transaction import Engine
from scorm import addresses, courses, library, store, tokens
from scorm.packaging.manifest import Item
from scorm.playing import OnOutcome
from scorm.store import Attempt
from scorm.tokens import Look, Purpose, Token

EXPIRED: Final = "This link to the course has expired. Go back to your learning and open the course again."
MOVED: Final = (
    "This course has a newer version by now. Go back to your learning and open it again: what is saved counts."
)
UNKNOWN: Final = "This link does not lead to a course. Go back to your learning and open the course again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the routes work with."""

    engine: Engine
    settings: Settings
    secret: str
    on_outcome: OnOutcome

    @property
    def home(self) -> str:
        """Return the address of the learner's own page."""
        return f"{self.settings.app_origin}/"

    def permitted(self, text: str) -> tuple[Token, Attempt]:
        """Return what a launch token speaks for; 404 for what we did not sign, 401 when its time is over."""
        permit = self.signed(text)
        attempt = self.attempt_of(permit)
        self.admit(permit, attempt)
        return permit, attempt

    def looking(self, text: str) -> Look:
        """Return what a token of a look is for; 404 for what we did not sign, 401 when its time is over."""
        look = tokens.read_look(text, self.secret)
        if look is None or not self.at_home(look.package):
            abort(HTTPStatus.NOT_FOUND, UNKNOWN)
        if self.engine.clock() > look.issued_at + tokens.LAUNCH_LIFE:
            abort(HTTPStatus.UNAUTHORIZED, EXPIRED)
        return look

    def readable(self, text: str) -> tuple[str, str]:
        """Return trust and package whose files a token opens, be it for playing or for looking."""
        if tokens.read_look(text, self.secret) is not None:
            look = self.looking(text)
            return look.trust, look.package
        # A window that is open goes on with its own version, also after its attempt has moved to another.
        permit, _ = self.permitted(text)
        return permit.trust, permit.package

    def current(self, text: str) -> Attempt:
        """Return the attempt that a launch token opens; 410 where it has moved to another version since."""
        permit, attempt = self.permitted(text)
        if permit.package != attempt.package:
            abort(HTTPStatus.GONE, MOVED)
        return attempt

    def signed(self, text: str, host: str = "") -> Token:
        """Return a launch token that came to the right host, else 404; whether its time is over says `admit`.

        The host is that of the request, where none is given.
        """
        permit = tokens.read(text, Purpose.PLAY, self.secret)
        if permit is None or not self.at_home(permit.package, host):
            abort(HTTPStatus.NOT_FOUND, UNKNOWN)
        return permit

    def admit(self, permit: Token, attempt: Attempt) -> None:
        """Answer 401 where the time of a launch token is over."""
        if self.engine.clock() > max(permit.issued_at, attempt.active_at) + tokens.LAUNCH_LIFE:
            abort(HTTPStatus.UNAUTHORIZED, EXPIRED)

    def attempt_of(self, permit: Token | None) -> Attempt:
        """Return the attempt of a token that came to the right host, else 404."""
        if permit is None or not self.at_home(permit.package):
            abort(HTTPStatus.NOT_FOUND, UNKNOWN)
        with self.engine.reading() as connection:
            attempt = store.attempt(connection, permit.trust, permit.attempt)
        return attempt or abort(HTTPStatus.NOT_FOUND, UNKNOWN)

    def at_home(self, package: str, host: str = "") -> bool:
        """Say whether the request came to the host of this package, and to no other."""
        return (host or request.host) == addresses.package_host(self.settings, package)

    def item(self, attempt: Attempt, identifier: str = "") -> Item:
        """Return a part of an attempt's package, the first where none is named; raises `PackageMissing`."""
        with self.engine.reading() as connection:
            return library.sco(connection, attempt.trust, attempt.package, identifier or attempt.sco)

    def alone(self, attempt: Attempt) -> bool:
        """Say whether an attempt is at a package of one part, which sequencing does not play."""
        with self.engine.reading() as connection:
            return courses.tree(connection, attempt) is None

    def title(self, attempt: Attempt) -> str:
        """Return what the course is called."""
        return self.titled(attempt.trust, attempt.package)

    def titled(self, trust: str, package: str) -> str:
        """Return what a package is called."""
        with self.engine.reading() as connection:
            found = library.package_of(connection, trust, package)
        return found.title if found else ""
