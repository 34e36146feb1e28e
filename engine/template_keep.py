"""Where versions of organisations' own texts are kept, with all that is known of each when it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, func, insert, select, tuple_, union, update

from engine.errors import Missing
from engine.letters import Recipient
from engine.machine import Case, Decision
from engine.roles import directory
from engine.roles.directory_tables import accounts, grants, holders, organisations, roles
from engine.wording import notices, places, texts
from engine.wording.notices import ENGLISH, Source
from engine.wording.template_tables import template_rules, template_versions
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR, State, TemplateVersion, Trigger
from engine.wording.texts import Wanted

GONE: Final = "An account that is gone"
_columns = template_versions.c
_PUBLISHING: Final = (Trigger.PUBLISH, Trigger.APPROVE)
_ENDING: Final = (Trigger.RETIRE, Trigger.WITHDRAW)


class TemplateVersions:
    """Where versions are kept (`Keep`); `origin` is where this installation is reached."""

    table: Table = template_versions

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def load(
        self, connection: Connection, trust: str, ids: Sequence[str], now: datetime
    ) -> Mapping[str, TemplateVersion]:
        """Return versions by id; nobody else publishes at their places until the commit."""
        mine = (_columns.trust == trust, _columns.id.in_(ids))
        rows = connection.execute(select(template_versions).where(*mine)).all()
        if not rows:
            return {}
        formers = _formers(connection, rows)
        wanted = _wanted(connection, trust, rows)
        before = texts.standing(connection, set(wanted.values()))
        authors = _authors(connection, trust, {row.author for row in rows})
        paths, names = directory.paths(connection, trust), _names(connection, trust)
        below = places.found(connection, trust, {row.organisation for row in rows})
        names = {**names, **{one.id: one.title for one in below.values()}}
        homes = {row.organisation: below[row.organisation].organisation for row in rows if row.organisation in below}
        told, second = administrators(connection, trust, now), second_person(connection, trust)
        return {
            row.id: TemplateVersion(
                trust=trust,
                id=row.id,
                organisation=(home := homes.get(row.organisation, row.organisation)),
                organisations=(path := paths.get(home, (home,))),
                at=row.organisation,
                place=names.get(row.organisation, row.organisation),
                origin=self._origin,
                notice=row.notice,
                title=notices.titled(row.notice),
                number=row.version,
                language=row.language or ENGLISH,
                author=row.author,
                author_name=authors[row.author].name if row.author in authors else GONE,
                author_person=authors[row.author].person if row.author in authors else None,
                comment=row.comment,
                source=texts.source_of(row),
                before=before.get(wanted[row.id], texts.source_of(row)),
                former=formers.get((row.organisation, row.notice, row.language or ENGLISH)),
                faults=row.faults or 0,
                restores=row.restores,
                second_person=second,
                administrators=tuple((account, to) for account, place, to in told if place in path),
                state=State(row.state),
                revision=row.revision,
                head=row.head,
            )
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> TemplateVersion:
        """Return a version that is not stored yet; facts: organisation, notice, language, author, comment."""
        organisation, notice = facts["organisation"], facts["notice"]
        here = (_columns.trust == trust, _columns.organisation == organisation, _columns.notice == notice)
        nothing = Source(subject="", text="", html="", language=facts["language"])
        return TemplateVersion(
            trust=trust,
            id=identifier,
            organisation=organisation,
            organisations=directory.path(connection, trust, home_of(connection, trust, organisation)),
            at=organisation,
            place=organisation,
            origin=self._origin,
            notice=notice,
            title=notices.titled(notice),
            number=(connection.scalar(select(func.max(_columns.version)).where(*here)) or 0) + 1,
            language=facts["language"],
            author=facts["author"],
            author_name="",
            author_person=None,
            comment=facts["comment"],
            source=nothing,
            before=nothing,
            restores=facts.get("restores"),
        )

    def row(self, case: Case[TemplateVersion], _decision: Decision) -> Mapping[str, Any]:
        """Return the columns of a new version; its text is written beside, so that the journal need not hold it."""
        record = case.record
        return {
            **_saved(case),
            "notice": record.notice,
            "version": record.number,
            "language": record.language,
            "restores": record.restores,
            "subject": "",
            "text": "",
            "html": "",
        }

    def changes(self, case: Case[TemplateVersion], decision: Decision) -> Mapping[str, Any]:
        """Return who saved or published it and when, or when it ended."""
        trigger = decision.step.trigger
        if trigger is Trigger.SAVE:
            return _saved(case)
        if trigger in _PUBLISHING:
            return {"published_at": case.now, "published_by": case.actor.id}
        return {"retired_at": case.now} if trigger in _ENDING else {}


def administrators(connection: Connection, trust: str, now: datetime) -> Sequence[tuple[str, str, Recipient]]:
    """Return who administers templates, by account, in which organisation (and below it), and their address."""
    enabled = (roles.c.trust == trust) & (roles.c.role == holders.c.role) & roles.c.enabled
    given = select(grants.c.account, grants.c.organisation).where(
        grants.c.trust == trust, grants.c.responsibility == TEMPLATE_ADMINISTRATOR
    )
    held = (
        select(holders.c.account, holders.c.organisation)
        .join(roles, enabled & (roles.c.organisation == holders.c.organisation))
        .where(holders.c.trust == trust, holders.c.role == TEMPLATE_ADMINISTRATOR, directory.holding(now))
    )
    both = union(given, held).subquery()
    query = (
        select(both.c.account, both.c.organisation, accounts.c.name, accounts.c.email, accounts.c.person)
        .join(accounts, (accounts.c.trust == trust) & (accounts.c.id == both.c.account) & accounts.c.active)
        .order_by(accounts.c.name, accounts.c.id, both.c.organisation)
    )
    found = {
        row.account: (row.account, row.organisation, Recipient(name=row.name, email=row.email, person=row.person))
        for row in connection.execute(query)
    }
    return tuple(found.values())


def second_person(connection: Connection, trust: str) -> bool:
    """Say whether a second person publishes in this trust."""
    return bool(connection.scalar(select(template_rules.c.second_person).where(template_rules.c.trust == trust)))


def set_second_person(connection: Connection, trust: str, by: str, now: datetime, *, wanted: bool) -> None:
    """Say whether a second person publishes in this trust from now on; what waits goes on waiting."""
    said = {"second_person": wanted, "changed_by": by, "changed_at": now}
    mine = update(template_rules).where(template_rules.c.trust == trust)
    if connection.execute(mine.values(said)).rowcount == 0:
        connection.execute(insert(template_rules).values(trust=trust, **said))


def require_place(connection: Connection, trust: str, organisation: str, notice: str) -> None:
    """Raise `Missing` where there is no such place or no such notice, or where a class has nothing to say in it."""
    home = home_of(connection, trust, organisation)
    directory.path(connection, trust, home)
    if not notices.known(notice) or (home != organisation and not places.about_classes(notices.notice(notice))):
        raise Missing("There is no such notice.", notice=notice)


def home_of(connection: Connection, trust: str, place: str) -> str:
    """Return the organisation of a class or an offering, else the place itself."""
    found = places.found(connection, trust, [place])
    return found[place].organisation if found else place


def _saved(case: Case[TemplateVersion]) -> dict[str, Any]:
    facts = case.facts
    return {
        "author": facts["author"],
        "comment": facts["comment"],
        "saved_at": case.now,
        "faults": facts.get("faults", 0),
    }


def _wanted(connection: Connection, trust: str, rows: Sequence[Row[Any]]) -> Mapping[str, Wanted]:
    asked = {row.id: (row.organisation, row.notice, row.language or ENGLISH) for row in rows}
    found = places.wanted(connection, trust, set(asked.values()))
    return {one: found[place] for one, place in asked.items()}


def _formers(connection: Connection, rows: Sequence[Row[Any]]) -> Mapping[tuple[str, str, str], str]:
    """Return the ids of the published versions at the rows' places, whose rows are all held until the commit."""
    place = tuple_(_columns.organisation, _columns.notice)
    same: tuple[ColumnElement[bool], ...] = (
        _columns.trust == rows[0].trust,
        place.in_({(row.organisation, row.notice) for row in rows}),
    )
    query = select(_columns.organisation, _columns.notice, _columns.language, _columns.id, _columns.state)
    held = connection.execute(query.where(*same).order_by(_columns.version).with_for_update())
    return {
        (row.organisation, row.notice, row.language or ENGLISH): row.id
        for row in held
        if row.state == State.PUBLISHED and row.id
    }


def _authors(connection: Connection, trust: str, ids: set[str]) -> Mapping[str, Any]:
    query = select(accounts.c.id, accounts.c.name, accounts.c.person).where(
        accounts.c.trust == trust, accounts.c.id.in_(ids)
    )
    return {row.id: row for row in connection.execute(query)}


def _names(connection: Connection, trust: str) -> Mapping[str, str]:
    query = select(organisations.c.id, organisations.c.name).where(organisations.c.trust == trust)
    return {row.id: row.name for row in connection.execute(query)}
