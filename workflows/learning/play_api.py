"""`/packages`, `/launches` and `/attempts`: what can be played, playing it, and the flight recorder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from engine.errors import Invalid, Missing
from engine.machine import EVERYONE
from engine.settings import Settings
from engine.web import mishaps, paging
from engine.web.mishaps import Mishap
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import anything, flag, identifier, many, moment, number, or_null, record, text, whole
from scorm import calls, checks, library, recorder
from scorm import store as runtime
from scorm.errors import PackageNotStored, PackageRefused
from scorm.packaging.package import ImportedPackage
from scorm.runtime import verdict
from scorm.tables import packages
from workflows.learning import attempt_version, package_pages
from workflows.learning.attempts import opening
from workflows.learning.tables import enrolments
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR, RUNS_CLASSES

_PACKAGE: Final = record(
    {"hash": text(64), "title": text(), "edition": text(), "imported_at": moment(), "warnings": many(text())}
)
_LAUNCH: Final = record(
    {
        "attempt": identifier(),
        "url": text(2000, about="Opens the player; as good as a key."),
        "mode": text(about="`normal`, or `review` where the attempt is over: then nothing is recorded."),
    }
)
_NEW: Final = flag(needed=False, about="Begin a new attempt where the rules allow it, also after one that is over.")
_ATTEMPT: Final = record(
    {
        "id": identifier(),
        "enrolment": identifier(),
        "person": identifier(),
        "package": text(64),
        "version": whole(about="Which version of its package that is."),
        "version_why": many(text(2000), about="Why it runs on that version."),
        "epoch": whole(about="How many windows it took."),
        "running": flag(about="It was initialised and not finished."),
        "opened_at": moment(),
        "active_at": moment(),
        "outcome": or_null(anything(about="What it came to: completion, success, lesson_status, score, times.")),
    }
)
_CALL: Final = record(
    {
        "seq": whole(1),
        "at": number(about="Milliseconds, by the learner's clock."),
        "fn": text(),
        "args": many(text(64_000)),
        "answer": text(64_000),
        "error": text(),
    }
)
_EVIDENCE: Final = record({"window": whole(), "call": whole(about="0 is the window itself."), "at": text()})
_VERDICT: Final = record(
    {
        "kind": text(),
        "answer": text(),
        "facts": many(record({"sentence": text(), "evidence": many(_EVIDENCE)})),
        "learner": text(about="What the learner can do."),
        "support": text(about="What those who support them can do."),
    }
)
_STORAGE_FULL: Final = 507
LARGEST_PACKAGE: Final = package_pages.LARGEST_PACKAGE


def operations(settings: Settings) -> tuple[Operation, ...]:
    """Return the operations of an installation: where files are kept, and where courses are played."""
    playing_here = _Playing(settings)
    return (
        Operation(
            "GET",
            "/packages",
            _packages,
            by=RUNS_CLASSES,
            query=PAGED,
            gives=list_of(_PACKAGE),
            says="The packages of the trust; each version is there for good.",
        ),
        Operation(
            "POST",
            "/packages",
            playing_here.take,
            by=(LEARNING_ADMINISTRATOR,),
            files=package_pages.LARGEST_PACKAGE,
            gives=_PACKAGE,
            status=201,
            own_transactions=True,
            says="Import a SCORM or AICC zip, sent as `package` (multipart); refused with every reason (422).",
        ),
        Operation(
            "POST",
            "/launches",
            playing_here.launch,
            by=(EVERYONE,),
            takes=record({"enrolment": identifier(), "new": _NEW}),
            gives=_LAUNCH,
            status=201,
            says="Go on with the attempt of one's own enrolment, begin the first, or review one that is over.",
        ),
        *_ATTEMPTS,
    )


@dataclass(frozen=True, slots=True)
class _Playing:
    """What needs the settings."""

    settings: Settings

    def take(self, call: Call) -> Answer:
        """Keep a package; what is wrong with it is said all at once."""
        read = read_package(call, self.settings)
        with call.engine.transaction(call.actor) as tx:
            kept = library.add(tx.connection, call.trust, read, tx.now)
            if self.settings.trial_seconds:
                checks.ask(tx.connection, call.trust, kept.hash, tx.now)
        shown = {"hash": kept.hash, "title": kept.title, "edition": kept.manifest.edition}
        body = {**shown, "imported_at": kept.imported_at.isoformat(), "warnings": list(read.warnings)}
        return created(f"/packages/{kept.hash}", body)

    def launch(self, call: Call) -> Answer:
        """Open an attempt of the caller's own enrolment."""
        mine = (enrolments.c.trust == call.trust, enrolments.c.id == call.body["enrolment"])
        person = call.conn.scalar(select(enrolments.c.person).where(*mine))
        if person is None or person != call.actor.person:
            raise Missing("There is no such enrolment of yours.")
        anew = call.body.get("new", False)
        opened = opening.play(call.tx, self.settings, call.trust, call.body["enrolment"], anew=anew)
        said = {"attempt": opened.attempt, "url": opened.url, "mode": opened.mode}
        return created(f"/attempts/{opened.attempt}", said)


