"""Templates as an administrator finds, tries and tests them over HTTP."""

import re

import pytest
from sqlalchemy import insert, select

from engine import gauges, template_keep
from engine.mail import Composer
from engine.messages import message
from engine.outgoing_tables import mail_styles
from engine.tables import outbox
from engine.web import rates
from engine.wording import notices
from engine.wording.templates import Shelf
from tests import desk as pages
from tests.databases import close, sqlite_database
from tests.desk import ADMINISTRATOR, ELSEWHERE
from tests.letters import MAIL_FROM, a_record
from tests.trial import LEARNER, TRUST, WARD_HOLDER

pytestmark = pytest.mark.story

JOINING = "LRN-01-joining-instructions"
CHEAP = "/templates/?words=xylophone"
"""A page that costs little, for the token that every form of a session has."""
EDITOR = f"/templates/{TRUST}/{JOINING}"


@pytest.fixture
def desk(clock, tmp_path):
    with sqlite_database(tmp_path) as url:
        desk = pages.desk_on(url, clock, tmp_path)
        yield desk
        close(desk.engine.database)


@pytest.fixture
def administrator(desk):
    return desk.signed_in(ADMINISTRATOR)


def test_templates_are_searched_by_words_and_area_and_by_what_was_changed_here(desk, administrator):
    administrator.post(CHEAP, {**texts(), "do": "publish", "subject": "Come along to {{ course }}"}, to=EDITOR)

    words = administrator.page("/templates/?words=come+along")
    area = administrator.page("/templates/?area=SYS")
    changed = administrator.page("/templates/?changed=yes")
    nothing = administrator.page("/templates/?words=xylophone")

    assert titles(words) == titles(changed) == ["Joining instructions"]
    assert "Its readers are told: You get this because your place on this class was confirmed." in words
    assert "Changed here" in changed.partition("<table")[2]
    assert "User name" in " ".join(titles(area))
    assert "Joining instructions" not in titles(area)
    assert "No template has all of that." in nothing


def test_every_branch_of_what_was_typed_is_shown_and_the_way_back_keeps_it(administrator):
    typed = {**texts(), "subject": "Mind {% if venue %}the place{% else %}the gap{% endif %}", "comment": "Shorter"}

    first = administrator.post(CHEAP, typed, to=f"{EDITOR}/branches").text
    last = administrator.post(CHEAP, {**typed, "first": "999999"}, to=f"{EDITOR}/branches").text

    assert "1. Everything is given" in first
    assert first.index("Mind the place") < first.index("No venue") < first.index("Mind the gap")
    assert "Show the next 20" in first
    assert "Show those before" not in first
    assert ("Show the next" in last, "Show those before" in last) == (False, True)
    assert '<input type="hidden" name="comment" value="Shorter">' in first


def test_of_what_has_errors_no_branch_is_shown_but_what_is_wrong(administrator):
    answer = administrator.post(CHEAP, {**texts(), "subject": "{{ nowhere }}"}, to=f"{EDITOR}/branches")

    assert answer.status_code == 422
    assert "nowhere" in answer.text.partition("error-summary")[2]


def test_a_finding_leads_to_its_line_and_a_hint_does_not_hinder_saving(desk, administrator):
    body = texts()["text"].replace("You have", "\n\n\n{{ nowhere }}\nYou have", 1)
    idle = texts()["text"].replace("You have", "{% if course %}You have{% endif %}{% if not course %}x{% endif %}", 1)

    refused = administrator.post(CHEAP, {**texts(), "do": "publish", "text": body}, to=EDITOR)
    shown = administrator.post(CHEAP, {**texts(), "text": idle}, to=f"{EDITOR}/preview").json
    saved = administrator.post(CHEAP, {**texts(), "do": "publish", "text": idle}, to=EDITOR)

    assert refused.status_code == 422
    assert 'data-line="7"' in refused.text
    assert [(mark["part"], mark["line"], mark["level"]) for mark in shown["marks"]] == [("text", 4, "warning")]
    assert "Reading age: about" in shown["age"]
    assert saved.status_code == 303


