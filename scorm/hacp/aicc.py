"""HACP, the messages of AICC content over HTTP: both ends, reading and writing (CMI001 4.0, 6.4 and annex A). Pure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final
from urllib.parse import parse_qsl, urlencode

from scorm.hacp import aicc_tables

VERSION: Final = "4.0"
MOST_FIELDS: Final = 20
"""Fields of a form; a message has five."""


class Command(StrEnum):
    """What a message asks for; `ExitParam`, which some shims send on leaving, is a PutParam and an ExitAU in one."""

    GET_PARAM = "getparam"
    PUT_PARAM = "putparam"
    EXIT_AU = "exitau"
    EXIT_PARAM = "exitparam"
    PUT_COMMENTS = "putcomments"
    PUT_OBJECTIVES = "putobjectives"
    PUT_PATH = "putpath"
    PUT_INTERACTIONS = "putinteractions"
    PUT_PERFORMANCE = "putperformance"


_WRITTEN: Final[Mapping[Command, str]] = {
    Command.GET_PARAM: "GetParam",
    Command.PUT_PARAM: "PutParam",
    Command.EXIT_AU: "ExitAU",
    Command.EXIT_PARAM: "ExitParam",
    Command.PUT_COMMENTS: "PutComments",
    Command.PUT_OBJECTIVES: "PutObjectives",
    Command.PUT_PATH: "PutPath",
    Command.PUT_INTERACTIONS: "PutInteractions",
    Command.PUT_PERFORMANCE: "PutPerformance",
}


class Error(IntEnum):
    """What is wrong with a message (CMI001 6.4.1)."""

    NONE = 0
    INVALID_COMMAND = 1
    INVALID_PASSWORD = 2
    INVALID_SESSION = 3


_TEXTS: Final[Mapping[Error, str]] = {
    Error.NONE: "Successful",
    Error.INVALID_COMMAND: "Invalid command",
    Error.INVALID_PASSWORD: "Invalid AU-password",
    Error.INVALID_SESSION: "Invalid session ID",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What content says: `command` is None for one that HACP does not have."""

    command: Command | None
    session: str
    data: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a learning management system answered; `error` is None where it is no answer in HACP."""

    error: int | None
    text: str = ""
    data: str = ""


def read(body: bytes) -> Message:
    """Read a message's form: in UTF-8, else as Windows-1252; names and commands in any case."""
    fields = {aicc_tables.named(name): value for name, value in _fields(body)}
    said = fields.get("command", "").strip().lower()
    known = said in frozenset(Command)
    return Message(
        command=Command(said) if known else None,
        session=fields.get("session_id", "").strip(),
        data=fields.get("aicc_data", ""),
        password=fields.get("au_password", "").strip(),
    )


def written(message: Message) -> bytes:
    """Write a message as a form; its command must be one. Half a character, which no encoding has, becomes `?`."""
    if message.command is None:
        raise ValueError("A message without a command cannot be sent.")
    fields = {"command": _WRITTEN[message.command], "version": VERSION, "session_id": message.session}
    password = {"au_password": message.password} if message.password else {}
    data = {"aicc_data": message.data} if message.data else {}
    return urlencode({**fields, **password, **data}, errors="replace").encode("ascii")


def answer(error: Error, data: str = "") -> str:
    """Write an answer; the data are the last of it, for they run to the end."""
    lines = [f"error={int(error)}", f"error_text={_TEXTS[error]}", f"version={VERSION}"]
    return "".join(f"{line}\r\n" for line in [*lines, *([f"aicc_data={data}"] if data else [])])


def reply(text: str) -> Reply:
    """Read an answer, of which anything may come before `aicc_data` in any order."""
    head, data = _halves(text)
    said = aicc_tables.keys(head)
    number = said.get("error", "")
    return Reply(error=int(number) if number.isdecimal() else None, text=said.get("error_text", ""), data=data)


def _fields(body: bytes) -> list[tuple[str, str]]:
    try:
        return _pairs(body, "utf-8", "strict")
    except UnicodeDecodeError:
        return _pairs(body, "cp1252", "replace")
    except ValueError:  # more fields than a message has
        return []


def _pairs(body: bytes, encoding: str, errors: str) -> list[tuple[str, str]]:
    # The bytes as one character each, so that what is escaped and what is not are read by the same encoding.
    plain = body.strip().decode("latin-1")
    pairs = parse_qsl(plain, keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS)
    return [tuple(part.encode("latin-1").decode(encoding, errors) for part in pair) for pair in pairs]  # type: ignore[misc]


def _halves(text: str) -> tuple[str, str]:
    lines = io.StringIO(text, newline="").readlines()
    for at, line in enumerate(lines):
        name, equals, rest = line.partition("=")
        if equals and aicc_tables.named(name) == "aicc_data":
            return "".join(lines[:at]), "".join([rest, *lines[at + 1 :]])
    return text, ""
