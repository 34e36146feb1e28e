"""AICC units on the content origin: the page that opens one, and the address to which it reports (HACP)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scorm import addresses, aicc_sessions, permits
from scorm.hacp import aicc
from scorm.hacp.aicc import Error
from scorm.permits import Site
from scorm.relays import olm, olm_sessions
from scorm.store import Attempt

_OPEN_TO_ALL: Final = {
    # The session id is all the authority there is, so that content of any origin may report.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
    # Old content posts a form into a frame of its own and reads the answer there.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'",
}


def blueprint(site: Site) -> Blueprint:
    """Return the routes of units."""
    pages = Blueprint("aicc", __name__)

    @pages.get("/unit/<token>/")
    def unit(token: str) -> Response:
        """Show where the unit is, and open it: by script at once, else by the button."""
        attempt = _alone(site, token)
        item = site.item(attempt)
        there = urlsplit(item.url)
        origin = f"{there.scheme}://{there.netloc}" if item.url else ""
        page = render_template(
            "scorm/unit.html",
            title=site.title(attempt),
            home_url=site.home,
            host=there.hostname or "",
            action=f"/unit/{token}/open",
            framed=not item.url,
        )
        response = make_response(page)
        response.headers["Content-Security-Policy"] = _page_policy(origin)
        return response

    @pages.post("/unit/<token>/open")
    def opened(token: str) -> ResponseReturnValue:
        """Open a window, and say or go where the unit is."""
        attempt = _alone(site, token)
        url = _opened(site, attempt)
        wants_json = request.accept_mimetypes.best == "application/json"
        return {"url": url} if wants_json else redirect(url, HTTPStatus.SEE_OTHER)

    @pages.route("/hacp", methods=["POST", "OPTIONS"])
    def hacp() -> Response:
        """Take a message, and answer it once it is durable."""
        if request.method == "OPTIONS":
            return Response(status=HTTPStatus.NO_CONTENT, headers=_OPEN_TO_ALL)
        said = aicc.answer(*_taken(site, request.get_data()))
        return Response(said, content_type="text/plain; charset=utf-8", headers=_OPEN_TO_ALL)

    @pages.post("/olm")
    def adapter() -> Response:
        """Take a message of the older content-server adapter, and answer it once it is durable."""
        said = _adapted(site, request.form.get("scormd", ""))
        return Response(said, content_type="text/plain; charset=utf-8")

    return pages


def _alone(site: Site, token: str) -> Attempt:
    """Return the attempt at a package of one unit; those of several are opened from their contents only."""
    attempt = site.current(token)
    if not site.alone(attempt):
        abort(HTTPStatus.NOT_FOUND, permits.UNKNOWN)
    return attempt


def _opened(site: Site, attempt: Attempt) -> str:
    item = site.item(attempt)
    origin = addresses.package_origin(site.settings, attempt.package)
    with site.engine.transaction() as tx:
        session = aicc_sessions.open_unit(tx.connection, attempt, tx.now)
        token = addresses.play_token(attempt, site.secret, tx.now)
    return aicc_sessions.launch_url(item, f"{origin}/content/{token}/", session, origin)


def _taken(site: Site, body: bytes) -> tuple[Error, str]:
    message = aicc.read(body)
    if not _known(site, message.session):
        return Error.INVALID_SESSION, ""
    with site.engine.transaction() as tx:
        return aicc_sessions.take(tx, message, site.on_outcome)


def _adapted(site: Site, encoded: str) -> str:
    try:
        message = olm.read(encoded)
    except olm.Unreadable:
        return olm.answer(olm.Error.GENERAL, {})
    if not _known(site, message.session):
        return olm.answer(olm.Error.TIMED_OUT, {})
    with site.engine.transaction() as tx:
        return olm.answer(*olm_sessions.take(tx, message, site.on_outcome))


def _known(site: Site, session: str) -> bool:
    """Say whether a session is one of this package, before anything is locked for it."""
    with site.engine.reading() as connection:
        attempt = aicc_sessions.attempt_of(connection, session, site.engine.clock())
    return attempt is not None and site.at_home(attempt.package)


def _page_policy(there: str) -> str:
    return (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {there}".rstrip()
    )