def test_a_draft_may_have_errors_changes_nothing_and_is_gone_on_with_until_it_is_published(desk, administrator):
    broken = administrator.post(CHEAP, {**texts(), "do": "draft", "subject": "{{ nowhere }}", "comment": ""}, to=EDITOR)
    shown = administrator.page(broken.location)
    form = {**texts(), "draft": "1", "draft_seen": "1", "subject": "Come to {{ course }}"}

    published = administrator.post(CHEAP, {**form, "do": "publish"}, to=broken.location)
    stale = administrator.post(CHEAP, {**form, "do": "draft"}, to=EDITOR)

    assert "Draft 1 is saved. No message uses it until it is published." in shown
    assert "You are writing draft 1, which Ada Obi saved" in shown
    assert (published.status_code, stale.status_code) == (303, 409)
    assert "What you typed is kept below, and is not saved yet." in stale.text
    assert "1, in use" in administrator.page(published.location)


def test_a_second_person_publishes_where_the_trust_wants_it(desk, administrator):
    with desk.engine.transaction(ADMINISTRATOR) as tx:
        template_keep.set_second_person(tx.connection, TRUST, ADMINISTRATOR.id, tx.now, wanted=True)

    sent = administrator.post(CHEAP, {**texts(), "do": "publish"}, to=EDITOR)

    page = administrator.page(sent.location)
    assert "Version 1 waits for a second person" in page
    assert "Send for approval" in page
    assert "1, waits for approval" in page


def test_a_welsh_text_is_written_from_the_english_and_kept_beside_it(desk, administrator):
    page = administrator.page(f"{EDITOR}?language=cy")
    welsh = {**texts(), "language": "cy", "subject": "Eich lle ar {{ course }}"}

    administrator.post(CHEAP, {**welsh, "do": "publish"}, to=EDITOR)

    assert 'name="language" value="cy"' in page
    assert "Eich lle ar" in administrator.page(f"{EDITOR}?language=cy")
    assert "Eich lle ar" not in administrator.page(EDITOR).partition("<table")[0]


def test_a_template_is_looked_at_with_a_real_message_that_one_may_read(desk, administrator):
    letter = desk.queue(JOINING, invitation=a_record(), uid="u1@preceptor.example")

    found = administrator.post(CHEAP, {**texts(), "person": "o'brien"}, to=f"{EDITOR}/preview").json
    shown = administrator.post(CHEAP, {**texts(), "sample": f"letter:{letter}"}, to=f"{EDITOR}/preview").json

    assert f'value="letter:{letter}"' in found["people"]
    assert "Siân O'Brien" in shown["text"]
    assert "Monday 4 January 2027" in shown["card"]
    assert f'value="letter:{letter}" selected' in shown["people"]


def test_the_preview_and_the_test_look_as_the_mail_of_the_organisation_does(desk, administrator):
    style = {"name": "Northshire Learning", "colour": "#7c2855", "contact": "Ask Ada", "hours": ""}
    with desk.engine.transaction(ADMINISTRATOR) as tx:
        row = {"trust": TRUST, "organisation": TRUST, **style, "author": ADMINISTRATOR.id, "saved_at": tx.now}
        tx.connection.execute(insert(mail_styles), row)

    shown = administrator.post(CHEAP, texts(), to=f"{EDITOR}/preview").json
    sent = send_test(administrator)

    assert "Northshire Learning" in shown["text"]
    assert "#7c2855" in shown["html"]
    assert "#7c2855" in administrator.get(sent["address"] + "/html").text


def test_nobody_is_shown_a_message_that_they_may_not_read(desk):
    letter = desk.queue(JOINING)
    pages._grant(desk.engine, WARD_HOLDER, "template-administrator", TRUST)
    writer = desk.signed_in(WARD_HOLDER)

    found = writer.post(CHEAP, {**texts(), "person": "o'brien"}, to=f"{EDITOR}/preview").json
    shown = writer.post(CHEAP, {**texts(), "sample": f"letter:{letter}"}, to=f"{EDITOR}/preview")

    assert "letter:" not in found["people"]
    assert shown.status_code == 404


