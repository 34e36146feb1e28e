"""Incidents: what failed and waits, the evidence, and the page on which it is retried, skipped or ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping, Select, select
from werkzeug.wrappers import Response as AnyResponse

from engine import incidents as raised
from engine import text
from engine.allocations import ADMINISTRATOR
from engine.approvals.approval import Approval
from engine.errors import Conflict, Missing, NotDeclared, Refused
from engine.incident import KIND, MAY_ACT, Source, Status, Trigger
from engine.incident_tables import incidents
from engine.letters import Subject
from engine.roles import directory
from engine.tables import approvals, jobs, timers
from engine.transaction import Engine
from engine.web import journal, paging
from engine.web.permissions import requires
from engine.web.presenting import Reading, Typed, View
from engine.web.visitors import Visitor, visitor

SOURCES: Final[Mapping[Source, str]] = MappingProxyType(
    {
        Source.APPROVAL: "Question",
        Source.TIMER: "Timed step",
        Source.JOB: "Job",
        Source.MESSAGE: "Message",
    }
)
STATES: Final[Mapping[Status, str]] = MappingProxyType(
    {Status.OPEN: "Waits for a decision", Status.RESOLVED: "Resolved", Status.SKIPPED: "Skipped"}
)
CHOICES: Final[Mapping[Trigger, tuple[str, str]]] = MappingProxyType(
    {
        Trigger.RETRY: ("Retry", "Once the cause is repaired. You see at once whether it went through."),
        Trigger.SKIP: ("Skip it", "What waits is let go and never done. A reason is needed."),
        Trigger.RESOLVE: ("It was put right by hand", "What waits is let go, because it is not needed any more."),
    }
)
_OF_A_QUESTION: Final[Mapping[Trigger, tuple[str, str]]] = MappingProxyType(
    {
        **CHOICES,
        Trigger.SKIP: ("Skip it", "The question stays open: whoever gets the role may answer it. A reason is needed."),
        Trigger.RESOLVE: ("It was put right by hand", "The question stays open, if nobody answered it meanwhile."),
    }
)
_LATER: Final = "Once the cause is repaired. {} What fails again is a new incident."
_OFFERED: Final[Mapping[Source, Mapping[Trigger, tuple[str, str]]]] = MappingProxyType(
    {
        Source.APPROVAL: _OF_A_QUESTION,
        Source.TIMER: CHOICES,
        Source.JOB: {**CHOICES, Trigger.RETRY: ("Retry", _LATER.format("The next worker begins the job anew."))},
        Source.MESSAGE: {**CHOICES, Trigger.RETRY: ("Retry", _LATER.format("The messages are queued again."))},
    }
)
_DONE: Final[Mapping[Source, str]] = MappingProxyType(
    {
        Source.APPROVAL: "Somebody holds the role now, and was asked.",
        Source.TIMER: "It went through.",
        Source.JOB: "The next worker begins the job anew.",
        Source.MESSAGE: "The messages are queued again.",
    }
)
_MOST_EARLIER: Final = 5
_FILTERS: Final = ("source", "about_kind")
_LONGEST_REASON: Final = 500
_EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an incident is about, as rows of its source's own table; at most 20 of each."""

    question: RowMapping | None = None
    timers: tuple[RowMapping, ...] = ()
    jobs: tuple[RowMapping, ...] = ()


