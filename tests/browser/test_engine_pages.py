"""Worklist, messages, templates, mailbox and histories in a real browser: for everybody, and on a telephone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from engine.machine import Actor
from engine.mail import Composer
from engine.outgoing import mail_links
from engine.storage import database
from engine.tables import approvals, outbox
from engine.wording import notices
from engine.wording.template_tables import template_versions
from engine.wording.templates import Shelf
from tests import desk as pages
from tests.clock import START, FrozenClock
from tests.databases import close, sqlite_database
from tests.desk import ADMINISTRATOR, Desk
from tests.letters import MAIL_FROM, a_record, a_row
from tests.serving import serving
from tests.trial import TRUST, TRUST_HOLDER

pytestmark = pytest.mark.browser

JOINING = "LRN-01-joining-instructions"
DONE = "LRN-17-course-completed"
INVITED = {"uid": "u1@preceptor.example", "invitation": a_record(uid="u1@preceptor.example")}


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with sqlite_database(folder) as url:
        desk = pages.desk_on(url, FrozenClock(), folder)
        _fill(desk)
        yield desk
        close(desk.engine.database)


@pytest.fixture(scope="module")
def origin(desk) -> Iterator[str]:
    with serving(desk.app) as origin:
        yield origin


ADDRESSES = (
    "/worklist/",
    "/worklist/?show=closed",
    "/worklist/{question}",
    "/messages/",
    f"/messages/letter-{JOINING}",
    "/templates/",
    f"/templates/{TRUST}/{JOINING}",
    "/templates/waiting",
    f"/templates/{TRUST}/{DONE}/versions",
    f"/templates/{TRUST}/{DONE}/versions/1",
    f"/templates/{TRUST}/{DONE}/versions/compare?from=above&to=1",
    f"/templates/{TRUST}/{DONE}/merge",
    "/mailbox/",
    "/mailbox/{mail}",
    "/history/leave/{leave}",
    "/e-mails/",
    "{stop}",
    f"/mail-style/{TRUST}",
)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("width", [1280, 320])
def test_a_page_is_for_everybody_and_fits_the_screen(  # noqa: PLR0917 - a place to look and what to look with
    desk, origin, page, errors_of, address, width
):
    errors = errors_of(page)
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(desk, page, origin, TRUST_HOLDER if "worklist" in address else ADMINISTRATOR)

    page.goto(origin + address.format(**known(desk)))

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert errors == []


def test_the_html_of_a_message_is_shown_and_runs_nothing(desk, origin, page):
    raw = composed().replace(b"</h1>", b"</h1><script>document.title =3D 'ran'</script>")
    mail = pages.received(desk, raw, START.replace(hour=12))

    page.goto(f"{origin}/mailbox/{mail}")

    framed = page.frame_locator("iframe.preceptor-message")
    expect(framed.locator("h1")).to_contain_text("You have a place")
    assert page.frames[1].evaluate("document.title") != "ran"


def test_the_log_shows_a_message_as_its_reader_sees_it(desk, origin, page, errors_of):
    errors = errors_of(page)
    sign_in(desk, page, origin, ADMINISTRATOR)

    page.goto(f"{origin}/messages/letter-{JOINING}")

    expect(page.frame_locator("iframe.preceptor-message").locator("h1")).to_contain_text("You have a place")
    assert errors == []


def sign_in(desk: Desk, page: Page, origin: str, actor: Actor) -> None:
    """Give the browser the cookie of a session, as the page of sign-in would."""
    cookie = {"name": "preceptor", "value": desk.cookie(actor), "url": origin}
    page.context.add_cookies([cookie])


def violations(page: Page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


def known(desk):
    with desk.engine.reading() as connection:
        question = connection.execute(select(approvals).where(approvals.c.state == "OPEN")).mappings().first()
        letter = connection.execute(select(outbox).where(outbox.c.state == "SENT")).mappings().first()
    stop = mail_links.PATH + mail_links.secret_of(desk.app.secret_key, letter)
    return {"question": question["id"], "leave": question["subject"], "mail": f"{START:%Y%m%d%H%M%S}", "stop": stop}


def composed() -> bytes:
    return Composer(Shelf(), MAIL_FROM).compose({**a_row(JOINING), **INVITED}, START).message


def _fill(desk: Desk) -> None:
    """Give every page something to show."""
    done = desk.asks_for_leave(TRUST)
    desk.asks_for_leave(TRUST)
    holder = desk.signed_in(TRUST_HOLDER)
    with desk.engine.reading() as connection:
        asked = select(approvals.c.id).where(approvals.c.subject == done.subject.id)
        question = connection.scalars(asked).one()
    holder.post(f"/worklist/{question}", {"choice": "GRANT", "comment": "Enjoy it."})
    desk.queue(JOINING, **INVITED)
    desk.queue(DONE, "SENT", sent_at=desk.clock(), answer="250 kept")
    desk.queue("LRN-18-competence-awarded", "DEAD", answer="550 no such mailbox")
    pages.received(desk, composed(), START)
    shown = _texts(DONE) | {"subject": "Well done with {{ course }}"}
    editor = f"/templates/{TRUST}/{DONE}"
    desk.signed_in(ADMINISTRATOR).post(editor, {**shown, "do": "publish", "seen": "0", "comment": "Friendlier"})
    _change_above(desk)


def _change_above(desk: Desk) -> None:
    """Have the text that the trust's own was made from read otherwise, so that there is a conflict to look at."""
    with database.writing(desk.engine.database) as connection:
        connection.execute(update(template_versions).values(base_subject="You did it", base_text="Older\n"))


def _texts(notice: str) -> dict[str, str]:
    source = notices.notice(notice).source
    return {"subject": source.subject, "text": source.text, "html": source.html}
