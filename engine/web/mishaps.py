"""What a person or a program is told when a request cannot be served: what happened, what was kept, what to do.

The one place where errors become answers: pages in the look of the rest, or problem details (RFC 9457) below `/api/`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, json, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    TimeoutError,  # noqa: A004 - of the pool of connections
)
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from engine.errors import Conflict, EngineError, Invalid, Missing, NoHolder, NotAllowed, NotDeclared, Refused
from engine.web.addresses import local

API = "/api/"
_RETRY_SECONDS = "5"
_NOT_FOUND = "Not found"
_KINDS = {"classes": "class", "people": "person"}
_NOT_KEPT = "Nothing that you sent was saved."
_log = logging.getLogger(__name__)


class RateLimited(EngineError):
    """This was tried too often in a short time."""


class SignedOut(EngineError):
    """You have been signed out since this page was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """An answer that is not what was asked for: its status, and its three sentences; `kind` is a problem's type."""

    status: int
    title: str
    happened: str
    kept: str = _NOT_KEPT
    next: str = "Go back and try again."
    facts: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "about:blank"


_KNOWN: Mapping[int, Mishap] = {
    mishap.status: mishap
    for mishap in (
        Mishap(
            status=400,
            title="We could not use what you sent",
            happened="Something in the request is missing or does not make sense.",
        ),
        Mishap(
            status=401,
            title="You need to sign in",
            happened="This needs somebody who is signed in.",
            next="Sign in and try again.",
        ),
        Mishap(
            status=403,
            title="You cannot do this",
            happened="Your account does not have permission for this page.",
            kept="Nothing was changed.",
            next="If you need it for your work, ask your learning administrator for access.",
        ),
        Mishap(
            status=404,
            title="Page not found",
            happened="There is nothing at this address, or nothing that you may see.",
            kept="Nothing was changed.",
            next="Check the address, or start again from the home page.",
        ),
        Mishap(
            status=405,
            title="This cannot be done here",
            happened="This address does not take that kind of request.",
            kept="Nothing was changed.",
        ),
        Mishap(
            status=409,
            title="This cannot be done now",
            happened="What you saw has changed since.",
            next="Open the page again to see how things stand now.",
        ),
        Mishap(
            status=413,
            title="This is too large",
            happened="What you sent is larger than this page takes.",
            next="Send something smaller.",
        ),
        Mishap(
            status=415,
            title="We cannot read this kind of data",
            happened="The request must be JSON (Content-Type: application/json).",
        ),
        Mishap(
            status=422,
            title="Something in what you sent is wrong",
            happened="Some values are missing or cannot be used.",
        ),
        Mishap(
            status=429,
            title="Too many tries",
            happened="This was tried too often in a short time.",
            next="Wait 15 minutes, then try again.",
        ),
        Mishap(
            status=500,
            title="Something went wrong on our side",
            happened="A fault in Preceptor stopped this. It has been recorded.",
            next="Try again in a minute. If it happens again, tell your system administrator when it happened.",
        ),
        Mishap(
            status=503,
            title="Preceptor cannot answer at the moment",
            happened="The database could not be reached.",
            next="Wait a few seconds and try again. Messages that were already queued are not lost.",
        ),
    )
}
_STATUSES: Mapping[type[EngineError], int] = {
    Refused: 409,
    NotDeclared: 409,
    Conflict: 409,
    NoHolder: 409,
    NotAllowed: 403,
    Missing: 404,
    Invalid: 422,
    RateLimited: 429,
    SignedOut: 401,
}


def install(app: Flask) -> None:
    """Have every error answered here."""
    for kind in (HTTPException, Exception):
        app.register_error_handler(kind, answer)


def answer(error: Exception) -> Response:
    """Answer an error in the manner of the address that was asked."""
    if isinstance(error, SecurityError):
        # The host is none of ours, and no page can be made for it: its links would lead there.
        return Response("There is nothing at this address.", 400, mimetype="text/plain")
    if isinstance(error, HTTPException) and (error.response is not None or (error.code or 500) < 400):  # noqa: PLR2004
        return make_response(error.get_response())
    mishap = mishap_of(error)
    if mishap.status >= 500:  # noqa: PLR2004 - from here on it is our fault
        _log.error("request.failed", exc_info=error, extra={"endpoint": request.endpoint})
    response = problem(_for_programs(mishap)) if request.path.startswith(API) else _page(mishap)
    response.headers.update(_headers(mishap.status, error))
    return response


