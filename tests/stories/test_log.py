"""What a day leaves in the log: events and identifiers, and of nobody a name, an address or a token."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from engine import logs
from engine.tables import outbox
from tests.stories.courses import Player, booked_already
from tests.stories.story_site import Site
from tests.stories.windows import Window
from workflows.demo import trust
from workflows.demo.staff import STAFF

pytestmark = pytest.mark.story

LEARNER = "lin.chen"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return what is logged from now on, as JSON."""
    stream = io.StringIO()
    root = logging.getLogger()
    level = root.level
    logs.configure(logs.JSON, stream)
    yield stream
    root.handlers.clear()
    root.setLevel(level)


def play(site: Site) -> str:
    """Play a course to its end, and return its launch token."""
    booked = booked_already(site, LEARNER, "information-governance")
    window = site.signed_in(LEARNER)
    page = window.send(window.open("/").form("/launch$", enrolment=booked.enrolment))
    player = Player(site, page.address)
    player.call("LMSInitialize", "")
    player.set(score__raw="95", lesson_status="passed", exit="")
    player.call("LMSFinish", "")
    player.flush()
    return urlsplit(page.address).path.split("/")[2]


def test_a_day_leaves_no_name_no_address_and_no_token_in_the_log(site: Site, log: io.StringIO) -> None:
    launch = play(site)
    program = site.program("daniel.okafor")
    program.get("/people", limit="5")
    site.signed_in("daniel.okafor").open("/messages/?recipient=Priya+Nair")
    Window(site.origin).open("/sign-in?next=/priya.nair@northshire.example")
    Window(site.origin).open("/nowhere/Priya%20Nair")
    site.post()

    said = log.getvalue()
    lines = [json.loads(line) for line in said.splitlines()]
    with site.engine.reading() as connection:
        addresses = set(connection.execute(select(outbox.c.email)).scalars())
    secrets = {launch, trust.PASSWORD, program._token}
    people = {one.name for one in STAFF} | {one.email for one in STAFF} | addresses
    assert [one for one in people | secrets if one in said] == []
    assert not re.search(r"[\w.]+@[\w.]+", said)
    routes = {line["route"] for line in lines if line["event"] == "request"}
    assert {"/play/<token>/", "/messages/", "/sign-in", "(none)"} <= routes
    asked = next(line for line in lines if line["event"] == "request")
    assert {"request", "app", "method", "route", "status", "ms"} <= set(asked)
