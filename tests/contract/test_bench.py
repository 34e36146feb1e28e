"""The workloads prove themselves, small."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from engine.storage import database
from tests import databases
from workflows import app, bench
from workflows.bench import bare, browsers, w3
from workflows.demo import courses


def figures(capsys) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_w1_walks_every_booking_and_proves_it(database_url, capsys):
    status = bench.main(["w1", "--db", database_url, "--sync", "NORMAL", "--n", "6", "--procs", "2"])

    found = figures(capsys)
    assert status == 0
    assert (found["ops"], found["ok"]) == (18, True)
    assert {"seconds", "rate", "client_cpu_s", "cpu_ms"} <= set(found)


def test_w1_walks_the_bare_driver_in_the_same_run(database_url, capsys):
    bench.main(["w1", "--db", database_url, "--n", "2"])

    found = figures(capsys)
    ways = {"three statements"} if database_url.startswith("sqlite") else {"three statements", "one round trip"}
    assert set(found["limits"]) == ways
    assert all(limit["ok"] for limit in found["limits"].values())
    assert found["share_of_limit"] > 0


def test_w2_hands_over_every_letter_once_and_every_second_with_a_calendar(database_url, smtp_sink, capsys):
    status = bench.main(["w2", "--db", database_url, "--smtp", f"127.0.0.1:{smtp_sink.port}", "--n", "30"])

    found = figures(capsys)
    raw = [one.raw for one in smtp_sink.received]
    assert (status, found["ops"], found["ok"]) == (0, 30, True)
    assert len({one.message["X-Bench-Id"] for one in smtp_sink.received}) == len(raw) == 30
    assert sum(b"text/calendar" in message for message in raw) == 15


def test_w3_writes_requests_that_are_stored_when_they_are_sent(database_url, tmp_path, capsys):
    told = ["--dir", str(tmp_path), "--db", database_url, "--learners", "2", "--commits", "2"]
    ready = bench.main(["w3", "setup", *told])
    before = bench.main(["w3", "verify", *told])

    answers = sent(database_url, tmp_path)

    after = bench.main(["w3", "verify", *told])
    assert (ready, before, after) == (0, 1, 0)
    assert answers == [200] * 4
    assert figures(capsys) == {"stored": 2, "ok": True}


def test_the_bare_callable_of_w3_stores_what_is_posted(database_url):
    callable_ = bare.application(database_url, "FULL")
    answers = []
    for body in (b"{}", b'{"calls": []}'):
        posted = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "PATH_INFO": "/play/token/calls"}
        callable_(posted, lambda status, _headers: answers.append(status))

    with database.reading(callable_.base) as connection:
        kept = connection.exec_driver_sql("SELECT path, body FROM bench_raw_commits").all()
    callable_.local.driver[1].close()
    callable_.local.driver[0].close()
    databases.close(callable_.base)
    assert answers == ["200 OK", "200 OK"]
    assert kept == [("/play/token/calls", '{"calls": []}')]


SERVER = """
import sys, waitress
def answer(environment, start):
    said = environment["wsgi.input"].read()
    start("200 OK" if said == b"yes" else "409 CONFLICT", [("Content-Length", "2")])
    return [b"{}"]
waitress.serve(answer, host="127.0.0.1", port=int(sys.argv[1]))
"""


def test_the_browsers_of_w3_count_what_was_answered_and_what_was_not(free_port):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
    yes, no = head + b"3\r\n\r\nyes", head + b"2\r\n\r\nno"

    found = browsers.served(["-c", SERVER, str(free_port)], [[[yes], [no]], [[yes, yes]]], free_port)

    assert (len(found.milliseconds), found.errors) == (3, 1)
    assert found.rate > 0
    assert found.part(0.5) <= found.part(1)


def sent(database_url: str, folder: Path) -> list[int]:
    """Send the requests of the plan to the application, and return the status of each answer."""
    told = w3.Told(folder=folder, url=database_url, port=8000, learners=2, commits=2, synchronous="FULL")
    engine = told.engine()
    client = app.create_app(told.settings, engine=engine).content.test_client()
    plan = pickle.loads((folder / "plan.pickle").read_bytes())  # noqa: S301 - written a moment ago by ourselves
    answers = [post(client, raw) for learner in plan for commit in learner for raw in commit]
    databases.close(engine.database)
    return answers


def post(client: FlaskClient, raw: bytes) -> int:
    """Send a request as it stands in the plan."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, host, *_ = head.decode().splitlines()
    base_url = f"http://{host.removeprefix('Host: ')}"
    answer = client.post(first.split()[1], data=body, content_type="application/json", base_url=base_url)
    return answer.status_code


@pytest.mark.parametrize("variant", ["flow", "choice"])
def test_w5_delivers_what_every_request_asks_for(variant, capsys):
    status = bench.main(["w5", "--requests", "60", "--variant", variant])

    found = figures(capsys)
    assert (status, found["ops"], found["accepted"], found["ok"]) == (0, 60, 60, True)
    assert found["with_contents"]["accepted"] == 60
    assert {"seconds", "rate", "cpu_ms_per_request"} <= set(found)


def test_w6_stores_every_file_and_unpacks_the_same_zip_in_the_same_run(tmp_path, capsys):
    path = tmp_path / "course.zip"
    path.write_bytes(courses.build(courses.names()[0]))

    status = bench.main(["w6", "--zip", str(path), "--dest", str(tmp_path / "stored")])

    found = figures(capsys)
    assert (status, found["ok"]) == (0, True)
    with zipfile.ZipFile(path) as archive:
        assert found["files"] == len(archive.namelist())
    assert found["peak_rss_mb"] > 0
    assert "zipfile.extractall" in found["limits"]


def test_another_workload_is_refused(capsys):
    assert bench.main(["w9"]) == 2
    assert "w9" in capsys.readouterr().err
