"""The pages of a text's versions: what differs, publishing, a second person, going back, and merging what changed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine import drafts
from engine.drafts import Place
from engine.storage import database
from engine.tables import approvals
from engine.wording import notices
from engine.wording.template_tables import template_versions
from engine.wording.trial import Trial
from tests import northshire
from tests.authors import ADA, BEN, add_authors, ask_ben
from tests.northshire import SURGERY, TRUST
from tests.workplace import workplace_on

NOTICE = "LRN-17-course-completed"
SHIPPED = notices.notice(NOTICE).source
PLACE = Place(trust=TRUST, organisation=SURGERY, notice=NOTICE)
VERSIONS = f"/templates/{SURGERY}/{NOTICE}/versions"


@pytest.fixture
def site(database_url, clock, tmp_path):
    built = workplace_on(database_url, clock, tmp_path)
    add_authors(built.engine, "system-administrator")
    yield built
    built.engine.database.dispose()


def save(site, subject, actor=ADA):
    source = replace(SHIPPED, subject=subject)
    with site.engine.transaction(actor) as tx:
        tried = Trial(notice=NOTICE, source=source, findings=(), samples={})
        return drafts.save_draft(tx, PLACE, tried, comment=f"It says {subject}")


def publish(site, number, actor=ADA):
    with site.engine.transaction(actor) as tx:
        drafts.publish(tx, PLACE, number)


def act(site, number, name, actor=ADA, **said):
    browser = site.signed_in(actor)
    return browser.post(f"{VERSIONS}/{number}", said, to=f"{VERSIONS}/{number}/{name}")


def test_a_draft_is_looked_at_published_compared_and_taken_back(site, clock):
    page = site.signed_in(ADA).page
    assert "Surgery has no text of its own" in page(VERSIONS)
    save(site, "Well done with {{ course }}")

    assert "Well done" in page(f"{VERSIONS}/1")
    assert act(site, 1, "publish").status_code == 303
    clock.advance(timedelta(minutes=1))
    save(site, "You did {{ course }}")
    publish(site, 2)

    listed = page(VERSIONS)
    assert "In use" in listed
    assert "Surgery, version 2" in listed
    assert "National text" in listed
    compared = page(f"{VERSIONS}/compare?from=1&to=2")
    assert "<mark>Well</mark>" in compared
    assert page(f"{VERSIONS}/compare?from=2").count("Nothing differs.") == 2
    clock.advance(timedelta(minutes=1))
    assert act(site, 1, "roll-back", reason="The newer one was unclear").status_code == 303
    assert "Back to version 1: The newer one was unclear" in page(VERSIONS)
    assert act(site, 3, "withdraw").status_code == 422
    assert act(site, 3, "withdraw", reason="We use the trust's").status_code == 303
    assert "Take it out of use" not in page(f"{VERSIONS}/3")


def test_a_second_person_is_asked_and_sends_back_or_publishes(site):
    browser = site.signed_in(ADA)
    browser.post("/templates/waiting", {"second": "yes"}, to="/templates/second-person")
    assert "A second person publishes what somebody wrote." in browser.page("/templates/waiting")
    ask_ben(site.engine)
    save(site, "Well done with {{ course }}")
    assert "Send it for approval" in browser.page(f"{VERSIONS}/1")
    publish(site, 1)

    assert "Waits for approval" in browser.page("/templates/waiting")
    with site.engine.reading() as conn:
        (asked,) = conn.scalars(select(approvals.c.id)).all()
    question = site.signed_in(BEN).page(f"/worklist/{asked}")
    assert "Ada Obi has written version 1 for Surgery" in question
    assert "Send it back to its author" in question
    assert act(site, 1, "send-back", actor=BEN, reason="Too long").status_code == 303
    publish(site, 1)
    refused = act(site, 1, "send-back", reason="")
    assert refused.status_code == 422
    assert act(site, 1, "approve", actor=BEN).status_code == 303
    assert "In use" in browser.page(VERSIONS)
    browser.post("/templates/waiting", {"second": "no"}, to="/templates/second-person")
    assert "Whoever writes a text may publish it." in browser.page("/templates/waiting")


def test_a_text_whose_origin_changed_is_merged_with_its_conflicts_chosen(site):
    save(site, "Well done with {{ course }}")
    publish(site, 1)
    older = {"base_subject": "You finished {{ course }}", "base_text": SHIPPED.text.replace("{{ course }}", "it", 1)}
    with database.writing(site.engine.database) as conn:
        conn.execute(update(template_versions).values(base_label="national/older", **older))
    browser = site.signed_in(ADA)
    address = f"/templates/{SURGERY}/{NOTICE}/merge"

    assert address in browser.page("/templates/waiting")
    assert "has changed: national text" in browser.page(VERSIONS)
    assert "In 1 place both changed the same lines" in browser.page(address)
    silent = browser.post(address, {"language": "en"})
    assert silent.status_code == 422
    assert "Choose which text is kept." in silent.text
    taken = browser.post(address, {"language": "en", "subject-0": "theirs"})
    assert taken.status_code == 303
    with site.engine.reading() as conn:
        row = conn.execute(select(template_versions).where(template_versions.c.version == 2)).one()
    assert (row.subject, row.text) == (SHIPPED.subject, SHIPPED.text)
    assert row.base_label == SHIPPED.label
    publish(site, 2)
    assert browser.get(address).status_code == 404


def test_the_pages_are_for_who_administers_the_templates_of_the_place(site):
    assert site.signed_in(northshire.HELEN).get(VERSIONS).status_code in {403, 404}
    browser = site.signed_in(ADA)
    assert browser.get(f"/templates/nowhere/{NOTICE}/versions").status_code == 404
    assert browser.get(f"{VERSIONS}/7").status_code == 404
    assert browser.get(f"{VERSIONS}/compare?from=x").status_code in {400, 422}
    save(site, "One")
    assert act(site, 1, "publicise").status_code == 404
    assert act(site, 1, "discard").status_code == 303
    discarded = act(site, 1, "discard")
    assert (discarded.status_code, "Nothing more can happen to it" in discarded.text) == (422, True)
