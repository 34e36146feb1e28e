"""The API's mechanism: operations are declared as data; tokens, permissions, checks, answers and description follow.

How a module declares operations (`workflows/learning/api.py`):

    from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
    from engine.web.schemas import identifier, many, one_of, or_null, record, text, whole

    ENROLMENT = record({"id": identifier(), "state": text(), "waitlist_position": or_null(whole())})

    def _enrol(call: Call) -> Answer:
        moved = call.tx.start("enrolment", call.trust, Trigger.REQUEST, call.body)  # one commit, with the key
        return created(f"/enrolments/{moved.subject.id}", {"id": moved.subject.id, "state": moved.target, …})

    def _listed(call: Call) -> Answer:
        query = select(enrolments).where(enrolments.c.trust == call.trust, …)       # scoped: call.reach(*RUNS_CLASSES)
        return listed(paging.page(call.conn, query, [enrolments.c.id], **call.paging), _row)

    OPERATIONS = (
        Operation("GET", "/enrolments", _listed, by=RUNS_CLASSES, query=PAGED, gives=list_of(ENROLMENT), says="…"),
        Operation("POST", "/enrolments", _enrol, by=(EVERYONE,), takes=NEW, gives=ENROLMENT, status=201, says="…"),
        Operation("POST", "/enrolments/<id>/withdraw", _withdraw, by=(EVERYONE,), takes=WHY, gives=…, says="…"),
    )

and the composition root says `app.register_blueprint(api.blueprint(engine, [*resources.OPERATIONS, *OPERATIONS, …]))`.

What a view need not do: read the token (`call.trust`, `call.actor`, `call.now`), check the body (`call.body` has only
the declared members, of the declared types; `call.at["id"]` is a part of the path), begin or end a transaction
(`call.tx` for POST, PUT and PATCH; `call.conn` for every method), honour `Idempotency-Key`, or catch an `EngineError`:
each becomes problem details (RFC 9457). `by` names responsibilities held in some organisation, or `EVERYONE`; in which
organisations is the view's own question, or the step's `by` decides when a trigger is fired.

A view whose work is long (a package, looked at in a child process) says `own_transactions=True` and uses
`call.engine`. One that takes files says `files=BYTES` and finds them in `call.files`; `call.body` has the form then.

`Idempotency-Key` is honoured on every POST, PUT and PATCH that bears one: within 24 hours the same request is answered
as it was the first time, and acts once; another request with the same key is refused (422). An error is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Request, Response, json, request

from engine import accounts, bearers
from engine.errors import Conflict, Invalid, Missing, NotAllowed
from engine.roles import directory
from engine.transaction import Engine
from engine.web import idempotency, openapi, schemas
from engine.web.idempotency import Key
from engine.web.mishaps import SignedOut
from engine.web.operations import PREFIX, Answer, Call, Operation
from engine.web.permissions import by_bearer, public
from engine.web.schemas import Schema, record


def blueprint(engine: Engine, operations: Iterable[Operation]) -> Blueprint:
    """Return the API of these operations and, at `/api/openapi.json`, its description (OpenAPI 3.1)."""
    declared = tuple(operations)
    pages = Blueprint("api", __name__)
    for operation in declared:
        pages.add_url_rule(
            f"{PREFIX}{operation.path}",
            endpoint=operation.name,
            view_func=by_bearer(_served(engine, operation)),
            methods=[operation.method],
        )

    @pages.get("/api/openapi.json")
    @public
    def description() -> Response:
        """Describe the API."""
        return _json(Answer(openapi.describe(declared)))

    return pages


def _served(engine: Engine, operation: Operation) -> Callable[..., Response]:
    def serve(**at: str) -> Response:
        call, token = _admitted(engine, operation, at)
        call = replace(call, query=_query(operation), body=_body(operation, request), files=request.files)
        if not operation.writes:
            with engine.reading() as conn:
                return _json(operation.view(replace(call, opened=conn)))
        return _written(operation, call, token)

    return serve


def _admitted(engine: Engine, operation: Operation, at: Mapping[str, str]) -> tuple[Call, str]:
    """Return the call of whoever bears the token, and what is kept of the token.

    Raises `SignedOut` without a token that stands, `NotAllowed` where its account may not do this.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    now = engine.clock()
    with engine.reading() as conn:
        owner = bearers.bearer(conn, secret, now) if scheme.lower() == "bearer" else None
        if owner is None:
            raise SignedOut("A bearer token is needed that exists, has not expired and has not been revoked.")
        try:
            actor = directory.actor_of(conn, owner.trust, owner.account, now)
        except Missing:
            raise SignedOut("The account of this token is not active.") from None
    if not owner.may(operation.resource, write=operation.writes):
        raise NotAllowed(f"This token is not for this: it needs the scope {operation.scope}.", scope=operation.scope)
    if not operation.admits(actor):
        raise NotAllowed(f"This needs one of: {', '.join(operation.by)}.")
    call = Call(engine=engine, trust=owner.trust, actor=actor, now=now, at=at, query={}, body={}, files={})
    return call, accounts.digest(secret)


def _query(operation: Operation) -> Mapping[str, Any]:
    said = {name: _plain(operation.query.get(name), value) for name, value in request.args.items()}
    checked: Mapping[str, Any] = schemas.check(record(operation.query), said) if operation.query or said else {}
    return checked


def _plain(schema: Schema | None, value: str) -> Any:
    """Read a query's text as what its schema wants; what cannot be read is left for the check to refuse."""
    kind = schema.says.get("type") if schema else None
    if kind == "integer" and re.fullmatch(r"-?\d{1,15}", value, re.ASCII):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value


def _body(operation: Operation, sent: Request) -> Mapping[str, Any]:
    if operation.files:
        sent.max_content_length = operation.files
        said: Any = sent.form.to_dict()
    elif operation.takes is None:
        return {}
    else:
        said = _read_json(sent)
    return schemas.check(operation.takes, said) if operation.takes else {}


def _read_json(sent: Request) -> Any:
    try:
        return sent.get_json() if sent.get_data(cache=True) else {}
    except RecursionError:
        raise Invalid("The JSON is nested too deeply.") from None


def _written(operation: Operation, call: Call, token: str) -> Response:
    """Do a call in one commit; what is asked again by the same key is answered again, not done."""
    key = idempotency.key_of(request, token)
    act = _in_pieces if operation.own_transactions else _in_one_commit
    try:
        return act(operation, call, key)
    except Conflict:
        # Two at once with the same key: the other has committed by now, and its answer is the answer.
        with call.engine.reading() as conn:
            before = idempotency.answered(conn, key, call.now)
        if before is None:
            raise
        return before


def _in_one_commit(operation: Operation, call: Call, key: Key | None) -> Response:
    with call.engine.transaction(call.actor) as transaction:
        conn = transaction.connection
        before = idempotency.answered(conn, key, call.now)
        if before is not None:
            return before
        answer = _json(operation.view(replace(call, opened=conn, transaction=transaction)))
        idempotency.keep(conn, key, answer, call.now)
    return answer


def _in_pieces(operation: Operation, call: Call, key: Key | None) -> Response:
    with call.engine.reading() as conn:
        before = idempotency.answered(conn, key, call.now)
    if before is not None:
        return before
    answer = _json(operation.view(call))
    with call.engine.transaction(call.actor) as transaction:
        idempotency.keep(transaction.connection, key, answer, call.now)
    return answer


def _json(answer: Answer) -> Response:
    body = json.dumps(answer.body, default=str)
    return Response(body, answer.status, answer.headers, mimetype="application/json")
