"""Every route says who may open it; what is open to everybody is listed here, so that a new one is noticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from engine import settings
from engine.sink import Sink
from engine.storage import database
from engine.transaction import Engine
from engine.web.frame import permission_of
from engine.web.permissions import Entry
from tests.clock import FrozenClock
from workflows import app as composition

# The pages by which people get in, the description of the API, and the mailbox, which only the demo has.
OPEN_TO_EVERYBODY = {
    "mail_choices.choose",
    "mail_choices.stop",
    "acting.answer_by_mail",
    "acting.asked_by_mail",
    "account.password",
    "account.reset",
    "account.sent",
    "account.sign_in",
    "account.sign_out",
    "account.user_name",
    "api.description",
    "learning.chosen",
    "learning.offered",
    "mailbox.html",
    "mailbox.index",
    "mailbox.mail",
    "mailbox.raw",
    "provider.back",
    "provider.begin",
    "provider.leave",
    "static",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Return the pages of the whole application; nothing is asked of the database."""
    folder: Path = tmp_path_factory.mktemp("data")
    clock = FrozenClock()
    engine = Engine(database=database.connect("sqlite://"), keeps={}, handlers={}, clock=clock)
    said = settings.read({"PRECEPTOR_DATA_DIR": str(folder)})
    yield composition.create_app(said, Sink(folder, clock), engine).pages
    engine.database.dispose()


def test_every_route_declares_who_may_open_it(app):
    silent = [rule.rule for rule in app.url_map.iter_rules() if permission_of(app, rule.endpoint) is None]

    assert silent == []


def test_only_what_is_listed_is_open_to_everybody(app):
    permissions = {rule.endpoint: permission_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}

    opened = {endpoint for endpoint, said in permissions.items() if said and said.entry is Entry.PUBLIC}

    assert {endpoint for endpoint in opened if not endpoint.endswith(".static")} <= OPEN_TO_EVERYBODY


def test_machines_are_answered_without_a_session_only_where_no_person_is_named(app):
    permissions = {rule.endpoint: permission_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}

    asked = {endpoint for endpoint, said in permissions.items() if said and said.entry is Entry.MACHINE}

    by_a_signed_address = {"mail_choices.at_once"}  # a mail program has no session (RFC 8058 3.1), and is told no name
    assert asked == {"probes.health", "probes.live", "probes.metrics", "probes.ready"} | by_a_signed_address


def test_every_entry_of_the_menu_leads_somewhere(app):
    missing = [item.text for item in app.extensions["preceptor_menu"] if item.endpoint not in app.view_functions]

    assert missing == []
