"""Batches of calls as they come in, which is most of what a web process is asked: they go past the framework.

What is not plainly a batch, and what goes wrong with one, is the framework's, so that all is refused in one way.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from flask import Flask
from werkzeug.wsgi import get_host

from engine import json_text
from scorm import contents_told, playing, reckoning
from scorm.errors import BatchMalformed
from scorm.permits import Site
from scorm.playing import Admit, Taken
from scorm.runtime import batches
from scorm.runtime.batches import Batch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGEST: Final = 2 * 1024 * 1024
"""Bytes of one batch of calls."""

ROUTE: Final = "/play/<token>/calls"
Noted = Callable[[str, int, float, str], None]
"""Is told route, status, seconds and the identifier of each request that went past the framework."""

_JSON: Final = "application/json"
_PATH: Final = re.compile("/play/([^/]+)/calls")
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def said(body: bytes) -> Any:
    """Read what came; None for what is no JSON. Raises `BatchMalformed`."""
    try:
        return json_text.read(body)
    except ValueError:
        return None
    except RecursionError:
        raise BatchMalformed("it is nested too deeply") from None


def batch(found: Any, attempt: str, epoch: int) -> Batch:
    """Read a batch; whose it is says the token or the key, never the body. Raises `BatchMalformed`."""
    read = batches.parse(found)
    if (read.attempt, read.epoch) != (attempt, epoch):
        raise BatchMalformed("it is for another attempt or window")
    return read


def take(site: Site, token: str, host: str, found: Any) -> tuple[dict[str, Any], HTTPStatus]:
    """Take a batch that came with a launch token, and answer once it is durable.

    Raises what `Site.signed`, `batch` and `playing.take` do.
    """
    permit = site.signed(token, host)
    return taken(site, permit.trust, batch(found, permit.attempt, permit.epoch), partial(site.admit, permit))


def taken(site: Site, trust: str, read: Batch, admit: Admit | None = None) -> tuple[dict[str, Any], HTTPStatus]:
    """Take a batch, and answer once it is durable; raises what `playing.take` does."""
    foreseen = reckoning.foreseen(site.engine, trust, read)
    with site.engine.transaction() as tx:
        made = playing.take(tx, trust, read, site.on_outcome, admit, foreseen)
    if foreseen and made.as_foreseen:
        reckoning.remember(foreseen, made.attempt)
    else:
        reckoning.forget(trust, read)
    return _receipt(made, read), HTTPStatus.GONE if made.superseded else HTTPStatus.OK


class Door:
    """The WSGI application of the content origin, with a way of its own for batches of calls."""

    def __init__(self, app: Flask, site: Site, headers: Sequence[tuple[str, str]], noted: Noted) -> None:
        """Stand before an application; `headers` are of every answer, `noted` is told of each."""
        self._app = app
        self._behind = app.wsgi_app
        self._site = site
        self._headers = [("Content-Type", _JSON), *headers]
        self._noted = noted

    def __call__(self, environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        token = _token(environment)
        if not token:
            return self._behind(environment, start)
        began, length = time.perf_counter(), int(environment["CONTENT_LENGTH"])
        body = environment["wsgi.input"].read(length)
        if len(body) < length:
            environment["wsgi.input"] = BytesIO(body)
            return self._behind(environment, start)
        try:
            found, status = take(self._site, token, get_host(environment), said(body))
        except Exception as error:  # noqa: BLE001 - the application has an answer for each, and records what it must
            return self._refused(environment, start, error)
        identifier = _identifier(environment)
        text = json_text.written(found).encode()
        more = [("Content-Length", str(len(text))), ("X-Request-ID", identifier)]
        start(f"{status.value} {status.phrase}", [*self._headers, *more])
        self._noted(ROUTE, status.value, time.perf_counter() - began, identifier)
        return [text]

    def _refused(self, environment: WSGIEnvironment, start: StartResponse, error: Exception) -> Iterable[bytes]:
        """Have the application answer for an error as if it had come up within."""
        app = self._app
        with app.request_context(environment):
            app.preprocess_request()
            answer = app.process_response(app.make_response(app.handle_user_exception(error)))
        return answer(environment, start)


def _token(environment: WSGIEnvironment) -> str:
    """Return the token that a batch came with; "" for all that is not plainly a batch."""
    if environment["REQUEST_METHOD"] != "POST" or environment.get("CONTENT_TYPE") != _JSON:
        return ""
    found = _PATH.fullmatch(environment["PATH_INFO"])
    length = environment.get("CONTENT_LENGTH") or ""
    return found[1] if found and length.isdecimal() and int(length) <= LARGEST else ""


def _identifier(environment: WSGIEnvironment) -> str:
    given = environment.get("HTTP_X_REQUEST_ID", "")
    return given if _IDENTIFIER.fullmatch(given) else f"{random.getrandbits(128):032x}"


def _receipt(made: Taken, read: Batch) -> dict[str, Any]:
    outcome = made.attempt.outcome
    return {
        "saved": made.saved,
        "epoch": read.epoch,
        "divergences": made.divergences,
        "outcome": outcome.as_dict() if outcome else None,
        **({"error": "superseded"} if made.superseded else {}),
        **({"course": contents_told.told(made.course)} if made.course else {}),
    }
