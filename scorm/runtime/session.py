"""One session of a SCO over a data model, from Initialize to Finish; replays a call log. Pure.

What is found and kept under a name is data.py's; here are the functions of the API, their order and the last error
(RTE 1.2 3.3, RTE 2004 3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, Self

from scorm.errors import UnknownFunction
from scorm.runtime import elements
from scorm.runtime.data import Data, Failed
from scorm.runtime.launch import Launch

__all__ = ["Call", "Divergence", "Launch", "Session", "State", "replay"]

LOOKING = frozenset({"last_error", "error_string", "diagnostic"})
"""The verbs that ask about the last error, and so must not change it (RTE 1.2 3.3)."""


class State(StrEnum):
    """The state of a session; stored in its snapshot under `state`."""

    IDLE = "idle"
    RUNNING = "running"
    FINISHED = "finished"


class Call(NamedTuple):
    """One call of the API as the browser logged it: `answer` and `error` are the browser's own.

    A tuple, for a batch has many of them, and most are only checked and written down.
    """

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


class Session:
    """What the SCO has said so far. It changes with every call; `snapshot` and `copied` make independent ones."""

    def __init__(self, launch: Launch, model: elements.Model, data: Data) -> None:
        """Use `open`, `over` or `restore`."""
        self.launch = launch
        self.model = model
        self.state = State.IDLE
        self.error = "0"
        self.began = ""
        self.last = ""
        self._data = data

    @classmethod
    def open(cls, launch: Launch, data: Mapping[str, str]) -> Self:
        """Begin an epoch: not initialised yet, with what the attempt's earlier sessions kept."""
        return cls.over(elements.model(launch.model), launch, data)

    @classmethod
    def over(cls, model: elements.Model, launch: Launch, data: Mapping[str, str]) -> Self:
        """Begin an epoch over a table that need not be one of those in model/."""
        return cls(launch, model, Data(model, launch, data))

    @classmethod
    def restore(cls, launch: Launch, snapshot: Mapping[str, Any]) -> Self:
        """Go on from what `snapshot` gave."""
        session = cls.open(launch, snapshot["data"])
        session.state, session.error = State(snapshot["state"]), snapshot["error"]
        session.began, session.last = snapshot["began"], snapshot["last"]
        return session

    @property
    def data(self) -> Mapping[str, str]:
        """What was set and kept, by name."""
        return self._data.said

    def kept(self) -> dict[str, str]:
        """What the next session of the attempt goes on with, by name."""
        return self._data.kept()

    def value(self, name: str) -> str:
        """Read an element as the server does: as judged, set, given, or by default; it asks for no access."""
        return self._data.value(name)

    def count(self, array: str) -> int:
        """Count the entries of an array such as `cmi.objectives`."""
        return self._data.count(array)

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
        copy = Session(self.launch, self.model, self._data.copied())
        copy.state, copy.error, copy.began, copy.last = self.state, self.error, self.began, self.last
        return copy

    def call(self, fn: str, args: Sequence[str], at: str) -> tuple[str, str]:
        """Answer one call of the API as (answer, last error); UnknownFunction if the version has none of that name."""
        function = self.model.functions.get(fn)
        if function is None:
            raise UnknownFunction(fn)
        self.last = at
        verb, takes = function.verb, function.takes
        given = args if len(args) == takes else [*args, *[""] * takes][:takes]
        if verb in LOOKING:
            return self._VERBS[verb](self, *given), self.error
        self.error = function.refused.get(self.state, "0")
        if self.error != "0":
            return function.nothing, self.error
        try:
            return self._VERBS[verb](self, *given), "0"
        except Failed as failed:
            self.error = failed.code
            return function.nothing, failed.code

    def _empty(self, argument: str) -> None:
        if argument:
            raise Failed(self.model.argument)

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
        return self._data.get(name)

    def _put(self, name: str, value: str) -> str:
        self._data.set(name, value)
        return "true"

    def _last_error(self) -> str:
        return self.error

    def _error_string(self, code: str) -> str:
        return self.model.errors.get(code, "")

    def _diagnostic(self, code: str) -> str:
        return self.model.diagnostics.get(code or self.error, "")

    _VERBS: ClassVar[Mapping[str, Callable[..., str]]] = {
        "initialise": _initialise,
        "finish": _finish,
        "commit": _commit,
        "get": _get,
        "set": _put,
        "last_error": _last_error,
        "error_string": _error_string,
        "diagnostic": _diagnostic,
    }


def replay(session: Session, calls: Iterable[Call]) -> tuple[Session, list[Divergence]]:
    """Play the calls in order on a copy of the session, and tell where the browser answered otherwise."""
    played = session.copied()
    divergences = []
    for seq, at, fn, args, answer, error in calls:
        ours = played.call(fn, args, at)
        theirs = (answer, error)
        if ours != theirs:
            divergences.append(Divergence(seq=seq, fn=fn, args=args, ours=ours, theirs=theirs))
    return played, divergences
