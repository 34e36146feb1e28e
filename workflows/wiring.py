"""Which workflow is kept where, and which writer serves which effect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any, Final

from engine import effects, failures, incident, incidents, webhooks
from engine.approvals import approval, questions
from engine.effects import Effect, Unschedule
from engine.incidents import Incidents
from engine.jobs import Daily, Every, Schedule, Work
from engine.keep import Keep
from engine.machine import Workflow
from engine.mailroom import processing
from engine.mailroom import store as mailroom
from engine.mailroom.acting import Hook, House
from engine.privacy import holdings, retention
from engine.privacy.personal import Holding, Register
from engine.renaming import Renamed
from engine.settings import Settings, secret_for
from engine.template_keep import TemplateVersions
from engine.timing import timers
from engine.transaction import Engine, Handler, Predicate
from engine.wording import template_version
from scorm import holdings as scorm_holdings
from scorm import retention as scorm_retention
from workflows.competence import award, reminders
from workflows.competence import effects as competence_effects
from workflows.competence import holdings as competence_holdings
from workflows.competence.reminding import Reminding
from workflows.competence.store import AwardKeep
from workflows.competence.writes import PutOnProfile, TakeBack
from workflows.forecast_tables import forecasts
from workflows.learning import (
    attempt,
    classes,
    enrolment,
    performance,
    playing,
    replies,
    stuck,
    stuck_store,
    version,
    versioning,
)
from workflows.learning import effects as learning_effects
from workflows.learning import holdings as learning_holdings
from workflows.learning import reminders as class_reminders
from workflows.learning.keeps import ClassKeep, EnrolmentKeep
from workflows.learning.results import AttemptKeep, PerformanceKeep
from workflows.learning.trials import Trials
from workflows.learning.version_store import VersionKeep
from workflows.learning.writes import CloseRanks, MoveEnrolments, Settle, WriteSessions
from workflows.onboarding import applicant, transfer
from workflows.onboarding import effects as onboarding_effects
from workflows.onboarding import holdings as onboarding_holdings
from workflows.onboarding import retention as onboarding_retention
from workflows.onboarding.keeps import ApplicantKeep, TransferKeep
from workflows.onboarding.writes import AddAssignment, KeepDecision, SetAssignment, WriteLines
from workflows.people import holdings as people_holdings
from workflows.people import keeps as people_keeps
from workflows.people import requests
from workflows.people.records import Site, site_of

WORKFLOWS: Final[tuple[Workflow, ...]] = (
    applicant.WORKFLOW,
    approval.WORKFLOW,
    attempt.WORKFLOW,
    award.WORKFLOW,
    classes.WORKFLOW,
    enrolment.WORKFLOW,
    incident.WORKFLOW,
    performance.WORKFLOW,
    requests.WORKFLOW,
    stuck.WORKFLOW,
    template_version.WORKFLOW,
    transfer.WORKFLOW,
    version.WORKFLOW,
)
"""Every workflow there is, the engine's own among them."""

RENAMED: Final[tuple[Renamed, ...]] = ()
"""States and triggers that had another name before; `db upgrade` brings what is stored to the new one."""

REGISTER: Final = Register(
    (
        *people_holdings.HOLDINGS,
        *competence_holdings.HOLDINGS,
        *learning_holdings.HOLDINGS,
        *onboarding_holdings.HOLDINGS,
        *scorm_holdings.HOLDINGS,
        *holdings.HOLDINGS,
        Holding(table=forecasts, title="Forecasts", through=("account", holdings.ACCOUNTS), gone=True),
    )
)
"""All that is kept of people."""

RETENTION: Final = (
    *onboarding_retention.RULES,
    *scorm_retention.RULES,
    *retention.RULES,
    retention.Rule(
        name="forecasts",
        sentence="What forecasts found, also whom they name.",
        days=1,
        table=forecasts,
        over=lambda last: forecasts.c.asked_at <= last,
    ),
)
"""How long what is kept (catalogue P33)."""

HANDLERS: Final[Mapping[type[Effect], Handler]] = {
    **questions.HANDLERS,
    effects.Schedule: timers.schedule,
    Unschedule: timers.unschedule,
    **incidents.serving(failures.PARKS),
    PutOnProfile: competence_effects.put_on_profile,
    TakeBack: competence_effects.take_back,
    Settle: learning_effects.settle,
    CloseRanks: learning_effects.close_ranks,
    MoveEnrolments: learning_effects.move_enrolments,
    WriteSessions: learning_effects.write_sessions,
    AddAssignment: onboarding_effects.add_assignments,
    SetAssignment: onboarding_effects.set_assignments,
    WriteLines: onboarding_effects.write_lines,
    KeepDecision: onboarding_effects.keep_decisions,
    requests.Erase: people_keeps.erasing(REGISTER),
}


