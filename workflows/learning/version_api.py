"""`/packages/ID/versions` and what is done with them, and `/moves`: attempts that go on with another version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.errors import Invalid
from engine.roles import directory
from engine.settings import Settings
from engine.transaction import Transaction
from engine.web import paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import (
    anything,
    flag,
    identifier,
    lines,
    many,
    moment,
    one_of,
    or_null,
    record,
    text,
    whole,
)
from scorm import checks
from scorm.packaging.comparing import Keeps
from scorm.tables import attempts
from workflows.learning import move_pages, moving, play_api, undoing, version_store, versioning
from workflows.learning.moves import Order, Progress, Scope
from workflows.learning.tables import enrolments, launches
from workflows.learning.undoing import Standing
from workflows.learning.version import VersionState
from workflows.learning.version_store import Shown
from workflows.learning.version_tables import attempt_moves
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR

_BY: Final = (LEARNING_ADMINISTRATOR,)
_VERSION: Final = record(
    {
        "number": whole(1),
        "package": text(64),
        "state": one_of(*VersionState),
        "title": text(),
        "edition": text(),
        "comment": or_null(lines()),
        "added_at": moment(),
        "published_at": or_null(moment()),
        "going_on": whole(about="Attempts that go on with it."),
        "over": whole(about="Attempts that ended on it."),
    }
)
_REASON: Final = record({"reason": lines(1000, about="Why, or what is new; kept with your name.")})
_MOVE: Final = record(
    {
        "scope": one_of(*Scope, about="Which attempts: all, those that certainly keep their progress, or the chosen."),
        "progress": one_of(*Progress, about="Keep it where it can be, keep it only where that is sure, or afresh."),
        "reason": lines(1000),
        "attempts": many(identifier(), needed=False, about="The chosen ones."),
    }
)
_ORDER: Final = record(
    {"id": identifier(), **{name: whole() for name in ("all", "refused", "waiting", "afresh", "undone")}}
)
_MOVED: Final = record(
    {
        "attempt": identifier(),
        "from": text(64),
        "to": text(64),
        "keeps": one_of(*Keeps),
        "afresh": flag(),
        "standing": one_of(*Standing),
        "refused": or_null(text()),
    }
)
_MOVABLE: Final = record(
    {"id": identifier(), "enrolment": identifier(), "package": text(64), "keeps": one_of(*Keeps), "open": flag()}
)


def operations(settings: Settings) -> tuple[Operation, ...]:
    """Return the operations of an installation: where files are kept."""

    def upload(call: Call) -> Answer:
        """Keep a zip as the next version, a draft."""
        read = play_api.read_package(call, settings)
        with call.engine.transaction(call.actor) as tx:
            made = versioning.upload(tx, call.trust, call.at["id"], read)
            if settings.trial_seconds:
                checks.ask(tx.connection, call.trust, made, tx.now)
            shown = version_store.line(tx.connection, call.trust, made).version(made)
        return created(f"/packages/{made}/versions", _version(shown))

    return (
        Operation(
            "POST",
            "/packages/<id>/versions",
            upload,
            by=_BY,
            files=play_api.LARGEST_PACKAGE,
            gives=_VERSION,
            status=201,
            own_transactions=True,
            says="Upload the next version of a package, sent as `package` (multipart); nobody plays it until it is "
            "published.",
        ),
        *_OPERATIONS,
    )


def _versions(call: Call) -> Answer:
    line = version_store.line(call.conn, call.trust, call.at["id"])
    return Answer({"items": [_version(one) for one in line.versions], "next": None})


def _comparison(call: Call) -> Answer:
    line = version_store.line(call.conn, call.trust, call.at["id"])
    shown, other = line.version(call.at["id"]), line.version(call.query.get("with", line.published.package))
    found = version_store.compared(call.conn, call.trust, other.package, shown.package)
    return Answer({"from": other.package, "to": shown.package, **found.as_dict()})


def _act(how: Callable[[Transaction, str, str, str], Any]) -> Callable[[Call], Answer]:
    def view(call: Call) -> Answer:
        how(call.tx, call.trust, call.at["id"], call.body["reason"])
        return Answer(_version(version_store.line(call.conn, call.trust, call.at["id"]).version(call.at["id"])))

    return view


def _movable(call: Call) -> Answer:
    line = version_store.line(call.conn, call.trust, call.at["id"])
    target = line.published.package
    query = moving.movable(call.trust, [one.package for one in line.versions], target)
    query = query.where(enrolments.c.organisation.in_(call.reach(*_BY)))
    page = paging.page(call.conn, query, [attempts.c.id], **call.paging)
    judged = {one.id: one for one in moving.candidates(call.conn, call.trust, target, page.rows, call.now)}
    return listed(page, lambda row: _candidate(row, judged[row["id"]]))


def _move(call: Call) -> Answer:
    said, chosen = call.body, tuple(call.body.get("attempts", ()))
    if said["scope"] == Scope.CHOSEN and not chosen:
        raise Invalid("Name the attempts that are chosen.", field="attempts")
    order = Order(
        package=call.at["id"],
        scope=Scope(said["scope"]),
        progress=Progress(said["progress"]),
        reason=said["reason"],
        chosen=chosen,
    )
    made = moving.move(call.engine, call.actor, call.trust, order)
    with call.engine.reading() as connection:
        return created(f"/moves/{made}", {"id": made, **move_pages.counted(connection, call.trust, made)})


def _moves(call: Call) -> Answer:
    undoing.order_of(call.conn, call.trust, call.at["id"])
    places = directory.reach(call.conn, call.trust, call.actor, _BY)
    query = undoing.moves_of(call.trust, call.at["id"]).where(launches.c.organisation.in_(places))
    return listed(paging.page(call.conn, query, [attempt_moves.c.attempt], **call.paging), _moved)


def _undo(call: Call) -> Answer:
    found = undoing.undo(call.engine, call.actor, call.trust, call.at["id"], call.body.get("attempts"))
    refused = [{"attempt": one, "reason": why} for one, why in found.refused.items()]
    return Answer({"done": found.done, "refused": refused})


def _version(one: Shown) -> dict[str, Any]:
    named = ("number", "package", "state", "title", "edition", "comment")
    shown = {name: getattr(one, name) for name in named}
    published = one.published_at.isoformat() if one.published_at else None
    moments = {"added_at": one.added_at.isoformat(), "published_at": published}
    return {**shown, **moments, "going_on": one.usage.going_on, "over": one.usage.over}


def _candidate(row: Any, judged: Any) -> dict[str, Any]:
    shown = {name: row[name] for name in ("id", "enrolment", "package")}
    return {**shown, "keeps": judged.keeps, "open": judged.open}


def _moved(row: Any) -> dict[str, Any]:
    shown = {name: row[name] for name in ("attempt", "keeps", "afresh", "refused")}
    return {**shown, "from": row["package"], "to": row["target"], "standing": undoing.standing(row)}


_COMPARED: Final = anything(about="What differs, in sentences and lists, and how much progress is kept.")
_OPERATIONS: Final = (
    Operation(
        "GET",
        "/packages/<id>/versions",
        _versions,
        by=_BY,
        gives=list_of(_VERSION),
        says="The versions of a package, by the hash of any of them, the newest first.",
    ),
    Operation(
        "GET",
        "/packages/<id>/comparison",
        _comparison,
        by=_BY,
        query={"with": text(64, needed=False, about="Another version; the published one where nothing is said.")},
        gives=_COMPARED,
        says="What a version changes, and how much of an attempt's progress it takes over.",
    ),
    *(
        Operation("POST", f"/packages/<id>/{name}", _act(how), by=_BY, takes=_REASON, gives=_VERSION, says=says)
        for name, how, says in (
            ("publish", versioning.publish, "Have new attempts begin on a draft; running ones stay where they are."),
            ("roll-back", versioning.roll_back, "Have new attempts begin on an earlier version again."),
            ("remove", versioning.remove, "Remove a version that no attempt is on."),
        )
    ),
    Operation(
        "GET",
        "/packages/<id>/attempts",
        _movable,
        by=_BY,
        query=PAGED,
        gives=list_of(_MOVABLE),
        says="The attempts that go on with other versions, and what the published one would keep of each.",
    ),
    Operation(
        "POST",
        "/packages/<id>/moves",
        _move,
        by=_BY,
        takes=_MOVE,
        gives=_ORDER,
        status=201,
        own_transactions=True,
        says="Move attempts to the published version; one that may be open is moved when it is opened next.",
    ),
    Operation(
        "GET", "/moves/<id>", _moves, by=_BY, query=PAGED, gives=list_of(_MOVED), says="What became of each attempt."
    ),
    Operation(
        "POST",
        "/moves/<id>/undo",
        _undo,
        by=_BY,
        takes=record({"attempts": many(identifier(), needed=False, about="All where nothing is said.")}),
        gives=record({"done": whole(), "refused": many(record({"attempt": identifier(), "reason": text()}))}),
        own_transactions=True,
        says="Undo moves after which nothing was played.",
    ),
)
