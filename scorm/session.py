"""One session of a SCO over a data model, from Initialize to Finish; replays a call log. Pure.

The table in model/ decides everything that differs between elements and between versions (RTE 1.2 3.3 and 3.4);
model/README.md states the order of the checks, which the browser's half follows to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self

from scorm import elements
from scorm.elements import KEYWORDS, Element, Place
from scorm.errors import UnknownFunction
from scorm.values import joined

LOOKING = frozenset({"last_error", "error_string", "diagnostic"})
"""The verbs that ask about the last error, and so must not change it (RTE 1.2 3.3)."""


class State(StrEnum):
    """The state of a session; stored in its snapshot under `state`."""

    IDLE = "idle"
    RUNNING = "running"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a replay needs to know and the SCO cannot change, frozen when the epoch begins."""

    model: str
    student_id: str
    student_name: str
    credit: str = "credit"
    lesson_mode: str = "normal"
    entry: str = "ab-initio"
    launch_data: str = ""
    mastery_score: str = ""
    max_time_allowed: str = ""
    time_limit_action: str = ""
    total_time: str = "0000:00:00.00"
    comments_from_lms: str = ""
    server_time: str = ""

    def as_dict(self) -> dict[str, str]:
        """Give every field by name, as the browser is served it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, str]) -> Self:
        """Read what `as_dict` wrote."""
        return cls(**fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the API as the browser logged it: `answer` and `error` are the browser's own."""

    seq: int
    at: str
    fn: str
    args: tuple[str, ...]
    answer: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """A call that the browser answered otherwise than this session; each pair is (answer, error)."""

    seq: int
    fn: str
    args: tuple[str, ...]
    ours: tuple[str, str]
    theirs: tuple[str, str]


