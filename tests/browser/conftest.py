"""A real Chromium: one for the whole run, or one with a profile that survives being killed."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from tests.servers import CHROMIUM_ARGUMENTS, ensure_chromium

# How long to wait for what must come is no measure of it: a busy machine may take its time.
expect.set_options(timeout=20_000)


class Profile:
    """A Chromium whose user folder stays when the browser is killed."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._playwright = playwright
        self._folder = folder
        self._context: BrowserContext | None = None

    def open(self) -> Page:
        """Start Chromium on this profile, and return its page."""
        self._context = self._playwright.chromium.launch_persistent_context(
            self._folder, executable_path=ensure_chromium(), args=CHROMIUM_ARGUMENTS
        )
        return self._context.pages[0]

    def kill(self) -> None:
        """Kill the browser and all its processes at once, as a power cut does."""
        os.killpg(os.getpgid(self._browser()), signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Close the browser, if it is still there."""
        if self._context is None:
            return
        with contextlib.suppress(Error):  # it was killed
            self._context.close()
        self._context = None

    def _browser(self) -> int:
        mine = f"--user-data-dir={self._folder}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # it ended meanwhile
            if mine in words and not any(word.startswith(b"--type=") for word in words):
                return int(folder.name)
        raise LookupError(self._folder)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Run the driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Run one Chromium for all tests; each takes a context of its own."""
    browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=CHROMIUM_ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Give a page in a context of its own, at 1280 by 800."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture
def scriptless(chromium: Browser) -> Iterator[Page]:
    """Give a page that runs no scripts."""
    context = chromium.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def profile(playwright: Playwright, tmp_path: Path) -> Iterator[Profile]:
    """Give a profile that keeps what a browser keeps."""
    profile = Profile(playwright, tmp_path / "profile")
    yield profile
    profile.close()


@pytest.fixture
def errors_of() -> Callable[[Page], list[str]]:
    """Return a collector of what goes wrong in a page: uncaught errors and console errors."""

    def collect(page: Page) -> list[str]:
        found: list[str] = []
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
        return found

    return collect
