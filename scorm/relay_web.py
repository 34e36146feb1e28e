"""The content-server adapter on the content origin: where a remote system sends its learners, and where they end."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from engine.errors import Invalid
from scorm import addresses, library
from scorm.errors import PackageMissing, SystemUnheard
from scorm.permits import Site
from scorm.relays import relaying
from scorm.relays.relay_reports import Remote
from scorm.relays.relaying import TRUST, Asked

_AGAIN: Final = "Nothing is lost. Close this window, and open the course again from there in a minute."


def blueprint(site: Site, remote: Remote) -> Blueprint:
    """Return the routes of the adapter."""
    pages = Blueprint("relay", __name__)

    @pages.get("/relay/<package>/")
    def page(package: str) -> str:
        """Show what is opened and who is told; the page opens it, or its button does."""
        asked = _asked(site, package, request.args)
        return render_template(
            "scorm/unit.html",
            title=_title(site, package),
            system=urlsplit(asked.system).hostname or "",
            action=f"/relay/{package}/open",
            fields=[("AICC_SID", asked.session), ("AICC_URL", asked.system)],
        )

    @pages.post("/relay/<package>/open")
    def opened(package: str) -> ResponseReturnValue:
        """Open the attempt of a remote session, and go to the player."""
        asked = _asked(site, package, request.form)
        try:
            attempt = relaying.open_attempt(site.engine, remote, asked)
        except Invalid as refused:
            abort(HTTPStatus.FORBIDDEN, refused.sentence)
        except SystemUnheard as unheard:
            abort(HTTPStatus.BAD_GATEWAY, f"{unheard.sentence} {_AGAIN}")
        url = addresses.play_url(site.settings, attempt, site.engine.clock())
        wants_json = request.accept_mimetypes.best == "application/json"
        return {"url": url} if wants_json else redirect(url, HTTPStatus.SEE_OTHER)

    @pages.get("/")
    def left() -> str:
        """Say that the course has been left."""
        return render_template("scorm/left.html")

    @pages.after_request
    def may_post(response: Response) -> Response:
        """Let the page's form post to us, which other pages of this origin may not."""
        if response.status_code == HTTPStatus.OK and response.mimetype == "text/html":
            policy = "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
            response.headers["Content-Security-Policy"] = f"{policy}; form-action 'self'"
        return response

    return pages


def launch_url(settings: Any, package: str) -> str:
    """Return the address that a remote system is given for a package; it adds `AICC_SID` and `AICC_URL`."""
    return f"{addresses.package_origin(settings, package)}/relay/{package}/"


def _asked(site: Site, package: str, said: Any) -> Asked:
    """Read who opens what, the names in any case; 404 at another package's host."""
    if not site.at_home(package):
        abort(HTTPStatus.NOT_FOUND)
    named = {name.lower(): value.strip() for name, value in said.items()}
    return Asked(package=package, system=named.get("aicc_url", ""), session=named.get("aicc_sid", ""))


def _title(site: Site, package: str) -> str:
    with site.engine.reading() as connection:
        found = library.package_of(connection, TRUST, package)
    if found is None:
        raise PackageMissing
    return found.title
