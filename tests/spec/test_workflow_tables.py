"""Every trigger against every state of every workflow: where it leads, or that it is refused.

The grids are written by hand from the catalogue (A1, A2, A5, A6, A8, A9, A11, A16), not read from the code. A dot is
refused; `a/b` leads to a or, where its guards say no, to b; the column `new` starts a subject.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from engine.approvals import approval
from engine.errors import NotDeclared
from engine.machine import THE_SYSTEM, Case, Workflow
from workflows.competence import award
from workflows.learning import attempt, classes, enrolment, performance, stuck, version
from workflows.onboarding import applicant, transfer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

SHORT = {
    "REQ": "REQUESTED",
    "WAIT": "WAITLISTED",
    "CONF": "CONFIRMED",
    "ATT": "ATTENDED",
    "DNA": "DID_NOT_ATTEND",
    "WDN": "WITHDRAWN",
    "CANC": "CANCELLED",
    "PLAN": "PLANNED",
    "NORM": "NORMAL",
    "CLSD": "CLOSED",
    "NOT": "NOT_ATTEMPTED",
    "INC": "INCOMPLETE",
    "BROW": "BROWSED",
    "COMP": "COMPLETED",
    "PASS": "PASSED",
    "FAIL": "FAILED",
    "CRE": "CREATED",
    "INIT": "INITIALIZED",
    "SUSP": "SUSPENDED",
    "FIN": "FINISHED",
    "ABAN": "ABANDONED",
    "PREF": "PREFERRED_APPLICANT",
    "OFF": "OFFERED_POST_CONDITIONAL",
    "ACC": "OFFER_ACCEPTED",
    "HIRE": "HIRED",
    "PEND": "PENDING",
    "ACPT": "ACCEPTED",
    "EDIT": "ACCEPTED_WITH_EDITS",
    "REJ": "REJECTED",
    "LAPS": "LAPSED",
    "COPY": "COPIED",
    "SUPE": "SUPERSEDED",
    "END": "END_DATED",
}

GRIDS = (
    (
        approval.WORKFLOW,
        """
        .          new         OPEN       MORE_INFO  CLSD  CANCELED  TIMED_OUT  ERROR
        OPEN       OPEN/ERROR  .          .          .     .         .          .
        CLAIM      .           OPEN       .          .     .         .          .
        RELEASE    .           OPEN       .          .     .         .          .
        DELEGATE   .           OPEN       .          .     .         .          .
        TAKE_BACK  .           OPEN       OPEN       .     .         .          .
        TRANSFER   .           OPEN       .          .     .         .          .
        ASK        .           MORE_INFO  .          .     .         .          .
        REPLY      .           .          OPEN       .     .         .          .
        COMMENT    .           OPEN       MORE_INFO  .     .         .          ERROR
        ANSWER     .           CLSD       .          .     .         .          CLSD
        REMIND     .           OPEN       MORE_INFO  .     .         .          .
        ESCALATE   .           TIMED_OUT  TIMED_OUT  .     .         .          TIMED_OUT
        LAPSE      .           TIMED_OUT  TIMED_OUT  .     .         .          TIMED_OUT
        CANCEL     .           CANCELED   CANCELED   .     .         .          CANCELED
        VACATE     .           ERROR      .          .     .         .          .
        RETRY      .           .          .          .     .         .          OPEN
    """,
    ),
    (
        enrolment.WORKFLOW,
        """
        .               new        REQ        WAIT  CONF  ATT  DNA  WDN        CANC
        ENROL           CONF/WAIT  .          .     .     .    .    CONF/WAIT  .
        REQUEST         REQ        .          .     .     .    .    REQ        .
        WALK_IN         ATT        .          .     .     .    .    .          .
        APPROVE         .          CONF/WAIT  .     .     .    .    .          .
        REJECT          .          CANC       .     .     .    .    .          .
        HOLD            .          REQ        .     .     .    .    .          .
        EXPIRE          .          CANC       .     .     .    .    .          .
        CLOSE           .          CANC       .     .     .    .    .          .
        PROMOTE         .          .          CONF  .     .    .    .          .
        PICK            .          .          CONF  .     .    .    .          .
        WITHDRAW        .          WDN        WDN   WDN   .    .    .          .
        ATTEND          .          .          .     ATT   .    ATT  .          .
        DID_NOT_ATTEND  .          .          .     DNA   DNA  .    .          .
        RENEW           .          .          .     .     ATT  .    .          .
        RESCHEDULE      .          .          .     CONF  .    .    .          .
        DECLINE         .          .          .     WDN/CONF  .  .  .  .
        CANCEL_CLASS    .          CANC       CANC  CANC  .    .    .          .
        SET_BACK        .          .          .     WAIT  .    .    .          .
        REPAIR          .          .          .     CONF  .    .    WDN        CANC
        NOTIFY          .          REQ        WAIT  CONF  ATT  DNA  .          .
    """,
    ),
    (
        classes.WORKFLOW,
        """
        .         new   PLAN  NORM  FULL  CLSD  CANC
        CREATE    PLAN  .     .     .     .     .
        OPEN      .     NORM  .     .     .     .
        FILL      .     .     FULL  .     .     .
        FREE      .     .     .     NORM  .     .
        CLOSE     .     .     CLSD  CLSD  .     .
        REOPEN    .     .     .     .     NORM  .
        CANCEL    .     CANC  CANC  CANC  .     .
        SET_BACK  .     .     PLAN  .     .     .
        CHANGE    .     PLAN  NORM  FULL  CLSD  .
        NOTIFY    .     PLAN  NORM  FULL  CLSD  .
    """,
    ),
    (
        performance.WORKFLOW,
        """
        .         new  NOT   INC   BROW  COMP  PASS  FAIL
        START     NOT  .     .     .     .     .     .
        PROGRESS  .    INC   .     INC   .     .     INC
        BROWSE    .    BROW  .     .     .     .     .
        COMPLETE  .    COMP  COMP  .     .     .     COMP
        PASS      .    PASS  PASS  .     PASS  .     PASS
        FAIL      .    FAIL  FAIL  .     .     .     .
        RECORD    .    COMP  COMP  COMP  .     .     COMP
        GRADE     .    .     INC   .     COMP  PASS  FAIL
    """,
    ),
    (
        attempt.WORKFLOW,
        """
        .           new  CRE    INIT   SUSP   FIN    ABAN   RESET
        LAUNCH      CRE  .      .      .      .      .      .
        INITIALIZE  .    INIT   .      INIT   INIT   INIT   .
        CALL        .    .      INIT   .      .      .      .
        SUSPEND     .    .      SUSP   .      .      .      .
        FINISH      .    .      FIN    .      .      .      .
        ABANDON     .    .      ABAN   .      .      .      .
        RESET       .    RESET  RESET  RESET  RESET  RESET  .
        MOVE        .    CRE    INIT   SUSP   FIN    ABAN   .
        MOVE_BACK   .    CRE    INIT   SUSP   FIN    ABAN   SUSP
    """,
    ),
    (
        version.WORKFLOW,
        """
        .          new        DRAFT      PUBLISHED  RETIRED    REMOVED
        FOUND      PUBLISHED  .          .          .          .
        UPLOAD     DRAFT      .          .          .          DRAFT
        PUBLISH    .          PUBLISHED  .          .          .
        ROLL_BACK  .          .          .          PUBLISHED  .
        RETIRE     .          .          RETIRED    .          .
        REMOVE     .          REMOVED    .          REMOVED    .
    """,
    ),
    (
        stuck.WORKFLOW,
        """
        .       new       OPEN      RECORDED  LEFT  RESET  SETTLED
        RAISE   OPEN      .         .         .     .      .
        RECORD  RECORDED  RECORDED  .         .     .      .
        LEAVE   .         LEFT      .         .     .      .
        RESET   RESET     RESET     .         .     .      .
        SETTLE  .         SETTLED   .         .     .      .
    """,
    ),
    (
        award.WORKFLOW,
        """
        .          new        HELD  SUPE  END
        AWARD      HELD/SUPE  .     .     .
        COPY       HELD/SUPE  .     .     .
        SUPERSEDE  .          SUPE  .     .
        END_DATE   .          END   .     .
    """,
    ),
    (
        applicant.WORKFLOW,
        """
        .               new   PREF  OFF  ACC   HIRE  WDN
        PREFER          PREF  .     .    .     .     .
        OFFER           .     OFF   .    .     .     .
        ACCEPT          .     .     ACC  .     .     .
        HIRE            .     .     .    HIRE  .     .
        WITHDRAW        .     WDN   WDN  WDN   .     .
        MOVE_HIRE_DATE  .     .     .    ACC   .     .
    """,
    ),
    (
        transfer.WORKFLOW,
        """
        .                  new   PEND  ACPT  EDIT  REJ  LAPS  COPY
        RECEIVE            PEND  .     .     .     .    .     .
        ACCEPT             .     ACPT  .     .     .    .     .
        ACCEPT_WITH_EDITS  .     EDIT  .     .     .    .     .
        REJECT             .     REJ   .     .     .    .     .
        LAPSE              .     LAPS  .     .     .    .     .
        REOPEN             .     .     .     .     .    PEND  .
        COPY               .     COPY  .     .     .    .     .
    """,
    ),
)
"""Short names are in `SHORT`; a name that is not there is written in full."""

NOT_BUILT = {
    "A1-T04": "a refusal, which no table has",
    "A1-T23": "refused: a class that anybody attended is not planned again (decision 7)",
    "A8-T02": "comes with direct addition",
    "A8-T03": "comes with direct addition",
    "A8-T04": "comes with direct addition",
    "A8-T06": "derived from dates (decision 1)",
    "A8-T07": "derived from dates (decision 1)",
    "A8-T09": "derived from dates (decision 1)",
    "A8-T10": "derived from dates (decision 1)",
    "A8-T12": "derived from dates (decision 1)",
    "A8-T13": "derived from dates (decision 1)",
    "A16-T11": "the new approval of the next level starts by A16-T01",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Anything:
    """A record of which only the state matters."""

    state: StrEnum | None
    trust: str = "northshire"
    id: str = "1"
    revision: int = 1
    head: str = ""
    organisation: str = "northshire"
    organisations: tuple[str, ...] = ("northshire",)
    person: str | None = None


def pairs() -> list[Any]:
    """Return each (workflow, trigger, state or None, targets) of the grids as a case of its own."""
    found = []
    for workflow, grid in GRIDS:
        head, *rows = [line.split() for line in grid.strip().splitlines()]
        for trigger, *cells in rows:
            for column, cell in zip(head[1:], cells, strict=True):
                state = None if column == "new" else workflow.states(SHORT.get(column, column))
                targets = [] if cell == "." else [SHORT.get(name, name) for name in cell.split("/")]
                name = f"{workflow.kind}-{trigger}-{state or 'new'}"
                found.append(pytest.param(workflow, workflow.triggers(trigger), state, targets, id=name))
    return found


@pytest.mark.parametrize(("workflow", "trigger", "state", "targets"), pairs())
def test_every_trigger_leads_from_every_state_to_where_the_catalogue_says(
    workflow: Workflow, trigger: StrEnum, state: StrEnum | None, targets: list[str]
) -> None:
    sources = (lambda step: state in step.sources) if state else (lambda step: not step.sources)

    reached = [str(step.target) for step in workflow.steps if step.trigger == trigger and sources(step)]

    assert list(dict.fromkeys(reached)) == targets
    if not targets:
        case = Case(record=Anything(state=state), facts={}, actor=THE_SYSTEM, now=NOW)
        with pytest.raises(NotDeclared):
            workflow.decide(trigger, case)


@pytest.mark.parametrize(("workflow", "grid"), GRIDS, ids=[workflow.kind for workflow, _ in GRIDS])
def test_the_grid_names_every_state_and_every_trigger(workflow: Workflow, grid: str) -> None:
    head, *rows = [line.split() for line in grid.strip().splitlines()]

    assert {SHORT.get(name, name) for name in head[2:]} == set(map(str, workflow.states))
    assert {row[0] for row in rows} == set(map(str, workflow.triggers))


def test_every_row_of_the_catalogue_is_built_or_said_why_not(shared: Path) -> None:
    built = {
        step.id: ({str(source) for source in step.sources} or {"*"}, str(step.target))
        for workflow, _grid in GRIDS
        for step in workflow.steps
    }
    with (shared / "domain" / "transitions.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["id"].split("-")[0] in MACHINES]

    missing = {row["id"] for row in rows} - set(built)
    different = {row["id"] for row in rows if row["id"] in built and built[row["id"]] != ({row["from"]}, row["to"])}

    assert missing == set(NOT_BUILT)
    assert different == set()


MACHINES = {"A1", "A2", "A5", "A6", "A8", "A9", "A11", "A16"}
