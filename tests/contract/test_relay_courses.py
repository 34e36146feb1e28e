"""The content-server adapter with courses of several parts, of 1.2 and of 2004: the nine faults again, and more."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from scorm import library, tables
from scorm.hacp.aicc import Command
from scorm.packaging import package
from scorm.relays import relay_course
from scorm.relays.relay_course import Held
from scorm.relays.relaying import TRUST
from tests import journeys
from tests.clock import FrozenClock
from tests.contract.test_relay import DOWN, START, Adapter
from tests.course import set_up
from tests.remote_system import System
from workflows.commands.relaying import relay_app

THIRD = '<item identifier="three" identifierref="R"><title>After</title></item>'
CHARACTERS = " a\N{GRINNING FACE}b\ud83d\x00~olmota~\nb=2\r\n[Core]\nLesson_Status=P"
ONCE = pytest.mark.parametrize("player", ["2004"], indirect=True)
MANIFESTS = {"1.2": journeys.OLD.replace(THIRD, ""), "2004": journeys.NEW.replace(THIRD, "")}


class Player(Adapter):
    """The adapter and a learner, who takes a course of two parts, `one` and `two`."""

    @property
    def old(self) -> bool:
        """Say whether the parts speak SCORM 1.2."""
        return bool(self.opened["launch"]["model"] == "scorm12")

    def say(self, *named: tuple[str, str], end: bool = False, late: bool = False) -> Any:
        """Begin the part, set elements by their names in 1.2 or 2004, and end it."""
        prefix = "LMS" if self.old else ""
        sets = [(f"{prefix}SetValue", name, value) for name, value in named]
        ends = [("LMSFinish", "") if self.old else ("Terminate", "")] if end else []
        begins = [] if self.seq else [(f"{prefix}Initialize", "")]
        return self.call(*begins, *sets, *ends, late=late)

    def pass_part(self, *, late: bool = False) -> Any:
        """Pass the part that is open, and end it."""
        done = [("cmi.core.lesson_status", "passed"), ("cmi.core.session_time", "00:05:00")]
        new = [("cmi.success_status", "passed"), ("cmi.completion_status", "completed"), ("cmi.session_time", "PT5M")]
        return self.say(*(done if self.old else new), end=True, late=late)

    def remember(self, text: str) -> Any:
        """Keep a text as suspend data, and leave the part to come back to it."""
        leave = ("cmi.core.exit" if self.old else "cmi.exit", "suspend")
        return self.say(("cmi.suspend_data", text), leave, end=True)

    def move(self, request: str, target: str = "") -> Any:
        """Make a move, and begin the window that opens."""
        body = {
            "attempt": self.opened["attempt"],
            "epoch": self.opened["epoch"],
            "key": secrets.token_urlsafe(32),
            "click": {"request": request, "target": target},
            "first": None,
            "calls": [],
        }
        told = self.post(self.opened["navigate_url"], json=body).get_json()
        if "epoch" in told:
            self.show(told)
        return told

    def forget(self) -> None:
        """Lose all that the adapter knew of its learners."""
        with self.engine.transaction() as tx:
            for table in (tables.relays, tables.course_states, tables.shared_states, tables.calls, tables.epochs):
                tx.connection.execute(delete(table))
            tx.connection.execute(delete(tables.attempts))


@pytest.fixture(params=["1.2", "2004"])
def player(request: pytest.FixtureRequest, database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Player]:
    stage = set_up(database_url, tmp_path, clock)
    settings = replace(stage.settings, relay_hosts=("lms.example",))
    imported = package.read(journeys.zipped(tmp_path, MANIFESTS[request.param]), settings.blobs)
    with stage.engine.transaction() as tx:
        library.add(tx.connection, TRUST, imported, tx.now)
    system = System()
    client = relay_app(stage.engine, settings, system.ask).test_client()
    yield Player(engine=stage.engine, settings=settings, system=system, client=client, opened={}, package=imported.hash)
    stage.engine.database.dispose()


def statuses(told: Any) -> dict[str, str]:
    return {line["id"]: line["status"] for line in told["course"]["contents"] if line["leaf"]}


def test_fault_1_a_completion_whose_first_report_fails_is_reported_again(player: Player, clock: FrozenClock) -> None:
    player.play()
    player.pass_part()
    player.move("continue")
    player.system.failures = [DOWN, DOWN]
    player.pass_part()
    first = player.report()
    clock.advance(timedelta(seconds=6))
    second = player.report()
    clock.advance(timedelta(seconds=16))

    third = player.report()

    assert (first, second, third) == (0, 0, 1)
    assert player.system.core["lesson_status"] == "passed, S"


def test_fault_2_a_completion_while_the_window_closes_is_not_lost_by_one_failure(
    player: Player, clock: FrozenClock
) -> None:
    player.play()
    player.pass_part()
    player.move("continue")
    player.report()
    player.system.failures = [DOWN]
    player.pass_part(late=True)
    player.report()
    clock.advance(timedelta(minutes=31))

    player.report()

    assert (player.system.core["lesson_status"], player.system.core["time"]) == ("passed, S", "00:10:00")
    assert player.system.said[-1] is Command.EXIT_AU
    assert player.owed() == []


@ONCE
def test_fault_3_an_answer_that_is_none_is_a_failure_that_can_be_seen(player: Player) -> None:
    player.play()
    player.system.failures = [START]
    player.pass_part()

    player.report()

    (owed,) = player.owed()
    assert (owed.tries, "did not answer as a learning management system" in owed.trouble) == (1, True)


@ONCE
def test_fault_4_nothing_is_sent_to_a_system_that_is_not_allowed(player: Player) -> None:
    refused = player.launch(system="https://lms.example@evil.example/")

    assert (refused.status_code, player.system.said) == (403, [])


@pytest.mark.parametrize("lost", [False, True], ids=["here", "elsewhere"])
def test_faults_5_and_6_every_value_is_brought_back(player: Player, *, lost: bool) -> None:
    player.play()
    player.pass_part()
    player.move("continue")
    player.remember(CHARACTERS)
    player.move("suspendAll")
    player.report()
    if lost:
        player.forget()

    player.play("s-2")

    assert (player.opened["course"]["playing"], player.opened["data"]["cmi.suspend_data"]) == ("two", CHARACTERS)
    assert statuses(player.opened) == {"one": "Completed", "two": "Started"}
    assert player.system.core["lesson_status"] == "incomplete, S"


@ONCE
def test_fault_7_many_changes_are_one_report(player: Player) -> None:
    player.play()
    for page in range(30):
        player.say(("cmi.suspend_data", str(page)))

    player.report()

    assert player.system.said == [Command.GET_PARAM, Command.PUT_PARAM]


def test_fault_8_long_suspend_data_is_kept_here_and_the_rest_of_the_course_there(player: Player) -> None:
    long = secrets.token_urlsafe(4_000)
    player.play()
    player.pass_part()
    player.move("continue")
    player.remember(long)
    player.move("suspendAll")
    player.report()
    told = player.system.lesson

    player.play("s-2")
    here = dict(player.opened["data"])
    player.forget()
    player.play("s-1")

    assert len(told) <= relay_course.LONGEST
    assert here["cmi.suspend_data"] == long
    assert ("cmi.suspend_data" in player.opened["data"], player.opened["course"]["playing"]) == (False, "two")
    assert statuses(player.opened)["one"] == "Completed"


@ONCE
def test_fault_9_what_the_remote_system_said_does_not_reach_the_content(player: Player) -> None:
    player.play()

    told = str(player.opened)
    assert not any(secret in told for secret in ("secret", "key1", "s-1", "lms.example", "AICC"))


def test_the_session_is_left_when_the_learner_leaves_and_not_between_two_parts(
    player: Player, clock: FrozenClock
) -> None:
    player.play()
    player.pass_part()
    player.report()
    between = list(player.system.said)
    idle = player.report()
    clock.advance(timedelta(minutes=2))
    player.report()
    still = list(player.system.said)
    player.move("continue")
    player.pass_part()
    player.move("suspendAll")

    player.report()

    assert between == [Command.GET_PARAM, Command.PUT_PARAM]
    assert (idle, still) == (0, between)
    assert player.system.said[2:] == [Command.PUT_PARAM, Command.EXIT_AU]
    assert player.owed() == []


@ONCE
def test_the_next_session_goes_on_with_the_same_attempt_and_adds_its_time(player: Player) -> None:
    player.play()
    player.pass_part()
    player.move("suspendAll")
    player.report()
    first = player.opened["attempt"]
    player.system.core["time"] = "00:05:00"

    player.play("s-2")
    before = player.report()
    player.move("choice", "two")
    player.pass_part()
    player.report()

    assert (player.opened["attempt"], before) == (first, 0)
    assert (player.system.core["lesson_status"], player.system.core["time"]) == ("passed, S", "00:05:00")


@ONCE
def test_what_a_closed_session_does_not_take_goes_on_in_the_next_one(player: Player) -> None:
    player.play()
    player.system.sessions = {"s-2"}
    player.pass_part()
    player.report()

    player.play("s-2")
    player.report()

    assert statuses(player.opened)["one"] == "Completed"
    assert (player.system.core["lesson_status"], player.system.said[-1]) == ("incomplete, S", Command.PUT_PARAM)


@ONCE
def test_a_system_that_begins_anew_is_given_a_new_attempt(player: Player) -> None:
    player.play()
    player.pass_part()
    player.move("suspendAll")
    player.report()
    player.system.core["lesson_status"] = "not attempted, ab-initio"

    player.play("s-2")

    assert statuses(player.opened) == {"one": "Started", "two": "Not started"}


@ONCE
def test_a_status_that_only_the_remote_system_knows_does_not_go_back(player: Player) -> None:
    player.system.core = {"lesson_status": "passed, resume", "score": "80", "time": "01:00:00"}
    player.play()
    player.say()

    player.report()

    assert (player.system.core["lesson_status"], player.system.core["score"]) == ("passed, S", "80")


@ONCE
def test_nothing_is_taken_back_that_was_sealed_for_another_learner(player: Player) -> None:
    player.play()
    player.pass_part()
    player.move("suspendAll")
    player.report()
    others = player.opened["attempt"]
    player.system.student = "CD5678"

    player.play("s-2")

    assert player.opened["attempt"] != others


def test_what_is_sealed_is_for_one_package_and_no_longer_than_it_may_be() -> None:
    held = Held(attempt="a", snapshot={"kept": {str(n): {"data": {"x": secrets.token_hex(50)}} for n in range(90)}})

    text = relay_course.sealed(held, "p", "s")

    opened = relay_course.opened(text, "p", "s")
    assert opened is not None
    assert opened.snapshot is not None
    assert len(text) <= relay_course.LONGEST
    assert any(one["data"] for one in opened.snapshot["kept"].values())
    assert [relay_course.opened(*other) for other in ((text, "q", "s"), (text, "p", "t"), ("x", "p", "s"))] == [
        None
    ] * 3


def test_a_course_that_is_far_too_large_is_known_by_its_attempt() -> None:
    large = Held(attempt="a", snapshot={"state": secrets.token_hex(9_000), "kept": {}})

    text = relay_course.sealed(large, "p", "s")

    assert relay_course.opened(text, "p", "s") == Held(attempt="a", snapshot=None)
