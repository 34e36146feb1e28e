"""Which text stood where at a moment: an organisation's own, nearest upward in the tree, else the national one.

A letter is pinned to the moment at which it was queued, so that what is published later does not change it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from engine.roles.directory_tables import organisations
from engine.wording import notices
from engine.wording.notices import ENGLISH, Source
from engine.wording.template_tables import shipped_texts, template_versions, text_places
from engine.wording.template_version import State

_columns = template_versions.c
_EVER: Final = (State.PUBLISHED, State.RETIRED)
_Place = tuple[str, str, str, str]  # trust, organisation, notice, language
_Key = tuple[str, str, str, int]  # trust, organisation, notice, version
_Shipped = Mapping[tuple[str, str], Sequence[tuple[datetime, Source]]]  # by notice and language: since when, what


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A text that is asked for; `at` is None for the one that applies now.

    `nearer` are the places that come before the organisation, the nearest first: a class, then its offering.
    """

    trust: str
    organisation: str
    notice: str
    language: str = ENGLISH
    at: datetime | None = None
    nearer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """From when and until when a version stood; None is still."""

    key: _Key
    since: datetime
    until: datetime | None

    def holds(self, at: datetime | None) -> bool:
        if at is None:
            return self.until is None
        return self.since <= at and (self.until is None or at < self.until)


def standing(conn: Connection, wanted: Collection[Wanted]) -> Mapping[Wanted, Source]:
    """Return the text for each, in the language that is asked for where there is one, else in English.

    A notice that is not shipped any more has none, so that its letters hold up no others.
    """
    wanted = [one for one in wanted if notices.known(one.notice)]
    if not wanted:
        return {}
    spans = _spans(conn, wanted)
    parents = _parents(conn, {key[0] for key in spans}) if spans else {}
    picked = {one: next(_own(spans, parents, one), None) for one in wanted}
    sources = _sources(conn, {key for key in picked.values() if key})
    own = {one: sources[key] if key else None for one, key in picked.items()}
    shipped = _shipped(conn, [one for one, source in own.items() if source is None or source.language != one.language])
    return {one: _chosen(one, source, shipped) for one, source in own.items()}


def chain(conn: Connection, wanted: Wanted) -> tuple[Source, ...]:
    """Return every own text on the way up, the nearest first, and the national one at last; in one language only."""
    spans = _spans(conn, [wanted])
    parents = _parents(conn, {wanted.trust})
    keys = list(_own(spans, parents, wanted, one_language=True))
    sources = _sources(conn, set(keys))
    return (*(sources[key] for key in keys), notices.source(notices.notice(wanted.notice), wanted.language))


def above(conn: Connection, wanted: Collection[Wanted]) -> Mapping[Wanted, Source]:
    """Return the text that would apply at each place if it had none of its own."""
    parents = _parents(conn, {one.trust for one in wanted})
    upward = {one: _above(parents, one) for one in wanted}
    found = standing(conn, set(upward.values()))
    return {one: found[up] for one, up in upward.items() if up in found}


def _above(parents: Mapping[tuple[str, str], str | None], one: Wanted) -> Wanted:
    if one.nearer:
        return replace(one, nearer=one.nearer[1:])
    return replace(one, organisation=parents.get((one.trust, one.organisation)) or "")


def note_shipped(conn: Connection, now: datetime) -> int:
    """Keep the texts of this release, so that letters and overrides of before it find theirs; return how many are new.

    Of two processes that start at once, the one that is second leaves them as they are.
    """
    known = {(row.notice, row.label) for row in conn.execute(select(shipped_texts.c.notice, shipped_texts.c.label))}
    new = [
        {"notice": name, "label": source.label, "language": source.language, "seen_at": now}
        | {"subject": source.subject, "text": source.text, "html": source.html}
        for name in notices.names()
        for source in notices.notice(name).sources.values()
        if (name, source.label) not in known
    ]
    if new:
        insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
        conn.execute(insert(shipped_texts).on_conflict_do_nothing(), new)
    return len(new)


def source_of(row: Row[Any]) -> Source:
    """Read a version's text from its row."""
    label = f"{row.organisation}/{row.version}"
    return Source(subject=row.subject, text=row.text, html=row.html, label=label, language=row.language or ENGLISH)


def _chosen(one: Wanted, own: Source | None, shipped: _Shipped) -> Source:
    """Take one's own text, unless only the nation has it in the language."""
    if own and own.language == one.language:
        return own
    if one.language != ENGLISH and (found := _national(one, one.language, shipped)):
        return found
    return own or _national(one, ENGLISH, shipped) or notices.notice(one.notice).source


