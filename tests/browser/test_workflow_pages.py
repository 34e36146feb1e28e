"""The pages of the workflows in a real browser: for everybody, on a telephone, and without scripts.

With `PRECEPTOR_SCREENSHOTS` set to a folder, every page is kept there as a picture to be looked at.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select

from engine.tables import approvals
from tests import northshire, played, versions, workplace
from tests.clock import FrozenClock
from tests.databases import close, sqlite_database
from tests.northshire import HELEN, WREN
from tests.serving import serving
from tests.workplace import Workplace, workplace_on
from workflows.learning.moves import Scope

pytestmark = pytest.mark.browser


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A workplace in which something happens on every page, served over HTTP."""

    place: Workplace
    origin: str
    known: dict[str, str]

    def sign_in(self, page: Page, who) -> None:
        """Give the browser somebody's cookie."""
        page.context.add_cookies([{"name": "preceptor", "value": self.place.cookie(who), "url": self.origin}])

    def open(self, page: Page, address: str) -> None:
        """Open an address, with ids for names."""
        answer = page.goto(self.origin + address.format(**self.known))
        assert answer
        assert answer.status == 200


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("workplace")
    with sqlite_database(folder) as url:
        place = workplace_on(url, FrozenClock(), folder)
        known = _fill(place, folder)
        with serving(place.app) as origin:
            yield Scene(place=place, origin=origin, known=known)
        close(place.engine.database)


PAGES = {
    "home": ("ann", "/"),
    "find": ("ann", "/learning/find"),
    "calendar": ("ann", "/calendar"),
    "withdraw": ("ann", "/learning/withdraw/{enrolment}"),
    "why": ("ann", "/learning/why/enrolment/{enrolment}"),
    "incomplete": ("ann", "/learning/incomplete/{played}"),
    "my-attempts": ("ann", "/learning/attempts/{played}"),
    "attempts": (HELEN, "/attempts/of/{played}"),
    "attempt-rules": (HELEN, "/attempt-rules/"),
    "attempt-rules-trust": (HELEN, "/attempt-rules/trust"),
    "attempt": (HELEN, "/attempts/{attempt}"),
    "decide": (HELEN, "/attempts/{attempt}/decide"),
    "window": (HELEN, "/attempts/{attempt}/windows/1"),
    "call": (HELEN, "/attempts/{attempt}/windows/1/calls/3"),
    "classes": (HELEN, "/classes/"),
    "class-new": (HELEN, "/classes/new"),
    "class": (HELEN, "/classes/{full}"),
    "class-change": (HELEN, "/classes/{full}/change"),
    "class-enrol": (HELEN, "/classes/{full}/enrol?q=d"),
    "class-notify": (HELEN, "/classes/{full}/notify"),
    "class-cancel": (HELEN, "/classes/{full}/step/cancel"),
    "enrolment-withdraw": (HELEN, "/classes/{full}/enrolments/{enrolment}/withdraw"),
    "package-new": (HELEN, "/packages/new"),
    "packages": (HELEN, "/packages/"),
    "package-versions": (HELEN, "/packages/{package}/versions"),
    "package-version": (HELEN, "/packages/{package}/version"),
    "package-remove": (HELEN, "/packages/{package}/remove"),
    "package-attempts": (HELEN, "/packages/{package}/attempts"),
    "package-moves": (HELEN, "/packages/moves/{order}"),
    "people": (HELEN, "/people/"),
    "person": (HELEN, "/people/ann"),
    "competences": (HELEN, "/competences/"),
    "applicants": (HELEN, "/applicants/"),
    "applicant-new": (HELEN, "/applicants/new"),
    "applicant": (HELEN, "/applicants/{applicant}"),
    "applicant-withdraw": (HELEN, "/applicants/{applicant}/step/withdraw"),
    "transfer": (HELEN, "/transfers/{transfer}"),
    "stat-and-mand": (WREN, "/worklist/{question}"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody_and_fits_the_screen(scene, page, errors_of, name):
    who, address = PAGES[name]
    errors = errors_of(page)
    scene.sign_in(page, who)

    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        scene.open(page, address)
        _keep(page, f"{name}-{width}")

        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert errors == []


def test_a_class_is_changed_by_keyboard_and_without_scripts(scene, scriptless):
    page = scriptless
    page.set_viewport_size({"width": 320, "height": 800})
    scene.sign_in(page, HELEN)
    scene.open(page, "/classes/{roomy}/change")

    page.get_by_label("Most places").fill("9")
    page.get_by_label("Most places").press("Enter")
    _keep(page, "class-review-320")
    expect(page.get_by_text("Nobody is told")).to_be_visible()
    page.get_by_role("button", name="Save the change").press("Enter")

    expect(page.get_by_text("of 9 taken")).to_be_visible()


def test_words_to_a_class_and_an_address_to_subscribe_to_are_for_everybody(scene, page):
    page.set_viewport_size({"width": 320, "height": 800})
    scene.sign_in(page, HELEN)
    scene.open(page, "/classes/{full}/notify")
    page.get_by_label("Place confirmed").check()
    page.get_by_label("Message").fill("The car park is closed.\nCome by bus.")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name=re.compile("Send to"))).to_be_visible()
    found = violations(page)

    scene.sign_in(page, "ann")
    scene.open(page, "/calendar")
    page.get_by_role("button", name="Make an address").press("Enter")
    expect(page.get_by_label("Address of your calendar")).to_have_value(re.compile(r"/calendar/[\w=-]+\.ics$"))
    expect(page.get_by_role("button", name="Copy the address")).to_be_visible()
    assert found + violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_errors_are_linked_to_their_fields(scene, page):
    scene.sign_in(page, HELEN)
    scene.open(page, "/applicants/new")

    page.get_by_role("button", name="Record").click()
    page.get_by_role("link", name="Enter the post.").click()

    expect(page.locator("#position")).to_be_focused()
    assert violations(page) == []
    _keep(page, "applicant-new-errors")


