"""The page of forecasts in a real browser: for everybody, on a telephone, and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_workflow_pages import scene, violations  # noqa: F401 - a fixture
from tests.northshire import HELEN, TRUST
from workflows.foresight import asking
from workflows.foresight.asking import forecasts

pytestmark = pytest.mark.browser

TELLING = {"day": "2026-11-30", "notice": "LRN-12", "title": "Competence nearing expiry", "name": "Ann"}
LETTER = {**TELLING, "email": "ann@example.nhs.uk", "reason": "It ends soon.", "invitation": "", "person": "ann"}
MOVE = {"day": "2026-11-30", "kind": "enrolment", "step": "A1-T01", "target": "CONFIRMED", "person": "ann"}
PLACE = {"month": "2026-11", "competence": "fire", "name": "Fire", "needed": 3, "free": 4}
ROLE = {"role": "stat-and-mand", "role_title": "Stat & Mand"}
FOUND = {
    "more": [LETTER],
    "fewer": [{**LETTER, "invitation": "REQUEST"}],
    "counted": {"more": 1, "fewer": 1},
    "moved": {"more": [MOVE], "fewer": []},
    "seats": [PLACE],
    "seats_before": [{**PLACE, "needed": 1}],
    "asked": [{"title": "Transfer", **ROLE, "place": "Northshire", "names": [], "sentence": "Away."}],
    "rendering": {"letters": 3, "tried": 3, "failing": {"A name is missing.": 1}},
}
TEXT = "template&notice=LRN-12-competence-nearing-expiry"
KINDS = ("", "requirement-added", "validity", "class-moved", "absence", TEXT)


def test_its_forms_and_what_it_found_are_for_everybody_and_fit_a_telephone(scene, page, errors_of):  # noqa: F811
    errors = errors_of(page)
    page.set_viewport_size({"width": 320, "height": 800})
    scene.sign_in(page, HELEN)
    _found(scene)
    wrong = {}

    for kind in KINDS:
        scene.open(page, f"/forecast/?kind={kind}")
        expect(page.get_by_role("button", name="Make the forecast")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth") > 320
        wrong[kind] = (violations(page), wide)

    assert (wrong, errors) == (dict.fromkeys(KINDS, ([], False)), [])
    expect(page.get_by_text("1 more message and 1 fewer message would be sent")).to_be_visible()
    expect(page.get_by_role("link", name="Ann").first).to_have_attribute("href", "/people/ann")
    expect(page.get_by_text("3, before 1")).to_be_visible()


def test_a_change_of_a_class_leads_to_what_it_would_do_without_scripts_and_by_keyboard(scene, scriptless):  # noqa: F811
    page = scriptless
    scene.sign_in(page, HELEN)
    scene.open(page, "/classes/{full}/change")
    for number, day in enumerate(("2027-01-11", "2027-01-12")):
        page.locator("input[type=date]").nth(number).fill(day)
    page.get_by_role("button", name="Continue").press("Enter")

    page.get_by_role("link", name="What would the new day do").press("Enter")

    expect(page.get_by_label("The new day")).to_have_value("2027-01-11")
    expect(page.get_by_role("radio").first).to_be_checked()
    page.get_by_label("How many days to look ahead").fill("0")
    page.get_by_label("How many days to look ahead").press("Enter")
    page.get_by_role("link", name="Enter a number from 1 to 92.").press("Enter")
    expect(page.get_by_label("How many days to look ahead")).to_be_focused()


def _found(scene) -> None:  # noqa: F811
    """Keep what a forecast of Helen's has found."""
    place = scene.place
    key = {"trust": TRUST, "id": "one", "account": HELEN.id, "days": 8, "change": {"kind": "validity"}}
    done = {"state": asking.State.DONE, "progress": 100, "result": FOUND}
    with place.engine.transaction() as tx:
        seen = {"asked_at": place.clock(), "seen_at": place.clock()}
        tx.connection.execute(forecasts.insert(), {**key, **done, **seen})
