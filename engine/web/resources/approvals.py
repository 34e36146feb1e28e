"""`/approvals`: what is asked of the caller, answering it alone or together, and all else that can be done with it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, select

from engine.approvals import answering, attachments
from engine.approvals.answering import Became
from engine.approvals.approval import Status, Trigger
from engine.approvals.keep import read
from engine.approvals.tables import approval_comments
from engine.errors import Decided, Invalid
from engine.machine import EVERYONE
from engine.tables import approvals
from engine.web import answer_facts, approval_lines, asked, colleagues, nearby
from engine.web.answer_facts import Declared
from engine.web.asked import Shown
from engine.web.nearby import Workplaces
from engine.web.operations import PAGED, Answer, Call, Operation, list_of, listed
from engine.web.schemas import anything, identifier, lines, many, moment, one_of, or_null, record, text, whole

_LONGEST: Final = 2000
_FORM_BESIDES: Final = 64 * 1024
_APPROVAL: Final = {
    "id": identifier(),
    "title": text(),
    "kind": text(),
    "subject": identifier(),
    "role": text(),
    "organisation": identifier(),
    "state": one_of(*map(str, Status)),
    "choices": many(text()),
    "opened_at": moment(),
    "due_at": or_null(moment()),
    "closed_at": or_null(moment()),
    "choice": or_null(text()),
    "answered_by": or_null(text(about="The name of whoever answered.")),
    "comment": or_null(lines()),
    "owner": or_null(identifier(about="The account that owns it; null while it is the role's.")),
    "owner_name": or_null(text()),
    "delegate": or_null(identifier(about="The account that acts for the owner.")),
    "delegate_name": or_null(text()),
    "asked_of": or_null(identifier(about="The account whose information is waited for.")),
    "asked_of_name": or_null(text()),
    "reminded": whole(0, about="How many reminders went out."),
    "level": whole(0, about="How often it was escalated."),
    "before": or_null(identifier(about="The approval of the level below, which timed out.")),
}
_FILE: Final = {"id": identifier(), "name": text(), "media_type": text(), "size": whole(0, about="In bytes.")}
_COMMENT: Final = record({"by": identifier(), "by_name": text(), "at": moment(), "text": lines()})
_EVENT: Final = record({"at": moment(), "what": text(), "said": lines(), "number": whole(1)})
_WHOLE: Final = record(
    {**_APPROVAL, "history": many(_EVENT), "comments": many(_COMMENT), "attachments": many(record(_FILE))}
)
_COMMENTED: Final = lines(_LONGEST, needed=False)
_SAID: Final = {
    "choice": text(40, about="One of the approval's choices."),
    "facts": anything(needed=False, about="What the choice needs, such as edited dates."),
    "comment": _COMMENTED,
}
_TO: Final = record(
    {
        "to": identifier(about="The account of somebody with whom you work, or who holds the role."),
        "comment": _COMMENTED,
    }
)
_TAKES: Final = {
    "claim": (Trigger.CLAIM, None, "Own it: the other holders of the role leave it to you."),
    "release": (Trigger.RELEASE, None, "Give it back to the role."),
    "delegate": (Trigger.DELEGATE, _TO, "Let somebody act for you; it stays yours, and its due date stays."),
    "take-back": (Trigger.TAKE_BACK, None, "Take it back from the delegate, or stop waiting for information."),
    "transfer": (Trigger.TRANSFER, _TO, "Make it somebody else's; its due date stays."),
    "ask": (
        Trigger.ASK,
        record({"of": identifier(about="An active account of the trust."), "question": lines(_LONGEST)}),
        "Ask somebody for information; it waits until they reply.",
    ),
    "reply": (Trigger.REPLY, record({"answer": lines(_LONGEST)}), "Give the information that you were asked for."),
    "comment": (Trigger.COMMENT, record({"comment": lines(_LONGEST)}), "Write a comment."),
}
_RESULT: Final = record(
    {"id": identifier(), "became": one_of(*map(str, Became)), "detail": text(400, empty=True), "facts": anything()}
)


def _mine(call: Call) -> Answer:
    shown = Shown(call.query.get("show", Shown.OPEN))
    page = asked.asked_of(call.conn, call.trust, call.actor, shown, where=_narrowed(call), **call.paging)
    return listed(page, _row)


def _narrowed(call: Call) -> list[ColumnElement[bool]]:
    same = [approvals.c[name] == call.query[name] for name in ("kind", "role", "organisation") if name in call.query]
    words = [approvals.c.title.icontains(call.query["q"], autoescape=True)] if "q" in call.query else []
    return [*same, *words]


def _one(call: Call) -> Answer:
    """Answer all of one approval: how it stands, what happened, what was said, what was attached."""
    row = asked.one_of(call.conn, call.trust, call.actor, call.at["id"])
    table = approval_comments
    chosen = select(table).where(table.c.trust == call.trust, table.c.approval == row["id"])
    said = call.conn.execute(chosen.order_by(table.c.revision)).mappings()
    events = approval_lines.lines(call.conn, read(row), {})
    more = {
        "history": [
            {"at": one.at.isoformat(), "what": one.what, "said": one.said, "number": one.number} for one in events
        ],
        "comments": [_comment(one) for one in said],
        "attachments": [_file(one) for one in attachments.of(call.conn, call.trust, [row["id"]])],
    }
    return Answer({**_row(row), **more})


def _answered(declared: Declared, call: Call) -> Answer:
    """Answer as the caller; whoever comes second is told who was first."""
    kind = asked.one_of(call.conn, call.trust, call.actor, call.at["id"])["kind"]
    return _acted(call, Trigger.ANSWER, _said(call, declared, kind))


def _did(trigger: Trigger, works: Workplaces | None, call: Call) -> Answer:
    """Act; what is handed on goes to somebody whom the pages offer too, as `works` tells."""
    if works is not None:
        approval = read(asked.one_of(call.conn, call.trust, call.actor, call.at["id"]))
        colleagues.require(call.conn, approval, call.actor, call.body["to"], call.now, works)
    return _acted(call, trigger, call.body)


def _acted(call: Call, trigger: Trigger, facts: Mapping[str, Any]) -> Answer:
    """Do something with an approval that the caller may see; raises `Decided` with it where it had ended."""
    before = asked.one_of(call.conn, call.trust, call.actor, call.at["id"])
    try:
        answering.act(call.tx, call.trust, call.at["id"], trigger, facts)
    except Decided as late:
        now = asked.several_of(call.conn, call.trust, call.actor, [call.at["id"]])
        raise Decided(late.sentence, **_row(now[0] if now else before)) from late
    after = asked.several_of(call.conn, call.trust, call.actor, [call.at["id"]])
    return Answer(_row(after[0]) if after else _out_of_sight(call))


def _out_of_sight(call: Call) -> Mapping[str, Any]:
    """Return an approval that the caller gave away, as its row stands."""
    chosen = select(approvals).where(approvals.c.trust == call.trust, approvals.c.id == call.at["id"])
    return _row(call.conn.execute(chosen).mappings().one())


def _together(declared: Declared, call: Call) -> Answer:
    """Answer several, each in its own commit; what the caller may not see is refused as if it were not there."""
    ids = list(dict.fromkeys(call.body["ids"]))
    with call.engine.reading() as conn:
        kinds = {row["id"]: row["kind"] for row in asked.several_of(conn, call.trust, call.actor, ids)}
    mine = [one for one in ids if one in kinds]
    said = _said(call, declared, kinds[mine[0]]) if mine else {}  # what is of another kind than the first is refused
    results = answering.answer_many(call.engine, call.actor, call.trust, mine, said)
    hidden = answering.Result(became=Became.REFUSED, sentence=answering.UNKNOWN)
    return Answer({"results": [_result(one, results.get(one, hidden)) for one in ids]})


def _result(one: str, result: answering.Result) -> Mapping[str, Any]:
    return {"id": one, "became": str(result.became), "detail": result.sentence, "facts": dict(result.facts)}


def _attached(call: Call) -> Answer:
    """Keep one file with a comment; the whole is one commit."""
    file = call.files.get("file")
    if file is None:
        raise Invalid("Send the file as the part `file` of a form.")
    with closing(file):
        content = file.stream.read(attachments.LARGEST + 1)
    asked.one_of(call.conn, call.trust, call.actor, call.at["id"])
    stored = attachments.store(call.conn, call.trust, file.filename or "", content)
    return _acted(call, Trigger.COMMENT, {"comment": call.body.get("comment", ""), "attachments": [stored.as_facts()]})


def _download(call: Call) -> Answer:
    asked.one_of(call.conn, call.trust, call.actor, call.at["id"])
    row = attachments.content(call.conn, call.trust, call.at["id"], call.at["file"])
    return Answer({**_file(row), "content": base64.b64encode(row["content"]).decode()})


def _said(call: Call, declared: Declared, kind: str) -> Mapping[str, Any]:
    return {
        "choice": call.body["choice"],
        "facts": answer_facts.checked(declared, kind, call.body.get("facts", {})),
        "comment": call.body.get("comment", ""),
    }


def _row(row: RowMapping) -> Mapping[str, Any]:
    moments = ("opened_at", "due_at", "closed_at")
    plain = {name: row[name] for name in _APPROVAL if name not in {*moments, "answered_by"}}
    at = {name: row[name].isoformat() if row[name] else None for name in moments}
    return {**plain, **at, "answered_by": row["answered_by_name"]}


def _comment(row: RowMapping) -> Mapping[str, Any]:
    return {"by": row["by"], "by_name": row["by_name"], "at": row["at"].isoformat(), "text": row["text"]}


def _file(row: RowMapping) -> Mapping[str, Any]:
    return {name: row[name] for name in _FILE}


def _steps(works: Workplaces) -> tuple[Operation, ...]:
    return tuple(
        Operation(
            "POST",
            f"/approvals/<id>/{name}",
            partial(_did, trigger, works if takes is _TO else None),
            by=(EVERYONE,),
            takes=takes,
            gives=record(_APPROVAL),
            says=says,
        )
        for name, (trigger, takes, says) in _TAKES.items()
    )


def operations(
    declared: Declared = answer_facts.NOTHING, works: Workplaces = nearby.nowhere_else
) -> tuple[Operation, ...]:
    """Return the operations; `declared` is what answers bring along, by kind, `works` where accounts work."""
    return (*_ANYWAY, *_steps(works), *_answers(declared))


def _answers(declared: Declared) -> tuple[Operation, ...]:
    return (
        Operation(
            "POST",
            "/approvals/<id>/answer",
            partial(_answered, declared),
            by=(EVERYONE,),
            takes=record(_SAID),
            gives=record(_APPROVAL),
            says="Answer; where somebody was first, 409 says who and what.",
        ),
        Operation(
            "POST",
            "/approvals/answer-many",
            partial(_together, declared),
            by=(EVERYONE,),
            takes=record({"ids": many(identifier(), most=answering.MOST), **_SAID}),
            gives=record({"results": many(_RESULT)}),
            own_transactions=True,
            says="Answer like questions alike; each stands or falls by itself, and the results say what became of it.",
        ),
    )


_ANYWAY: Final = (
    Operation(
        "GET",
        "/approvals",
        _mine,
        by=(EVERYONE,),
        query={
            **PAGED,
            "show": one_of(*map(str, Shown), needed=False),
            "kind": text(40, needed=False),
            "role": text(80, needed=False),
            "organisation": identifier(needed=False),
            "q": text(needed=False, about="Words of the title."),
        },
        gives=list_of(record(_APPROVAL)),
        says="What is, or was, asked of you: to do, yours, your roles', delegated or closed.",
    ),
    Operation(
        "GET",
        "/approvals/<id>",
        _one,
        by=(EVERYONE,),
        gives=_WHOLE,
        says="One of them, with its history, comments and attachments.",
    ),
    Operation(
        "POST",
        "/approvals/<id>/attachments",
        _attached,
        by=(EVERYONE,),
        takes=record({"comment": _COMMENTED}),
        gives=record(_APPROVAL),
        files=attachments.LARGEST + _FORM_BESIDES,
        says="Attach a file, as the part `file` of a form, with a comment.",
    ),
    Operation(
        "GET",
        "/approvals/<id>/attachments/<file>",
        _download,
        by=(EVERYONE,),
        gives=record({**_FILE, "content": lines(4 * attachments.LARGEST, about="The bytes, in base64.")}),
        says="One attached file.",
    ),
)
