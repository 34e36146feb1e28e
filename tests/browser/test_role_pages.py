"""Absences, roles and their coverage in a real browser: for everybody, on a telephone, and without a mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.roles import absences as kept
from engine.web import absences, coverage, roles
from tests import desk as pages
from tests.clock import FrozenClock
from tests.databases import close, sqlite_database
from tests.desk import ADMINISTRATOR, Desk
from tests.serving import serving
from tests.trial import ROLE, TRUST, WARD, WARD_HOLDER

pytestmark = pytest.mark.browser

HERE = f"/roles/{ROLE}/{WARD}"
AWAY = {"starts_on": "2026-11-23", "scope": "", "action": "REASSIGN", "who": "Tom Reid"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with sqlite_database(folder) as url:
        desk = pages.desk_on(url, FrozenClock(), folder)
        for each in (absences, coverage, roles):
            desk.app.register_blueprint(each.blueprint(desk.engine))
        _fill(desk)
        yield desk
        close(desk.engine.database)


@pytest.fixture(scope="module")
def origin(desk) -> Iterator[str]:
    with serving(desk.app) as origin:
        yield origin


ADDRESSES = (
    f"/absences/?of={WARD_HOLDER.id}",
    "/absences/?q=wren",
    "/absences/new",
    "/roles/",
    f"/roles/{ROLE}",
    f"/roles/{ROLE}/new",
    HERE,
    f"{HERE}/switch",
    f"{HERE}/add?q=lin",
    f"{HERE}/holders/{WARD_HOLDER.id}",
    f"{HERE}/holders/{WARD_HOLDER.id}/remove",
    "/roles/coverage",
)


def test_every_page_is_for_everybody_and_fits_a_telephone(desk, origin, page, errors_of):
    errors = errors_of(page)
    page.set_viewport_size({"width": 320, "height": 800})
    sign_in(desk, page, origin)
    found = {}

    for address in ADDRESSES:
        page.goto(origin + address)
        expect(page.locator("h1")).to_be_visible()
        found[address] = (violations(page), page.evaluate("document.documentElement.scrollWidth") <= 320)

    assert {address: said for address, said in found.items() if said != ([], True)} == {}
    assert errors == []


def test_an_absence_is_previewed_and_saved_without_a_mouse(desk, origin, page, errors_of):
    errors = errors_of(page)
    sign_in(desk, page, origin)
    page.goto(f"{origin}/absences/new")

    tab_to(page, "Who is asked instead?")
    page.keyboard.type("Tom Reid")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who would be asked on 22 November 2026")).to_be_visible()
    tab_to(page, "Save")
    page.keyboard.press("Enter")

    expect(page.get_by_text("The absence is saved.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("All questions are passed on to Tom Reid")
    assert errors == []


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what bears this name has the focus."""
    wanted = page.get_by_label(name, exact=True).or_(page.get_by_role("button", name=name, exact=True))
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(name)


def sign_in(desk: Desk, page: Page, origin: str) -> None:
    """Give the browser the cookie of the administrator's session."""
    page.context.add_cookies([{"name": "preceptor", "value": desk.cookie(ADMINISTRATOR), "url": origin}])


def violations(page: Page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


def _fill(desk: Desk) -> None:
    """Give every page something to show."""
    ada = desk.signed_in(ADMINISTRATOR)
    ada.post(f"/absences/new?of={WARD_HOLDER.id}", {**AWAY, "of": WARD_HOLDER.id, "do": "save"})
    ada.post(f"{HERE}/add?q=lin", {"q": "lin", "account": "acc-lin", "starts_on": "2026-12-01"})
    ada.post(f"{HERE}/add?q=eve", {"q": "eve", "account": "acc-eve"})
    ada.post(f"{HERE}/holders/acc-eve/remove", {})
    with desk.engine.transaction() as tx:
        kept.suggest(tx.connection, trust=TRUST, account=ADMINISTRATOR.id, source="<m@x.example>", now=tx.now)
