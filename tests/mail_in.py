"""Mail as it comes in, for tests: what real programs write, and a mailroom that takes it."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine import return_addresses
from engine.inbound_settings import Inbound
from engine.jobs import EmbeddedJobs, Work
from engine.mailroom import processing, reading, store
from engine.mailroom.acting import House
from engine.mailroom.receiving import Door, Limits, Mailroom
from engine.return_addresses import Use
from engine.transaction import Engine

KEY = "a secret of thirty-two characters"
DOMAIN = "reply.northshire.example"
HOUSE = House(inbound=Inbound(answers=True))


def plain(text: str, **headers: str) -> bytes:
    """Return a mail of one plain part; underscores in names of headers are hyphens."""
    usual = {
        "From": "Wren Hall <wren@northshire.example>",
        "Subject": "Re: a question",
        "Message_ID": "<1@northshire.example>",
    }
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in {**usual, **headers}.items() if value)
    return (
        f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}".replace("\n", "\r\n")
        .replace("\r\r", "\r")
        .encode()
    )


def jobs_of(engine: Engine, house: House = HOUSE) -> EmbeddedJobs:
    """Return a job engine that reads mail in this process, for what a child does is tested by itself."""

    def read(arguments: Mapping[str, Any]) -> object:
        return processing.read(engine, house, arguments["id"], reading.read)

    return EmbeddedJobs(engine.database, engine.clock, {store.READ: Work(run=read)})


@contextmanager
def listening(
    engine: Engine, port: int, *, limits: Limits | None = None, local: bool = False
) -> Iterator[EmbeddedJobs]:
    """Take mail at a port of the loopback, and yield the jobs that read it."""
    jobs = jobs_of(engine)
    door = Door(engine, jobs, key=KEY, domain=DOMAIN, limits=limits, several=local)
    server = Mailroom(door, "127.0.0.1", port)
    server.start()
    try:
        yield jobs
    finally:
        server.stop()


def send(port: int, raw: bytes, *to: str, sender: str = "wren@northshire.example") -> None:
    """Hand over a mail as a server does. Raises what `smtplib` raises for a refusal."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail(sender, to, raw)


def address(use: Use, trust: str, name: str) -> str:
    """Return a signed address."""
    return return_addresses.signed(KEY, use, trust, name, DOMAIN)


def arrive(
    engine: Engine, raw: bytes, to: str, *, sender: str = "wren@northshire.example", house: House = HOUSE
) -> Any:
    """Keep a mail and read it, without a server; return its row."""
    jobs = jobs_of(engine, house)
    before = {row["id"] for row in rows(engine)}
    with engine.transaction() as tx:
        signed = return_addresses.read(KEY, to, store.trusts(tx.connection))
        mail = store.Arrived(peer="127.0.0.1", sender=sender, recipient=to, raw=raw, address=signed)
        store.keep(tx.connection, jobs, [mail], tx.now)
    jobs.run()
    return next(row for row in rows(engine) if row["id"] not in before)


def rows(engine: Engine) -> list[Any]:
    """Return all mail, the oldest first."""
    with engine.reading() as connection:
        return list(connection.execute(store.inbound_mail.select().order_by(store.inbound_mail.c.id)).mappings())
