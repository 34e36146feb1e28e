"""Has a text stand on a copy as if it had been published, without whoever would publish it in earnest."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from engine.drafts import Place
from engine.errors import TemplateError
from engine.wording.notices import ENGLISH
from engine.wording.template_tables import template_versions
from engine.wording.template_version import State
from engine.wording.trial import Trial

_WHY: Final = "What if"
_columns = template_versions.c


def put(conn: Connection, place: Place, tried: Trial, author: str, now: datetime) -> int:
    """Let a text take the place of the organisation's own in its language, and return its number.

    Only for copies: nobody is asked or told. Raises `TemplateError` where the trial found an error.
    """
    if tried.errors:
        raise TemplateError(" ".join(finding.sentence for finding in tried.errors))
    its = {"trust": place.trust, "organisation": place.organisation, "notice": tried.notice}
    here = [_columns[name] == value for name, value in its.items()]
    number = (conn.scalar(select(func.max(_columns.version)).where(*here)) or 0) + 1
    same = func.coalesce(_columns.language, ENGLISH) == tried.source.language
    former = update(template_versions).where(*here, same, _columns.state == State.PUBLISHED)
    conn.execute(former.values(state=State.RETIRED, retired_at=now))
    source = tried.source
    said = {"subject": source.subject, "text": source.text, "html": source.html, "language": source.language}
    known = {"state": State.PUBLISHED, "author": author, "comment": _WHY, "saved_at": now, "published_at": now}
    conn.execute(insert(template_versions).values({**its, "version": number, **said, **known}))
    return number
