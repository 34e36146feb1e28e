"""The editor of a template in a real browser: by keyboard, with its preview, its findings and its tokens beside it."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select

from engine.tables import outbox
from tests import desk as pages
from tests.clock import FrozenClock
from tests.databases import close, sqlite_database
from tests.desk import ADMINISTRATOR, Desk
from tests.serving import serving
from tests.trial import TRUST

pytestmark = pytest.mark.browser

JOINING = "LRN-01-joining-instructions"


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with sqlite_database(folder) as url:
        desk = pages.desk_on(url, FrozenClock(), folder)
        desk.queue(JOINING)
        yield desk
        close(desk.engine.database)


@pytest.fixture(scope="module")
def origin(desk) -> Iterator[str]:
    with serving(desk.app) as origin:
        yield origin


@pytest.fixture
def editor(desk, origin, page) -> Page:
    page.context.add_cookies([{"name": "preceptor", "value": desk.cookie(ADMINISTRATOR), "url": origin}])
    page.goto(f"{origin}/templates/{TRUST}/{JOINING}")
    return page


def test_what_is_typed_is_previewed_at_once_for_whoever_is_chosen(editor, errors_of):
    errors = errors_of(editor)

    editor.get_by_label("Subject").fill("Come to {{ course }}")

    expect(editor.locator("#preview-subject")).to_have_text("Come to Moving and Handling Level 2")
    editor.get_by_label("Shown to").select_option("long")
    expect(editor.locator("#preview-subject")).to_contain_text("Résuscitation")
    expect(editor.frame_locator("#preview-html").locator("h1")).to_contain_text("Résuscitation")
    editor.get_by_label("Find a real message").fill("o'brien")
    editor.keyboard.press("Enter")
    expect(editor.locator("#sample optgroup")).to_have_count(2)
    editor.get_by_label("Shown to").select_option("letter:letter-" + JOINING)
    expect(editor.frame_locator("#preview-html").locator("body")).to_contain_text("Dear Siân")
    editor.get_by_label("Phone").check()
    assert editor.locator("#preview-html").bounding_box()["width"] <= 360
    assert errors == []


def test_a_line_is_typed_and_put_right_by_keyboard_alone(editor, errors_of):
    errors = errors_of(editor)
    written = editor.get_by_role("textbox", name="Message as HTML")

    written.press("Control+End")
    editor.keyboard.type("{{ nowhere }}")
    editor.keyboard.press("Escape")
    editor.keyboard.press("Control+Enter")

    expect(editor.locator("#findings-html")).to_contain_text("Every text must stand in a block")
    editor.keyboard.press("Control+z")
    expect(editor.locator("#findings-html li")).to_have_count(0)
    written.press("Control+Home")
    for _ in range(3):
        editor.keyboard.press("ArrowDown")
    editor.locator("#what summary").click()
    editor.get_by_role("button", name="Insert venue").press("Enter")
    expect(written).to_be_focused()
    expect(editor.locator("#html")).to_have_value(re.compile(r"^{{ venue }}<h1>", re.MULTILINE))
    editor.keyboard.press("Escape")
    editor.keyboard.press("Tab")
    expect(written).not_to_be_focused()
    assert errors == []


def test_a_finding_is_marked_in_its_line_and_its_link_goes_there_on_a_telephone_too(editor):
    editor.set_viewport_size({"width": 320, "height": 800})
    written = editor.get_by_role("textbox", name="Message as plain text")
    before, _, after = editor.locator("#text").input_value().partition("Trainer:")
    written.fill(f"{before}{{{{ nowhere }}}}{after}")
    link = editor.locator("#findings-text a")
    expect(link).to_have_text(f"To put right, line {before.count(chr(10)) + 1}")

    link.click()

    expect(editor.locator(".cm-lintRange-error")).to_have_count(1)
    expect(written).to_be_focused()
    expect(editor.locator("#preview-subject")).to_contain_text("Your place on Moving and Handling")
    assert editor.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(editor) == []


def test_whoever_leaves_with_unsaved_words_is_asked_and_a_test_leaves_them_alone(desk, editor):
    asked = []
    editor.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    editor.get_by_label("Subject").fill("Mine: {{ course }}")
    expect(editor.locator("#preview-subject")).to_contain_text("Mine")

    editor.get_by_role("button", name="Send a test to myself").click()
    expect(editor.locator("#test-status")).to_contain_text("A test was queued")
    editor.close(run_before_unload=True)
    expect(editor.get_by_label("Subject")).to_have_value("Mine: {{ course }}")

    with desk.engine.reading() as connection:
        assert connection.scalar(select(outbox.c.email).where(outbox.c.kind == "test")) == "ada@northshire.example"
    assert asked == ["beforeunload"]


def violations(page: Page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]
