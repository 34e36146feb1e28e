"""A day's list by keyboard in a real browser: with single keys, with Tab and Enter alone, without scripts."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from engine import action_links
from engine.machine import Actor
from engine.tables import approvals, outbox
from tests import desk as pages
from tests.clock import FrozenClock
from tests.databases import close, sqlite_database
from tests.desk import Desk
from tests.serving import serving
from tests.trial import TRUST_HOLDER, WARD_HOLDER, leaves

pytestmark = pytest.mark.browser
MOST_TABS = 60


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    with sqlite_database(tmp_path) as url:
        desk = pages.desk_on(url, FrozenClock(), tmp_path)
        yield desk
        close(desk.engine.database)


@pytest.fixture
def origin(desk) -> Iterator[str]:
    with serving(desk.app) as origin:
        yield origin


def test_ten_questions_are_answered_with_single_keys(desk, origin, page, errors_of):
    errors = errors_of(page)
    asked(desk, 10)
    sign_in(desk, page, origin, WARD_HOLDER)
    page.goto(f"{origin}/worklist/?show=roles")
    press(page, "j", "j", "k", "o")

    for number in range(1, 11):
        expect(page.locator("h1")).to_contain_text("Leave for lin")
        press(page, "1", "Enter")
        expect(page.get_by_role("alert")).to_be_focused()
        expect(page.get_by_role("link", name=f"My roles ({10 - number})")).to_have_count(int(number == 10))

    expect(page.get_by_role("alert")).to_contain_text("That was the last one of this list.")
    assert states(desk) == ["GRANTED"] * 10
    assert errors == []


def test_a_question_is_answered_with_tab_and_enter_alone(desk, origin, page):
    asked(desk, 2)
    sign_in(desk, page, origin, WARD_HOLDER)
    page.goto(f"{origin}/worklist/")

    tab_to(page, page.get_by_role("link", name="Leave for lin").first).press("Enter")
    tab_to(page, page.get_by_role("radio", name="Grant")).press("ArrowDown")
    expect(page.get_by_role("radio", name="Deny")).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Send answer", exact=True)).press("Enter")

    expect(page.get_by_role("alert")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="Next question")).press("Enter")
    expect(page.get_by_role("button", name="Send answer", exact=True)).to_be_visible()
    assert states(desk) == ["ASKED", "DENIED"]


def test_keys_tick_and_count_and_one_answer_goes_to_all(desk, origin, page):
    asked(desk, 3)
    sign_in(desk, page, origin, WARD_HOLDER)
    page.goto(f"{origin}/worklist/")

    press(page, "j", "x", "j", "x")

    expect(page.get_by_role("status")).to_have_text("2 of 3 ticked.")
    tab_to(page, page.get_by_role("button", name="Answer the ticked ones together")).press("Enter")
    expect(page.get_by_role("heading", name="Leave: 2 questions")).to_be_visible()
    tab_to(page, page.get_by_role("radio", name="Grant")).press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("2 answered.")
    assert states(desk) == ["ASKED", "GRANTED", "GRANTED"]


def test_single_keys_do_nothing_in_a_box_and_nothing_when_they_are_off(desk, origin, page):
    (question,) = asked(desk, 1)
    sign_in(desk, page, origin, WARD_HOLDER)
    page.goto(f"{origin}/worklist/{question}")
    press(page, "c")
    page.keyboard.type("1 jaunt? u")
    expect(page.get_by_label("Comment (optional")).to_have_value("1 jaunt? u")
    expect(page.get_by_role("radio", name="Grant")).not_to_be_checked()
    page.goto(f"{origin}/worklist/")
    press(page, "?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()

    page.get_by_role("button", name="Switch single keys off").click()

    expect(page.get_by_role("alert")).to_contain_text("Single keys do nothing any more.")
    expect(page.locator("script[src*='worklist.js']")).to_have_count(0)


def test_the_whole_way_works_without_scripts(desk, origin, scriptless):
    asked(desk, 2)
    sign_in(desk, scriptless, origin, WARD_HOLDER)
    scriptless.goto(f"{origin}/worklist/")
    scriptless.get_by_label("Title or name").fill("leave")
    scriptless.get_by_role("button", name="Show").first.click()
    scriptless.get_by_role("link", name="Leave for lin").first.click()
    scriptless.get_by_role("link", name="Delegate it").click()
    scriptless.get_by_label("Somebody’s name").fill("tom")  # noqa: RUF001 - as the page writes it
    scriptless.get_by_role("button", name="Search").click()
    scriptless.get_by_label("Tom Reid").check()

    scriptless.get_by_role("button", name="Delegate").click()

    expect(scriptless.locator("main")).to_contain_text("You have delegated this.")
    expect(scriptless.locator("main")).to_contain_text("Wren Hall delegated it to Tom Reid")
    assert delegates(desk) == [TRUST_HOLDER.id]


@pytest.mark.parametrize("width", [1280, 320])
def test_every_page_of_the_worklist_is_for_everybody_and_fits_the_screen(desk, origin, page, errors_of, width):
    errors = errors_of(page)
    done, first, second = asked(desk, 3)
    ward = desk.signed_in(WARD_HOLDER)
    ward.post(f"/worklist/{done}", {"choice": "GRANT"})
    ward.post("/worklist/", {"show": "mine", "name": "What is mine, all of it"}, to="/worklist/views")
    page.set_viewport_size({"width": width, "height": 800})
    link = mailed(desk, first)
    page.goto(f"{origin}{link}")
    found = {"/act": looked_at(page, width)}
    page.get_by_label("Grant").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Confirm your answer")).to_be_visible()
    found["confirm"] = looked_at(page, width)
    sign_in(desk, page, origin, WARD_HOLDER)
    for address in (
        "?show=roles&due=week",
        "?show=delegated",
        "?tick=1",
        "views",
        "keys",
        f"together?item={first}&item={second}",
        f"{first}/pass/ask?who=e",
        f"{first}?show=roles",
        f"{done}?show=closed",
    ):
        page.goto(f"{origin}/worklist/{address}")
        found[address] = looked_at(page, width)

    assert {address: wrong for address, wrong in found.items() if wrong} == {}
    assert errors == []


def asked(desk: Desk, many: int) -> list[str]:
    """Have so many leaves asked for, and return the questions."""
    for _ in range(many):
        desk.asks_for_leave()
    with desk.engine.reading() as connection:
        return list(connection.scalars(select(approvals.c.id).order_by(approvals.c.id)))


def mailed(desk: Desk, question: str) -> str:
    """Return the link of the mail that asks."""
    with desk.engine.reading() as connection:
        row = connection.execute(select(outbox).where(outbox.c.approval == question)).mappings().first()
    assert row is not None
    return f"/act/{action_links.secret_of(desk.app.secret_key, row)}"


def states(desk: Desk) -> list[str]:
    with desk.engine.reading() as connection:
        return sorted(connection.scalars(select(leaves.c.state)))


def delegates(desk: Desk) -> list[str]:
    with desk.engine.reading() as connection:
        return list(connection.scalars(select(approvals.c.delegate).where(approvals.c.delegate.is_not(None))))


def press(page: Page, *keys: str) -> None:
    """Press keys once the page listens to them."""
    expect(page.locator("html[data-keys=on]")).to_have_count(1)
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, wanted: Locator) -> Locator:
    """Go on by Tab until something has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return wanted
    raise AssertionError(f"not within {MOST_TABS} tabs: {wanted}")


def looked_at(page: Page, width: int) -> list[str]:
    """Return what axe finds, and whether the page is wider than the screen."""
    found = [
        f"{one['id']} {[node['target'] for node in one['nodes']]}" for one in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [*found, *([f"{wide} wide"] if wide > width else [])]


def sign_in(desk: Desk, page: Page, origin: str, actor: Actor) -> None:
    """Give the browser the cookie of a session, as the page of sign-in would."""
    page.context.add_cookies([{"name": "preceptor", "value": desk.cookie(actor), "url": origin}])
