"""The pages of sign-in in a real Chromium: by keyboard, narrow, without scripts, and free of what axe finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import render_template_string
from playwright.sync_api import Browser, Page, Request, expect

from engine import accounts
from engine.transaction import Engine
from engine.web.frame import frame, menu
from engine.web.permissions import signed_in
from tests.clock import FrozenClock
from tests.databases import close, sqlite_database
from tests.people import PASSWORD, TRUST, account, engine_on, settings_in
from tests.serving import serving

pytestmark = pytest.mark.browser
HOME = """{% extends "engine/base.html" %}{% block title %}Home{% endblock %}
{% block content %}<h1 class="nhsuk-heading-l">Home</h1>{% endblock %}"""


class Site:
    """The frame with a home page, served on the loopback; a browser is no matter of the database, so on SQLite."""

    def __init__(self, engine: Engine, origin: str) -> None:
        self._engine = engine
        self.origin = origin

    def reset_address(self) -> str:
        """Return the address of a fresh link."""
        with self._engine.transaction() as tx:
            return f"{self.origin}/reset/{accounts.issue_link(tx.connection, TRUST, 'acc-pnair', tx.now)}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("site")
    with sqlite_database(folder) as url:
        engine = engine_on(url, FrozenClock())
        account(engine, password=PASSWORD)
        app = frame(engine, settings_in(folder))
        app.get("/", endpoint="home")(signed_in(lambda: render_template_string(HOME)))
        for number in range(6):
            menu(app, f"Page number {number}", "home", order=number)
        with serving(app) as origin:
            yield Site(engine, origin)
        close(engine.database)


@pytest.fixture
def narrow(chromium: Browser) -> Iterator[Page]:
    """Give a page as a small telephone has it."""
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    yield context.new_page()
    context.close()


def found_by_axe(page: Page) -> list[str]:
    return [f"{rule['id']}: {rule['help']}" for rule in Axe().run(page).response["violations"]]


def sign_in(page: Page, site: Site) -> None:
    page.goto(f"{site.origin}/sign-in")
    page.get_by_label("User name").fill("pnair")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize(
    "path", ["/sign-in", "/forgotten/user-name", "/forgotten/password", "/forgotten/sent", "/reset/no"]
)
def test_axe_finds_nothing_and_nothing_is_wider_than_320_pixels(site, narrow, path):
    narrow.goto(site.origin + path)

    expect(narrow.locator("html")).to_have_js_property("scrollWidth", 320)
    assert found_by_axe(narrow) == []


def test_a_form_with_errors_says_so_where_the_reader_is(site, page, errors_of):
    errors = errors_of(page)
    page.goto(f"{site.origin}/sign-in")
    page.get_by_role("button", name="Sign in").click()

    expect(page).to_have_title(re.compile(r"^Error: Sign in "))
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    assert found_by_axe(page) == []
    page.get_by_role("link", name="Enter your user name.").click()
    expect(page.locator("#username")).to_be_focused()
    assert errors == []


def test_a_person_signs_in_and_out_by_keyboard_alone(site, page):
    page.goto(f"{site.origin}/sign-in")
    page.locator("#username").focus()
    page.keyboard.type("pnair")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.origin}/")

    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.origin}/sign-in")

    expect(page.get_by_text("You have signed out.")).to_be_visible()
    assert found_by_axe(page) == []


def test_the_menu_fits_a_narrow_page_behind_its_button(site, narrow, errors_of):
    errors = errors_of(narrow)
    sign_in(narrow, site)
    narrow.get_by_role("button", name="Browse More").click()

    expect(narrow.get_by_role("link", name="Page number 5")).to_be_visible()
    expect(narrow.locator("html")).to_have_js_property("scrollWidth", 320)
    assert found_by_axe(narrow) == []
    assert errors == []


def test_everything_works_without_scripts(site, scriptless):
    scriptless.goto(site.reset_address())
    scriptless.get_by_label("New password", exact=True).fill(PASSWORD)
    scriptless.get_by_label("New password again").fill(PASSWORD)
    scriptless.get_by_role("button", name="Set password").click()

    expect(scriptless.get_by_text("Your new password is set.")).to_be_visible()
    sign_in(scriptless, site)
    expect(scriptless.get_by_role("heading", name="Home")).to_be_visible()


def test_pages_fetch_nothing_from_elsewhere(site, page):
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    sign_in(page, site)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert asked
    assert [url for url in asked if not url.startswith((f"{site.origin}/", "data:"))] == []
