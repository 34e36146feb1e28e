"""The frame of the pages: one Flask app with its sessions, forms, headers, menu and errors.

How a page module plugs in:

    def blueprint(engine: Engine) -> Blueprint:
        pages = Blueprint("classes", __name__, template_folder="templates", url_prefix="/classes")

        @pages.get("/")
        @requires("class-administrator")                  # or @signed_in, @public (engine.web.permissions)
        def index() -> str:
            here = visitor()                              # engine.web.visitors: .trust, .actor
            with engine.reading() as conn:
                ...                                       # scope every query: directory.reach(conn, here.trust, …)
            return render_template("classes/index.html")  # {% extends "engine/base.html" %}

        @pages.post("/<id>/cancel")
        @requires("class-administrator")
        def cancel(id: str) -> Response:
            with engine.transaction(visitor().actor) as transaction:
                transaction.fire(Subject(kind="class", trust=visitor().trust, id=id), Trigger.CANCEL, …)
            flash("The class is cancelled.")
            return redirect(url_for(".index"), 303)

        return pages

and the composition root says `app.register_blueprint(classes.blueprint(engine))` and
`frame.menu(app, "Classes", "classes.index")`. The decorator goes below the route's. Errors are not caught: an
`EngineError` becomes the right page by itself. Every form posts `{{ csrf() }}`. An item of the menu is shown to those
who may open its page.
"""

from __future__ import annotations

import importlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Request, Response, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect, generate_csrf
from jinja2 import ChainableUndefined, ChoiceLoader, PackageLoader
from markupsafe import Markup
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from engine import text
from engine.errors import NotAllowed, SettingError
from engine.settings import Oidc, Settings, secret_for
from engine.transaction import Engine
from engine.web import account, dates, forms, mishaps, visitors
from engine.web.permissions import Entry, Permission, declared, public

SERVICE = "Preceptor"
_LARGEST_REQUEST = 1024 * 1024
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_THIS_MACHINE = ("localhost", "127.0.0.1")  # and no other: a page elsewhere may point its own name at this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of the menu."""

    text: str
    endpoint: str
    order: int

    def holds(self, asked: Request) -> bool:
        """Say whether a page belongs to this entry: one of the same pages, or one whose address is below its own."""
        top = url_for(self.endpoint)
        return asked.blueprint == self.endpoint.rpartition(".")[0] or (top != "/" and asked.path.startswith(top))


def frame(engine: Engine, settings: Settings) -> Flask:
    """Make the app with the pages of sign-in and of errors; nothing is read from the database."""
    app = _Pages("engine.web", static_folder="static")
    app.jinja_loader = ChoiceLoader([PackageLoader("engine.web"), PackageLoader("nhsuk_frontend_jinja")])
    app.secret_key = secret_for(settings)
    app.config.update(_configuration(settings))
    app.view_functions["static"] = public(app.view_functions["static"])
    app.extensions["preceptor_menu"] = []
    guard = _Guard(engine=engine, settings=settings, csrf=CSRFProtect(app))
    app.before_request(guard)
    app.after_request(_Headers(_policy(settings), settings.app_origin.startswith("https://")))
    app.context_processor(lambda: _for_templates(app))
    app.add_template_filter(dates.day)
    app.add_template_filter(dates.moment)
    app.add_template_filter(dates.hour)
    app.add_template_filter(dates.due)
    app.add_template_filter(dates.iso_day)
    app.add_template_filter(text.counted)
    forms.install(app)
    mishaps.install(app)
    app.register_blueprint(account.blueprint(engine, settings))
    if settings.oidc:
        app.register_blueprint(_provider(engine, settings, settings.oidc))
    return app


def _provider(engine: Engine, settings: Settings, chosen: Oidc) -> Blueprint:
    """Return the pages of sign-in at a provider; raises `SettingError` where their library is not installed."""
    try:
        provider = importlib.import_module("engine.web.provider")
    except ModuleNotFoundError:
        raise SettingError("PRECEPTOR_OIDC_ISSUER needs `pip install preceptor[oidc]`.") from None
    pages: Blueprint = provider.blueprint(engine, settings, chosen)
    return pages