def _for_programs(mishap: Mishap) -> Mishap:
    """Say of a 404 what kind of thing was not found, and by which id: that of the address, or of the error's facts."""
    if mishap.status != HTTPStatus.NOT_FOUND:
        return mishap
    if request.url_rule is None:
        known = "The operations are listed in /api/openapi.json."
        return replace(mishap, title=_NOT_FOUND, happened=f"There is no operation at {request.path}.", kept=known)
    sought = {**_named(mishap.facts), **_named(request.view_args or {})}
    said = ", ".join(f"{kind} “{value}”" for kind, value in sought.items())
    asked = f"{mishap.happened} Asked for: {said}." if said else mishap.happened
    return replace(mishap, title=_NOT_FOUND, happened=asked)


def _named(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return by kind the ids among some facts; a bare `id` is of the fact `kind`, or what the address begins with."""
    kind = facts.get("kind") or _KINDS.get(resource := request.path.split("/")[3], resource.removesuffix("s"))
    words = {name: value for name, value in facts.items() if isinstance(value, str) and name not in {"kind", "trust"}}
    return {str(kind) if name == "id" else name: value for name, value in words.items()}


def mishap_of(error: Exception) -> Mishap:
    """Return what is to be said about an error; of an unknown one nothing is given away."""
    if isinstance(error, EngineError):
        return _of_engine(error)
    if isinstance(error, HTTPException):
        return _of_http(error)
    if isinstance(error, DBAPIError | TimeoutError):
        return _of_database(error)
    return _KNOWN[500]


def problem(mishap: Mishap, **members: Any) -> Response:
    """Write problem details (RFC 9457 3.1); facts that JSON can say become extension members."""
    extensions = {"facts": dict(mishap.facts)} if mishap.facts else {}
    body = {
        "type": mishap.kind,
        "title": mishap.title,
        "status": mishap.status,
        "detail": " ".join(filter(None, (mishap.happened, mishap.kept))),
        **extensions,
        **members,
    }
    return current_app.response_class(
        json.dumps(body, default=str), status=mishap.status, mimetype="application/problem+json"
    )


def _headers(status: int, error: Exception) -> Mapping[str, str]:
    if isinstance(error, MethodNotAllowed):
        return {"Allow": ", ".join(sorted(error.valid_methods or ()))}
    return {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": _RETRY_SECONDS}}.get(status, {})


def _of_engine(error: EngineError) -> Mishap:
    """Say the error's own sentence, unless the fault is ours; its class names the type of the problem."""
    status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), None)
    if status is None:
        return _KNOWN[500]
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    return _said(_KNOWN[status], error.sentence, error.facts, f"urn:preceptor:{kind}")


def _of_database(error: Exception) -> Mishap:
    if isinstance(error, IntegrityError):
        return _KNOWN[409]
    if isinstance(error, DataError):
        return _KNOWN[400]
    return _KNOWN[503 if isinstance(error, OperationalError | InterfaceError | TimeoutError) else 500]


def _of_http(error: HTTPException) -> Mishap:
    status = error.code or 500
    if isinstance(error, CSRFError):
        return _said(_KNOWN[400], "The form was open for too long, or came from another site.")
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and request.max_content_length:
        return replace(_KNOWN[status], next=f"Send at most {request.max_content_length / 1_000_000:.3g} MB at once.")
    return _KNOWN.get(status) or Mishap(status=status, title=error.name, happened="")


def _page(mishap: Mishap) -> Response:
    return make_response(render_template("engine/mishap.html", mishap=mishap, back=_back()), mishap.status)


def _back() -> str:
    """Return the page of ours that a refused form was on, or "": what was typed is lost, the way there need not be."""
    came = urlsplit(request.referrer or "")
    if request.method in {"GET", "HEAD"} or came.netloc != request.host:
        return ""
    address = local(f"{came.path}?{came.query}" if came.query else came.path)
    return "" if address == "/" else address


def _said(mishap: Mishap, sentence: str, facts: Mapping[str, Any] | None = None, kind: str = "about:blank") -> Mishap:
    return replace(mishap, happened=sentence or mishap.happened, facts=facts or {}, kind=kind)
