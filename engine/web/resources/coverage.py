"""`/roles/coverage`: who would get a question of every role, now and in a week, and where nobody would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from engine.errors import Invalid
from engine.roles import coverage, directory
from engine.roles.absence import LAST_YEAR
from engine.roles.coverage import Answer as Reached
from engine.roles.coverage import Cover, Reach
from engine.web.operations import Answer, Call, Operation
from engine.web.resources.organisations import ADMINISTRATOR, require_administered
from engine.web.schemas import flag, identifier, many, moment, one_of, or_null, record, text, whole

_MOST: Final = 1_000_000
_WEEK: Final = timedelta(days=7)
_REACHED: Final = record(
    {
        "at": moment(),
        "reach": one_of(*map(str, Reach)),
        "place": or_null(identifier(about="The organisation whose version of the role applies.")),
        "names": many(text()),
        "sentence": text(2000, empty=True),
    }
)
_COVER: Final = record(
    {
        "organisation": identifier(),
        "name": text(),
        "role": text(),
        "kind": text(),
        "gap": flag(),
        "answers": many(_REACHED),
    }
)


def _covered(call: Call) -> Answer:
    start = datetime.fromisoformat(call.query["on"]) if "on" in call.query else call.now
    if start.year > LAST_YEAR:
        raise Invalid(f"Nothing can be said of days after the year {LAST_YEAR}.", field="on")
    moments = (start, start + _WEEK)
    workflows = [workflow for workflow, _keep in call.engine.keeps.values()]
    found = coverage.covered(call.conn, call.trust, workflows, moments, _places(call))
    shown = [one for one in found if one.gap or not call.query.get("gaps")]
    gaps = sum(one.gap for one in found)
    return Answer({"gaps": gaps, "items": [_cover(one, moments) for one in shown]})


def _places(call: Call) -> frozenset[str]:
    if "organisation" not in call.query:
        return call.reach(ADMINISTRATOR)
    require_administered(call, call.query["organisation"])
    return directory.within(call.conn, call.trust, [call.query["organisation"]])


def _cover(one: Cover, moments: tuple[datetime, ...]) -> Mapping[str, Any]:
    said = {name: getattr(one, name) for name in ("organisation", "name", "role", "kind", "gap")}
    return {**said, "answers": [_reached(answer, at) for answer, at in zip(one.answers, moments, strict=True)]}


def _reached(answer: Reached, at: datetime) -> Mapping[str, Any]:
    said = {"at": at.isoformat(), "reach": str(answer.reach), "place": answer.place}
    return {**said, "names": list(answer.names), "sentence": answer.sentence}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/roles/coverage",
        _covered,
        by=(ADMINISTRATOR,),
        query={
            "organisation": identifier(needed=False, about="Only this one and those below it."),
            "gaps": flag(needed=False, about="Only where nobody would be asked."),
            "on": moment(needed=False, about="At this moment and a week later, instead of now."),
        },
        gives=record({"gaps": whole(0), "items": many(_COVER, most=_MOST)}),
        says="Who would get a question of every role, and where nobody would.",
    ),
)
