"""What a message of HACP means to a session: the calls of the SCORM API that say the same. Pure.

The call log has these calls, so that outcome, resume and flight recorder are the same for AICC as for SCORM. What the
data model has no place for is called all the same, refused with 401, and so stands in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import ClassVar, Final

from scorm.hacp import aicc_tables, aicc_values
from scorm.hacp.aicc import Command, Message
from scorm.hacp.aicc_told import PREFERENCES, SCORES, entries
from scorm.runtime.session import Call, Session, State

MOST_CALLS: Final = 2_000
"""Calls that one message may come to; what is beyond is not read."""

_TOLD: Final = ("cmi.core.lesson_status", "cmi.core.lesson_location", "cmi.core.score.raw", "cmi.suspend_data")
_HEAD: Final = ("course_id", "student_id", "lesson_id", "date", "time")
_INTERACTION: Final = (
    *_HEAD,
    "interaction_id",
    "objective_id",
    "type_interaction",
    "correct_response",
    "student_response",
    "result",
    "weighting",
    "latency",
)
_OBJECTIVE: Final = (*_HEAD, "objective_id", "score", "status")
_COMMENT: Final = (*_HEAD, "location", "comment")


def calls(message: Message, session: Session, first: int, at: str) -> tuple[Call, ...]:
    """Return the calls that a message comes to, numbered from `first`, as this session answers them.

    A message in the wrong order begins the session, and one that comes twice says the same again; `at` is the moment.
    """
    saying = _Saying(session.copied(), first, at)
    if session.state is State.IDLE:
        saying.call("LMSInitialize", "")
    if message.command is not None:
        with suppress(_TooMany):
            saying.take(message.command, message.data)
    return tuple(saying.said)


class _TooMany(Exception):
    """The message comes to more calls than one may."""


class _Saying:
    """A message being put into calls, on a copy of the session that answers them."""

    def __init__(self, session: Session, first: int, at: str) -> None:
        self.session = session
        self.first = first
        self.at = at
        self.said: list[Call] = []
        self.objectives = {said.get("id", ""): at for at, said in enumerate(entries(session, "cmi.objectives"))}
        interactions = entries(session, "cmi.interactions")
        self.count = len(interactions)
        self.interactions: dict[str, list[Mapping[str, str]]] = {}
        for said in interactions:
            self.interactions.setdefault(said.get("id", ""), []).append(said)

    def call(self, fn: str, *args: str) -> None:
        """Make one call, and keep it with its answer."""
        if len(self.said) == MOST_CALLS:
            raise _TooMany
        answer, error = self.session.call(fn, args, self.at)
        number = self.first + len(self.said)
        self.said.append(Call(seq=number, at=self.at, fn=fn, args=args, answer=answer, error=error))

    def set(self, name: str, value: str) -> None:
        """Set an element."""
        self.call("LMSSetValue", name, value)

    def take(self, command: Command, data: str) -> None:
        """Say what a command says."""
        self._VERBS[command](self, data)

    def get_param(self, _data: str) -> None:
        for name in _TOLD:
            self.call("LMSGetValue", name)

    def put_param(self, data: str) -> None:
        groups = aicc_tables.groups(data)
        for name, body in groups.items():
            if name in self._GROUPS:
                self._GROUPS[name](self, body)
            else:
                self._unplaced(name, aicc_tables.keys(body))
        self.call("LMSCommit", "")

    def exit_au(self, _data: str) -> None:
        if self.session.state is State.RUNNING:
            self.call("LMSFinish", "")

    def exit_param(self, data: str) -> None:
        self.put_param(data)
        self.exit_au("")

    def put_comments(self, data: str) -> None:
        for row in self._rows(data, _COMMENT, "comment"):
            place = row.get("location", "")
            self._comments(f"{place}: {row['comment']}" if place else row["comment"])
        self.call("LMSCommit", "")

    def put_objectives(self, data: str) -> None:
        for row in self._rows(data, _OBJECTIVE, "objective_id"):
            self._objective(row["objective_id"], row.get("score", ""), row.get("status", ""))
        self.call("LMSCommit", "")

    def put_interactions(self, data: str) -> None:
        for row in self._rows(data, _INTERACTION, "interaction_id"):
            self._interaction(dict(_interaction(row)))
        self.call("LMSCommit", "")

    def put_path(self, data: str) -> None:
        self.set("aicc.path", data)

    def put_performance(self, data: str) -> None:
        self.set("aicc.performance", data)

    def _rows(self, data: str, columns: tuple[str, ...], needed: str) -> list[Mapping[str, str]]:
        try:
            found = aicc_tables.table(data, columns, needed, MOST_CALLS)
        except aicc_tables.Unreadable:
            self.set(f"aicc.{needed}", data)
            return []
        return [row for row in found if row.get(needed)]

    def _core(self, body: str) -> None:
        said = aicc_tables.keys(body)
        ends = "lesson_status" in said or "exit" in said
        status, _, flag = said.pop("lesson_status", "").partition(",")
        flag = flag.strip() or said.pop("exit", "")
        if "lesson_location" in said:
            self.set("cmi.core.lesson_location", said.pop("lesson_location"))
        self._score("cmi.core.score", said.pop("score", ""))
        if time := said.pop("time", ""):
            self.set("cmi.core.session_time", aicc_values.timespan(time))
        # A status without a flag takes an earlier one back: the content goes on, and means to end normally.
        if ends and (flag or self.session.value("cmi.core.exit")):
            self.set("cmi.core.exit", aicc_values.ending(flag))
        if status.strip():
            self._status(aicc_values.status(status.strip()))
        self._unplaced("core", said)

    def _status(self, status: str) -> None:
        # "Not attempted" is what we told it, which content repeats; it is no news, and no value to set (RTE 3.4.4).
        if status != "not attempted":
            self.set("cmi.core.lesson_status", status)

    def _score(self, element: str, said: str) -> None:
        for part, value in zip(SCORES, aicc_values.score(said), strict=True):
            if value:
                self.set(f"{element}.{part}", value)

    def _lesson(self, body: str) -> None:
        self.set("cmi.suspend_data", body)

    def _comments(self, body: str) -> None:
        # What is said again is there already: comments are added to each other.
        if body and body not in self.session.value("cmi.comments"):
            self.set("cmi.comments", body)

    def _preferences(self, body: str) -> None:
        said = aicc_tables.keys(body)
        for name in PREFERENCES:
            if value := said.pop(name, ""):
                self.set(f"cmi.student_preference.{name}", value)
        self._unplaced("student_preferences", said)

    def _objectives(self, body: str) -> None:
        said = aicc_tables.keys(body)
        for key in [key for key in said if key.startswith("j_id.")]:
            number = key.removeprefix("j_id.")
            found = [said.pop(f"j_{part}.{number}", "") for part in ("id", "score", "status")]
            self._objective(*found)
        self._unplaced("objectives_status", said)

    def _objective(self, identifier: str, score: str, status: str) -> None:
        if not identifier:
            return
        at = self.objectives.setdefault(identifier, len(self.objectives))
        self.set(f"cmi.objectives.{at}.id", identifier)
        self._score(f"cmi.objectives.{at}.score", score)
        if status:
            self.set(f"cmi.objectives.{at}.status", aicc_values.status(status))

    def _interaction(self, said: Mapping[str, str]) -> None:
        # One that was told before, as far as it could be kept, is the same message once more.
        alike = self.interactions.setdefault(said["id"], [])
        if any(one and one.items() <= said.items() for one in (*alike, *self.interactions.get("", ()))):
            return
        at, self.count = self.count, self.count + 1
        alike.append(said)
        for name, value in said.items():
            self.set(f"cmi.interactions.{at}.{name}", value)

    def _unplaced(self, group: str, said: Mapping[str, str]) -> None:
        for key, value in said.items():
            if value:
                self.set(f"aicc.{group}.{key}", value)

    def _ignored(self, _body: str) -> None:
        """Leave what we told, and the content only repeats."""

    _VERBS: ClassVar[Mapping[Command, Callable[[_Saying, str], None]]] = {
        Command.GET_PARAM: get_param,
        Command.PUT_PARAM: put_param,
        Command.EXIT_AU: exit_au,
        Command.EXIT_PARAM: exit_param,
        Command.PUT_COMMENTS: put_comments,
        Command.PUT_OBJECTIVES: put_objectives,
        Command.PUT_PATH: put_path,
        Command.PUT_INTERACTIONS: put_interactions,
        Command.PUT_PERFORMANCE: put_performance,
    }
    _GROUPS: ClassVar[Mapping[str, Callable[[_Saying, str], None]]] = {
        "core": _core,
        "core_lesson": _lesson,
        "comments": _comments,
        "student_preferences": _preferences,
        "objectives_status": _objectives,
        "core_vendor": _ignored,
        "student_data": _ignored,
    }


def _interaction(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    said = {
        "id": row["interaction_id"],
        "objectives.0.id": row.get("objective_id", ""),
        "time": aicc_values.clock_time(row.get("time", "")),
        "type": aicc_values.kind(row.get("type_interaction", "")),
        "correct_responses.0.pattern": row.get("correct_response", ""),
        "weighting": row.get("weighting", ""),
        "student_response": row.get("student_response", ""),
        "result": aicc_values.result(row.get("result", "")),
        "latency": aicc_values.timespan(row.get("latency", "")),
    }
    return ((name, value) for name, value in said.items() if value)
