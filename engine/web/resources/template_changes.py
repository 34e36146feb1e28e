"""`/templates`, written to: drafts are saved, tried out, published, and gone back to, as on the pages."""

from __future__ import annotations

from typing import Any, Final

from engine import drafts
from engine.drafts import Place
from engine.errors import Invalid, TemplateLimit
from engine.web import schemas, template_sheet
from engine.web.operations import Answer, Call, Operation, View
from engine.web.resources import templates
from engine.web.resources.templates import AT, BY, FINDING, LANGUAGE, VERSION, WORDS
from engine.web.schemas import many, record, text, whole
from engine.web.template_acts import ACTS, Act
from engine.wording import notices, trial
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR
from engine.wording.trial import Trial

_LONGEST_COMMENT: Final = 400
_MOST: Final = 1_000_000
_NUMBER: Final = whole(1, _MOST, about="The number of a version.")
_NEW: Final = record(
    {
        **WORDS,
        "language": LANGUAGE,
        "comment": text(_LONGEST_COMMENT, about="What changed, in a few words."),
        "draft": whole(1, _MOST, needed=False, about="The draft to change; without it a new one is made."),
        "seen": whole(0, _MOST, needed=False, about="The draft's `revision` as you read it; another is a conflict."),
    }
)
_DRAFT: Final = record({**VERSION.members, "findings": many(FINDING)})
_DONE: Final = record({**VERSION.members, "says": text(400, about="What became of it, in words.")})
_SAYS: Final = {
    "publish": "Try a draft out and publish it, or send it to a second person where the trust asks for one.",
    "approve": "Publish what somebody else sent for approval.",
    "send-back": "Send what waits for approval back to its author.",
    "roll-back": "Publish the text of an earlier version again, as a new one.",
    "withdraw": "Take the published version out of use, so that the text from above applies.",
    "discard": "Throw a draft away.",
}


def _put(call: Call) -> Answer:
    """Save a draft, with its errors, which forbid to publish it and are said."""
    here = templates.visitor(call)
    with call.engine.reading() as connection:
        shown = templates.found(call, connection)
        at = (connection, here, shown.organisation, shown.notice)
        person = template_sheet.addressee(*at, chosen=notices.USUAL)
    sheet = template_sheet.on_trial(shown.notice, templates.typed(call), person)
    tried = Trial(notice=shown.notice.name, source=sheet.source, findings=tuple(sheet.findings), samples={})
    known = {name: call.body.get(name) for name in ("draft", "seen")}
    with call.engine.transaction(call.actor) as tx:
        number = drafts.save_draft(tx, _place(call), tried, comment=call.body["comment"], **known)
        saved = templates.found(call, tx.connection).version(number)
    findings = [templates.said(one) for one in sheet.findings]
    return Answer({**templates.version_row(shown.organisation, saved), "findings": findings})


def _acting(act: Act) -> View:
    def done(call: Call) -> Answer:
        number = int(call.body["version"])
        with call.engine.reading() as connection:
            version = templates.found(call, connection).version(number)
        tried = _sound(call.at["notice"], version.source) if act.tries else None
        with call.engine.transaction(call.actor) as tx:
            says = act.do(tx, _place(call), number, str(call.body.get("reason", "")), tried)
            stands = templates.found(call, tx.connection)
            # What a roll-back makes is the newest version; every other act leaves the number as it is.
            after = stands.versions[0] if act is ACTS["roll-back"] else stands.version(number)
        return Answer({**templates.version_row(stands.organisation, after), "says": says})

    return done


def _sound(notice: str, source: notices.Source) -> Trial:
    """Try a text out; raises `Invalid` with what is wrong, line by line, where that forbids publishing it."""
    try:
        tried = trial.try_out(notice, source)
    except TemplateLimit as error:
        raise Invalid(error.sentence) from None
    if tried.errors:
        errors = [{"pointer": f"/{one.part}", "line": one.line, "detail": one.sentence} for one in tried.errors]
        raise Invalid("This text cannot be published: see what is wrong with it.", errors=errors)
    return tried


def _place(call: Call) -> Place:
    return Place(trust=call.trust, organisation=call.at["organisation"], notice=call.at["notice"])


def _takes(act: Act) -> schemas.Schema:
    reason: dict[str, Any] = {"reason": text(_LONGEST_COMMENT, needed=act.needed)} if act.label else {}
    return record({"version": _NUMBER, **reason})


OPERATIONS: Final = (
    Operation(
        "PUT",
        AT,
        _put,
        by=BY,
        takes=_NEW,
        gives=_DRAFT,
        own_transactions=True,
        says="Save a draft, which may have errors: they are said, and forbid to publish it.",
    ),
    *(
        Operation(
            "POST",
            f"{AT}/{name}",
            _acting(act),
            by=(TEMPLATE_ADMINISTRATOR,),
            takes=_takes(act),
            gives=_DONE,
            own_transactions=True,
            says=_SAYS[name],
        )
        for name, act in ACTS.items()
    ),
)
