"""The content-server adapter, on both databases; nine tests bear the faults of the adapter that it replaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import outside
from engine.outside import Reply
from engine.settings import Settings, secret_for
from engine.transaction import Engine
from scorm import addresses, library
from scorm.errors import PackageMissing
from scorm.hacp.aicc import Command
from scorm.packaging import package
from scorm.relays import relay_reports, relay_store, relaying
from scorm.relays.relay_reports import Remote
from scorm.relays.relaying import TRUST
from scorm.runtime.session import Launch, Session
from tests import aicc
from tests.clock import FrozenClock
from tests.course import PACKAGE, imported, set_up
from tests.remote_system import System, serving
from workflows.commands.relaying import relay_app

LMS = "https://lms.example/hacp"
DOWN = Reply(status=0, said="No answer: TimeoutError.")
START = Reply(status=200, said="200 OK", body=b"Start")
MOMENT = "2026-11-22T09:00:00.000Z"


@dataclass(kw_only=True)
class Adapter:
    """The adapter's web half and its reporting, with a learner's browser."""

    engine: Engine
    settings: Settings
    system: System
    client: FlaskClient
    opened: dict[str, Any]
    session: Session | None = None
    seq: int = 0
    package: str = PACKAGE

    def launch(self, session: str = "s-1", system: str = LMS) -> Any:
        """Open the course as the remote system's link and the page's script do; returns the response of the opening."""
        said = {"AICC_SID": session, "AICC_URL": system, "key1": "secret"}
        return self.post(f"/relay/{self.package}/open", data=said, headers={"Accept": "application/json"})

    def play(self, session: str = "s-1") -> None:
        """Open the course and its player."""
        url = self.launch(session).get_json()["url"]
        self.show(self.post(url.removeprefix(self.origin) + "launch").get_json())

    def show(self, told: Any) -> None:
        """Begin the window that the player is told of."""
        self.opened = told
        self.session = Session.open(Launch.from_dict(told["launch"]), told["data"])
        self.seq = 0

    def call(self, *calls: tuple[str, ...], late: bool = False) -> Any:
        """Make calls and send them as one batch."""
        rows = []
        for fn, *args in calls:
            assert self.session
            self.seq += 1
            rows.append([self.seq, MOMENT, fn, args, *self.session.call(fn, args, MOMENT)])
        batch = {"attempt": self.opened["attempt"], "epoch": self.opened["epoch"], "first": rows[0][0], "calls": rows}
        return self.post(self.opened["late_url" if late else "calls_url"], json=batch)

    def report(self) -> int:
        """Do one round of reporting."""
        return relay_reports.report_due(self.engine, self.remote)

    @property
    def remote(self) -> Remote:
        """Return how the remote system is reached."""
        return Remote(ask=self.system.ask, hosts=self.settings.relay_hosts, secret=secret_for(self.settings))

    def owed(self) -> list[relay_store.Link]:
        """Return what is owed."""
        with self.engine.reading() as connection:
            return relay_store.owed(connection, self.engine.clock())

    def post(self, path: str, **options: Any) -> Any:
        """Post to the package's origin."""
        return self.client.post(path, base_url=self.origin, **options)

    @property
    def origin(self) -> str:
        """Return the package's origin."""
        return addresses.package_origin(self.settings, self.package)


@pytest.fixture
def adapter(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Adapter]:
    stage = set_up(database_url, tmp_path, clock)
    settings = replace(stage.settings, relay_hosts=("lms.example", "127.0.0.1"))
    with stage.engine.transaction() as tx:
        library.add(tx.connection, TRUST, imported(settings, ""), tx.now)
    system = System()
    app = relay_app(stage.engine, settings, system.ask)
    yield Adapter(engine=stage.engine, settings=settings, system=system, client=app.test_client(), opened={})
    stage.engine.database.dispose()


BEGIN = ("LMSInitialize", "")
END = ("LMSFinish", "")


def status(value: str) -> tuple[str, ...]:
    return ("LMSSetValue", "cmi.core.lesson_status", value)


def suspended(value: str) -> tuple[str, ...]:
    return ("LMSSetValue", "cmi.suspend_data", value)


def test_fault_1_a_completion_whose_first_report_fails_is_reported_again(adapter: Adapter, clock: FrozenClock) -> None:
    adapter.play()
    adapter.system.failures = [DOWN, DOWN]
    adapter.call(BEGIN, status("completed"), END)
    first = adapter.report()
    clock.advance(timedelta(seconds=6))
    second = adapter.report()
    clock.advance(timedelta(seconds=16))

    third = adapter.report()

    assert (first, second, third) == (0, 0, 1)
    assert adapter.system.core["lesson_status"] == "completed"
    assert adapter.system.said == [Command.GET_PARAM, Command.PUT_PARAM, Command.EXIT_AU]
    assert adapter.owed() == []


