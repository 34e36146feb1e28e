"""Somebody else's learning management system: takes HACP, keeps what it is told, and fails when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from engine.outside import Reply
from scorm.hacp import aicc, aicc_tables
from scorm.hacp.aicc import Command, Error


@dataclass(kw_only=True)
class System:
    """One learner's course there; `said` are the commands that it took, `failures` what it answers instead, in turn."""

    student: str = "AB1234"
    name: str = "Okafor, Ngozi"
    core: dict[str, str] = field(default_factory=dict)
    lesson: str = ""
    sessions: set[str] = field(default_factory=lambda: {"s-1", "s-2"})
    said: list[Command] = field(default_factory=list)
    failures: list[Reply] = field(default_factory=list)

    def ask(self, _url: str, body: bytes) -> Reply:
        """Answer as `relaying.Ask` does."""
        if self.failures:
            return self.failures.pop(0)
        message = aicc.read(body)
        if message.session not in self.sessions or message.command is None:
            return _reply(aicc.answer(Error.INVALID_SESSION))
        self.said.append(message.command)
        if message.command is Command.PUT_PARAM:
            groups = aicc_tables.groups(message.data)
            self.core |= aicc_tables.keys(groups["core"])
            self.lesson = groups["core_lesson"]
        return _reply(aicc.answer(Error.NONE, self._told() if message.command is Command.GET_PARAM else ""))

    def _told(self) -> str:
        first = "" if self.core else ", ab-initio"
        core = {"student_id": self.student, "student_name": self.name, "lesson_status": f"not attempted{first}"}
        lines = [f"{key}={value}" for key, value in {**core, **self.core}.items()]
        return "\r\n".join(["[core]", *lines, "[core_lesson]", self.lesson])


def _reply(text: str) -> Reply:
    return Reply(status=200, said="200 OK", body=text.encode())


@contextmanager
def serving(system: System) -> Iterator[str]:
    """Serve the system on a free port of the loopback, and give the address that takes reports."""

    class Reports(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = system.ask(self.path, body)
            self.send_response(answer.status)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Reports)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hacp"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
