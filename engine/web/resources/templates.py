"""`/templates`: which text applies where, its versions, and how a text would look; see `template_changes` for writing.

A place is an organisation's id, or that of a class or an offering with texts of its own; what can be done is what the
pages do, by the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from engine.errors import Invalid
from engine.web import paging, schemas, template_list, template_queries, template_sheet
from engine.web.operations import PAGED, Answer, Call, Operation, list_of, listed
from engine.web.schemas import flag, identifier, many, moment, one_of, or_null, record, text, whole
from engine.web.template_list import Listed, Wanted
from engine.web.visitors import Visitor
from engine.wording import lint, notices, origins, places, sandbox, templates, texts
from engine.wording.lint import Finding, Level
from engine.wording.notices import ENGLISH, LANGUAGES, Kind, Source
from engine.wording.template_tables import template_versions
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR, State
from engine.wording.templates import Version

AT: Final = "/templates/<organisation>/<notice>"
BY: Final = (TEMPLATE_ADMINISTRATOR,)
_LONGEST_SUBJECT: Final = 2000
_LABEL: Final = text(80, empty=True, about="Which text: `national/HASH`, or `ORGANISATION/VERSION`.")
LANGUAGE: Final = one_of(*LANGUAGES, needed=False, about="English where nothing is said.")
WORDS: Final = {
    "subject": schemas.source(_LONGEST_SUBJECT),
    "text": schemas.source(sandbox.LONGEST_SOURCE),
    "html": schemas.source(sandbox.LONGEST_SOURCE),
}
FINDING: Final = record(
    {
        "level": one_of(*map(str, Level), about="An error cannot be published."),
        "part": one_of(*lint.PARTS),
        "line": whole(0, about="The line of that part, from 1; 0 where none is known."),
        "sentence": text(1000),
    }
)
VERSION: Final = record(
    {
        "organisation": identifier(),
        "notice": text(80),
        "number": whole(1),
        "revision": whole(0, about="How often it moved: what `seen` is compared with."),
        "state": one_of(*map(str, State)),
        "language": one_of(*LANGUAGES),
        **WORDS,
        "comment": schemas.lines(),
        "author": text(40, about="An account."),
        "saved_at": moment(),
        "published_at": or_null(moment()),
        "published_by": or_null(text(40)),
        "retired_at": or_null(moment()),
        "restores": or_null(whole(1, about="The version whose text it brought back.")),
        "faults": whole(0, about="What forbids publishing it, when it was saved."),
    }
)
_LISTED: Final = record(
    {
        "notice": text(80),
        "title": text(),
        "about": schemas.lines(),
        "language": one_of(*LANGUAGES, about="That of the text, English where the one asked for has none."),
        "label": _LABEL,
        "origin": text(about="The same in words."),
        "own": flag(about="Whether the organisation has a text of its own."),
    }
)
_TOKEN: Final = record({"name": text(), "type": one_of(*map(str, Kind)), "required": flag(), "meaning": text(1000)})
_BLOCK: Final = record({"part": text(), "block": text(empty=True), "label": _LABEL, "origin": text()})
_TEXT: Final = record(
    {
        **_LISTED.members,
        "organisation": identifier(),
        **WORDS,
        "tokens": many(_TOKEN),
        "samples": many(text()),
        "blocks": many(_BLOCK, about="Where each block comes from: the text furthest up that says the same."),
        "published": or_null(whole(1, about="The organisation's own version in use in that language.")),
        "origin_changed": flag(about="Whether the text that the own one was made from has changed since."),
    }
)
_PREVIEW: Final = record(
    {"sample": text(), "publishable": flag(), "findings": many(FINDING), **{name: schemas.lines() for name in WORDS}}
)
_FILTERS: Final = {
    "organisation": identifier(needed=False, about="Your trust, or the first of yours, where nothing is said."),
    "language": LANGUAGE,
    "words": text(needed=False, about="All of them in the title, the reason or the text."),
    "area": text(3, needed=False, about="The first letters of the notices' codes."),
    "own": flag(needed=False, about="Only texts that the organisation wrote itself."),
}


def visitor(call: Call) -> Visitor:
    """Return the caller as the pages know them."""
    return Visitor(trust=call.trust, actor=call.actor)


def found(call: Call, connection: Connection) -> template_queries.Shown:
    """Return the notice and the versions that the path names; raises `Missing` where they are not the caller's."""
    return template_queries.shown(connection, visitor(call), call.at["organisation"], call.at["notice"])