def test_fault_2_a_completion_while_the_window_closes_is_not_lost_by_one_failure(
    adapter: Adapter, clock: FrozenClock
) -> None:
    adapter.play()
    adapter.call(BEGIN)
    adapter.report()
    adapter.system.failures = [DOWN]
    adapter.call(status("completed"), END, late=True)
    adapter.report()
    clock.advance(timedelta(minutes=1))

    adapter.report()

    assert adapter.system.core["lesson_status"] == "completed"
    assert adapter.system.said[-1] is Command.EXIT_AU


def test_fault_3_an_answer_that_is_none_is_a_failure_that_can_be_seen(adapter: Adapter) -> None:
    adapter.play()
    adapter.system.failures = [START]
    adapter.call(BEGIN, status("completed"))

    adapter.report()

    (owed,) = adapter.owed()
    assert (owed.tries, "did not answer as a learning management system" in owed.trouble) == (1, True)


@pytest.mark.parametrize(
    "url", ["https://evil.example/x", "https://lms.example@evil.example/", "http://lms.example/", ""]
)
def test_fault_4_nothing_is_sent_to_a_system_that_is_not_allowed(adapter: Adapter, url: str) -> None:
    refused = adapter.launch(system=url)

    assert refused.status_code == 403
    assert adapter.system.said == []


@pytest.mark.parametrize("text", ["a\N{GRINNING FACE}b", "한글 배움터", "\ud83d", "\x00"], ids=range(4))
def test_fault_5_every_character_is_brought_back(adapter: Adapter, text: str) -> None:
    adapter.play()
    adapter.call(BEGIN, suspended(text), ("LMSSetValue", "cmi.core.lesson_location", text), END)
    adapter.report()

    adapter.play("s-2")

    data = adapter.opened["data"]
    assert (data["cmi.suspend_data"], data["cmi.core.lesson_location"]) == (text, text)


@pytest.mark.parametrize(
    "text",
    ["a~olmota~cmi.core.lesson_status=P", "first\nb=2\r\n\n", "[Core]\nLesson_Status=P", " x ", "~pct~%41", "[Core]"],
)
def test_fault_6_no_value_splits_a_message_or_makes_another_key(adapter: Adapter, text: str) -> None:
    adapter.play()
    adapter.call(BEGIN, suspended(text), ("LMSSetValue", "cmi.core.lesson_location", text), status("incomplete"), END)
    adapter.report()

    adapter.play("s-2")

    data = adapter.opened["data"]
    assert (data["cmi.suspend_data"], data["cmi.core.lesson_location"]) == (text, text)
    assert adapter.system.core["lesson_status"] == "incomplete"


def test_fault_7_many_changes_are_one_report(adapter: Adapter) -> None:
    adapter.play()
    adapter.call(BEGIN)
    for page in range(100):
        adapter.call(("LMSSetValue", "cmi.core.lesson_location", str(page)))

    adapter.report()

    assert adapter.system.said == [Command.GET_PARAM, Command.PUT_PARAM]
    assert adapter.system.core["lesson_location"] == "99"


def test_fault_8_long_suspend_data_is_taken_and_reported_whole(adapter: Adapter) -> None:
    adapter.play()
    receipt = adapter.call(BEGIN, suspended("x" * 64_000), END).get_json()

    adapter.report()

    assert receipt["divergences"] == 0
    assert len(adapter.system.lesson) == 64_000


def test_fault_9_what_the_remote_system_said_does_not_reach_the_content(adapter: Adapter) -> None:
    adapter.play()

    told = str(adapter.opened)
    assert not any(secret in told for secret in ("secret", "key1", "s-1", "lms.example", "AICC"))


def test_a_course_goes_on_where_the_remote_system_says_it_was(adapter: Adapter) -> None:
    adapter.system.core = {
        "lesson_location": "7",
        "lesson_status": "I, resume",
        "time": "01:00:00",
        "score": "40,100",
    }
    adapter.system.lesson = "page=7"
    adapter.play()
    adapter.call(BEGIN, ("LMSSetValue", "cmi.core.session_time", "00:10:00"), END)
    adapter.report()

    launch, data = adapter.opened["launch"], adapter.opened["data"]
    assert (launch["entry"], launch["total_time"], launch["student_id"]) == ("resume", "0001:00:00.00", "AB1234")
    assert (data["cmi.core.lesson_location"], data["cmi.suspend_data"]) == ("7", "page=7")
    assert (adapter.system.core["time"], adapter.system.core["score"]) == ("00:10:00", "40,100")


def test_the_same_report_twice_is_the_same(adapter: Adapter) -> None:
    adapter.play()
    adapter.call(BEGIN, status("passed"), ("LMSSetValue", "cmi.core.session_time", "00:10:00"), END)
    (link,) = adapter.owed()
    adapter.report()
    once = dict(adapter.system.core)
    with adapter.engine.transaction() as tx:  # as after a kill between the answer and our note of it
        relay_store.sent(tx.connection, link, (0, 0), left=False, now=tx.now)

    adapter.report()

    assert adapter.system.core == once
    assert adapter.report() == 0


