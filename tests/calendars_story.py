"""A random story of classes and enrolments, told by mail alone: does every learner's calendar come to what is true?

Each event is a kind and three numbers, which choose from what there is at that moment; one that the workflows refuse
changes nothing. What is compared is the database with calendars that never saw it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import and_, select

from engine import delivery
from engine.errors import Invalid, NotAllowed, NotDeclared, Refused
from engine.mail import Composer
from engine.outgoing import outbox
from engine.tables import outbox as outbox_table
from engine.wording.templates import Shelf
from tests import northshire
from tests.calendars_agenda import Agenda, Entry
from tests.calendars_post import Killed, Post
from tests.clock import FrozenClock
from tests.letters import MAIL_FROM
from tests.libical import Libical
from tests.northshire import HELEN, TRUST, learner
from workflows.learning.records import PLACED
from workflows.learning.tables import classes, enrolments, sessions

REFUSALS: Final = (Refused, NotAllowed, NotDeclared, Invalid)
_CLASSES: Final = 12
_Truth = dict[str, dict[str, Entry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens: what, and three numbers that say to whom, to which class and how."""

    kind: str
    who: int = 0
    what: int = 0
    how: int = 0


class Story:
    """A trust with learners, its mail, and a calendar for each of them."""

    def __init__(self, url: str, learners: int, seed: int, *, trouble: int = 0) -> None:
        """Found the trust in an empty database; of 100 mails `trouble` meet some."""
        self.clock = FrozenClock()
        self.names = tuple(f"learner{number:02}" for number in range(learners))
        self.engine = northshire.engine_on(url, self.clock)
        northshire.found(self.engine, self.clock, self.names)
        northshire.offer(self.engine)
        reader = Libical()
        chance = Random(seed)  # noqa: S311 - a story that can be told again
        self.post = Post(chance=chance, reader=reader, trouble=trouble)
        self._composer = Composer(Shelf(), MAIL_FROM)
        self.agendas = {_address(name): Agenda(address=_address(name), reader=reader) for name in self.names}
        self._classes: list[str] = []
        self.happened: Counter[str] = Counter()

    def tell(self, events: Iterable[Event]) -> None:
        """Let events happen."""
        for event in events:
            with suppress(*REFUSALS):
                _KINDS[event.kind](self, event)
                self.happened[event.kind] += 1

    def tell_at_random(self, chance: Random, number: int) -> None:
        """Let random events happen until so many were not refused; mail and time are not counted."""
        for event in random_events(chance):
            self.tell([event])
            if self.told >= number:
                return

    @property
    def told(self) -> int:
        """Return how many events happened, beside mail and time."""
        return self.happened.total() - sum(self.happened[kind] for kind in BETWEEN)

    def settle(self) -> None:
        """Deliver and bring all there is, however long it takes."""
        while self._due():
            if not self._deliver(1) and (later := [due for due in self._due() if due > self.clock()]):
                self._pass_to(min(later))
        self.post.bring(self.agendas, self.post.on_its_way)

    def differences(self) -> list[str]:
        """Return where calendars are not what is true, and what their programs stumbled over."""
        truth, begun = self._coming(), self._begun()
        wrong = [why for agenda in self.agendas.values() for why in agenda.complaints]
        for address, agenda in self.agendas.items():
            stands = {uid: entry for uid, entry in agenda.entries().items() if uid.partition("-")[0] not in begun}
            wrong += _compared(address, truth[address], stands)
        return wrong

    def close(self) -> None:
        """Let go of the database."""
        self.engine.database.dispose()

    # What happens

    def _open(self, event: Event) -> None:
        facts = {"maximum": (None, 3, 6, 10)[event.who % 4], "venue": f"Room {event.what % 9}"}
        days = 1 + event.how % 40 + event.what % 24 / 24
        made = northshire.open_class(self.engine, self.clock, days=days, sessions=1 + event.how % 3, **facts)
        self._classes = [*self._classes, made][-_CLASSES:]

    def _enrol(self, event: Event) -> None:
        name = self.names[event.who % len(self.names)]
        northshire.enrol(self.engine, self._class(event), name, HELEN if event.how % 3 == 0 else None)

    def _withdraw(self, event: Event) -> None:
        found = self._enrolment(event, "CONFIRMED", "WAITLISTED")
        self._fire("enrolment", found.id, "WITHDRAW", actor=HELEN if event.how % 2 else learner(found.person))

    def _move(self, event: Event) -> None:
        """Move one session of a class, or add one."""
        key = self._class(event)
        with self.engine.reading() as conn:
            mine = (sessions.c.trust == TRUST, sessions.c.course_class == key)
            found = conn.execute(select(sessions).where(*mine).order_by(sessions.c.id)).all()
        one, by = found[event.who % len(found)], timedelta(minutes=15 * (event.how % 400 - 150))
        begins, ends = one.starts_at + by, one.ends_at + by + timedelta(minutes=event.how % 3 * 30)
        said = {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
        added = event.how % 7 == 0 and len(found) < 4
        self._fire("class", key, "CHANGE", {"sessions": [said if added else {**said, "id": one.id}]})

    def _rehouse(self, event: Event) -> None:
        """Change the primary venue, the link to join, or what nobody is told of."""
        facts = ({"venue": f"Room {event.who % 9}"}, {"conference": f"https://meet.example/{event.who % 3}"})
        others = ({"title": f"Fire Safety {event.who}"}, {"maximum": event.who % 12 + 1}, {"joining_text": "Bring it."})
        self._fire("class", self._class(event), "CHANGE", (*facts, *others)[event.how % 5])

    def _call(self, event: Event) -> None:
        """Cancel a class, close it, plan it anew, or open it again."""
        trigger = ("CANCEL", "SET_BACK", "OPEN", "OPEN", "CLOSE", "REOPEN", "REOPEN")[event.how % 7]
        self._fire("class", self._class(event), trigger, {"reason": "The trainer is ill."})

    def _pick(self, event: Event) -> None:
        self._fire("enrolment", self._enrolment(event, "WAITLISTED").id, "PICK")

    def _repair(self, event: Event) -> None:
        self._fire("enrolment", self._enrolment(event, "CONFIRMED", "WITHDRAWN", "CANCELLED").id, "REPAIR")

    def _wait(self, event: Event) -> None:
        self._pass_to(self.clock() + timedelta(minutes=event.how % 240))

    def _work(self, event: Event) -> None:
        self._deliver(1 + event.how % 3)

    def _bring(self, event: Event) -> None:
        self.post.bring(self.agendas, 1 + event.how % 20)

    # How it happens

    def _fire(
        self, kind: str, key: str, trigger: str, facts: Mapping[str, Any] | None = None, *, actor: Any = HELEN
    ) -> None:
        northshire.fire(self.engine, actor, kind, key, trigger, facts)

    def _class(self, event: Event) -> str:
        if not self._classes:
            raise Refused("There is no class yet.")
        return self._classes[event.what % len(self._classes)]

    def _enrolment(self, event: Event, *states: str) -> Any:
        mine = (
            enrolments.c.trust == TRUST,
            enrolments.c.course_class.in_(self._classes),
            enrolments.c.state.in_(states),
        )
        with self.engine.reading() as conn:
            found = conn.execute(select(enrolments).where(*mine).order_by(enrolments.c.id)).all()
        if not found:
            raise Refused("Nobody stands so.")
        return found[event.who % len(found)]

    def _deliver(self, rounds: int) -> int:
        """Return how many letters were taken in hand, at least."""
        taken = 0
        for _ in range(rounds):
            with suppress(Killed):
                taken += delivery.deliver_once(self.engine, self.post, self._composer).taken
        return taken

    def _due(self) -> list[datetime]:
        """Return when what waits falls due, or its lease runs out."""
        with self.engine.reading() as conn:
            return list(conn.scalars(select(outbox_table.c.due_at).where(outbox.standing(outbox_table))))

    def _pass_to(self, moment: datetime) -> None:
        self.clock.set(moment)

    def _begun(self) -> set[str]:
        """Return the enrolments on classes that have begun, of which nothing is said any more (S2 6.3.2)."""
        same = and_(sessions.c.trust == enrolments.c.trust, sessions.c.course_class == enrolments.c.course_class)
        query = select(enrolments.c.id).join(sessions, same).where(sessions.c.starts_at <= self.clock())
        with self.engine.reading() as conn:
            return set(conn.scalars(query))

    def _coming(self) -> _Truth:
        """Return the meetings of classes that have not begun, by learner and UID, from the database."""
        same = and_(sessions.c.trust == enrolments.c.trust, sessions.c.course_class == enrolments.c.course_class)
        query = (
            select(enrolments.c.id, enrolments.c.person, enrolments.c.spell, sessions, classes.c.conference)
            .add_columns(sessions.c.id.label("session"))
            .join(sessions, same)
            .join(classes, and_(classes.c.trust == sessions.c.trust, classes.c.id == sessions.c.course_class))
            .where(enrolments.c.state.in_(PLACED))
        )
        coming: _Truth = {address: {} for address in self.agendas}
        with self.engine.reading() as conn:
            rows = conn.execute(query).all()
        began = {row.course_class for row in rows if row.starts_at <= self.clock()}
        for row in rows:
            if row.course_class not in began:
                uid = f"{row.id}-{row.session}-{row.spell}@{northshire.SITE.domain}"
                coming[_address(row.person)][uid] = _entry(row)
        return coming


def _entry(row: Any) -> Entry:
    return Entry(start=int(row.starts_at.timestamp()), end=int(row.ends_at.timestamp()), place=row.venue)


def _address(name: str) -> str:
    return f"{name}@northshire.example"


def _compared(address: str, truth: Mapping[str, Entry], stands: Mapping[str, Entry]) -> list[str]:
    return [
        f"{address} {uid}: true {truth.get(uid)}, in the calendar {stands.get(uid)}"
        for uid in sorted(truth.keys() | stands.keys())
        if truth.get(uid) != stands.get(uid)
    ]


_KINDS: Final[Mapping[str, Callable[[Story, Event], None]]] = {
    "open": Story._open,
    "enrol": Story._enrol,
    "withdraw": Story._withdraw,
    "move": Story._move,
    "rehouse": Story._rehouse,
    "call": Story._call,
    "pick": Story._pick,
    "repair": Story._repair,
    "wait": Story._wait,
    "work": Story._work,
    "bring": Story._bring,
}
OFTEN: Final[Mapping[str, int]] = {
    "open": 6,
    "enrol": 40,
    "withdraw": 14,
    "move": 10,
    "rehouse": 10,
    "call": 4,
    "pick": 2,
    "repair": 3,
}
"""How often each kind comes in a random story; between them mail goes and time passes."""
BETWEEN: Final = ("wait", "work", "bring")


def random_events(chance: Random) -> Iterator[Event]:
    """Yield events in disorder for ever, with mail and time between them."""
    yield from (Event(kind="open", who=number, what=number, how=number * 7) for number in range(4))
    while True:
        (kind,) = chance.choices(list(OFTEN), list(OFTEN.values()))
        yield _numbered(chance, kind)
        yield from (_numbered(chance, each) for each in BETWEEN if chance.randrange(3) == 0)


def _numbered(chance: Random, kind: str) -> Event:
    return Event(kind=kind, who=chance.randrange(10_000), what=chance.randrange(10_000), how=chance.randrange(10_000))