def read_package(call: Call, settings: Settings) -> ImportedPackage:
    """Keep the files of the zip that was sent; what is wrong with it is said all at once."""
    file = call.files.get("package")
    if file is None:
        raise Invalid("Send the zip as a file named `package`.", field="package")
    try:
        return package_pages.imported(file, settings)
    except PackageRefused as refused:
        raise Invalid("This package cannot be used.", reasons=list(refused.reasons)) from refused
    except PackageNotStored as full:
        mishap = Mishap(status=_STORAGE_FULL, title="Insufficient storage", happened=package_pages.FULL, kept="")
        raise HTTPException(response=mishaps.problem(mishap)) from full


def _packages(call: Call) -> Answer:
    shown = (packages.c.hash, packages.c.title, packages.c.edition, packages.c.imported_at)
    query = select(*shown).where(packages.c.trust == call.trust)
    return listed(paging.page(call.conn, query, [packages.c.hash], **call.paging), _package)


def _attempt(call: Call) -> Answer:
    one = _seen(call)
    shown = {name: getattr(one, name) for name in ("id", "package", "epoch", "running")}
    moments = {name: getattr(one, name).isoformat() for name in ("opened_at", "active_at")}
    outcome = one.outcome.as_dict() if one.outcome else None
    version = attempt_version.told(call.conn, one)
    runs_on = {"version": version.number, "version_why": list(version.sentences)}
    who = {"enrolment": one.registration, "person": one.learner}
    return Answer({**shown, **moments, **who, "outcome": outcome, **runs_on})


def _calls(call: Call) -> Answer:
    one = _seen(call)
    epoch = call.query.get("epoch", one.epoch)
    key = {"trust": call.trust, "attempt": one.id, "epoch": epoch}
    found = calls.read(call.conn, key, call.query.get("at"))
    shown = [{name: getattr(each, name) for name in _CALL.members} for each in found]
    return Answer({"epoch": epoch, "calls": shown})


def _verdict(call: Call) -> Answer:
    return Answer(verdict.judge(recorder.story(call.conn, _seen(call))).as_dict())


def _seen(call: Call) -> runtime.Attempt:
    """Return an attempt of the caller's own, or under an enrolment that the caller runs; raises `Missing`."""
    one = _known(call, call.at["id"])
    if one.learner == call.actor.person:
        return one
    mine = (enrolments.c.trust == call.trust, enrolments.c.id == one.registration)
    if call.conn.scalar(select(enrolments.c.organisation).where(*mine)) not in call.reach(*RUNS_CLASSES):
        raise Missing("There is no such attempt, or it belongs to an organisation that you do not look after.")
    return one


def _known(call: Call, identifier_: str) -> runtime.Attempt:
    one = runtime.attempt(call.conn, call.trust, identifier_)
    if one is None:
        raise Missing("There is no such attempt.")
    return one


def _package(row: Any) -> dict[str, Any]:
    shown = {name: row[name] for name in ("hash", "title", "edition")}
    return {**shown, "imported_at": row["imported_at"].isoformat(), "warnings": []}


_ATTEMPTS: Final = (
    Operation("GET", "/attempts/<id>", _attempt, by=(EVERYONE,), gives=_ATTEMPT, says="How far an attempt got."),
    Operation(
        "GET",
        "/attempts/<id>/calls",
        _calls,
        by=(EVERYONE,),
        query={
            "epoch": whole(1, needed=False, about="Of which window; the latest where nothing is said."),
            "at": whole(1, needed=False, about="Up to and with this call."),
        },
        gives=record({"epoch": whole(), "calls": many(_CALL)}),
        says="The flight recorder: every call of the API, in order.",
    ),
    Operation(
        "GET",
        "/attempts/<id>/verdict",
        _verdict,
        by=(EVERYONE,),
        gives=_VERDICT,
        says="Why an attempt came to what it came to, in plain words, with the calls that show it.",
    ),
)
