"""Signing in at the identity provider of the trust, beside the accounts that have a password here."""

from __future__ import annotations

import logging

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from engine import oidc
from engine.errors import NotVouched, ProviderAway
from engine.oidc import Journey, Provider
from engine.settings import Oidc, Settings
from engine.transaction import Engine
from engine.web import visitors
from engine.web.account import SignIn
from engine.web.addresses import local
from engine.web.permissions import public

_JOURNEY = "journey"
_log = logging.getLogger(__name__)


def blueprint(engine: Engine, settings: Settings, chosen: Oidc) -> Blueprint:
    """Return the two pages of the way there and back; they are mounted only where a provider is configured."""
    pages = Blueprint("provider", __name__, url_prefix="/sign-in/provider")
    provider = Provider(chosen, f"{settings.app_origin}/sign-in/provider/back", engine.clock)

    @pages.get("/")
    @public
    def begin() -> ResponseReturnValue:
        """Send the browser to the provider; here nothing changes but its cookie."""
        there, journey = provider.begin(local(request.args.get("next", "/")))
        session[_JOURNEY] = journey.as_dict()
        return redirect(there, 303)

    @pages.get("/back")
    @public
    def back() -> ResponseReturnValue:
        """Start a new session for whom the provider vouches; each way there leads back once."""
        kept = session.pop(_JOURNEY, None)
        journey = Journey(**kept) if kept else None
        vouched = provider.finish(request.args, journey)
        with engine.transaction() as transaction:
            row = oidc.admitted(transaction.connection, vouched, chosen.trusts)
        visitors.admit(row["trust"], row["id"], row["session"], engine.clock(), by_provider=True)
        return redirect(journey.next if journey else "/", 303)

    @pages.get("/leave")
    @public
    def leave() -> ResponseReturnValue:
        """Go on to the provider's page of signing out, where it has one."""
        here = url_for("account.sign_in")
        return redirect(provider.leave(f"{settings.app_origin}{here}") or here, 303)

    @pages.errorhandler(NotVouched)
    def refused(error: NotVouched) -> ResponseReturnValue:
        """Say on the page of sign-in why it did not lead to an account."""
        _log.warning("sign-in refused cause=%s", error.facts.get("cause", "provider"))
        return _again(error.sentence), 403

    @pages.errorhandler(ProviderAway)
    def away(error: ProviderAway) -> ResponseReturnValue:
        """Say that the provider is away, and that passwords still work."""
        _log.warning("sign-in provider away sentence=%s", error.sentence)
        return _again(error.sentence), 503, {"Retry-After": "30"}

    return pages


def _again(sentence: str) -> str:
    form = SignIn(formdata=None)
    form.form_errors.append(sentence)
    return render_template("engine/sign_in.html", form=form, by_provider=True)
