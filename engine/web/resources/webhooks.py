"""`/webhooks`: who is told of moves, every delivery, a test, and sending again what nobody took."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import RowMapping, select

from engine import outside, webhooks
from engine.errors import Invalid, NotAllowed
from engine.settings import Settings, secret_for
from engine.web import paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.resources.organisations import ADMINISTRATOR
from engine.web.schemas import flag, identifier, many, moment, one_of, or_null, partial, record, text, whole
from engine.webhook_tables import webhook_deliveries
from engine.webhook_tables import webhooks as table

_BY: Final = (ADMINISTRATOR,)
_NEW: Final = {
    "url": text(500, about="Where moves are told, by POST; its host must be in PRECEPTOR_WEBHOOK_HOSTS."),
    "kinds": many(text(40), needed=False, about="Kinds of subject, such as enrolment; all where nothing is said."),
}
_HOOK: Final = record({"id": identifier(), "url": text(500), "kinds": many(text(40)), "active": flag()})
_SECRET: Final = record({"secret": text(about="whsec_ and the key in base64, as Standard Webhooks have it.")})
_DELIVERY: Final = record(
    {
        "id": text(160, about="The move: KIND/ID/REVISION."),
        "state": one_of(*map(str, webhooks.State)),
        "attempts": whole(0),
        "due_at": moment(),
        "done_at": or_null(moment()),
        "answer": or_null(text()),
    }
)
_TRIED: Final = record({"status": whole(0, about="What the receiver answered; 0 where it did not."), "said": text()})


class _Desk:
    """The operations that need the installation's key, or the list of hosts that may be called."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hosts = settings.webhook_hosts

    def add(self, call: Call) -> Answer:
        """Add a webhook."""
        _require(call)
        outside.checked(call.body["url"], self._hosts)
        said = {"url": call.body["url"], "kinds": _known(call), "account": call.actor.id}
        hook = webhooks.add(call.conn, trust=call.trust, now=call.now, **said)
        return created(f"/webhooks/{hook['id']}", _row(hook))

    def change(self, call: Call) -> Answer:
        """Change a webhook."""
        _require(call)
        if "url" in call.body:
            outside.checked(call.body["url"], self._hosts)
        changes = {**call.body, **({"kinds": _known(call)} if "kinds" in call.body else {})}
        return Answer(_row(webhooks.change(call.conn, call.trust, call.at["id"], changes)))

    def secret(self, call: Call) -> Answer:
        """Show the secret of a webhook: by POST, so that a token that may only read does not get it."""
        _require(call)
        hook = webhooks.one(call.conn, call.trust, call.at["id"])
        return Answer({"secret": webhooks.secret_of(secret_for(self._settings), call.trust, hook["id"])})

    def tried(self, call: Call) -> Answer:
        """Send a test."""
        _require(call)
        reply = webhooks.test(call.engine, call.trust, call.at["id"], secret_for(self._settings), self._hosts)
        return Answer({"status": reply.status, "said": reply.said})


def operations(settings: Settings) -> tuple[Operation, ...]:
    """Return the operations for an installation that signs by its key and calls only the hosts it allows."""
    desk = _Desk(settings)
    return (*_kept(desk), *_told(desk))


def _kept(desk: _Desk) -> tuple[Operation, ...]:
    """Return the operations on webhooks themselves."""
    return (
        Operation("GET", "/webhooks", _listed, by=_BY, query=PAGED, gives=list_of(_HOOK), says="Who is told of moves."),
        Operation(
            "POST",
            "/webhooks",
            desk.add,
            by=_BY,
            takes=record(_NEW),
            gives=_HOOK,
            status=201,
            says="Have every move from now on told to an address.",
        ),
        Operation("GET", "/webhooks/<id>", _one, by=_BY, gives=_HOOK, says="One webhook."),
        Operation(
            "POST",
            "/webhooks/<id>/secret",
            desk.secret,
            by=_BY,
            gives=_SECRET,
            says="The secret by which a receiver checks `webhook-signature`.",
        ),
        Operation(
            "PATCH",
            "/webhooks/<id>",
            desk.change,
            by=_BY,
            takes=partial(record({**_NEW, "active": flag()})),
            gives=_HOOK,
            says="Change a webhook, or stop it; taken up again, it hears of what happened meanwhile.",
        ),
    )


def _told(desk: _Desk) -> tuple[Operation, ...]:
    """Return the operations on what is told."""
    return (
        Operation(
            "POST",
            "/webhooks/<id>/test",
            desk.tried,
            by=_BY,
            gives=_TRIED,
            own_transactions=True,
            says="Send a test now, and say what the receiver answered.",
        ),
        Operation(
            "GET",
            "/webhooks/<id>/deliveries",
            _deliveries,
            by=_BY,
            query={**PAGED, "state": one_of(*map(str, webhooks.State), needed=False)},
            gives=list_of(_DELIVERY),
            says="What was told, what waits, and what was given up.",
        ),
        Operation(
            "POST",
            "/webhooks/<id>/replay",
            _replayed,
            by=_BY,
            takes=record({"delivery": text(160)}),
            gives=_DELIVERY,
            says="Send a delivery once more, with the same id.",
        ),
    )


def _listed(call: Call) -> Answer:
    _require(call)
    query = select(table).where(table.c.trust == call.trust)
    return listed(paging.page(call.conn, query, [table.c.id], **call.paging), _row)


def _one(call: Call) -> Answer:
    _require(call)
    return Answer(_row(webhooks.one(call.conn, call.trust, call.at["id"])))


def _deliveries(call: Call) -> Answer:
    _require(call)
    webhooks.one(call.conn, call.trust, call.at["id"])
    query = _of(call)
    if "state" in call.query:
        query = query.where(webhook_deliveries.c.state == call.query["state"])
    return listed(paging.page(call.conn, query, [webhook_deliveries.c.id], **call.paging), _delivery)


def _replayed(call: Call) -> Answer:
    _require(call)
    wanted = call.body["delivery"]
    webhooks.replay(call.conn, call.trust, call.at["id"], wanted, call.now)
    query = _of(call).where(webhook_deliveries.c.id == wanted)
    return Answer(_delivery(call.conn.execute(query).mappings().one()))


def _of(call: Call) -> Any:
    here = (webhook_deliveries.c.trust == call.trust, webhook_deliveries.c.webhook == call.at["id"])
    return select(webhook_deliveries).where(*here)


def _require(call: Call) -> None:
    """Raise `NotAllowed` for whoever does not administer the whole trust: a webhook hears of all of it."""
    if (ADMINISTRATOR, call.trust) not in call.actor.grants:
        raise NotAllowed("Webhooks are for whoever administers the whole trust.")


def _known(call: Call) -> list[str]:
    wanted = sorted(set(call.body.get("kinds", ())))
    unknown = [kind for kind in wanted if kind not in call.engine.keeps]
    if unknown:
        raise Invalid(f"There is no kind “{unknown[0]}”: the kinds are {', '.join(sorted(call.engine.keeps))}.")
    return wanted


def _row(hook: RowMapping) -> dict[str, Any]:
    return {name: hook[name] for name in _HOOK.members}


def _delivery(row: RowMapping) -> dict[str, Any]:
    plain = {name: row[name] for name in _DELIVERY.members if name not in {"due_at", "done_at"}}
    done = row["done_at"].isoformat() if row["done_at"] else None
    return {**plain, "due_at": row["due_at"].isoformat(), "done_at": done}
