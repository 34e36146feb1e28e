"""The question whether a text that somebody else wrote is to be published, as the worklist shows it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Connection, select

from engine.approvals.approval import Approval
from engine.errors import Missing
from engine.roles.directory_tables import accounts, organisations
from engine.web.presenting import Reading, Typed, View
from engine.web.template_versions import compared
from engine.wording import places, texts
from engine.wording.notices import ENGLISH
from engine.wording.template_tables import template_versions
from engine.wording.template_version import Trigger


class TextQuestion:
    """Shows what the text changes of the one that applies, and asks nothing but the choice."""

    choices: Mapping[str, str] = MappingProxyType(
        {Trigger.APPROVE: "Publish it", Trigger.REJECT: "Send it back to its author"}
    )

    def view(self, connection: Connection, approval: Approval) -> View:
        """Return what it changes; raises `Missing`."""
        its = template_versions.c
        at_place = (organisations.c.trust == its.trust) & (organisations.c.id == its.organisation)
        written = (accounts.c.trust == its.trust) & (accounts.c.id == its.author)
        query = (
            select(template_versions, organisations.c.name.label("of"), accounts.c.name.label("author_name"))
            .outerjoin(organisations, at_place)
            .outerjoin(accounts, written)
            .where(its.trust == approval.trust, its.id == approval.subject.id)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            raise Missing("There is no such version of this template.")
        wanted = places.wanted_at(connection, row.trust, row.organisation, row.notice, row.language or ENGLISH)
        applies = texts.standing(connection, [wanted])[wanted]
        context = {
            "author": row.author_name or "Somebody whose account is gone",
            "number": row.version,
            "place": row.of or places.found(connection, row.trust, [row.organisation])[row.organisation].title,
            "comment": row.comment,
            "parts": compared(applies, texts.source_of(row)),
            "link": f"/templates/{row.organisation}/{row.notice}/versions",
        }
        return View(template="engine/_template_question.html", context=context, choices=self.choices)

    def facts(self, _connection: Connection, _approval: Approval, _typed: Typed) -> Reading:
        """Read nothing but the choice and the comment."""
        return Reading()