def version_row(organisation: str, version: Version) -> dict[str, Any]:
    """Return a version as the API says it."""
    its = ("notice", "number", "revision", "author", "comment", "faults", "restores", "published_by")
    moments = {name: getattr(version, name) for name in ("saved_at", "published_at", "retired_at")}
    return {
        "organisation": organisation,
        **{name: getattr(version, name) for name in its},
        **words(version.source),
        "state": str(version.state),
        "language": version.source.language,
        **{name: at and at.isoformat() for name, at in moments.items()},
    }


def words(source: Source) -> dict[str, str]:
    """Return what a text says, part by part."""
    return {name: getattr(source, name) for name in WORDS}


def said(finding: Finding) -> dict[str, Any]:
    """Return one thing to change, with its line."""
    return {name: getattr(finding, name) for name in FINDING.members}


def typed(call: Call, else_: Source | None = None) -> Source:
    """Return the text of the body, each part that is left out as in another text."""
    given = {name: call.body.get(name) for name in WORDS}
    kept = words(else_) if else_ else {}
    parts = {name: kept.get(name, "") if value is None else _ended(name, value) for name, value in given.items()}
    return Source(**parts, language=call.body.get("language", ENGLISH))


def _ended(part: str, value: str) -> str:
    """Return a part as a file has it: a body ends with its last line's end."""
    return value if part == "subject" else f"{value}\n"


def _listed(call: Call) -> Answer:
    """List the notices with the text that applies at one organisation."""
    chosen = call.query.get("organisation")
    if not chosen:
        chosen = template_list.top(call.trust, template_queries.places(call.conn, visitor(call)))
    mine = template_queries.names_at(call.conn, visitor(call), chosen)
    language = call.query.get("language", ENGLISH)
    every = template_list.every(templates.everything(call.conn, call.trust, chosen, language), chosen, mine)
    asked = {"words": call.query.get("words", ""), "area": call.query.get("area", "")}
    wanted = Wanted(**asked, changed=call.query.get("own", False))
    page = _page([one for one in every if one.meets(wanted)], **call.paging)
    return listed(page, lambda row: _brief(row["one"]))


def _page(every: list[Listed], *, cursor: str | None, limit: int) -> paging.Page:
    """Return one page of notices; the cursor is the name of the last."""
    if cursor and not notices.known(cursor):
        raise Invalid("This cursor is not one that a list gave out.", field="cursor")
    rest = [one for one in every if one.notice.name > (cursor or "")]
    rows: list[Any] = [{"one": one} for one in rest[:limit]]
    return paging.Page(rows=rows, next=rest[limit - 1].notice.name if len(rest) > limit else None)


def _brief(one: Listed) -> dict[str, Any]:
    known, source = one.notice, one.source
    about = {"notice": known.name, "title": known.title, "about": known.about, "language": source.language}
    return {**about, "label": source.label, "origin": one.origin, "own": one.own}


def _one(call: Call) -> Answer:
    """Show the text that applies, where its blocks come from and what it may say."""
    shown, language = found(call, call.conn), call.query.get("language", ENGLISH)
    source = templates.applying(call.conn, call.trust, shown.organisation, shown.notice.name, language)
    brief = template_list.every({shown.notice.name: source}, shown.organisation, shown.names)[0]
    stands = next((one.number for one in shown.versions if one.source.label == source.label), None)
    return Answer(
        {
            **_brief(brief),
            "organisation": shown.organisation,
            **words(source),
            "tokens": [_token(token) for token in shown.notice.tokens.values()],
            "samples": sorted(shown.notice.samples),
            "blocks": _blocks(call, shown, source.language),
            "published": stands,
            "origin_changed": language
            in template_queries.stale(call.conn, call.trust, shown.organisation, shown.versions),
        }
    )


