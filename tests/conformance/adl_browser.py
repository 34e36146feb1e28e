"""The real player in a real Chromium as an LMS that plays conformance cases: real server, packages, pages and controls.

What the cases ask for is done where it would be: calls by the page in the player's frame, answers about the interface
by looking at what is on the page, and what the tester does by clicks on it. One learner and one database throughout.
"""

import atexit
import socket
import tempfile
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import Browser, Frame, Locator, Page, sync_playwright
from sqlalchemy import func, select

from engine import settings
from engine.storage import database
from engine.transaction import Engine
from scorm import addresses, library, store, tables
from scorm.store import Attempt
from scorm.web import create_content_app
from tests.clock import FrozenClock
from tests.conformance import case_packages
from tests.course import TRUST
from tests.databases import close, sqlite_database
from tests.servers import CHROMIUM_ARGUMENTS, ensure_chromium
from tests.serving import serving

LEARNERS = {"L1": ("learner1", "Learner One"), "L2": ("learner2", "Learner Two")}

_SETTLED = """async () => {
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const frame = document.getElementById("course");
  const playing = () => frame.contentWindow.location.href === frame.src
    && frame.contentDocument.readyState === "complete";
  const settled = () => document.body.dataset.ready && document.getElementById("way").ariaBusy !== "true"
    && (frame.hidden || playing());
  await pause(5); // what the SCO asked for when it ended is begun a moment later
  for (let turns = 0; turns < 4000 && !settled(); turns++) await pause(5);
  return settled() ? document.getElementById("way").dataset.playing ?? "" : null;
}"""


