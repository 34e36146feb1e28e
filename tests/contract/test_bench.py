"""The workloads prove themselves, small."""

import json

import pytest

from workflows import bench


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


@pytest.mark.parametrize("variant", ["flow", "choice"])
def test_w5_delivers_what_every_request_asks_for(variant, capsys):
    status = bench.main(["w5", "--requests", "60", "--variant", variant])

    found = figures(capsys)
    assert (status, found["ops"], found["accepted"], found["ok"]) == (0, 60, 60, True)
    assert found["with_contents"]["accepted"] == 60
    assert {"seconds", "rate", "cpu_ms_per_request"} <= set(found)


def test_another_workload_is_refused(capsys):
    assert bench.main(["w9"]) == 2
    assert "w9" in capsys.readouterr().err