def test_messages_that_open_a_door_or_were_tests_are_never_examples(desk, administrator):
    name = "SYS-02-password-reset"
    desk.queue(name, kind="account")
    editor = f"/templates/{TRUST}/{name}"

    found = administrator.post(CHEAP, {**texts(name), "person": "o'brien"}, to=f"{editor}/preview").json
    other = administrator.post(CHEAP, {**texts(), "sample": f"letter:letter-{name}"}, to=f"{EDITOR}/preview")

    assert "letter:" not in found["people"]
    assert other.status_code == 404


def test_a_test_goes_to_oneself_marked_and_counts_nowhere(desk, administrator):
    form = {**texts(), "subject": "Come to {{ course }}", "email": "somebody@else.example", "do": "test"}

    page = administrator.post(CHEAP, form, to=f"{EDITOR}/test")

    with desk.engine.reading() as connection:
        [row] = connection.execute(select(outbox)).mappings()
        figures = gauges.read(connection, desk.clock(), TRUST)
    built = Composer(Shelf(), MAIL_FROM).compose(row, desk.clock())
    assert "A test was queued on" in page.text
    assert 'value="Come to {{ course }}"' in page.text
    assert (row["email"], row["kind"], row["uid"]) == ("ada@northshire.example", "test", None)
    assert b"Subject: [TEST] Come to Moving and Handling Level 2" in built.message
    assert (figures.unsent, dict(figures.lately)) == ((), {})


def test_a_test_has_a_page_for_whoever_sent_it_and_for_nobody_who_may_not_read_messages(desk):
    for writer in (WARD_HOLDER, LEARNER):
        pages._grant(desk.engine, writer, "template-administrator", TRUST)
    mine = desk.signed_in(WARD_HOLDER)

    sent = send_test(mine)

    assert sent["sentence"].startswith("A test was queued on")
    assert "[TEST] Your place on" in mine.page(sent["address"])
    assert desk.signed_in(LEARNER).get(sent["address"]).status_code == 404
    assert desk.signed_in(ELSEWHERE).get(sent["address"]).status_code == 403


def test_a_test_of_what_is_wrong_is_not_sent(desk, administrator):
    wrong = administrator.post(CHEAP, {**texts(), "subject": "{{ nowhere }}", "do": "test"}, to=f"{EDITOR}/test")

    with desk.engine.reading() as connection:
        assert connection.execute(select(outbox)).first() is None
    assert wrong.status_code == 422
    assert "There is no token named nowhere" in wrong.text


def test_nobody_sends_themselves_more_than_twenty_tests_in_a_quarter_of_an_hour(desk, administrator):
    with desk.engine.transaction(ADMINISTRATOR) as tx:
        for _ in range(20):
            rates.hit(tx.connection, rates.bucket("test", f"{TRUST}/{ADMINISTRATOR.id}"), tx.now)

    refused = administrator.post(CHEAP, texts(), to=f"{EDITOR}/test")

    assert refused.status_code == 409
    assert "Wait a little before the next one." in refused.text


def test_a_test_never_carries_a_real_persons_data(desk, administrator):
    letter = desk.queue(JOINING)

    sent = send_test(administrator, sample=f"letter:{letter}")

    with desk.engine.reading() as connection:
        row = message(connection, TRUST, sent["address"].rpartition("/")[2])
    assert row["context"]["recipient_name"] == "Priya Nair"


def send_test(browser, **changes):
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(CHEAP).text)[1]
    form = {**texts(), **changes, "csrf_token": token}
    return browser._client.post(f"{EDITOR}/test", data=form, headers={"Accept": "application/json"}).json


def titles(page):
    return re.findall(rf'href="/templates/{TRUST}/[^"]+">([^<]+)</a>', page)


def texts(notice=JOINING):
    """Return the form of the editor as it is shown."""
    source = notices.notice(notice).source
    return {"subject": source.subject, "text": source.text, "html": source.html, "seen": "0", "comment": "Friendlier"}
