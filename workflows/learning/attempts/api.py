"""`/attempt-rules`, `/enrolments/ID/attempts` and `/looks`: what holds, which attempts count, looking at a course."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from engine.errors import Invalid, Missing
from engine.machine import EVERYONE
from engine.settings import Settings
from engine.web.operations import Answer, Call, Operation, created
from engine.web.schemas import flag, identifier, many, moment, number, one_of, or_null, record, text, whole
from workflows.learning.attempts import opening, rules_pages, store
from workflows.learning.attempts.grading import Played, explained, grade
from workflows.learning.attempts.rules import CHOICES, MOST, TITLES, Scope, written
from workflows.learning.tables import enrolments
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR, RUNS_CLASSES

_RULE: Final = record(
    {
        "name": text(),
        "value": text(),
        "words": text(),
        "from": or_null(text(about="`system`, `package` or `offering`; null for the built-in default.")),
    }
)
_RULES: Final = record({"rules": many(_RULE)})
_WORDS: Final = {name: one_of(*CHOICES[name], needed=False, about=TITLES[name]) for name in CHOICES}
_CHANGES: Final = record(
    {
        **{name: or_null(schema) for name, schema in _WORDS.items()},
        "most": or_null(whole(0, MOST, needed=False, about="Most attempts; 0 is no limit.")),
    }
)
_ATTEMPT: Final = record(
    {
        "id": identifier(),
        "opened_at": moment(),
        "period": whole(1, about="For which period of validity it was made, counted."),
        "status": text(),
        "score": or_null(number()),
        "over": flag(),
        "reset": flag(),
        "counts": flag(about="Whether its score or its status is that of the record."),
    }
)
_ATTEMPTS: Final = record(
    {
        "status": text(),
        "score": or_null(number()),
        "explained": many(text()),
        "attempts": many(_ATTEMPT),
        "may_begin": flag(about="Whether a new attempt may be begun now."),
        "barred": text(empty=True, about="Why not; empty where it may."),
        "left": or_null(whole(about="How many may be begun yet; null without a limit.")),
    }
)
_LOOKED: Final = record(
    {
        "mode": text(about="`review` or `browse`."),
        "url": text(4000, about="Opens the player for eight hours; nothing that is done there is recorded."),
    }
)
_WHAT: Final = {
    "attempt": or_null(identifier(needed=False, about="One's own attempt that is over: a review.")),
    "class": or_null(identifier(needed=False, about="A class of e-learning that one can find, or runs: a browse.")),
    "package": or_null(text(64, needed=False, about="The hash of a package, for who runs classes: a browse.")),
}


def operations(settings: Settings) -> tuple[Operation, ...]:
    """Return the operations of an installation."""
    return (*_OPERATIONS, _look(settings))


@dataclass(frozen=True, slots=True)
class _Ruling:
    """The rules of one scope; the address says of what."""

    scope: Scope

    def show(self, call: Call) -> Answer:
        """Return every rule with where it comes from."""
        return Answer({"rules": [_rule(one) for one in self._stands(call).found]})

    def change(self, call: Call) -> Answer:
        """Set what is said, take back what is null, leave the rest."""
        said = {name: None if value is None else written(value) for name, value in call.body.items()}
        rules_pages.change(call.tx, self._stands(call), call.trust, said)
        return self.show(call)

    def _stands(self, call: Call) -> rules_pages.Ruled:
        return rules_pages.ruled(call.conn, call.trust, call.actor, self.scope, call.at.get("id", store.EVERYWHERE))


def _rule(one: Any) -> dict[str, Any]:
    return {"name": one.name, "value": one.value, "words": one.words, "from": one.source and str(one.source)}


def _attempts(call: Call) -> Answer:
    mine = (enrolments.c.trust == call.trust, enrolments.c.id == call.at["id"])
    found = call.conn.execute(select(enrolments.c.person, enrolments.c.organisation).where(*mine)).one_or_none()
    own = found is not None and found.person == call.actor.person
    if found is None or not (own or found.organisation in call.reach(*RUNS_CLASSES)):
        raise Missing("There is no such enrolment, or it belongs to an organisation that you do not look after.")
    course = store.courses(call.conn, call.trust, [call.at["id"]])[call.at["id"]]
    graded, stands = grade(course.played, course.rules), course.standing(call.now)
    counted = {*graded.counted, graded.by}
    return Answer(
        {
            "status": graded.status,
            "score": graded.score,
            "explained": list(explained(course.played, course.rules)),
            "attempts": [_attempt(one, one.score(course.rules.within), one.id in counted) for one in course.played],
            "may_begin": not stands.barred,
            "barred": stands.barred,
            "left": stands.left,
        }
    )


def _attempt(one: Played, score: float | None, counts: bool) -> dict[str, Any]:  # noqa: FBT001 - a fact
    shown = {name: getattr(one, name) for name in ("id", "period", "status", "reset")}
    return {**shown, "opened_at": one.opened_at.isoformat(), "score": score, "over": one.ended, "counts": counts}


def _look(settings: Settings) -> Operation:
    def look(call: Call) -> Answer:
        said = {name: value for name, value in call.body.items() if value is not None}
        if len(said) != 1:
            raise Invalid("Say one of attempt, class and package.", field="attempt")
        ((what, key),) = said.items()
        opened = _WAYS[what](call, settings, key)
        return created("/looks", {"mode": opened.mode, "url": opened.url})

    return Operation(
        "POST",
        "/looks",
        look,
        by=(EVERYONE,),
        takes=record(_WHAT),
        gives=_LOOKED,
        status=201,
        says="Look at a course: review an attempt that is over, or browse. Nothing is kept of it.",
    )


def _review(call: Call, settings: Settings, key: str) -> opening.Opened:
    return opening.review(call.conn, settings, call.actor, call.trust, key, call.now)


def _browse(call: Call, settings: Settings, key: str) -> opening.Opened:
    return opening.browse(call.conn, settings, call.actor, call.trust, key, call.now)


def _preview(call: Call, settings: Settings, key: str) -> opening.Opened:
    if not call.reach(*RUNS_CLASSES):
        raise Missing("There is no such package that you look after.")
    return opening.preview(call.conn, settings, call.trust, key, call.now)


_WAYS: Final = {"attempt": _review, "class": _browse, "package": _preview}


def _ruling(scope: Scope, path: str, what: str) -> tuple[Operation, ...]:
    ruling = _Ruling(scope)
    return (
        Operation(
            "GET",
            path,
            ruling.show,
            by=RUNS_CLASSES,
            gives=_RULES,
            says=f"The rules of attempts as they hold for {what}, each with where it comes from.",
        ),
        Operation(
            "PATCH",
            path,
            ruling.change,
            by=(LEARNING_ADMINISTRATOR,),
            takes=_CHANGES,
            gives=_RULES,
            says=f"Set rules of attempts for {what}; null takes one back.",
        ),
    )


_OPERATIONS: Final = (
    *_ruling(Scope.SYSTEM, "/attempt-rules", "the whole trust"),
    *_ruling(Scope.PACKAGE, "/packages/<id>/attempt-rules", "a package"),
    *_ruling(Scope.OFFERING, "/offerings/<id>/attempt-rules", "an offering"),
    Operation(
        "GET",
        "/enrolments/<id>/attempts",
        _attempts,
        by=(EVERYONE,),
        gives=_ATTEMPTS,
        says="The attempts under an enrolment: which count, how, and whether another may be begun.",
    ),
)