class Adapter:
    """An LMS with a browser: each learner's attempts at each package, and the one page that plays."""

    def __init__(self, cases: str, browser: Browser | None = None) -> None:
        self.manifests = Path(cases) / "manifests"
        self.step: Any = None
        self.call: Any = None
        self._performed: Any = None
        self._heard: deque[tuple[str, list[str], str]] = deque()
        self._unload: list[tuple[str, tuple[str, ...]]] | None = None
        self._attempts: dict[tuple[str, str], Attempt] = {}
        self._stack = ExitStack()
        atexit.register(self.close)
        self._set_up()
        self.page = self._page(browser)

    def close(self) -> None:
        """Stop everything that was started."""
        self._stack.close()

    def _set_up(self) -> None:
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        url = self._stack.enter_context(sqlite_database(self.folder))
        port = _free_port()
        self.settings = settings.read(
            {
                "PRECEPTOR_DATA_DIR": str(self.folder),
                "PRECEPTOR_DATABASE_URL": url,
                "PRECEPTOR_APP_ORIGIN": f"http://127.0.0.1:{port}",
                "PRECEPTOR_CONTENT_ORIGIN": f"http://content.localhost:{port}",
            }
        )
        self.engine = Engine(database=database.connect(url), keeps={}, handlers={}, clock=FrozenClock())
        self._stack.callback(close, self.engine.database)
        app = create_content_app(self.engine, self.settings, lambda *_: None)
        self._stack.enter_context(serving(app, port))

    def _page(self, browser: Browser | None) -> Page:
        if browser is None:
            driver = self._stack.enter_context(sync_playwright())
            browser = driver.chromium.launch(executable_path=ensure_chromium(), args=CHROMIUM_ARGUMENTS)
            self._stack.callback(browser.close)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        self._stack.callback(context.close)
        page = context.new_page()
        page.route(f"{self.settings.app_origin}/", lambda route: route.fulfill(body="home", content_type="text/html"))
        return page

    # What replay.py asks for.

    def open(self, package: str, learner: str, how: str, target: str | None, fallback: str | None) -> None:
        attempt = self._attempts.get((package, learner)) or self._enrolled(package, learner)
        with self.engine.reading() as connection:
            found = store.attempt(connection, TRUST, attempt.id)
        assert found is not None
        self.page.goto(addresses.play_url(self.settings, found, self.engine.clock()))
        chosen = target if how == "choice" else fallback
        now = self.delivered()
        if chosen and now != chosen and (how == "choice" or now is None):
            self.choose_in_session(chosen)

    def delivered(self) -> str | None:
        return self._settled() or None

    def api(self, method: str, *args: str) -> str:
        if self._unload is not None:
            self._unload.append((method, args))
            return ""
        if self.step is not self._performed and self.call is not None:
            self._performed = self.step
            self._heard = deque(self._frame().evaluate("calls => performed(calls)", self.step[1]["calls"]))
        if not self._heard:
            answer: str = self._frame().evaluate("([method, args]) => String(api[method](...args))", [method, args])
            return answer
        performed, given, answer = self._heard.popleft()
        assert (performed, given) == (method, list(args)), "the page performed something else than is asked for"
        return answer

    def after_terminate(self) -> None:
        self._settled()

    def click(self, action: str, target: str | None, unload: Callable[[], None] | None) -> None:
        if unload is not None:
            self._unload = []
            unload()
            self._frame().evaluate("calls => { last = calls; }", self._unload)
            self._unload = None
        self._CLICKS[action](self, target)

    def choose_in_session(self, target: str) -> None:
        self._do(self._part(target))

    def ui(self, check: str, target: str | None) -> bool | None:
        name, _, how = check.partition(".")
        if name in ("continue", "previous"):
            return self._usable(self._control(name)) is (how == "enabled")
        if check == "toc.enabled":
            return self.page.locator("#parts button:not([aria-disabled])").first.is_visible()
        part = self._part(target or "")
        return part.is_visible() if how == "visible" else self._usable(part)

    def session_ended(self) -> bool:
        if self.page.url == f"{self.settings.app_origin}/":
            return True
        self._settled()
        return self.page.get_by_role("heading", name="You have reached the end of this course").is_visible()

    # How it is done with what is on the page.

    def divergences(self) -> int:
        """Count the calls that browser and server have answered otherwise."""
        with self.engine.reading() as connection:
            return connection.scalar(select(func.count()).select_from(tables.divergences)) or 0

    def _enrolled(self, package: str, learner: str) -> Attempt:
        identifier, name = LEARNERS[learner]
        manifest = self.manifests / package / "imsmanifest.xml"
        imported = case_packages.imported(manifest, self.settings.blobs)
        with self.engine.transaction() as tx:
            stored = library.add(tx.connection, TRUST, imported, tx.now)
            attempt = Attempt(
                trust=TRUST,
                id=f"{package}-{learner}",
                registration=f"{package}-{learner}",
                learner=identifier,
                learner_name=name,
                package=stored.hash,
                sco=stored.manifest.scos[0].identifier,
                opened_at=tx.now,
                active_at=tx.now,
            )
            store.add_attempt(tx.connection, attempt)
        self._attempts[package, learner] = attempt
        return attempt

    def _settled(self) -> str:
        playing: str | None = self.page.evaluate(_SETTLED)
        assert playing is not None, "the player does not come to rest"
        return playing

    def _frame(self) -> Frame:
        frame = self.page.locator("#course").element_handle().content_frame()
        assert frame is not None
        return frame

    def _control(self, name: str) -> Locator:
        return self.page.locator(f"#moves [data-move={name}]")

    def _part(self, identifier: str) -> Locator:
        return self.page.locator(f'button[data-move="part-{" ".join(identifier.split())}"]')

    def _usable(self, control: Locator) -> bool:
        return control.is_visible() and control.get_attribute("aria-disabled") != "true"

    def _do(self, control: Locator) -> None:
        control.click()
        self._settled()

    def _end(self, _target: str | None) -> None:
        if not self._usable(self._control("exitAll")):
            return self._go_home(None)
        self._control("exitAll").click()
        return self._do(self.page.locator("#end-course"))

    def _go_home(self, _target: str | None) -> None:
        self.page.locator("#home").click()
        self.page.wait_for_url(f"{self.settings.app_origin}/")

    _CLICKS: ClassVar[dict[str, Callable[["Adapter", str | None], None]]] = {
        "continue": lambda lms, _: lms._do(lms._control("continue")),
        "previous": lambda lms, _: lms._do(lms._control("previous")),
        "choice": lambda lms, target: lms.choose_in_session(target or ""),
        "exit_all": _end,
        "suspend_all": _go_home,
        "leave": _end,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
