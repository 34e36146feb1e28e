"""The pages that say why: why a record stands as it does, why a message went, and why another one did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, current_app, render_template, request, url_for

from engine import why
from engine.letters import Subject
from engine.transaction import Engine
from engine.web import called, journal
from engine.web.called import Called
from engine.web.permissions import requires
from engine.web.visitors import visitor
from engine.why import Answer, Evidence
from engine.wording import notices

NONE: Final = ""


def blueprint(engine: Engine, known: Called) -> Blueprint:
    """Return the page of a subject's why, which `known` names; the page of a message has its own."""
    pages = Blueprint("why", __name__, url_prefix="/why")

    @pages.get("/<kind>/<id>")
    @requires(*journal.READERS)
    def subject(kind: str, id: str) -> str:  # noqa: A002 - it is the address's name
        """Say why a subject stands as it does, and on request why a notice about it did not go."""
        here = visitor()
        of = Subject(kind=kind, trust=here.trust, id=id)
        wanted = request.args.get("notice", NONE)
        with engine.reading() as connection:
            journal.require_within_reach(engine, connection, here.actor, of)
            within = journal.reach(connection, here.trust, here.actor)
            return render_template(
                "engine/why.html",
                title=engine.kept(kind)[0].title,
                subject=of,
                called=called.words(known, connection, of),
                said=why.state(engine, connection, of, within),
                silence=why.silence(engine, connection, of, wanted, within) if wanted else None,
                wanted=wanted,
                choices=[(name, notices.titled(name)) for name in why.notices_of(engine.kept(kind)[0])],
                address=address,
            )

    return pages


def shown(said: Answer) -> Mapping[str, Any]:
    """Return what `engine/_why.html` needs in order to show an answer."""
    return {"said": said, "address": address}


def address(evidence: Evidence | None) -> str | None:
    """Return where a fact can be looked up; None where this application has no page for it."""
    if evidence is None:
        return None
    endpoint, facts = _place(evidence)
    return url_for(endpoint, **facts) if endpoint in current_app.view_functions else None


def _place(evidence: Evidence) -> tuple[str, Mapping[str, Any]]:
    if evidence.kind == "message":
        return "messages.message", {"id": evidence.id}
    anchor = {"_anchor": f"move-{evidence.move}"} if evidence.move else {}
    return "history.subject", {"kind": evidence.kind, "id": evidence.id, **anchor}
