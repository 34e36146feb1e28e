"""What reaches the application through the web server of one process."""

from __future__ import annotations

import threading
from http.client import HTTPConnection

import waitress

from workflows import nodes


def test_what_a_proxy_says_of_its_client_reaches_the_application() -> None:
    seen: dict[str, object] = {}

    def application(environment, start):
        seen.update(environment)
        start("204 No Content", [])
        return []

    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=1, **nodes.AS_IT_CAME)
    stopping = threading.Event()

    def answer() -> None:
        while not stopping.is_set():
            server.asyncore.loop(timeout=0.1, map=server._map, count=1)

    thread = threading.Thread(target=answer)
    thread.start()
    client = HTTPConnection("127.0.0.1", server.effective_port, timeout=10)

    client.request("GET", "/metrics", headers={"X-Forwarded-For": "198.51.100.7"})
    status = client.getresponse().status

    client.close()
    stopping.set()
    server.pull_trigger()
    thread.join()
    server.task_dispatcher.shutdown()
    server.asyncore.close_all(server._map)
    assert status == 204
    assert seen["HTTP_X_FORWARDED_FOR"] == "198.51.100.7"
