"""Somebody else's content server: opened with AICC_SID and AICC_URL, it reports by HACP over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from scorm.hacp import aicc
from scorm.hacp.aicc import Command, Reply
from tests.aicc import said, told_at

Ask = Callable[[str, bytes], str]
"""Posts a body to an address, and returns what was answered."""


class ContentServer:
    """A course of one page, which is passed by opening it; `answers` are what it was told."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.answers: list[Reply] = []
        self.messages = (
            (Command.GET_PARAM, ""),
            (Command.PUT_PARAM, "[Core]\r\nLesson_Status=I\r\nLesson_Location=1\r\n[Core_Lesson]\r\nseen=1\r\n"),
            (Command.PUT_PARAM, "[Core]\r\nLesson_Status=P\r\nScore=95,100,0\r\nTime=00:10:00\r\n"),
            (Command.EXIT_AU, ""),
        )

    def play(self, address: str) -> None:
        """Say all that the course says to the system that opened it."""
        session, reports_to = told_at(address)
        for command, data in self.messages:
            self.answers.append(aicc.reply(self._ask(reports_to, said(command, session, data))))


@contextmanager
def serving(content: ContentServer) -> Iterator[str]:
    """Serve the course on a free port of the loopback, and give its address."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content.play(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<h1>Passed</h1>")

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/start?course=fire"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
