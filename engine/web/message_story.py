"""How a message stands, in plain words, and what happened to it in order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping, select

from engine.mailroom_tables import inbound_mail as mail
from engine.outgoing import trail
from engine.outgoing.outbox import WAITING, Delivery
from engine.web.dates import moment

STATES: Final[Mapping[Delivery, str]] = {
    Delivery.QUEUED: "Queued",
    Delivery.SENDING: "Being sent",
    Delivery.RETRY: "Queued again",
    Delivery.SENT: "Sent",
    Delivery.DEAD: "Given up",
    Delivery.SUPPRESSED: "Not sent",
    Delivery.PARKED: "Set aside",
}
COLOURS: Final[Mapping[Delivery, str]] = {
    Delivery.SENT: "green",
    Delivery.DEAD: "red",
    Delivery.PARKED: "orange",
    Delivery.SUPPRESSED: "grey",
}
_STANDINGS: Final[Mapping[Delivery, str]] = {
    Delivery.QUEUED: "Queued: waiting to be sent. {answer}Nothing is lost; it goes by itself.",
    Delivery.SENDING: "Being handed to the mail server now.",
    Delivery.RETRY: "Queued: waiting for the next try, on {due}. {answer}Nothing is lost; it goes by itself.",
    Delivery.SENT: "Sent on {sent}.",
    Delivery.DEAD: "Given up, so it was not delivered. {answer}",
    Delivery.SUPPRESSED: "{ended}",
    Delivery.PARKED: "Set aside: somebody has to look at it and decide. {answer}",
}
_NOT_SENT: Final = "Not sent"
_MOST_CAME_BACK: Final = 20
Entry = tuple[datetime, str]


def standing(letter: RowMapping) -> str:
    """Say in one or two sentences how a message stands, and what will happen next."""
    answer = _answer(letter["answer"])
    ended = answer if answer.startswith(_NOT_SENT) else f"{_NOT_SENT}. {answer}"
    return _STANDINGS[Delivery(letter["state"])].format(
        due=moment(letter["due_at"]), sent=moment(letter["sent_at"]), answer=answer, ended=ended
    )


def timeline(connection: Connection, letter: RowMapping) -> list[Entry]:
    """Return what happened to a message and what is to come, in order."""
    noted = trail.of(connection, letter["trust"], letter["id"])
    told = bool(noted) and (noted[-1]["state"], noted[-1]["answer"]) == (letter["state"], letter["answer"])
    entries = [
        (letter["queued_at"], "Queued, in the same commit as what caused it."),
        *((event["at"], _event(event)) for event in noted),
        *_now(letter, told=told),
        *_came_back(connection, letter),
    ]
    return sorted(entries, key=lambda entry: entry[0])


def _event(event: RowMapping) -> str:
    answer = _answer(event["answer"]).strip()
    if event["actor"]:
        return answer
    return _EVENTS[Delivery(event["state"])].format(answer=answer, tried=_TRIED[event["tried"]]).strip()


_TRIED: Final = {True: "Tried: it could not be sent then.", False: "Not sent yet."}
_EVENTS: Final[Mapping[Delivery, str]] = {
    Delivery.QUEUED: "{tried} {answer}",
    Delivery.RETRY: "{tried} {answer}",
    Delivery.DEAD: "Given up. {answer}",
    Delivery.PARKED: "Set aside. {answer}",
    Delivery.SUPPRESSED: "{answer}",
}


def _now(letter: RowMapping, *, told: bool) -> list[Entry]:
    """Return the last thing that happened, unless it is `told`, and what is to come."""
    state, due = Delivery(letter["state"]), letter["due_at"]
    tries = letter["attempts"]
    if state is Delivery.SENT:
        handed = "Taken by the mail server" if letter["template"] else "Sent"
        again = f", at try number {tries}" if tries > 1 else ""
        return [(letter["sent_at"], f"{handed}{again}. The answer: {letter['answer'] or 'nothing'}")]
    if state is Delivery.SENDING:
        return [(due, f"Leased for try number {tries}. If nobody has heard of it by then, it is tried again.")]
    if state in WAITING:
        reason = "" if told else _answer(letter["answer"])
        return [(due, f"{f'Next try. Tried {tries} times until now.' if tries else 'First try.'} {reason}".strip())]
    return [] if told else [(due, standing(letter))]


def _answer(said: str | None) -> str:
    return f"{said.rstrip('.')}. " if said else ""


def _came_back(connection: Connection, letter: RowMapping) -> list[Entry]:
    """Return what came back by mail because of a message."""
    mine = (mail.c.trust == letter["trust"], mail.c.letter == letter["id"])
    chosen = select(mail.c.received_at, mail.c.outcome).where(*mine).order_by(mail.c.id).limit(_MOST_CAME_BACK)
    return [(row.received_at, f"Mail came back. {row.outcome}") for row in connection.execute(chosen)]
