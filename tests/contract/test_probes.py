"""What machines are told of a web process: whether it lives, whether it can answer, how the queues stand."""

import io
import json
import logging
from datetime import timedelta

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from engine import failures, logs
from engine.heartbeats import Pulse
from engine.storage import database
from engine.web import probes
from tests import desk as pages
from tests.contract.waiting_letters import letter, queue
from tests.desk import ADMINISTRATOR

TOKEN = "figures-for-the-monitor"


@pytest.fixture
def desk(database_url, clock, tmp_path):
    desk = pages.desk_on(database_url, clock, tmp_path)
    yield install(desk)
    desk.engine.database.dispose()


def install(desk, **said):
    """Add the probes, as the composition root does."""
    meter = probes.Meter()
    chosen = pages.settings.read({"PRECEPTOR_METRICS_TOKEN": TOKEN, **said})
    desk.app.register_blueprint(probes.blueprint(desk.engine, chosen, meter))
    meter.install(desk.app, "pages")
    return desk


def figures(desk, **arguments):
    answer = desk.app.test_client().get("/metrics", **arguments)
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_process_that_answers_lives(desk):
    answer = desk.app.test_client().get("/health/live")

    assert (answer.status_code, answer.json) == (200, {"status": "live"})


def test_a_process_is_ready_with_its_database_and_the_newest_schema(desk):
    answer = desk.app.test_client().get("/health/ready")

    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "live": True, "checks": {"database": True, "schema": True}}


def test_the_health_says_how_old_the_queue_is_and_when_a_worker_was_heard_of(desk, clock):
    queue(desk.engine.database, letter())
    unheard = desk.app.test_client().get("/health").json
    Pulse(desk.engine).beat("chores")
    clock.advance(timedelta(seconds=30))

    heard = desk.app.test_client().get("/health").json

    assert unheard["worker_seen_seconds"] is None
    assert (heard["worker_seen_seconds"], heard["oldest_unsent_seconds"]) == (30.0, 30.0)


def test_an_older_schema_is_not_ready(desk):
    with database.writing(desk.engine.database) as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")

    answer = desk.app.test_client().get("/health")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json["checks"] == {"database": True, "schema": False}


def test_without_its_database_a_process_lives_and_is_not_ready(tmp_path, clock):
    gone = database.connect("postgresql://nobody@127.0.0.1:1/nowhere")
    engine = pages.Engine(database=gone, keeps={}, handlers={}, clock=clock)
    app = pages.frame(engine, pages.settings.read({"PRECEPTOR_DATA_DIR": str(tmp_path)}))
    client = install(
        pages.Desk(app=app, engine=engine, clock=clock, sink=pages.Sink(tmp_path, clock))
    ).app.test_client()

    live, ready, measured = (client.get(address) for address in ("/health/live", "/health/ready", "/metrics"))

    assert live.status_code == 200
    assert (ready.status_code, ready.json["checks"]["database"]) == (503, False)
    assert measured.status_code == 503
    gone.dispose()


def test_the_figures_are_those_of_the_queues_and_of_the_requests(desk, clock):
    queue(desk.engine.database, letter(1), letter(2, state="PARKED", answer="No."))
    failures.watch(desk.engine)
    Pulse(desk.engine).beat("chores")
    clock.advance(timedelta(seconds=20))
    desk.signed_in(ADMINISTRATOR).get("/worklist/")

    found = figures(desk)

    assert found["preceptor_outbox_messages", "QUEUED"] == 1
    assert found["preceptor_outbox_messages", "PARKED"] == 1
    assert found["preceptor_open_incidents", "MESSAGE"] == 1
    assert found["preceptor_open_approvals", "workflow-administrator"] == 1
    assert found["preceptor_messages_last_day", "QUEUED"] == 1
    assert found[("preceptor_worker_seen_seconds",)] == 20.0
    assert found[("preceptor_workers",)] == 1
    assert found["preceptor_http_request_duration_seconds_count", "pages", "GET", "/worklist/", "2xx"] == 1


def test_the_figures_name_nobody(desk):
    desk.asks_for_leave()
    desk.queue("LRN-17-course-completed", state="PARKED", answer="No.")
    failures.watch(desk.engine)

    said = desk.app.test_client().get("/metrics").text + desk.app.test_client().get("/health").text

    assert not [name for name in ("Siân", "sian", "Lin", "lin@", "Ada", "Tom") if name in said]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"environ_base": {"REMOTE_ADDR": "10.1.2.3"}}, 403),
        ({"headers": {"X-Forwarded-For": "10.1.2.3"}}, 403),
        ({"headers": {"Forwarded": "for=10.1.2.3"}}, 403),
        ({"environ_base": {"REMOTE_ADDR": "10.1.2.3"}, "headers": {"Authorization": f"Bearer {TOKEN}"}}, 200),
        ({"environ_base": {"REMOTE_ADDR": "10.1.2.3"}, "headers": {"Authorization": "Bearer other"}}, 403),
    ],
)
def test_the_figures_are_for_this_machine_and_for_whoever_bears_the_token(desk, asked, status):
    assert desk.app.test_client().get("/metrics", **asked).status_code == status


def test_every_request_has_an_identifier_and_a_line_without_what_was_asked(desk):
    stream = io.StringIO()
    logs.configure(logs.JSON, stream)
    try:
        browser = desk.signed_in(ADMINISTRATOR)
        echoed = browser.get("/messages/?recipient=Si%C3%A2n", headers={"X-Request-ID": "trace-7"})
        made = browser.get("/messages/secret-token", headers={"X-Request-ID": "no good\u00e9"})
    finally:
        logging.getLogger().handlers.clear()

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert echoed.headers["X-Request-ID"] == "trace-7"
    assert len(made.headers["X-Request-ID"]) == 32
    assert [(line["request"], line["route"], line["status"], line["account"]) for line in lines] == [
        ("trace-7", "/messages/", 200, "acc-ada"),
        (made.headers["X-Request-ID"], "/messages/<id>", 404, "acc-ada"),
    ]
    assert "Si" not in stream.getvalue()
    assert "secret" not in stream.getvalue()


def test_a_strange_method_and_an_unknown_address_make_no_new_figure(desk):
    client = desk.app.test_client()
    client.open("/nowhere/lin.chen", method="BREW")

    routes = {key[3] for key in figures(desk) if key[0] == "preceptor_http_request_duration_seconds_count"}

    assert routes == {"(none)"}


def test_a_bare_application_is_measured_too():
    app, meter = Flask("bare"), probes.Meter()
    meter.install(app, "content")

    answer = app.test_client().get("/x")

    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}, False),
        ({"headers": {"X-Forwarded-For": "203.0.113.9"}}, False),
        ({"headers": {"Authorization": "Bearer wrong", "Forwarded": "for=203.0.113.9"}}, False),
        ({"headers": {"Authorization": "Bearer wrong"}, "environ_base": {"REMOTE_ADDR": "203.0.113.9"}}, False),
        ({"headers": {"Authorization": f"Bearer {TOKEN}"}, "environ_base": {"REMOTE_ADDR": "203.0.113.9"}}, True),
        ({}, True),
    ],
    ids=["elsewhere", "by a proxy", "by a proxy, wrong", "wrong token", "token", "this machine"],
)
def test_only_whoever_may_have_the_figures_is_told_how_the_queues_stand(desk, asked, told):
    answer = desk.app.test_client().get("/health", **asked).json

    assert (answer["status"], answer["live"]) == ("ready", True)
    assert {"oldest_unsent_seconds" in answer, "worker_seen_seconds" in answer} == {told}