def _national(one: Wanted, language: str, shipped: _Shipped) -> Source | None:
    """Return the national text of a moment; of one before anything was noted, today's English."""
    today = notices.notice(one.notice).sources.get(language)
    seen = shipped.get((one.notice, language), ())
    if one.at is None or not seen:
        return today
    then = [source for since, source in seen if since <= one.at]
    return then[-1] if then else today if language == ENGLISH else None


def _shipped(conn: Connection, wanted: Iterable[Wanted]) -> _Shipped:
    """Return what was shipped of each notice and language, the oldest first; nothing is asked for texts of now."""
    names = {one.notice for one in wanted if one.at is not None}
    if not names:
        return {}
    its = shipped_texts.c
    query = select(its.notice, its.label, its.language, its.seen_at).where(its.notice.in_(names))
    rows = conn.execute(query.order_by(its.seen_at, its.label)).all()
    today = {(name, source.label): source for name in names for source in notices.notice(name).sources.values()}
    earlier = _earlier(conn, [(row.notice, row.label) for row in rows if (row.notice, row.label) not in today])
    known = {**earlier, **today}
    found: dict[tuple[str, str], list[tuple[datetime, Source]]] = defaultdict(list)
    for row in rows:
        found[row.notice, row.language].append((row.seen_at, known[row.notice, row.label]))
    return found


def _earlier(conn: Connection, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Source]:
    """Return the texts of earlier releases."""
    if not keys:
        return {}
    its = shipped_texts.c
    return {
        (row.notice, row.label): Source(
            subject=row.subject, text=row.text, html=row.html, label=row.label, language=row.language
        )
        for row in conn.execute(select(shipped_texts).where(tuple_(its.notice, its.label).in_(keys)))
    }


def _spans(conn: Connection, wanted: Collection[Wanted]) -> Mapping[_Place, Sequence[_Span]]:
    """Return when each version of these trusts stood, by place and language."""
    facts = (_columns.version, _columns.language, _columns.state)
    moments = (_columns.saved_at, _columns.published_at, _columns.retired_at)
    nearer = {place for one in wanted for place in one.nearer}
    # The texts of all other classes of a trust need not be read: they may be thousands.
    query = select(_columns.trust, _columns.organisation, _columns.notice, *facts, *moments).where(
        _columns.trust.in_({one.trust for one in wanted}),
        _columns.notice.in_({one.notice for one in wanted}),
        _columns.state.in_(_EVER),
        or_(_columns.organisation.not_in(select(text_places.c.id)), _columns.organisation.in_(nearer)),
    )
    rows: dict[_Place, list[Any]] = defaultdict(list)
    for row in conn.execute(query):
        rows[row.trust, row.organisation, row.notice, row.language or ENGLISH].append(row)
    return {place: _in_turn(found) for place, found in rows.items()}


def _in_turn(rows: Sequence[Any]) -> Sequence[_Span]:
    """Return the spans, the latest first; each ends where the next begins, if it did not end before."""
    ordered = sorted(rows, key=lambda row: (row.published_at or row.saved_at, row.version), reverse=True)
    spans: list[_Span] = []
    for row in ordered:
        since = row.published_at or row.saved_at
        until = row.retired_at or (spans[-1].since if spans else None)
        spans.append(_Span(key=(row.trust, row.organisation, row.notice, row.version), since=since, until=until))
    return spans


def _own(
    spans: Mapping[_Place, Sequence[_Span]],
    parents: Mapping[tuple[str, str], str | None],
    one: Wanted,
    *,
    one_language: bool = False,
) -> Iterator[_Key]:
    """Yield the versions that stand on the way up, those in the language before those in English."""
    languages = (one.language,) if one_language else dict.fromkeys((one.language, ENGLISH))
    for language in languages:
        for above in (*one.nearer, *_upward(parents, one.trust, one.organisation)):
            here = spans.get((one.trust, above, one.notice, language), ())
            if span := next((span for span in here if span.holds(one.at)), None):
                yield span.key


def _sources(conn: Connection, keys: Collection[_Key]) -> Mapping[_Key, Source]:
    if not keys:
        return {}
    key = tuple_(_columns.trust, _columns.organisation, _columns.notice, _columns.version)
    rows = conn.execute(select(template_versions).where(key.in_(sorted(keys))))
    return {(row.trust, row.organisation, row.notice, row.version): source_of(row) for row in rows}


def _parents(conn: Connection, trusts: Collection[str]) -> Mapping[tuple[str, str], str | None]:
    its = organisations.c
    found = conn.execute(select(its.trust, its.id, its.parent).where(its.trust.in_(trusts)))
    return {(row.trust, row.id): row.parent for row in found}


def _upward(parents: Mapping[tuple[str, str], str | None], trust: str, organisation: str) -> Iterator[str]:
    here: str | None = organisation
    seen: set[str] = set()
    while here and here not in seen:
        yield here
        seen.add(here)
        here = parents.get((trust, here))
