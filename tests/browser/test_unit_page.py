"""AICC units in a real Chromium: one of ours plays in its frame, one of others at its own server, and both report."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from scorm import library, store
from scorm.packaging import package
from tests import aicc
from tests.clock import FrozenClock
from tests.course import TRUST, Stage, set_up
from tests.databases import close, sqlite_database
from tests.serving import serving
from tests.waiting import until

pytestmark = pytest.mark.browser

CONTENT = b"""<!doctype html><html lang="en"><title>Fire</title><button id="done">Done</button><p id="said"></p><script>
  const query = new URLSearchParams(location.search);
  const say = (command, data, how = {}) => fetch(query.get("AICC_URL"), { method: "POST", ...how,
    body: new URLSearchParams({ command, version: "4.0", session_id: query.get("AICC_SID"), aicc_data: data }) });
  say("GetParam", "").then((answer) => answer.text()).then((text) => { said.textContent = text; });
  done.addEventListener("click", () => say("PutParam", "[Core]\\r\\nLesson_Status=P\\r\\nScore=90\\r\\n"));
  addEventListener("pagehide", () => say("ExitAU", "", { keepalive: true }));
</script></html>"""


@pytest.fixture
def stage(tmp_path: Path, clock: FrozenClock, free_port: int) -> Iterator[Stage]:
    with sqlite_database(tmp_path) as url:
        built = set_up(url, tmp_path, clock, port=free_port)
        with serving(built.app, free_port):
            yield built
        close(built.engine.database)


@contextmanager
def another_server() -> Iterator[str]:
    class Content(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(CONTENT)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Content)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/start"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def at_a_unit(stage: Stage, folder: Path, files: dict[str, bytes]) -> None:
    imported = package.read(aicc.zipped(folder / "course.zip", files), stage.settings.blobs)
    with stage.engine.transaction() as tx:
        library.add(tx.connection, TRUST, imported, tx.now)
        stage.attempt = replace(stage.attempt, id="attempt-2", package=imported.hash, sco="A1")
        store.add_attempt(tx.connection, stage.attempt)


def come_to(stage: Stage) -> tuple[str, bool]:
    outcome = stage.stored().outcome
    return (outcome.lesson_status, outcome.finished) if outcome else ("", False)


def test_a_unit_of_ours_plays_in_its_frame_and_going_home_is_an_exit(stage: Stage, page: Page, tmp_path: Path) -> None:
    at_a_unit(stage, tmp_path, aicc.course() | {"fire/start.html": CONTENT})
    page.route(f"{stage.settings.app_origin}/", lambda route: route.fulfill(body="home"))
    page.goto(stage.play_url)
    course = page.frame_locator("#course")
    expect(course.locator("#said")).to_contain_text("Student_Name=Okafor, Ngozi")

    course.locator("#done").click()
    until(lambda: come_to(stage) == ("passed", False), "the result is kept")
    page.locator("#home").click()

    until(lambda: come_to(stage) == ("passed", True), "the exit is kept")
    expect(page.locator("body")).to_have_text("home")


def test_a_unit_of_others_opens_at_its_server_and_reports_from_there(stage: Stage, page: Page, tmp_path: Path) -> None:
    with another_server() as address:
        at_a_unit(stage, tmp_path, aicc.hosted_elsewhere(address))
        page.goto(stage.play_url)
        expect(page.locator("#said")).to_contain_text("Student_Name=Okafor, Ngozi")

        page.locator("#done").click()

        until(lambda: come_to(stage) == ("passed", False), "the result is kept")
        assert page.url.startswith(address)


def test_without_scripts_the_page_says_where_the_course_is_and_its_button_opens_it(
    stage: Stage, scriptless: Page, tmp_path: Path
) -> None:
    with another_server() as address:
        at_a_unit(stage, tmp_path, aicc.hosted_elsewhere(address))
        scriptless.goto(stage.play_url)

        scriptless.get_by_role("button", name="Open the course").click()

        expect(scriptless.locator("#done")).to_be_visible()


def test_a_course_of_several_units_is_taken_through_its_contents(stage: Stage, page: Page, tmp_path: Path) -> None:
    with another_server() as address:
        units = f"System_ID,File_Name\nA1,fire/start.html\nA2,{address}\n".encode()
        files = aicc.course(au=units, cst=b"Block,Member,Member\nroot,A1,A2\n")
        at_a_unit(stage, tmp_path, files | {"fire/start.html": CONTENT, "fire.pre": b"A2,A1\n"})
        page.goto(stage.play_url)
        course = page.frame_locator("#course")
        expect(course.locator("#said")).to_contain_text("Student_Name=Okafor, Ngozi")
        expect(page.get_by_role("button", name="A2")).to_have_attribute("aria-disabled", "true")

        with page.expect_response("**/hacp"):
            course.locator("#done").click()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="A2 is at 127.0.0.1")).to_be_visible()
        assert Axe().run(page).response["violations"] == []
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Open this part").click()
        opened.value.locator("#done").click()

        until(lambda: come_to(stage) == ("passed", False), "the course is done")
        expect(page.locator("#receipt")).to_contain_text("Passed, 90%: recorded at")
        expect(page.locator("#saved")).to_have_text("")


def test_a_unit_that_cannot_be_opened_is_explained(stage: Stage, page: Page, tmp_path: Path) -> None:
    at_a_unit(stage, tmp_path, aicc.hosted_elsewhere())
    page.set_viewport_size({"width": 320, "height": 480})
    page.route("**/open", lambda route: route.abort())

    page.goto(stage.play_url)

    expect(page.get_by_role("alert")).to_have_text("The course could not be opened. Check the connection.")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