def add_to(pages: Blueprint, engine: Engine) -> None:
    """Add the list and the page of an incident to a blueprint."""
    desk = _Desk(engine)

    @pages.get("/incidents")
    @requires(*MAY_ACT)
    def incidents_index() -> str:
        """List the incidents of the organisations that the visitor answers for, the newest first."""
        return desk.index(visitor())

    @pages.get("/incidents/<id>")
    @requires(*MAY_ACT)
    def incident(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show what failed, what waits, the evidence, and what can be done."""
        return desk.page(visitor(), id)

    @pages.post("/incidents/<id>")
    @requires(*MAY_ACT)
    def decide(id: str) -> AnyResponse:  # noqa: A002
        """Do what was chosen, and say what came of it."""
        return desk.decide(visitor(), id)


def evidence(connection: Connection, row: RowMapping) -> Evidence:
    """Return what lies parked by an incident."""
    if row["source"] == Source.TIMER:
        lying = select(timers).where(timers.c.trust == row["trust"], timers.c.incident == row["id"])
        return Evidence(timers=_some(connection, lying.order_by(timers.c.due_at)))
    if row["source"] == Source.JOB:
        said = row["reference"]
        if raised.shared(connection, [row]):
            return Evidence()
        mine = select(jobs).where(jobs.c.trust == said["of"], jobs.c.name == said["name"], jobs.c.state == "DEAD")
        return Evidence(jobs=_some(connection, mine.order_by(jobs.c.key.desc())))
    if row["source"] == Source.APPROVAL:
        waits = (approvals.c.trust == row["trust"], approvals.c.id == row["reference"]["approval"])
        return Evidence(question=connection.execute(select(approvals).where(*waits)).mappings().one_or_none())
    return Evidence()


def _earlier(connection: Connection, row: RowMapping) -> tuple[RowMapping, ...]:
    """Return the last five that ended of the same cause before this one: a retry that did not help is seen here."""
    same = (incidents.c.trust == row["trust"], incidents.c.cause == row["cause"], incidents.c.id != row["id"])
    ended = select(incidents).where(*same, incidents.c.ended_at <= row["raised_at"])
    chosen = ended.order_by(incidents.c.ended_at.desc(), incidents.c.id.desc()).limit(_MOST_EARLIER)
    return tuple(connection.execute(chosen).mappings())


def _some(connection: Connection, chosen: Select[Any]) -> tuple[RowMapping, ...]:
    return tuple(connection.execute(chosen.limit(_EXAMPLES)).mappings())


class Shown:
    """The presenter of questions about incidents (`engine.web.presenting.Presenter`)."""

    choices: Mapping[str, str] = MappingProxyType({str(trigger): said[0] for trigger, said in CHOICES.items()})

    def view(self, connection: Connection, approval: Approval) -> View:
        """Show what failed and what waits."""
        subject = approval.subject
        mine = (incidents.c.trust == subject.trust, incidents.c.id == subject.id)
        row = connection.execute(select(incidents).where(*mine)).mappings().one()
        shared = bool(raised.shared(connection, [row]))
        return View(template="engine/_incident.html", context={"incident": row, "shared": shared}, choices=self.choices)

    def facts(self, _connection: Connection, _approval: Approval, _typed: Typed) -> Reading:
        """Read nothing but the choice and the comment."""
        return Reading()


class _Desk:
    """Where incidents are shown and decided."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def index(self, here: Visitor) -> str:
        """Write the list."""
        shown = "ended" if request.args.get("show") == "ended" else "open"
        with self._engine.reading() as connection:
            chosen = select(incidents).where(*_mine(connection, here))
            ended = incidents.c.state != Status.OPEN
            chosen = chosen.where(ended if shown == "ended" else incidents.c.state == Status.OPEN)
            for name in _FILTERS:
                if wanted := request.args.get(name, ""):
                    chosen = chosen.where(incidents.c[name] == wanted)
            keys = (incidents.c.raised_at, incidents.c.id)
            page = paging.page(connection, chosen, keys, cursor=request.args.get("after"), newest_first=True)
        return render_template("engine/incidents.html", page=page, shown=shown, kinds=self._kinds(), **WORDS)

    def page(self, here: Visitor, identifier: str, wrong: Mapping[str, str] | None = None) -> str:
        """Write the page of one incident; what was typed is kept."""
        with self._engine.reading() as connection:
            row = _one(connection, here, identifier)
            return render_template(
                "engine/incident.html",
                row=row,
                evidence=evidence(connection, row),
                shared=bool(raised.shared(connection, [row])),
                administers=any(held == ADMINISTRATOR for held, _place in here.actor.grants),
                entries=journal.history(self._engine, connection, Subject(kind=KIND, trust=here.trust, id=identifier)),
                choices=_OFFERED[Source(row["source"])],
                earlier=_earlier(connection, row),
                typed=request.form,
                problems=wrong or {},
                longest=_LONGEST_REASON,
                **WORDS,
            )

    def decide(self, here: Visitor, identifier: str) -> AnyResponse:
        """Fire what was chosen as whoever chose it; what fails again is said on the page, and nothing has changed."""
        with self._engine.reading() as connection:
            row = _one(connection, here, identifier)
        reason = text.clean_lines(request.form.get("reason", ""), _LONGEST_REASON)
        wrong = _problems(request.form.get("choice", ""), reason)
        if wrong:
            return self._again(here, identifier, wrong)
        trigger = Trigger(request.form["choice"])
        try:
            with self._engine.transaction(here.actor) as tx:
                tx.fire(Subject(kind=KIND, trust=here.trust, id=identifier), trigger, {"reason": reason})
        except (NotDeclared, Conflict):
            return redirect(url_for(".incident", id=identifier, late=1), 303)
        except Refused as refusal:
            return self._again(here, identifier, {"choice": refusal.sentence})
        flash(_DONE[Source(row["source"])] if trigger is Trigger.RETRY else "Your decision is recorded.")
        return redirect(url_for(".incident", id=identifier), 303)

    def _again(self, here: Visitor, identifier: str, wrong: Mapping[str, str]) -> Response:
        return make_response(self.page(here, identifier, wrong), 422)

    def _kinds(self) -> Mapping[str, str]:
        return {kind: workflow.title for kind, (workflow, _keep) in self._engine.keeps.items()}


WORDS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "sources": {str(source): words for source, words in SOURCES.items()},
        "states": {str(state): words for state, words in STATES.items()},
    }
)


def _problems(choice: str, reason: str) -> dict[str, str]:
    if choice not in CHOICES:
        return {"choice": "Choose what is to be done."}
    if choice == Trigger.SKIP and not reason.strip():
        return {"reason": "Give a reason: it is kept with the decision."}
    return {}


def _mine(connection: Connection, here: Visitor) -> tuple[Any, ...]:
    reach = directory.reach(connection, here.trust, here.actor, MAY_ACT)
    return incidents.c.trust == here.trust, incidents.c.organisation.in_(reach)


def _one(connection: Connection, here: Visitor, identifier: str) -> RowMapping:
    chosen = select(incidents).where(*_mine(connection, here), incidents.c.id == identifier)
    found = connection.execute(chosen).mappings().one_or_none()
    if found is None:
        raise Missing("There is no such incident, or it belongs to an organisation that you do not look after.")
    return found
