"""An operator finds a failed step, understands it and repairs it from the pages; for everybody, and on a telephone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine import failures
from engine.timing import timers
from engine.web import dashboard
from tests import desk as pages
from tests import trial
from tests.clock import FrozenClock
from tests.contract.waiting_letters import letter, queue
from tests.databases import close, sqlite_database
from tests.desk import ADMINISTRATOR, Desk
from tests.serving import serving
from tests.trial import Turn

pytestmark = pytest.mark.browser


class Broken:
    """An effect of a step that fails until it is repaired."""

    def __init__(self) -> None:
        self.repaired = False

    def __call__(self, _case):
        if not self.repaired:
            raise KeyError("Lin Chen")
        return ()


@pytest.fixture
def broken() -> Broken:
    return Broken()


@pytest.fixture
def desk(tmp_path, broken) -> Iterator[Desk]:
    """Return the pages of a trust in which a step failed and messages were set aside."""
    clock = FrozenClock()
    with sqlite_database(tmp_path) as url:
        desk = pages.desk_on(url, clock, tmp_path)
        steps = [replace(one, effects=broken) if one.trigger is Turn.LAPSE else one for one in trial.LEAVE.steps]
        failing = (replace(trial.LEAVE, steps=tuple(steps)), desk.engine.keeps["leave"][1])
        engine = replace(desk.engine, keeps={**desk.engine.keeps, "leave": failing})
        desk.app.register_blueprint(dashboard.blueprint(engine))
        desk.asks_for_leave()
        queue(engine.database, letter(state="PARKED", answer="The token course is required and has no value."))
        clock.advance(timedelta(days=15))
        timers.fire_due(engine)
        failures.watch(engine)
        yield replace(desk, engine=engine)
        close(desk.engine.database)


@pytest.fixture
def origin(desk) -> Iterator[str]:
    with serving(desk.app) as origin:
        yield origin


def sign_in(desk: Desk, page: Page, origin: str) -> None:
    page.context.add_cookies([{"name": "preceptor", "value": desk.cookie(ADMINISTRATOR), "url": origin}])


def expect_for_everybody(page: Page, width: int = 320) -> None:
    """Expect that axe finds nothing, and that the page fits a telephone."""
    page.set_viewport_size({"width": width, "height": 800})
    found = [violation["id"] for violation in Axe().run(page).response["violations"]]
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_operator_finds_understands_and_repairs_a_failed_step(desk, origin, page, broken):
    sign_in(desk, page, origin)
    page.goto(f"{origin}/operations/")
    expect(page.get_by_role("heading", name="Operations")).to_be_visible()
    expect(page.get_by_text("No worker is running")).to_be_visible()
    expect_for_everybody(page)

    page.get_by_role("link", name="See what failed and decide").click()
    expect(page.get_by_role("heading", name="Incidents")).to_be_visible()
    expect_for_everybody(page)
    page.get_by_role("link", name="the step “lapse” failed when it was due").click()
    expect(page.get_by_text("A fault in the program stopped it: KeyError in test_operations.py")).to_be_visible()
    expect_for_everybody(page)

    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose what is to be done.")
    page.get_by_label("Retry").check()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("alert")).to_contain_text("It failed again, and nothing was changed.")
    expect_for_everybody(page)

    broken.repaired = True
    page.get_by_label("Retry").check()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("It went through.")).to_be_visible()
    expect(page.locator("main").get_by_text("Resolved", exact=True)).to_be_visible()
    expect_for_everybody(page)
