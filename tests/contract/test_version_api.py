"""Versions of packages for programs and on the command line, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.clock import FrozenClock
from tests.northshire import HELEN, TRUST
from tests.played import BEGIN, END, EXIT, put
from tests.versions import Shelf, package, shelf_of
from tests.workplace import SAM, workplace_on
from workflows.commands.versions import scorm

HALF = (BEGIN, put("cmi.core.lesson_location", "7"), put(EXIT, "suspend"), END)


@pytest.fixture
def shelf(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Shelf]:
    place = workplace_on(database_url, clock, tmp_path)
    yield shelf_of(place)
    place.engine.database.dispose()


class Program:
    """A program that calls the API with a token."""

    def __init__(self, shelf: Shelf, who: Any = HELEN) -> None:
        self._client = shelf.place.app.test_client()
        self._headers = {"Authorization": f"Bearer {shelf.place.token(who)}"}

    def get(self, path: str) -> Any:
        return self._client.get(f"/api/v1{path}", headers=self._headers)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        said = options or {"json": body or {}}
        return self._client.post(f"/api/v1{path}", headers=self._headers, **said)


def test_a_version_is_uploaded_compared_published_and_attempts_are_moved_and_back(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(*HALF)
    shelf.place.clock.advance(timedelta(hours=1))
    helen = Program(shelf)

    draft = helen.post(
        f"/packages/{shelf.first}/versions", data={"package": (BytesIO(shelf.place.zipped()), "course.zip")}
    )
    made = draft.json["package"]
    compared = helen.get(f"/packages/{made}/comparison")
    published = helen.post(f"/packages/{made}/publish", {"reason": "Another course"})
    waiting = helen.get(f"/packages/{made}/attempts")
    order = helen.post(f"/packages/{made}/moves", {"scope": "all", "progress": "keep", "reason": "It is newer"})
    moves = helen.get(f"/moves/{order.json['id']}")
    undone = helen.post(f"/moves/{order.json['id']}/undo")
    back = helen.post(f"/packages/{shelf.first}/roll-back", {"reason": "It was the wrong one"})
    removed = helen.post(f"/packages/{made}/remove", {"reason": "It was the wrong one"})

    assert (draft.status_code, draft.json["number"], draft.json["state"]) == (201, 2, "DRAFT")
    assert (compared.json["from"], compared.json["to"], compared.json["keeps"]) == (shelf.first, made, "unknown")
    assert (published.json["state"], back.json["state"], removed.json["state"]) == ("PUBLISHED", "PUBLISHED", "REMOVED")
    assert [(one["id"], one["keeps"], one["open"]) for one in waiting.json["items"]] == [
        (ann.attempt, "unknown", False)
    ]
    assert (order.status_code, order.json["all"], order.json["afresh"]) == (201, 1, 0)
    assert [(one["attempt"], one["standing"]) for one in moves.json["items"]] == [(ann.attempt, "moved")]
    assert undone.json == {"done": 1, "refused": []}


def test_what_cannot_be_done_is_refused_with_the_reason(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(*HALF)
    second = shelf.newer()
    helen, sam = Program(shelf), Program(shelf, SAM)

    needed = helen.post(f"/packages/{shelf.first}/remove", {"reason": "Old"})
    nobody = helen.post(f"/packages/{second}/moves", {"scope": "chosen", "progress": "keep", "reason": "Now"})
    same = helen.post(f"/packages/{second}/versions", data={"package": (BytesIO(b"no zip"), "course.zip")})

    assert (needed.status_code, "1 attempt goes on with it" in needed.text) == (409, True)
    assert (nobody.status_code, same.status_code) == (422, 422)
    assert [helen.get(f"/{one}").status_code for one in ("moves/gone", "packages/gone/versions")] == [404, 404]
    assert sam.get(f"/packages/{second}/versions").status_code == 403


def test_an_attempt_says_on_which_version_it_runs_and_why(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(*HALF)
    helen = Program(shelf)
    alone = helen.get(f"/attempts/{ann.attempt}").json["version_why"]
    shelf.place.clock.advance(timedelta(hours=1))
    second = shelf.newer()

    stays = helen.get(f"/attempts/{ann.attempt}").json
    shelf.move(second)
    moved = helen.get(f"/attempts/{ann.attempt}").json
    support, learner = ann.support(), ann.why()

    assert alone == ["It runs on the only version of its package."]
    assert (stays["version"], moved["version"]) == (1, 2)
    older = (
        "It runs on version 1. Version 2 was published on 22 November 2026, and an attempt that has begun stays on its "
        "version until somebody moves it."
    )
    assert stays["version_why"] == [older]
    said = (
        "It was moved from version 1 to version 2 on 22 November 2026, and keeps its progress "
        "(by Helen Marsh; reason: It is corrected)."
    )
    assert moved["version_why"] == ["It runs on version 2, which is the published one.", said]
    assert (said in support, said in learner) == (True, True)


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("wait", "When it is opened next it goes to version 2 and keeps its progress (by Helen Marsh"),
        ("undo", "That it goes to version 2 was undone on 22 November 2026 (by Helen Marsh"),
        ("back", "It was not moved to version 2: Its package has another published version by now (by"),
    ],
)
def test_what_becomes_of_a_move_that_waits_is_told(shelf: Shelf, end: str, sentence: str) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(BEGIN)
    helen = Program(shelf)
    order = shelf.move(shelf.newer())
    if end == "undo":
        helen.post(f"/moves/{order}/undo")
    if end == "back":
        shelf.roll_back(shelf.first)
        ann.play(BEGIN)

    said = helen.get(f"/attempts/{ann.attempt}").json["version_why"]

    assert said[-1].startswith(sentence)


def test_the_command_line_knows_versions_too(shelf: Shelf, database_url: str, tmp_path: Path) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(*HALF)
    draft = shelf.upload(package(shelf.place, text="newer"))

    def run(*arguments: str) -> Any:
        surroundings = {
            "PRECEPTOR_DATABASE_URL": database_url,
            "PRECEPTOR_DATA_DIR": str(tmp_path / "data"),
            "PRECEPTOR_NOW": "2026-11-22T12:00:00Z",
        }
        done = CliRunner().invoke(
            scorm, [*arguments, "--trust", TRUST, "--json"], obj=surroundings, catch_exceptions=False
        )
        return json.loads(done.output)

    compared = run("compare", draft[:12])
    published = run("publish", draft, "--comment", "Corrected")
    moved = run("move", draft, "--reason", "Corrected")
    undone = run("undo-move", moved["id"])
    listed = run("versions", shelf.first)
    back = run("roll-back", shelf.first, "--reason", "Too early")

    assert (compared["keeps"], compared["changed_files"]["names"]) == ("all", ["index.html"])
    assert (published["number"], back["number"]) == (2, 1)
    assert (moved["all"], undone["done"]) == (1, 1)
    assert [(one["number"], one["going_on"]) for one in listed] == [(2, 0), (1, 1)]
