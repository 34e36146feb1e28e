"""PostgreSQL goes away and comes back: pages, API and worker say so, wait, and go on by themselves."""

import pytest

from engine.storage import database
from tests.clock import FrozenClock
from tests.servers import fragile_postgres
from tests.sink import running_sink
from tests.stories.story_site import TRUST, free_port, running_site, settings_for
from tests.waiting import until
from workflows.demo import trust

pytestmark = pytest.mark.story


@pytest.fixture
def fragile():
    with fragile_postgres() as (url, outage):
        database.migrate(url)
        yield url, outage


@pytest.fixture
def site(fragile, tmp_path):
    with running_sink(free_port()) as sink:
        chosen = settings_for(fragile[0], tmp_path, free_port(), sink.url)
        with running_site(chosen, FrozenClock(), sink) as running:
            trust.build(running.engine, chosen.blobs)
            yield running


def test_while_the_database_is_away_everybody_is_asked_to_wait_and_then_work_goes_on(site, fragile):
    window, program = site.signed_in("helen.marsh"), site.program_of(TRUST, "daniel.okafor")
    answers = {}

    def ask_meanwhile():
        answers["page"] = window.open("/worklist/")
        answers["api"] = program.call("GET", "/people")

    fragile[1](ask_meanwhile)
    until(lambda: window.open("/worklist/").status == 200, "the pages answer")
    site.post()
    asked = window.open("/forgotten/user-name").form("forgotten")
    window.send(asked, {"email": "helen.marsh@northshire.example"})

    assert {name: (answer.status, "retry-after" in answer.headers) for name, answer in answers.items()} == {
        "page": (503, True),
        "api": (503, True),
    }
    assert answers["api"].headers["content-type"] == "application/problem+json"
    assert "Wait a few seconds and try again." in answers["page"].text
    assert [mail.who for mail in site.post()] == ["helen.marsh"]
