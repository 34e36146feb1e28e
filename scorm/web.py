"""The content origin: the player page, its calls, and the files of packages, each package on a host of its own.

No cookie is read or set here: the token or key in the path is all the authority there is (SECURITY 1 to 5).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    redirect,
    render_template,
    request,
    send_file,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import (
    DataError,
    InterfaceError,
    OperationalError,
    TimeoutError,  # noqa: A004 - of the pool of connections
)
from werkzeug.exceptions import HTTPException, InternalServerError

from engine.errors import Conflict
from engine.settings import Settings, secret_for
from engine.transaction import Engine
from scorm import (
    addresses,
    aicc_web,
    blobs,
    calls_web,
    conducting,
    content,
    library,
    look_web,
    moves,
    permits,
    store,
    tokens,
    window_told,
)
from scorm.calls_web import Noted
from scorm.errors import AttemptMissing, BatchGap, BatchMalformed, PackageMissing
from scorm.packaging.manifest import AU
from scorm.permits import Site
from scorm.playing import OnOutcome
from scorm.runtime import elements
from scorm.tokens import Purpose

_log = logging.getLogger(__name__)
_FAULT = "A fault in Preceptor stopped this. It has been recorded. Try again in a minute."

_PLAYER_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_CONTENT_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:{hosts}; connect-src 'self'; "
    "frame-ancestors 'self'{more}"
)


def create_content_app(
    engine: Engine, settings: Settings, on_outcome: OnOutcome, noted: Noted = lambda *_: None
) -> Flask:
    """Make the WSGI application of the content origin; `on_outcome` is told in the transaction of a batch.

    `noted` is told of requests that no hook of the application's hears of.
    """
    for name in elements.MODELS:
        elements.model(name)  # read now, and not while the first learner waits
    site = Site(engine=engine, settings=settings, secret=secret_for(settings), on_outcome=on_outcome)
    app = Flask("scorm")
    app.config["MAX_CONTENT_LENGTH"] = calls_web.LARGEST
    app.register_blueprint(_player(site))
    app.register_blueprint(_calls(site))
    app.register_blueprint(_content(site))
    app.register_blueprint(aicc_web.blueprint(site))
    app.register_blueprint(look_web.blueprint(site))
    app.register_error_handler(HTTPException, _refused)
    for missing in (AttemptMissing, PackageMissing, DataError):  # PostgreSQL takes no name with a NUL
        app.register_error_handler(missing, lambda _: _problem(HTTPStatus.NOT_FOUND, "missing", permits.UNKNOWN))
    app.register_error_handler(BatchMalformed, lambda e: _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "malformed", str(e)))
    app.register_error_handler(BatchGap, lambda e: _problem(HTTPStatus.CONFLICT, "gap", str(e), expected=e.expected))
    for passing in (OperationalError, InterfaceError, TimeoutError, Conflict):
        app.register_error_handler(passing, _busy)
    app.register_error_handler(Exception, _failed)
    app.after_request(_guard(_content_policy(settings)))
    app.wsgi_app = calls_web.Door(app, site, [*_headers(_PLAYER_POLICY).items()], noted)  # type: ignore[method-assign,assignment]
    return app


def _player(site: Site) -> Blueprint:
    pages = Blueprint("player", __name__)

    @pages.get("/play/<token>/")
    def player(token: str) -> ResponseReturnValue:
        attempt = site.current(token)
        if site.item(attempt).kind == AU and site.alone(attempt):
            return redirect(url_for("aicc.unit", token=token), HTTPStatus.SEE_OTHER)
        launch_url = f"/play/{token}/launch"
        apart = request.args.get("in") == addresses.WINDOW
        return render_template(
            "scorm/player.html", launch_url=launch_url, title=site.title(attempt), home_url=site.home, apart=apart
        )

    @pages.post("/play/<token>/launch")
    def launch(token: str) -> dict[str, Any]:
        attempt = site.current(token)
        with site.engine.transaction() as tx:
            shown = conducting.launch(tx, attempt.trust, attempt.id, site.on_outcome)
        return window_told.told(site, shown)

    @pages.get("/play/<token>/standing")
    def standing(token: str) -> tuple[dict[str, Any], int]:
        permit, attempt = site.permitted(token)
        with site.engine.reading() as connection:
            shown = conducting.standing(connection, attempt, permit.epoch)
        return window_told.standing(shown), HTTPStatus.GONE if shown.superseded else HTTPStatus.OK

    @pages.get("/finish-saving/<key>")
    def finish_saving(key: str) -> str:
        permit = tokens.read(key, Purpose.FINISH_SAVING, site.secret)
        attempt = site.attempt_of(permit)
        if permit is None or site.engine.clock() > permit.issued_at + tokens.LATE_LIFE:
            abort(HTTPStatus.UNAUTHORIZED, permits.EXPIRED)
        return render_template("scorm/finish_saving.html", title=site.title(attempt), home_url=site.home)

    @pages.get("/model/<name>.json")
    def model(name: str) -> Response:
        return send_from_directory("model", f"{name}.json") if name in elements.MODELS else abort(HTTPStatus.NOT_FOUND)

    return pages


def _calls(site: Site) -> Blueprint:
    pages = Blueprint("calls", __name__)

    @pages.post(calls_web.ROUTE)
    def take(token: str) -> tuple[dict[str, Any], int]:
        return calls_web.take(site, token, request.host, _said())

    @pages.post("/play/<token>/navigate")
    def navigate(token: str) -> tuple[dict[str, Any], int]:
        permit, _ = site.permitted(token)
        move = moves.parse(_said())
        if (move.attempt, move.epoch) != (permit.attempt, permit.epoch):
            raise BatchMalformed("it is for another attempt or window")
        with site.engine.transaction() as tx:
            shown = conducting.navigate(tx, permit.trust, move, site.on_outcome)
        return window_told.told(site, shown), HTTPStatus.GONE if shown.superseded else HTTPStatus.OK

    @pages.post("/late/<key>/calls")
    def take_late(key: str) -> tuple[dict[str, Any], int]:
        with site.engine.reading() as connection:
            found = store.late(connection, key, site.engine.clock())
        if found is None or not site.at_home(found[0].package):
            abort(HTTPStatus.NOT_FOUND)
        attempt, epoch = found
        return calls_web.taken(site, attempt.trust, calls_web.batch(_said(), attempt.id, epoch))

    return pages


def _content(site: Site) -> Blueprint:
    pages = Blueprint("content", __name__)

    @pages.get("/content/<token>/<path:path>")
    def file(token: str, path: str) -> Response:
        trust, package = site.readable(token)
        with site.engine.reading() as connection:
            found = library.file(connection, trust, package, path)
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        name = PurePosixPath(found.path).name
        response = send_file(
            blobs.place(site.settings.blobs, found.hash), download_name=name, etag=found.hash, conditional=True
        )
        response.headers["Content-Type"] = content.media_type(found.path)
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response

    return pages


def _said() -> Any:
    return calls_web.said(request.get_data(cache=False)) if request.is_json else None


def _refused(error: HTTPException) -> Response | tuple[str, int]:
    """Say why in the form that was asked for: a page to a person, JSON to the player."""
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    detail = error.description or ""
    if request.method == "GET" and not request.path.startswith("/content/"):
        return render_template("scorm/refused.html", reason=detail), code
    return _problem(HTTPStatus(code), HTTPStatus(code).phrase.lower(), detail)


def _busy(_: Exception) -> Response:
    """Ask for the batch again: the database is away, or somebody else was first."""
    response = _problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", "The course cannot be saved at this moment.")
    response.headers["Retry-After"] = "5"
    return response


def _failed(error: Exception) -> Response | tuple[str, int]:
    """Record a fault of ours, without the address, which is a key."""
    _log.error("request.failed", exc_info=error, extra={"endpoint": request.endpoint})
    return _refused(InternalServerError(_FAULT))


def _problem(status: HTTPStatus, error: str, detail: str, **facts: Any) -> Response:
    return Response(json.dumps({"error": error, "detail": detail, **facts}), status, mimetype="application/json")


def _content_policy(settings: Settings) -> str:
    """Return what a package may load: its own files, and those of the hosts that the installation allows."""
    hosts = "".join(f" {host}" for host in settings.content_hosts)
    secure = settings.content_origin.startswith("https://")
    return _CONTENT_POLICY.format(hosts=hosts, more="; upgrade-insecure-requests" if secure else "")


def _guard(content_policy: str) -> Callable[[Response], Response]:
    """Return what puts on every answer what keeps a package apart from the rest."""

    def guard(response: Response) -> Response:
        policy = content_policy if request.path.startswith("/content/") else _PLAYER_POLICY
        for name, value in _headers(policy).items():
            response.headers.setdefault(name, value)
        return response

    return guard


def _headers(policy: str) -> Mapping[str, str]:
    return {
        "Content-Security-Policy": policy,
        "Permissions-Policy": "unload=(self)",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