def violations(page: Page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("PRECEPTOR_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _fill(place: Workplace, folder: Path) -> dict[str, str]:
    """Have one of everything, and return the ids by name."""
    full = northshire.open_class(place.engine, place.clock, sessions=2, maximum=2)
    roomy = northshire.open_class(place.engine, place.clock, days=50, maximum=12, title="Fire Safety for wards")
    enrolled = [northshire.enrol(place.engine, full, name) for name in ("ann", "bob", "cat")]
    place.e_learning(folder, "ann")
    course = played.course_of(place)
    course.play(
        played.BEGIN, *(played.put("cmi.suspend_data", size * "visited") for size in (1, 99)), ("LMSCommit", "")
    )
    applicant = workplace.applicant_for(place.engine)
    transfer = workplace.transfer_for(place.engine, applicant)
    with place.engine.reading() as connection:
        question = connection.scalars(select(approvals.c.id)).one()
    return {
        **_versions(place),
        "full": full,
        "roomy": roomy,
        "enrolment": enrolled[0],
        "played": course.enrolment,
        "attempt": course.attempt,
        "applicant": applicant,
        "transfer": transfer,
        "question": question,
    }


def _versions(place: Workplace) -> dict[str, str]:
    """Have an attempt on an earlier version that waits to be moved, another that can be, and a draft."""
    shelf = versions.shelf_of(place, text="a course with versions")
    bob, cat = shelf.enrolled("bob", "cat")
    bob.play(played.BEGIN)
    cat.play(played.BEGIN)
    second = shelf.newer(versions.part(mastery_score="80"), text="its second version")
    order = shelf.move(second, scope=Scope.CHOSEN, chosen=(bob.attempt,))
    return {"package": shelf.upload(versions.package(place, text="its third version")), "order": order}