PREDICATES: Final[Mapping[str, Predicate]] = {**reminders.PREDICATES, **class_reminders.PREDICATES}
"""Predicates of letters beside the engine's own `still_in`."""


ABANDON: Final = "abandon-silent-attempts"

FORGET: Final = "forget-what-is-over"
TELL: Final = "tell-webhooks"
TRY: Final = "begin-trial-runs"
_READING: Final = timedelta(minutes=2)

SCHEDULES: Final = (
    Schedule(name=ABANDON, rhythm=Every(timedelta(minutes=15))),
    Schedule(name=reminders.REMIND, rhythm=Daily(time(5))),
    Schedule(name=class_reminders.REMIND, rhythm=Daily(time(6))),
    Schedule(name=stuck_store.FIND, rhythm=Daily(time(4))),
    Schedule(name=versioning.SWEEP, rhythm=Every(timedelta(hours=1))),
    Schedule(name=FORGET, rhythm=Every(timedelta(days=7))),
)
"""What the workflows have done again and again, beside the engine's own (catalogue P05, P09, P29, P33)."""


def reminding(settings: Settings) -> Reminding:
    """Return when and of what learners are reminded."""
    return Reminding(days=settings.reminders, not_required=settings.remind_not_required, origin=settings.app_origin)


def works(engine: Engine, settings: Settings) -> Mapping[str, Work]:
    """Return by name the work that `SCHEDULES` asks for."""
    return {
        ABANDON: Work(run=lambda _arguments: playing.abandon_silent(engine)),
        reminders.REMIND: Work(run=lambda _arguments: reminders.remind(engine, reminding(settings))),
        class_reminders.REMIND: Work(
            run=lambda _arguments: class_reminders.remind(engine, site_of(settings), settings.calendars.reminders)
        ),
        stuck_store.FIND: Work(run=lambda _arguments: stuck_store.find(engine, settings)),
        versioning.SWEEP: Work(run=lambda _arguments: versioning.sweep(engine, settings.blobs)),
        FORGET: Work(
            run=lambda _arguments: retention.forget(engine.database, RETENTION, settings.retention, engine.clock())
        ),
    }


OUTSIDE: Final = (Schedule(name=TELL, rhythm=Every(timedelta(minutes=1))),)
"""What is had done that leaves this installation, and so never in a forecast."""


TRIALS: Final = (Schedule(name=TRY, rhythm=Every(timedelta(minutes=1))),)
"""What begins trial runs of packages, which open a browser, and so never in a forecast."""


def outside(engine: Engine, settings: Settings) -> Mapping[str, Work]:
    """Return by name the work that `OUTSIDE` and `TRIALS` ask for."""
    trials = Trials(engine, settings)

    def tell(_arguments: Mapping[str, Any]) -> None:
        webhooks.announce(engine)
        webhooks.deliver(engine, secret_for(settings), settings.webhook_hosts)

    return {TELL: Work(run=tell, alone=True), TRY: Work(run=lambda _arguments: trials.begin())}


HOOKS: Final[Mapping[str, Hook]] = {enrolment.KIND: replies.heard}
"""What is done when an attendee answered a meeting, by the kind of subject whose meeting it is."""


def inbound(engine: Engine, house: House) -> Mapping[str, Work]:
    """Return by name the work of reading the mail that came; never in a forecast, which gets none."""
    return {mailroom.READ: Work(run=lambda arguments: processing.read(engine, house, arguments["id"]), lease=_READING)}


def keeps(site: Site) -> Mapping[str, tuple[Workflow, Keep]]:
    """Return by kind each workflow and where its subjects are, for an installation at this address."""
    return {
        approval.KIND: (approval.WORKFLOW, questions.Approvals(site.origin)),
        applicant.KIND: (applicant.WORKFLOW, ApplicantKeep()),
        attempt.KIND: (attempt.WORKFLOW, AttemptKeep()),
        award.KIND: (award.WORKFLOW, AwardKeep(site)),
        classes.KIND: (classes.WORKFLOW, ClassKeep()),
        enrolment.KIND: (enrolment.WORKFLOW, EnrolmentKeep(site)),
        incident.KIND: (incident.WORKFLOW, Incidents(site.origin)),
        performance.KIND: (performance.WORKFLOW, PerformanceKeep(site)),
        requests.KIND: (requests.WORKFLOW, people_keeps.RequestKeep()),
        stuck.KIND: (stuck.WORKFLOW, stuck_store.StuckKeep(site)),
        template_version.KIND: (template_version.WORKFLOW, TemplateVersions(site.origin)),
        transfer.KIND: (transfer.WORKFLOW, TransferKeep(site)),
        version.KIND: (version.WORKFLOW, VersionKeep()),
    }
