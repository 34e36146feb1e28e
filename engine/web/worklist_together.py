"""One answer to several like questions: listed to be confirmed, then each answered by itself, with its own result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, RowMapping

from engine import text
from engine.approvals import answering, keep
from engine.approvals.answering import Became, Result
from engine.approvals.approval import Trigger
from engine.web import asked
from engine.web.permissions import signed_in
from engine.web.presenting import comment_label
from engine.web.visitors import Visitor, visitor
from engine.web.worklist_question import LONGEST_COMMENT, NO_REASON, Desk, carried

MOST: Final = asked.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Questions that can be answered alike: of one kind, with the same choices; `choices` are those without a form."""

    rows: Sequence[RowMapping]
    title: str
    choices: Mapping[str, str]
    comment_label: str


def add(pages: Blueprint, desk: Desk) -> None:
    """Add the pages to the worklist's."""

    @pages.get("/together")
    @signed_in
    def together() -> ResponseReturnValue:
        """List what was ticked, to be answered alike; what is not alike is told apart."""
        return _asked(desk, visitor(), request.args.getlist("item"), {})

    @pages.post("/together")
    @signed_in
    def answer_together() -> ResponseReturnValue:
        """Answer each by itself, and show what became of each."""
        return _answered(desk, visitor(), request.form.getlist("item"))


def _asked(desk: Desk, here: Visitor, items: Sequence[str], wrong: Mapping[str, str]) -> ResponseReturnValue:
    with desk.engine.reading() as connection:
        groups = _groups(desk, connection, here, items)
    if not groups:
        flash("Tick the questions to answer together. Those that you can no longer answer are left out.", "important")
        return redirect(url_for(".index", **carried()), 303)
    known: dict[str, Any] = {"groups": groups, "problems": wrong, "typed": request.form, "carried": carried()}
    page = render_template("engine/worklist_together.html", **known, longest_comment=LONGEST_COMMENT)
    return page, 422 if wrong else 200


def _groups(desk: Desk, connection: Connection, here: Visitor, items: Sequence[str]) -> list[Group]:
    """Return what of these can be answered now, like with like, the largest group first."""
    alike: dict[tuple[Any, ...], list[RowMapping]] = defaultdict(list)
    for row in asked.several_of(connection, here.trust, here.actor, items[:MOST]):
        approval = keep.read(row)
        if Trigger.ANSWER in desk.able(here.actor, approval):
            alike[approval.subject.kind, approval.choices].append(row)
    groups = [_group(desk, connection, rows) for rows in alike.values()]
    return sorted(groups, key=lambda group: -len(group.rows))


def _group(desk: Desk, connection: Connection, rows: Sequence[RowMapping]) -> Group:
    approval = keep.read(rows[0])
    kind = approval.subject.kind
    title = desk.engine.kept(kind)[0].title if kind in desk.engine.keeps else kind
    choices = desk.presenters.of(approval).view(connection, approval).simple(approval)
    label = comment_label(choices, desk.reasoned(approval))
    return Group(rows=rows, title=title, choices=choices, comment_label=label)


def _answered(desk: Desk, here: Visitor, items: Sequence[str]) -> ResponseReturnValue:
    choice = request.form.get("choice", "")
    if not choice:
        return _asked(desk, here, items, {"choice": "Choose an answer."})
    with desk.engine.reading() as connection:
        rows = asked.several_of(connection, here.trust, here.actor, items[:MOST])
        unsaid = [desk.problems(keep.read(row)) for row in rows]
        refused = {row["id"]: why for row in rows if (why := _refused(desk, connection, row))}
    if any("comment" in one for one in unsaid):
        return _asked(desk, here, items, {"comment": NO_REASON})
    said = {"choice": choice, "comment": text.clean_lines(request.form.get("comment", ""), LONGEST_COMMENT)}
    able = [row["id"] for row in rows if row["id"] not in refused]
    results = {**refused, **answering.answer_many(desk.engine, here.actor, here.trust, able, said)}
    known = {"results": [(row, results[row["id"]]) for row in rows], "carried": carried()}
    counted = {became: sum(one.became is became for one in results.values()) for became in Became}
    return render_template("engine/worklist_results.html", **known, counted=counted)


def _refused(desk: Desk, connection: Connection, row: RowMapping) -> Result | None:
    """Return why the form of one question has to be filled in for this answer, where it has to be."""
    approval = keep.read(row)
    presenter = desk.presenters.of(approval)
    if request.form["choice"] in presenter.view(connection, approval).alone:
        return Result(became=Became.REFUSED, sentence="This answer needs a form of its own: open the question.")
    problems = presenter.facts(connection, approval, request.form).problems
    return Result(became=Became.REFUSED, sentence=" ".join(problems.values())) if problems else None