def test_what_a_closed_session_does_not_take_goes_on_in_the_next_one(adapter: Adapter, clock: FrozenClock) -> None:
    adapter.play()
    adapter.call(BEGIN, suspended("page 9"), status("completed"))
    adapter.system.sessions = {"s-2"}
    adapter.report()

    adapter.play("s-2")
    resumed = dict(adapter.opened["data"])
    adapter.report()

    assert resumed["cmi.suspend_data"] == "page 9"
    assert (adapter.system.core["lesson_status"], adapter.system.lesson) == ("completed, S", "page 9")
    assert adapter.owed() == []


def test_what_was_owed_is_reported_before_the_course_is_opened_again(adapter: Adapter) -> None:
    adapter.play()
    adapter.call(BEGIN, ("LMSSetValue", "cmi.core.lesson_location", "9"))

    adapter.play("s-2")

    assert adapter.opened["data"]["cmi.core.lesson_location"] == "9"
    assert adapter.system.said == [Command.GET_PARAM] * 2 + [Command.PUT_PARAM, Command.GET_PARAM]


def test_a_session_that_is_opened_again_is_the_same_attempt(adapter: Adapter) -> None:
    adapter.play()
    first = adapter.opened["attempt"]
    adapter.call(BEGIN, ("LMSSetValue", "cmi.core.lesson_location", "3"))

    adapter.play()

    assert (adapter.opened["attempt"], adapter.opened["data"]["cmi.core.lesson_location"]) == (first, "3")


def test_a_window_that_falls_silent_is_left_after_half_an_hour(adapter: Adapter, clock: FrozenClock) -> None:
    adapter.play()
    adapter.call(BEGIN, status("incomplete"))
    adapter.report()
    before = list(adapter.system.said)
    clock.advance(timedelta(minutes=31))

    adapter.report()
    again = adapter.report()

    assert before[-1] is Command.PUT_PARAM
    assert (adapter.system.said[-1], adapter.system.core["lesson_status"], again) == (
        Command.EXIT_AU,
        "incomplete, S",
        0,
    )


def test_a_late_result_of_an_older_window_is_reported(adapter: Adapter) -> None:
    adapter.play()
    adapter.call(BEGIN)
    older, session, seq = adapter.opened, adapter.session, adapter.seq
    adapter.play()
    adapter.call(BEGIN)
    adapter.report()
    adapter.opened, adapter.session, adapter.seq = older, session, seq

    adapter.call(status("completed"), late=True)
    adapter.report()

    assert adapter.system.core["lesson_status"].startswith("completed")


def test_a_report_is_given_up_after_thirty_days_and_still_seen(adapter: Adapter, clock: FrozenClock) -> None:
    adapter.play()
    adapter.call(BEGIN, status("completed"))
    clock.advance(timedelta(days=31))

    assert (adapter.report(), len(adapter.owed())) == (0, 1)


def test_an_unheard_system_opens_nothing_and_is_named_as_the_cause(adapter: Adapter) -> None:
    adapter.system.failures = [DOWN]

    refused = adapter.launch()

    assert refused.status_code == 502
    assert "Nothing is lost" in refused.get_json()["detail"]


def test_the_page_opens_what_is_here_and_at_its_own_host_only(adapter: Adapter) -> None:
    asked = {"aicc_sid": "s-1", "Aicc_Url": LMS}
    page = adapter.client.get(f"/relay/{PACKAGE}/", base_url=adapter.origin, query_string=asked)
    other = adapter.client.get(f"/relay/{PACKAGE}/", base_url="http://0123456789abcdef.content.localhost:8000")

    absent = "f" * 64
    host = addresses.package_origin(adapter.settings, absent)
    missing = adapter.client.get(f"/relay/{absent}/", base_url=host)
    left = adapter.client.get("/", base_url="http://content.localhost:8000")

    assert "reported to lms.example" in page.text
    assert (page.status_code, other.status_code, missing.status_code) == (200, 404, 404)
    assert "You may close this window" in left.text
    assert adapter.system.said == []


def test_a_session_without_a_name_is_refused(adapter: Adapter) -> None:
    assert adapter.launch(session="").status_code == 502


def test_a_package_that_is_not_of_scorm_is_not_played_here(adapter: Adapter, tmp_path: Path) -> None:
    read = package.read(aicc.zipped(tmp_path / "course.zip", aicc.course()), adapter.settings.blobs)
    with adapter.engine.transaction() as tx:
        library.add(tx.connection, TRUST, read, tx.now)
    asked = relaying.Asked(package=read.hash, system=LMS, session="s-1")

    with pytest.raises(PackageMissing):
        relaying.open_attempt(adapter.engine, adapter.remote, asked)


def test_reports_go_over_http_to_a_system_that_takes_them(adapter: Adapter) -> None:
    with serving(adapter.system) as url:
        over_http = replace(adapter.remote, ask=relay_reports.asking(("127.0.0.1",)))
        said = relaying.Asked(package=PACKAGE, system=url, session="s-1")

        attempt = relaying.open_attempt(adapter.engine, over_http, said)

    assert attempt.learner_name == "Okafor, Ngozi"
    assert isinstance(outside.post(url, ("127.0.0.1",), b"", {}), Reply)