def _token(token: notices.Token) -> dict[str, Any]:
    its = {name: getattr(token, name) for name in ("name", "required", "meaning")}
    return {**its, "type": str(token.kind)}


def _blocks(call: Call, shown: template_queries.Shown, language: str) -> list[dict[str, str]]:
    wanted = places.wanted_at(call.conn, call.trust, shown.organisation, shown.notice.name, language)
    return [
        {"part": one.part, "block": one.block, "label": one.label}
        | {"origin": template_queries.origin_of(one.label, shown.names)}
        for one in origins.origins(texts.chain(call.conn, wanted))
    ]


def _versions(call: Call) -> Answer:
    shown = found(call, call.conn)
    by_number = {one.number: one for one in shown.versions}
    its = template_versions.c
    here = (its.trust == call.trust, its.organisation == shown.organisation, its.notice == shown.notice.name)
    page = paging.page(call.conn, select(its.version).where(*here), [its.version], newest_first=True, **call.paging)

    def row(one: RowMapping) -> dict[str, Any]:
        return version_row(shown.organisation, by_number[one["version"]])

    return listed(page, row)


def _version(call: Call) -> Answer:
    number = call.at["number"]
    shown = found(call, call.conn)
    return Answer(version_row(shown.organisation, shown.version(int(number) if number.isdecimal() else 0)))


def _previewed(call: Call) -> Answer:
    """Say how a text looks and what is wrong with it; nothing is kept."""
    here = visitor(call)
    with call.engine.reading() as connection:
        shown = found(call, connection)
        at = (connection, call.trust, shown.organisation, shown.notice.name)
        source = typed(call, templates.applying(*at, call.body.get("language", ENGLISH)))
        chosen = _chosen(call.body, shown.notice)
        person = template_sheet.addressee(connection, here, shown.organisation, shown.notice, chosen=chosen)
    sheet = template_sheet.on_trial(shown.notice, replace(source, label=""), person)
    findings = [said(one) for one in sheet.findings]
    looks = {name: getattr(sheet.rendered, name) for name in WORDS}
    return Answer({"sample": person.chosen, "publishable": not sheet.errors, "findings": findings, **looks})


def _chosen(body: Mapping[str, Any], notice: notices.Notice) -> str:
    """Return the sample or the real message that is asked for; raises `Invalid` where there is no such sample."""
    if body.get("message"):
        return f"{template_sheet.LETTER}{body['message']}"
    sample = str(body.get("sample", notices.USUAL))
    if sample not in notice.samples:
        errors = [{"pointer": "/sample", "detail": f"Must be one of: {', '.join(sorted(notice.samples))}."}]
        raise Invalid("There is no such sample.", errors=errors)
    return sample


OPERATIONS: Final = (
    Operation(
        "GET",
        "/templates",
        _listed,
        by=BY,
        query={**PAGED, **_FILTERS},
        gives=list_of(_LISTED),
        says="The notices, with the text that applies at an organisation and where it comes from.",
    ),
    Operation("GET", AT, _one, by=BY, query={"language": LANGUAGE}, gives=_TEXT, says="The text that applies there."),
    Operation(
        "GET",
        f"{AT}/versions",
        _versions,
        by=BY,
        query=PAGED,
        gives=list_of(VERSION),
        says="The organisation's own versions, the newest first.",
    ),
    Operation("GET", f"{AT}/versions/<number>", _version, by=BY, gives=VERSION, says="One of them."),
    Operation(
        "POST",
        f"{AT}/preview",
        _previewed,
        by=BY,
        takes=record(
            {
                **{name: replace(one, needed=False) for name, one in WORDS.items()},
                "language": LANGUAGE,
                "sample": text(needed=False, about="One of the notice's samples, `usual` where nothing is said."),
                "message": identifier(needed=False, about="A real message of this notice that you may read."),
            }
        ),
        gives=_PREVIEW,
        own_transactions=True,
        says="How a text looks, every branch tried; a part that is left out is the one that applies. Keeps nothing.",
    ),
)
