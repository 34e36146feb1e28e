"""Serves an application on the loopback from threads of the test, by the server that serves it in earnest."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import waitress
from flask import Flask
from waitress.server import BaseWSGIServer

from workflows import nodes

_THREADS = 8
_TURN = 1.0


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an application, on a free port unless one is named, and give its address; all is closed at the end.

    A command that ends waits for every thread but a daemon before it lets anybody close anything, so it is a daemon.
    """
    listening = socket.create_server(("127.0.0.1", port))
    server = waitress.create_server(app, map={}, sockets=[listening], threads=_THREADS, **nodes.AS_IT_CAME)
    stopping = threading.Event()
    thread = threading.Thread(target=_serve, args=(server, stopping), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stopping.set()
        server.pull_trigger()
        thread.join()


def _serve(server: BaseWSGIServer, stopping: threading.Event) -> None:
    """Answer turn by turn, for waitress ends by a signal only, and a test has a thread."""
    while not stopping.is_set():
        server.asyncore.loop(timeout=_TURN, map=server._map, count=1)
    server.task_dispatcher.shutdown()
    server.asyncore.close_all(server._map)