def menu(app: Flask, text: str, endpoint: str, order: int = 50) -> None:
    """Add an entry to the menu; lower `order` comes first."""
    app.extensions["preceptor_menu"].append(Item(text=text, endpoint=endpoint, order=order))


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    """Return what a route declares; files of a static folder are public."""
    if endpoint.endswith(".static"):
        return Permission(entry=Entry.PUBLIC)
    return declared(app.view_functions.get(endpoint))


class _Pages(Flask):
    # The NHS macros need chained undefined names, and come in files that Flask would not escape by their suffix.
    jinja_options = {  # noqa: RUF012 - Flask declares it as an instance's
        "undefined": ChainableUndefined,
        "autoescape": True,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guard:
    """What stands before every view: the right origin, the visitor, the permission, the form's token."""

    engine: Engine
    settings: Settings
    csrf: CSRFProtect

    def __call__(self) -> AnyResponse | None:
        g.visitor = None
        g.nonce = secrets.token_urlsafe(16)
        self._require_origin()
        if request.endpoint is None:
            return None
        permission = self._declared()
        if permission.by_cookie and not _is_file():
            with self.engine.reading() as conn:
                g.visitor = visitors.recognise(conn, self.engine.clock())
        return self._refusal(permission)

    def _declared(self) -> Permission:
        permission = permission_of(current_app, request.endpoint or "")
        if permission is None:
            raise NotAllowed("This page does not declare who may open it, so nobody may.")
        return permission

    def _require_origin(self) -> None:
        """Keep the app's pages off the content origin, whatever the composition root serves there (SECURITY 1)."""
        app, content = (urlsplit(origin).netloc for origin in (self.settings.app_origin, self.settings.content_origin))
        if app != content and (request.host == content or request.host.endswith(f".{content}")):
            raise NotFound

    def _refusal(self, permission: Permission) -> AnyResponse | None:
        actor = g.visitor.actor if g.visitor else None
        if not permission.admits(actor):
            if actor is not None:
                raise NotAllowed("Your account does not have permission for this page.")
            if request.method not in _SAFE:
                raise mishaps.SignedOut
            return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
        if permission.by_cookie and request.method not in _SAFE:
            self.csrf.protect()
        return None


@dataclass(frozen=True, slots=True)
class _Headers:
    """What every answer says to the browser; a view that set a header keeps its own."""

    policy: str
    secure: bool

    def __call__(self, response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", self.policy.format(nonce=g.get("nonce", "")))
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if self.secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if not _is_file():
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _is_file() -> bool:
    """Say whether a file of a static folder is asked for: it is the same for everybody."""
    return (request.endpoint or "").rpartition(".")[2] == "static"


def _policy(settings: Settings) -> str:
    """Return the content security policy; a launch posts to us and is sent on to the content origin."""
    content = urlsplit(settings.content_origin)
    issuer = urlsplit(settings.oidc.issuer) if settings.oidc else None
    provider = f" {issuer.scheme}://{issuer.netloc}" if issuer else ""  # signing out goes on there
    return (
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; img-src 'self' data:; object-src 'none'; "
        f"base-uri 'none'; frame-ancestors 'none'; form-action 'self' {settings.content_origin} "
        f"{content.scheme}://*.{content.netloc}{provider}"
    )


def _configuration(settings: Settings) -> dict[str, Any]:
    secure = settings.app_origin.startswith("https://")
    hosts = [urlsplit(origin).hostname or "" for origin in (settings.app_origin, settings.content_origin)]
    return {
        "SESSION_COOKIE_NAME": "__Host-preceptor" if secure else "preceptor",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": visitors.LONGEST_SESSION,
        "MAX_CONTENT_LENGTH": _LARGEST_REQUEST,
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "TRUSTED_HOSTS": [*hosts, f".{hosts[1]}", *(() if settings.production else _THIS_MACHINE)],
    }


def _for_templates(app: Flask) -> dict[str, Any]:
    here = visitors.visitor_or_none()
    return {
        "service": SERVICE,
        "visitor": here,
        "menu": _menu_for(app, here),
        "csrf": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf()),
        "cspNonce": g.get("nonce", ""),
    }


def _menu_for(app: Flask, here: visitors.Visitor | None) -> list[Item]:
    if here is None:
        return []
    open_to = ((item, permission_of(app, item.endpoint)) for item in app.extensions["preceptor_menu"])
    shown = (item for item, permission in open_to if permission and permission.admits(here.actor))
    return sorted(shown, key=lambda item: item.order)
