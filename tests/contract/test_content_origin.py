"""The content origin over HTTP, on both databases: what a token opens, and what becomes of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from engine.errors import Conflict
from scorm import calls, library, playing, store, tables
from scorm.errors import AttemptMissing
from scorm.packaging import package
from scorm.web import create_content_app
from tests.clock import FrozenClock
from tests.course import FILES, TRUST, Learner, Stage, call, set_up

BEGIN = call(1, "LMSInitialize", "")
COMPLETED = ("LMSSetValue", "cmi.core.lesson_status", "completed")

MANIFEST = """<manifest identifier="M" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
          xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="O"><organization identifier="O"><title>Fire safety</title>
    <item identifier="I" identifierref="R" parameters="?mode=full"><title>Fire safety</title></item>
  </organization></organizations>
  <resources><resource identifier="R" type="webcontent" adlcp:scormtype="sco" href="start.html"/></resources>
</manifest>"""


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Stage]:
    built = set_up(database_url, tmp_path, clock)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def learner(stage: Stage) -> Learner:
    return Learner(stage)


def zipped(path: Path) -> Path:
    with ZipFile(path, "w") as course:
        course.writestr("imsmanifest.xml", MANIFEST)
        course.writestr("start.html", FILES["index.html"])
    return path


def divergences(stage: Stage) -> list[int]:
    with stage.engine.reading() as connection:
        return list(connection.execute(select(tables.divergences.c.seq)).scalars())


def test_a_first_window_is_told_to_start_from_the_beginning(stage: Stage, learner: Learner) -> None:
    opened = learner.open(stage.play_url)

    assert opened["epoch"] == 1
    assert opened["launch"]["entry"] == "ab-initio"
    assert opened["launch"]["student_name"] == "Okafor, Ngozi"
    assert opened["data"] == {}


def test_a_batch_is_logged_and_its_outcome_told_in_the_same_commit(stage: Stage, learner: Learner) -> None:
    opened = learner.open(stage.play_url)

    receipt = learner.send(BEGIN, call(2, *COMPLETED)).get_json()

    assert (receipt["saved"], receipt["divergences"], receipt["outcome"]["lesson_status"]) == (2, 0, "completed")
    assert [outcome.lesson_status for _, outcome in stage.told] == ["completed"]
    with stage.engine.reading() as connection:
        logged = calls.read(connection, {"trust": TRUST, "attempt": opened["attempt"], "epoch": 1})
    assert [(one.seq, one.fn) for one in logged] == [(1, "LMSInitialize"), (2, "LMSSetValue")]


def test_the_same_batch_twice_changes_nothing(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)
    learner.send(BEGIN, call(2, *COMPLETED))

    again = learner.send(BEGIN, call(2, *COMPLETED))

    assert (again.status_code, again.get_json()["saved"]) == (200, 2)
    assert len(stage.told) == 1


def test_of_an_overlapping_batch_only_the_new_calls_are_taken(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)
    learner.send(BEGIN)

    receipt = learner.send(BEGIN, call(2, *COMPLETED)).get_json()

    assert receipt["saved"] == 2
    assert len(stage.told) == 2


def test_a_gap_is_answered_with_the_call_that_comes_next(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)
    learner.send(BEGIN)

    refused = learner.send(call(3, *COMPLETED))

    assert (refused.status_code, refused.get_json()["expected"]) == (409, 2)


def test_an_answer_that_the_server_would_not_give_is_kept_and_noted(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)

    receipt = learner.send(BEGIN, call(2, "LMSSetValue", "cmi.core.score.raw", "101")).get_json()

    assert receipt["divergences"] == 1
    assert divergences(stage) == [2]
    assert receipt["outcome"]["score_raw"] is None


def test_a_window_that_was_closed_wrongly_is_resumed_on_its_last_page(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)
    learner.send(BEGIN, call(2, "LMSSetValue", "cmi.core.lesson_location", "7"))

    opened = learner.open(stage.play_url)

    assert (opened["epoch"], opened["launch"]["entry"]) == (2, "resume")
    assert opened["data"]["cmi.core.lesson_location"] == "7"


def test_a_late_batch_raises_the_status_and_leaves_the_newer_window_alone(stage: Stage, learner: Learner) -> None:
    older = learner.open(stage.play_url)
    learner.open(stage.play_url)
    learner.send(BEGIN, call(2, "LMSSetValue", "cmi.core.lesson_location", "9"))
    late = [BEGIN, call(2, "LMSSetValue", "cmi.core.lesson_location", "3"), call(3, *COMPLETED)]

    answer = learner.send(*late, to=older["late_url"], epoch=1)

    assert (answer.status_code, answer.get_json()["saved"]) == (410, 3)
    assert answer.get_json()["outcome"]["lesson_status"] == "completed"
    assert learner.open(stage.play_url)["data"]["cmi.core.lesson_location"] == "9"


def test_a_completed_attempt_never_goes_back(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)
    learner.send(BEGIN, call(2, *COMPLETED))

    receipt = learner.send(call(3, "LMSSetValue", "cmi.core.lesson_status", "incomplete")).get_json()

    assert receipt["outcome"]["lesson_status"] == "completed"


def test_initialising_and_finishing_are_told_without_a_status(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)
    learner.send(BEGIN)
    learner.send(call(2, "LMSSetValue", "cmi.core.exit", "suspend"), call(3, "LMSFinish", ""))

    assert [(attempt.running, outcome.finished, outcome.exit) for attempt, outcome in stage.told] == [
        (True, False, ""),
        (False, True, "suspend"),
    ]
    assert stage.stored().goes_on


def test_what_ended_with_a_result_is_not_gone_on_with(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)

    learner.send(BEGIN, call(2, *COMPLETED), call(3, "LMSFinish", ""))

    assert not stage.stored().goes_on


def test_a_score_is_measured_against_the_mastery_score(database_url: str, tmp_path: Path, clock: FrozenClock) -> None:
    stage = set_up(database_url, tmp_path, clock, mastery="80")
    learner = Learner(stage)
    learner.open(stage.play_url)

    receipt = learner.send(BEGIN, call(2, "LMSSetValue", "cmi.core.score.raw", "85")).get_json()

    assert receipt["outcome"]["lesson_status"] == "passed"
    stage.engine.database.dispose()


def test_any_character_and_any_length_comes_back_as_it_was_said(stage: Stage, learner: Learner) -> None:
    said = "\x00\ud83d é \N{GRINNING FACE}" + "x" * 5000
    opened = learner.open(stage.play_url)
    get = call(3, "LMSGetValue", "cmi.suspend_data", answer=said)
    learner.send(BEGIN, call(2, "LMSSetValue", "cmi.suspend_data", said), get)

    with stage.engine.reading() as connection:
        logged = calls.read(connection, {"trust": TRUST, "attempt": opened["attempt"], "epoch": 1})
        kept = connection.execute(select(tables.call_values.c.hash)).all()

    assert (logged[1].args[1], logged[2].answer, len(kept)) == (said, said, 1)
    assert divergences(stage) == []
    assert learner.open(stage.play_url)["data"]["cmi.suspend_data"] == said


def test_an_attempt_can_be_seen_as_of_any_call(stage: Stage, learner: Learner) -> None:
    opened = learner.open(stage.play_url)
    pages = [call(seq, "LMSSetValue", "cmi.core.lesson_location", str(seq)) for seq in range(2, 6)]
    learner.send(BEGIN, *pages)

    with stage.engine.reading() as connection:
        session = playing.as_of(connection, TRUST, opened["attempt"], 1, 3)

    assert session.value("cmi.core.lesson_location") == "3"


def test_what_was_never_opened_cannot_be_seen(stage: Stage) -> None:
    with stage.engine.reading() as connection, pytest.raises(AttemptMissing):
        playing.as_of(connection, TRUST, "attempt-1", 1, 3)


def test_calls_of_a_window_that_was_never_opened_are_refused(stage: Stage, learner: Learner) -> None:
    unopened = stage.play_url.removesuffix("/") + "/calls"
    learner.opened = {"attempt": "attempt-1", "epoch": 0}

    assert learner.send(BEGIN, to="/play/" + unopened.split("/play/")[1]).status_code == 422


def test_an_attempt_at_what_its_package_does_not_have_is_not_opened(stage: Stage) -> None:
    stage.attempt = replace(stage.attempt, id="attempt-2", sco="I9")
    with stage.engine.transaction() as tx:
        store.add_attempt(tx.connection, stage.attempt)
    learner = Learner(stage)

    opened = learner.open(stage.play_url)

    assert opened["error"] == "missing"
    assert stage.stored().epoch == 0


def test_a_trust_has_its_own_packages_and_attempts(stage: Stage) -> None:
    with stage.engine.reading() as connection:
        here, elsewhere = (library.packages_of(connection, trust) for trust in (TRUST, "southshire"))
        attempts = store.attempts_of(connection, TRUST, "enrolment-1")

    assert ([one.title for one in here], elsewhere) == (["Fire safety"], [])
    assert attempts == [stage.attempt]


@pytest.mark.parametrize(
    "changes",
    [
        {"attempt": "attempt-2"},
        {"epoch": 7},
        {"epoch": True},
        {"first": 2},
        {"calls": []},
        {"calls": [[1, "yesterday", "LMSInitialize", [""], "true", "0"]]},
        {"calls": [[1, "2026-11-22T09:00:00.000Z", "LMSExplode", [""], "true", "0"]]},
        {"calls": [[1, "2026-11-22T09:00:00.000Z", "LMSInitialize", [7], "true", "0"]]},
    ],
    ids=lambda changes: "-".join(f"{name}={value}" for name, value in changes.items())[:40],
)
def test_a_batch_that_is_none_is_refused_whole(stage: Stage, learner: Learner, changes: dict[str, object]) -> None:
    learner.open(stage.play_url)

    refused = learner.send(BEGIN, **changes)

    assert refused.status_code == 422
    assert stage.stored().outcome is None


def test_a_batch_that_is_too_large_is_refused(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)
    long = [call(seq, "LMSSetValue", "cmi.suspend_data", "x" * 60_000) for seq in range(2, 40)]

    assert learner.send(BEGIN, *long).status_code == 413


def test_a_batch_that_is_nested_without_end_is_refused(learner: Learner, stage: Stage) -> None:
    address = learner.open(stage.play_url)["calls_url"]

    refused = learner.post(address, data="[" * 100_000, content_type="application/json")

    assert (refused.status_code, refused.get_json()["error"]) == (422, "malformed")


def test_a_fault_is_recorded_without_the_key_in_the_address(
    stage: Stage, learner: Learner, caplog: pytest.LogCaptureFixture
) -> None:
    address = learner.open(stage.play_url)["content_url"]
    for blob in (file for file in stage.settings.blobs.rglob("*") if file.is_file()):
        blob.unlink()

    failed = learner.get(address)

    assert failed.status_code == 500
    assert "request.failed" in caplog.text
    assert address.split("/")[2] not in caplog.text


def test_a_token_lives_eight_hours_and_as_long_as_it_is_used(
    stage: Stage, learner: Learner, clock: FrozenClock
) -> None:
    address = stage.play_url
    learner.open(address)
    clock.advance(timedelta(hours=7))
    learner.send(BEGIN)
    clock.advance(timedelta(hours=7))
    in_use = learner.send(call(2, *COMPLETED))
    clock.advance(timedelta(hours=9))

    expired = learner.send(call(3, "LMSFinish", ""))

    assert (in_use.status_code, expired.status_code) == (200, 401)
    assert learner.send(call(3, "LMSFinish", ""), to=learner.opened["late_url"]).status_code == 200


def test_a_late_key_lives_thirty_days(stage: Stage, learner: Learner, clock: FrozenClock) -> None:
    opened = learner.open(stage.play_url)
    clock.advance(timedelta(days=31))

    assert learner.send(BEGIN, to=opened["late_url"]).status_code == 404


def test_a_token_is_worth_nothing_changed_or_on_another_host(stage: Stage, learner: Learner) -> None:
    path = "/play/" + stage.play_url.split("/play/")[1]
    other = "http://0123456789abcdef.content.localhost:8000"

    assert learner.get(path).status_code == 200
    assert learner.get(path, base_url=other).status_code == 404
    assert learner.get(path[:-9] + ("x" if path[-9] != "x" else "y") + path[-8:]).status_code == 404
    assert learner.get(path.replace("/play/", "/finish-saving/").rstrip("/")).status_code == 404


def test_an_expired_link_is_explained_to_a_person(stage: Stage, learner: Learner, clock: FrozenClock) -> None:
    path = "/play/" + stage.play_url.split("/play/")[1]
    clock.advance(timedelta(hours=9))

    answer = learner.get(path)

    assert answer.status_code == 401
    assert "expired" in answer.text


def test_a_batch_that_comes_too_soon_is_asked_for_again(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)
    stage.fault = Conflict()
    refused = learner.send(BEGIN)
    stage.fault = None

    again = learner.send(BEGIN)

    assert (refused.status_code, refused.headers["Retry-After"], again.status_code) == (503, "5", 200)


def test_the_page_that_finishes_saving_opens_for_thirty_days(
    stage: Stage, learner: Learner, clock: FrozenClock
) -> None:
    path = "/finish-saving/" + stage.finish_saving_url.split("/finish-saving/")[1]
    opened = learner.get(path)
    clock.advance(timedelta(days=31))

    assert (opened.status_code, learner.get(path).status_code) == (200, 401)


def test_files_are_found_by_their_names_and_served_with_their_own_types(stage: Stage, learner: Learner) -> None:
    base = learner.open(stage.play_url)["content_url"].removesuffix("index.html")

    page, image = (learner.get(base + name) for name in ("index.html", "images/exit.svg"))
    absent = [learner.get(base + name).status_code for name in ("../secret", "index.html%00", "%ed%a0%80")]

    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")
    assert (image.status_code, image.headers["Content-Type"]) == (200, "image/svg+xml")
    assert absent == [404, 404, 404]
    assert page.headers["Content-Disposition"] == "inline; filename=index.html"


def test_a_zip_is_played_as_it_was_read(stage: Stage, tmp_path: Path) -> None:
    imported = package.read(zipped(tmp_path / "course.zip"), stage.settings.blobs)
    with stage.engine.transaction() as tx:
        stored, again = (library.add(tx.connection, TRUST, imported, tx.now) for _ in range(2))
        sco = stored.manifest.scos[0].identifier
        stage.attempt = replace(stage.attempt, id="attempt-2", package=stored.hash, sco=sco)
        store.add_attempt(tx.connection, stage.attempt)
    learner = Learner(stage)

    opened = learner.open(stage.play_url)

    assert stored == again
    assert opened["content_url"].endswith("/start.html?mode=full")
    assert learner.get(opened["content_url"]).data == FILES["index.html"]


def test_part_of_a_file_can_be_asked_for(stage: Stage, learner: Learner) -> None:
    address = learner.open(stage.play_url)["content_url"]

    part = learner.get(address, headers={"Range": "bytes=0-8"})

    assert (part.status_code, part.data) == (206, b"<!doctype")


def test_no_answer_sets_a_cookie_and_each_keeps_the_package_in_its_place(stage: Stage, learner: Learner) -> None:
    opened = learner.open(stage.play_url)
    player = learner.get("/play/" + stage.play_url.split("/play/")[1])
    answers = [player, learner.get(opened["content_url"]), learner.get("/static/api.js"), learner.send(BEGIN)]

    assert all("Set-Cookie" not in answer.headers for answer in answers)
    assert all(answer.headers["X-Content-Type-Options"] == "nosniff" for answer in answers)
    assert "frame-ancestors 'none'" in player.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in answers[1].headers["Content-Security-Policy"]


def test_a_course_loads_from_elsewhere_what_the_installation_allows(stage: Stage, learner: Learner) -> None:
    closed = learner.get(learner.open(stage.play_url)["content_url"]).headers["Content-Security-Policy"]
    allowed = replace(stage.settings, content_hosts=("cdn.example.org",), content_origin="https://content.example")
    app = create_content_app(stage.engine, allowed, lambda _tx, _attempt: None)
    opened = app.test_client().get("/content/x/y", base_url="https://h.content.example").headers

    assert "cdn.example.org" not in closed
    assert "blob: cdn.example.org; connect-src 'self'" in opened["Content-Security-Policy"]
    assert "upgrade-insecure-requests" in opened["Content-Security-Policy"]


def test_the_model_that_the_browser_plays_by_is_served(learner: Learner) -> None:
    assert learner.get("/model/scorm12.json").get_json()["object"] == "API"
    assert learner.get("/model/other.json").status_code == 404


def test_attempts_that_have_not_finished_are_found(stage: Stage, learner: Learner) -> None:
    learner.open(stage.play_url)
    learner.send(BEGIN)

    with stage.engine.reading() as connection:
        running = store.running_of(connection, TRUST, "ngozi")

    assert [one.id for one in running] == ["attempt-1"]
