"""Webhooks on both databases: every move is told once it is sealed, signed, in order, and again until it is taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import select

from engine import outside, webhooks
from engine.errors import Invalid, Missing
from engine.webhook_tables import webhook_deliveries
from tests import northshire
from tests.northshire import HELEN, TRUST

KEY = "k" * 40
HOSTS = ("127.0.0.1",)


class Receiver(HTTPServer):
    """Another system: it keeps what it is sent, and answers what it is told to."""

    def __init__(self) -> None:
        self.answers, self.got = 204, []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.server_port}/hook?x=1"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.answers)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def engine(database_url, clock):
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock)
    northshire.offer(built)
    yield built
    built.database.dispose()


@pytest.fixture
def hook(engine, receiver) -> str:
    with engine.transaction(HELEN) as tx:
        said = {"trust": TRUST, "account": HELEN.id, "url": receiver.url, "kinds": ["class"]}
        return webhooks.add(tx.connection, now=tx.now, **said)["id"]


def deliver(engine) -> int:
    return webhooks.deliver(engine, KEY, HOSTS)


def states(engine) -> list[tuple[str, int]]:
    query = select(webhook_deliveries.c.state, webhook_deliveries.c.attempts).order_by(webhook_deliveries.c.id)
    with engine.reading() as conn:
        return [tuple(row) for row in conn.execute(query)]


def test_a_move_of_the_kinds_that_were_asked_for_is_told_once(engine, clock, hook, receiver):
    made = northshire.open_class(engine, clock)
    northshire.enrol(engine, made, "ann")

    announced, taken = webhooks.announce(engine), deliver(engine)
    again = (webhooks.announce(engine), deliver(engine))

    told = [json.loads(body) for _path, _headers, body in receiver.got]
    assert (announced, taken, again) == (2, 2, (0, 0))
    assert [(one["id"], one["target"]) for one in told] == [
        (f"class/{made}/1", "PLANNED"),
        (f"class/{made}/2", "NORMAL"),
    ]
    assert receiver.got[0][0] == "/hook?x=1"
    assert "Helen" not in str(told)


def test_a_receiver_can_check_who_sent_it(engine, clock, hook, receiver):
    northshire.open_class(engine, clock)
    webhooks.announce(engine)
    deliver(engine)

    _path, headers, body = receiver.got[0]

    secret = base64.b64decode(webhooks.secret_of(KEY, TRUST, hook).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_what_is_not_taken_is_sent_again_with_the_same_id_and_the_rest_waits_behind_it(engine, clock, hook, receiver):
    northshire.open_class(engine, clock)
    webhooks.announce(engine)
    receiver.answers = 500
    refused = deliver(engine)
    before = states(engine)
    receiver.answers = 200
    clock.advance(timedelta(minutes=2))

    taken = deliver(engine)

    assert (refused, taken) == (0, 2)
    assert before == [("WAITING", 1), ("WAITING", 0)]
    assert receiver.got[0][1]["webhook-id"] == receiver.got[1][1]["webhook-id"]


def test_what_nobody_takes_for_three_days_is_given_up_and_can_be_sent_again(engine, clock, hook, receiver):
    northshire.open_class(engine, clock)
    webhooks.announce(engine)
    receiver.answers = 503
    for _ in range(200):
        clock.advance(timedelta(hours=1))
        deliver(engine)
    given_up = states(engine)
    receiver.answers = 200
    with engine.transaction() as tx:
        first = tx.connection.scalars(select(webhook_deliveries.c.id).order_by(webhook_deliveries.c.id)).first()
        webhooks.replay(tx.connection, TRUST, hook, first, tx.now)

    taken = deliver(engine)

    assert {state for state, _ in given_up} == {"DEAD"}
    assert taken == 1
    with pytest.raises(Missing), engine.transaction() as tx:
        webhooks.replay(tx.connection, TRUST, hook, "class/nothing/1", tx.now)


def test_one_that_was_stopped_hears_later_of_what_happened_meanwhile(engine, clock, hook, receiver):
    with engine.transaction() as tx:
        webhooks.change(tx.connection, TRUST, hook, {"active": False})
    northshire.open_class(engine, clock)
    stopped = webhooks.announce(engine)
    with engine.transaction() as tx:
        webhooks.change(tx.connection, TRUST, hook, {"active": True})

    assert (stopped, webhooks.announce(engine)) == (0, 2)


def test_a_delivery_that_waits_is_not_sent_again_by_hand(engine, clock, hook):
    northshire.open_class(engine, clock)
    webhooks.announce(engine)

    with engine.reading() as conn:
        first = conn.scalars(select(webhook_deliveries.c.id)).first()

    with pytest.raises(Invalid, match="waits to be sent already"), engine.transaction() as tx:
        webhooks.replay(tx.connection, TRUST, hook, first, tx.now)


def test_a_test_is_sent_at_once_and_says_what_came_back(engine, hook, receiver):
    receiver.answers = 418

    reply = webhooks.test(engine, TRUST, hook, KEY, HOSTS)

    assert (reply.status, reply.good) == (418, False)
    assert json.loads(receiver.got[0][2])["kind"] == "test"


def test_a_host_that_was_taken_off_the_list_is_called_no_more(engine, clock, hook, receiver):
    northshire.open_class(engine, clock)
    webhooks.announce(engine)

    webhooks.deliver(engine, KEY, ())

    assert receiver.got == []
    with engine.reading() as conn:
        answers = conn.scalars(select(webhook_deliveries.c.answer)).all()
    assert any("is not allowed" in answer for answer in answers if answer)


def test_nobody_listening_is_an_answer_too(receiver):
    url = receiver.url.replace(f":{receiver.server_port}/", ":1/")

    assert outside.post(url, HOSTS, b"{}", {}) == outside.Reply(status=0, said="No answer: ConnectionRefusedError.")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example/",
        "https://",
        "https://user@hooks.example/",
        "https://:password@hooks.example/",
        "https://hooks.example/café",
        "https://hooks.example/a b",
        "https://hooks.example/\x7f",
        "https://hooks.example/#x",
        "https://hooks.example:99999/",
        "https://elsewhere.example/",
        "http://hooks.example/",
        "http://169.254.169.254/latest",
        "https://[::1",
    ],
)
def test_an_address_that_is_not_allowed_is_refused(url):
    with pytest.raises(Invalid):
        outside.checked(url, ("hooks.example",))


def test_an_address_that_is_allowed_is_taken():
    assert outside.checked("https://hooks.example:8443/a?b", ("hooks.example",)).port == 8443
