"""The mail server fails one of fifty letters at each point (SECURITY, figures): the others arrive, each once."""

import asyncio
from collections import Counter

import pytest
from aiosmtpd.controller import Controller

from engine import delivery
from engine.mail import Composer
from engine.outgoing.outbox import Delivery
from engine.smtp import SmtpTransport
from engine.wording.templates import Shelf
from tests.clock import START
from tests.contract.waiting_letters import letter, queue, stored
from tests.trial import engine_on

COUNT = 50
ONE = "learner27@northshire.example"
HANGS = "hangs"
LONGER = 0.6


class Faulty:
    """Takes every message but one, of which it refuses the recipient or the content, or says nothing for a while."""

    def __init__(self, at, answer):
        self._fault = {at: answer}
        self.taken = Counter()

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):  # noqa: N802 - aiosmtpd
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd
        if said := await self._said("RCPT", address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd
        [address] = envelope.rcpt_tos
        if said := await self._said("DATA", address):
            return said
        self.taken[address] += 1
        return "250 kept"

    async def _said(self, point, address):
        answer = self._fault.get(point) if address == ONE else None
        if answer != HANGS:
            return answer
        await asyncio.sleep(LONGER)
        return "451 late"


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (("RCPT", "550 no such mailbox"), Delivery.DEAD),
        (("DATA", "451 busy"), Delivery.RETRY),
        (("RCPT", HANGS), Delivery.RETRY),
        (("DATA", HANGS), Delivery.RETRY),
    ],
)
def test_one_of_fifty_goes_wrong_and_the_others_arrive_once(database_url, clock, free_port, fault, state):
    engine = engine_on(database_url, clock)
    queue(engine.database, *(letter(number) for number in range(COUNT)))
    clock.set(START.replace(second=1))
    server = Faulty(*fault)
    controller = Controller(server, hostname="127.0.0.1", port=free_port)
    controller.start()
    composer = Composer(Shelf(), "Learning <learning@northshire.example>")

    with SmtpTransport(f"smtp://127.0.0.1:{free_port}", seconds=LONGER / 2) as transport:
        while delivery.deliver_once(engine, transport, composer).taken:
            pass
    controller.stop()

    rows = {row["email"]: row for row in stored(engine.database)}
    engine.database.dispose()
    assert server.taken == dict.fromkeys(rows.keys() - {ONE}, 1)
    assert rows[ONE]["state"] == state
    assert {row["state"] for email, row in rows.items() if email != ONE} == {Delivery.SENT}
