"""Role coverage: who would get a question of every role in every organisation, now and in a week; also as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, Response, render_template, request

from engine.allocations import ADMINISTRATOR
from engine.roles import coverage, directory
from engine.roles.coverage import Answer, Cover
from engine.text import clean
from engine.transaction import Engine
from engine.web import dates
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor

LATER: Final = timedelta(days=7)
_SHOWN: Final = 25
_LONGEST_SEARCH: Final = 100
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of the list is asked for: only gaps, an organisation by name, and which page."""

    gaps: bool
    words: str
    page: int

    def takes(self, one: Cover) -> bool:
        """Say whether a row is among what is asked for."""
        return (one.gap or not self.gaps) and self.words.lower() in one.name.lower()


def blueprint(engine: Engine) -> Blueprint:
    """Return the page and the file of role coverage."""
    pages = Blueprint("coverage", __name__, url_prefix="/roles")

    @pages.get("/coverage")
    @requires(ADMINISTRATOR)
    def index() -> str:
        """Show who would be asked where the visitor administers."""
        wanted, now = _wanted(), engine.clock()
        found = _covered(engine, visitor(), now)
        rows = [one for one in found if wanted.takes(one)]
        start = (wanted.page - 1) * _SHOWN
        return render_template(
            "engine/coverage.html",
            wanted=wanted,
            rows=rows[start : start + _SHOWN],
            more=len(rows) > start + _SHOWN,
            total=len(rows),
            gaps=sum(one.gap for one in found),
            moments=(now, now + LATER),
            titles=_titles(engine, rows),
        )

    @pages.get("/coverage.csv")
    @requires(ADMINISTRATOR)
    def download() -> Response:
        """Give the same list as a file."""
        wanted, now = _wanted(), engine.clock()
        rows = [one for one in _covered(engine, visitor(), now) if wanted.takes(one)]
        attached = {"Content-Disposition": 'attachment; filename="role-coverage.csv"'}
        return Response(written(rows, _titles(engine, rows), now), mimetype="text/csv", headers=attached)

    return pages


def written(rows: Iterable[Cover], titles: Mapping[str, str], now: datetime) -> str:
    """Write rows as CSV (RFC 4180), in which no cell is taken for a formula."""
    file = io.StringIO()
    sheet = csv.writer(file)
    heads = ("Organisation", "Id", "Role", "Role code", "Questions", "Gap", dates.day(now), dates.day(now + LATER))
    sheet.writerow(heads)
    for one in rows:
        cells = (one.name, one.organisation, titles[one.role], one.role, one.title, "yes" if one.gap else "no")
        sheet.writerow([_cell(cell) for cell in (*cells, *map(_said, one.answers))])
    return file.getvalue()


def _covered(engine: Engine, here: Visitor, now: datetime) -> Sequence[Cover]:
    workflows = [workflow for workflow, _keep in engine.keeps.values()]
    with engine.reading() as conn:
        places = directory.reach(conn, here.trust, here.actor, (ADMINISTRATOR,))
        return coverage.covered(conn, here.trust, workflows, (now, now + LATER), places)


def _titles(engine: Engine, rows: Iterable[Cover]) -> Mapping[str, str]:
    with engine.reading() as conn:
        return coverage.role_titles(conn, visitor().trust, {one.role for one in rows})


def _wanted() -> Wanted:
    page = request.args.get("page", "1")
    return Wanted(
        gaps=request.args.get("gaps") == "1",
        words=clean(request.args.get("q", ""), _LONGEST_SEARCH),
        page=max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1,  # noqa: PLR2004 - more is no page of ours
    )


def _said(answer: Answer) -> str:
    who = ", ".join(answer.names)
    return ("Nobody. " if answer.gap else "") + f"{who} {answer.sentence}".strip()


def _cell(text: str) -> str:
    """Keep a cell from being a formula, as OWASP advises: an apostrophe before what would begin one."""
    return f"'{text}" if text.startswith(_FORMULA) else text