class Failed(Exception):
    """A call cannot be done; bears the error code that the SCO will see."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        self.code = code
        super().__init__(code)


class Session:
    """What the SCO has said so far. It changes with every call; `snapshot` and `copied` make independent ones."""

    def __init__(self, launch: Launch, data: Mapping[str, str], state: State, error: str) -> None:
        """Use `open` or `restore`."""
        self.launch = launch
        self.model = elements.model(launch.model)
        self.data = dict(data)
        self.state = state
        self.error = error
        self.began = ""
        self.last = ""
        self._given = launch.as_dict()
        self._counts: dict[str, int] = {}
        for name in self.data:
            self._count(Place.named(name))

    @classmethod
    def open(cls, launch: Launch, data: Mapping[str, str]) -> Self:
        """Begin an epoch: not initialised yet, with what the attempt's earlier sessions kept."""
        return cls(launch, data, State.IDLE, "0")

    @classmethod
    def restore(cls, launch: Launch, snapshot: Mapping[str, Any]) -> Self:
        """Go on from what `snapshot` gave."""
        session = cls(launch, snapshot["data"], State(snapshot["state"]), snapshot["error"])
        session.began, session.last = snapshot["began"], snapshot["last"]
        return session

    def snapshot(self) -> dict[str, Any]:
        """Give `state`, `error`, `began`, `last` (ISO times, "" for never) and `data`; ready for JSON."""
        return {
            "state": str(self.state),
            "error": self.error,
            "began": self.began,
            "last": self.last,
            "data": dict(self.data),
        }

    def copied(self) -> Session:
        """Make one that can go its own way."""
        return Session.restore(self.launch, self.snapshot())

    def call(self, fn: str, args: Sequence[str], at: str) -> tuple[str, str]:
        """Answer one call of the API as (answer, last error); UnknownFunction if the version has none of that name."""
        function = self.model.functions.get(fn)
        if function is None:
            raise UnknownFunction(fn)
        self.last = at
        verb = self._VERBS[function.verb]
        given = [*args, *[""] * function.takes][: function.takes]
        if function.verb in LOOKING:
            return verb(self, *given), self.error
        try:
            self._admit(function.refused)
            answer, self.error = verb(self, *given), "0"
        except Failed as failed:
            answer, self.error = "" if function.verb == "get" else "false", failed.code
        return answer, self.error

    def value(self, name: str) -> str:
        """Read an element as the server does: what was set, or given, or the default, without asking for access."""
        element = self.model.elements[Place.named(name).pattern]
        given = self._given[element.source] if element.source else element.default
        return self.data.get(name, given)

    def _admit(self, refused: Mapping[str, str]) -> None:
        if self.state in refused:
            raise Failed(refused[self.state])

    def _fail(self, failure: str) -> Failed:
        return Failed(self.model.failures[failure])

    def _empty(self, argument: str) -> None:
        if argument:
            raise self._fail("argument")

    def _initialise(self, argument: str) -> str:
        self._empty(argument)
        self.state, self.began = State.RUNNING, self.last
        return "true"

    def _finish(self, argument: str) -> str:
        self._empty(argument)
        self.state = State.FINISHED
        return "true"

    def _commit(self, argument: str) -> str:
        self._empty(argument)
        return "true"

    def _get(self, name: str) -> str:
        place = Place.named(name)
        element = self.model.elements.get(place.pattern)
        if element is None:
            raise self._fail(self._missing(place.pattern))
        if any(index >= self._counts.get(array, 0) for array, index in place.indices):
            raise self._fail("index")
        if not element.readable:
            raise self._fail("write_only")
        if element.counts:
            return str(self._counts.get(name.removesuffix("._count"), 0))
        return self.value(name)

    def _set(self, name: str, value: str) -> str:
        place = Place.named(name)
        element = self._writable(name, place)
        if any(index > self._counts.get(array, 0) or index >= self.model.array_limit for array, index in place.indices):
            raise self._fail("index")
        whole = joined(self.data.get(name, ""), value) if element.appends else value
        if not element.space.holds(whole):
            raise self._fail("type")
        self.data[name] = whole
        self._count(place)
        return "true"

    def _writable(self, name: str, place: Place) -> Element:
        element = self.model.elements.get(place.pattern)
        if name.rpartition(".")[2] in KEYWORDS or (element is not None and element.keyword):
            raise self._fail("keyword")
        if element is None:
            raise self._fail("argument" if self._hollow(place.pattern) else "undefined")
        if not element.writable:
            raise self._fail("read_only")
        return element

    def _missing(self, pattern: str) -> str:
        above, _, last = pattern.rpartition(".")
        for keyword, failure in (("_children", "childless"), ("_count", "countless")):
            if last == keyword and self.model.has(above):
                return failure
        return "argument" if self._hollow(pattern) else "undefined"

    def _hollow(self, pattern: str) -> bool:
        return not pattern or pattern in self.model.containers

    def _count(self, place: Place) -> None:
        for array, index in place.indices:
            self._counts[array] = max(self._counts.get(array, 0), index + 1)

    def _last_error(self) -> str:
        return self.error

    def _error_string(self, code: str) -> str:
        return self.model.errors.get(code, "")

    def _diagnostic(self, code: str) -> str:
        return self._error_string(code or self.error)

    _VERBS: ClassVar[Mapping[str, Callable[..., str]]] = {
        "initialise": _initialise,
        "finish": _finish,
        "commit": _commit,
        "get": _get,
        "set": _set,
        "last_error": _last_error,
        "error_string": _error_string,
        "diagnostic": _diagnostic,
    }


def replay(session: Session, calls: Iterable[Call]) -> tuple[Session, list[Divergence]]:
    """Play the calls in order on a copy of the session, and tell where the browser answered otherwise."""
    played = session.copied()
    divergences = []
    for call in calls:
        ours = played.call(call.fn, call.args, call.at)
        if ours != (call.answer, call.error):
            theirs = (call.answer, call.error)
            divergences.append(Divergence(seq=call.seq, fn=call.fn, args=call.args, ours=ours, theirs=theirs))
    return played, divergences
