"""Worklist, messages, templates, mailbox and histories, as people use them over HTTP."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from engine.machine import Actor
from engine.mail import Composer
from engine.roles.directory_tables import holders
from engine.storage import database
from engine.tables import approvals, outbox
from engine.web import worklist
from engine.web.worklist import Reading, View
from engine.wording import templates
from engine.wording.templates import Shelf
from tests import desk as pages
from tests.clock import START
from tests.desk import ADMINISTRATOR, ELSEWHERE, desk_on
from tests.letters import MAIL_FROM, a_record, a_row
from tests.trial import LEARNER, ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER, Turn

pytestmark = pytest.mark.story

JOINING = "LRN-01-joining-instructions"
EDITOR = f"/templates/{TRUST}/{JOINING}"


@pytest.fixture
def desk(database_url, clock, tmp_path):
    desk = desk_on(database_url, clock, tmp_path)
    yield desk
    desk.engine.database.dispose()


@pytest.fixture
def ward(desk):
    return desk.signed_in(WARD_HOLDER)


@pytest.fixture
def administrator(desk):
    return desk.signed_in(ADMINISTRATOR)


def question_of(desk):
    """Return the id of the latest question."""
    with desk.engine.reading() as connection:
        return connection.scalars(select(approvals.c.id).order_by(approvals.c.id.desc())).first()


def leave_state(desk, moved):
    with desk.engine.reading() as connection:
        table = desk.engine.kept("leave")[1].table
        return connection.scalar(select(table.c.state).where(table.c.id == moved.subject.id))


# Worklist


def test_a_holder_sees_what_is_asked_of_the_role_with_its_due_date(desk, ward):
    desk.asks_for_leave()

    page = ward.page("/worklist/")

    assert "Leave for lin" in page
    assert "Leave approver, Ward 7" in page
    assert "6 December 2026" in page
    assert "To do (1)" in page


def test_nobody_sees_what_is_asked_of_a_role_that_they_do_not_hold(desk):
    desk.asks_for_leave()
    trusts = desk.signed_in(TRUST_HOLDER)

    page = trusts.page("/worklist/")
    answer = trusts.get(f"/worklist/{question_of(desk)}")

    assert "Nothing is waiting for you" in page
    assert answer.status_code == 404


def test_a_holder_is_not_shown_the_question_about_themselves(desk, ward):
    desk.asks_for_leave(actor=WARD_HOLDER)
    with database.writing(desk.engine.database) as connection:
        connection.execute(update(approvals).values(subject_person=WARD_HOLDER.person, organisation=WARD))

    assert "To do (0)" in ward.page("/worklist/")
    assert ward.get(f"/worklist/{question_of(desk)}").status_code == 404


def test_the_worklist_goes_on_by_due_date_without_skipping_any(desk, ward):
    for _ in range(30):
        desk.asks_for_leave()
        desk.clock.advance(timedelta(minutes=1))

    first = ward.page("/worklist/")
    onward = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = ward.page(onward)

    assert first.count("Leave for lin") == 25
    assert second.count("Leave for lin") == 5
    assert "Next page" not in second


def test_an_answer_moves_the_subject_in_the_name_of_whoever_gave_it(desk, ward):
    asked = desk.asks_for_leave()
    question = f"/worklist/{question_of(desk)}"

    answer = ward.post(question, {"choice": "GRANT", "comment": "Enjoy it."})

    page = ward.page(answer.location)
    assert answer.status_code == 303
    assert leave_state(desk, asked) == "GRANTED"
    assert "Your answer is recorded." in page
    assert "You answered this." in page
    assert "Enjoy it." in page
    assert "Done (1)" in ward.page("/worklist/")
    assert "Grant, by Wren Hall" in ward.page("/worklist/?show=closed")


def test_the_page_of_a_question_shows_what_happened_until_now(desk, ward):
    desk.asks_for_leave()

    page = ward.page(f"/worklist/{question_of(desk)}")

    assert "started as “asked”" in page
    assert "by Lin Chen" in page
    assert "If nobody answers" in page


def test_an_answer_without_a_choice_keeps_what_was_typed(desk, ward):
    desk.asks_for_leave()

    answer = ward.post(f"/worklist/{question_of(desk)}", {"comment": "I am not sure"})

    assert answer.status_code == 422
    assert "Choose an answer." in answer.text
    assert "I am not sure" in answer.text
    assert "<title>Error: " in " ".join(answer.text.split()).replace("<title> ", "<title>")


def test_whoever_answers_second_sees_who_answered_what_and_when(desk, ward):
    asked = desk.asks_for_leave()
    question = f"/worklist/{question_of(desk)}"
    second = desk.signed_in(ADMINISTRATOR)
    allow(desk, ADMINISTRATOR)
    second.page(question)
    token = second.get(question).text.split('name="csrf_token" value="')[1].split('"')[0]
    ward.post(question, {"choice": "GRANT"})

    late = second._client.post(question, data={"choice": "DENY", "csrf_token": token})

    page = second.page(late.location)
    assert late.status_code == 303
    assert leave_state(desk, asked) == "GRANTED"
    assert "Wren Hall answered this." in page
    assert "22 November 2026 at 9am" in page
    assert "yours was not used" in page


def test_the_same_answer_twice_is_taken_once_and_is_no_error(desk, ward):
    desk.asks_for_leave()
    question = f"/worklist/{question_of(desk)}"
    first = ward.post(question, {"choice": "GRANT"})

    again = ward._client.post(question, data={"choice": "GRANT", "csrf_token": token_of(ward)})

    assert (first.status_code, again.status_code) == (303, 303)
    assert "late" not in again.location


def test_a_question_that_nobody_needs_answered_any_more_says_so(desk, ward):
    asked = desk.asks_for_leave()
    with desk.engine.transaction() as tx:
        tx.fire(asked.subject, Turn.LAPSE)

    page = ward.page(f"/worklist/{question_of(desk)}")

    assert "No answer is needed any more" in page
    assert "Send answer" not in page


class Dated:
    """A presenter with one input of its own."""

    def view(self, _connection, approval):
        return View(template="engine/_question.html", choices={"GRANT": f"Grant it to {approval.subject_person}"})

    def facts(self, _connection, _approval, typed):
        if not typed.get("note"):
            return Reading(problems={"note": "Enter a note."})
        return Reading(facts={"note": typed["note"]})


def test_a_presenter_words_the_choices_and_reads_the_facts_of_its_form(database_url, clock, tmp_path, monkeypatch):
    make = worklist.blueprint
    monkeypatch.setattr(worklist, "blueprint", lambda engine, _none, **_more: make(engine, {"leave": Dated()}))
    desk = desk_on(database_url, clock, tmp_path)
    asked = desk.asks_for_leave()
    question = f"/worklist/{question_of(desk)}"
    ward = desk.signed_in(WARD_HOLDER)

    shown = ward.page(question)
    without = ward.post(question, {"choice": "GRANT"})
    ward.post(question, {"choice": "GRANT", "note": "a fortnight"})

    with desk.engine.reading() as connection:
        table = desk.engine.kept("leave")[1].table
        note = connection.scalar(select(table.c.note).where(table.c.id == asked.subject.id))
    desk.engine.database.dispose()
    assert "Grant it to lin" in shown
    assert (without.status_code, "Enter a note." in without.text) == (422, True)
    assert note == "a fortnight"


def test_an_answer_without_the_forms_token_changes_nothing(desk, ward):
    asked = desk.asks_for_leave()

    answer = ward._client.post(f"/worklist/{question_of(desk)}", data={"choice": "GRANT"})

    assert answer.status_code == 400
    assert leave_state(desk, asked) == "ASKED"


# Histories


def test_a_history_tells_each_move_in_plain_words_with_its_cause(desk, ward, administrator):
    asked = desk.asks_for_leave()
    ward.post(f"/worklist/{question_of(desk)}", {"choice": "DENY", "comment": "Too few of us."})

    page = administrator.page(f"/history/leave/{asked.subject.id}")

    assert "started as “asked”" in page
    assert "from “asked” to “denied”" in page
    assert "by Wren Hall. Rule L3." in page
    assert "Reason: Too few of us." in page
    assert ">approval, move 2</a>" in page


def test_a_history_is_closed_to_those_who_look_after_nothing_there(desk, administrator):
    asked = desk.asks_for_leave()

    assert desk.signed_in(LEARNER).get(f"/history/leave/{asked.subject.id}").status_code == 403
    assert administrator.get("/history/leave/nothing").status_code == 404
    assert administrator.get("/history/nothing/nothing").status_code == 404


# Messages


def test_a_queued_message_says_that_it_waits_and_that_nothing_is_lost(desk, administrator):
    desk.queue(JOINING)

    page = administrator.page("/messages/")

    assert "Joining instructions" in page
    assert "Queued: waiting to be sent. Nothing is lost; it goes by itself." in page


def test_messages_that_wait_for_a_mail_server_say_so(desk, administrator):
    desk.queue(JOINING, answer="The mail server cannot be reached, so the message waits.")

    page = administrator.page("/messages/")

    assert "The mail server cannot be reached at the moment. Messages stay queued" in page


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("RETRY", "Queued: waiting for the next try, on 22 November 2026 at 9am. 451 busy."),
        ("SENT", "Sent on 22 November 2026 at 9am."),
        ("DEAD", "Given up, so it was not delivered. 451 busy."),
        ("PARKED", "Set aside: somebody has to look at it and decide."),
        ("SUPPRESSED", "Not sent. 451 busy."),
        ("SENDING", "Being handed to the mail server now."),
    ],
)
def test_each_state_of_a_message_is_said_in_plain_words(desk, administrator, state, said):
    letter = desk.queue(JOINING, state, answer="451 busy", attempts=2, sent_at=desk.clock())

    assert said in administrator.page("/messages/")
    assert said in administrator.page(f"/messages/{letter}")


def test_messages_are_found_by_state_kind_and_part_of_a_name(desk, administrator):
    desk.queue(JOINING)
    desk.queue(
        "LRN-17-course-completed", "SENT", name="Amit Rao", email="amit@northshire.example", sent_at=desk.clock()
    )

    assert "Amit Rao" in administrator.page("/messages/?state=SENT")
    assert "Amit Rao" not in administrator.page("/messages/?state=QUEUED")
    assert "Amit Rao" not in administrator.page(f"/messages/?notice={JOINING}")
    assert "Amit Rao" in administrator.page("/messages/?recipient=AMIT")
    assert "There is no such message." in administrator.page("/messages/?recipient=100%25")


def test_a_message_shows_what_it_says_and_its_meeting(desk, administrator):
    letter = desk.queue(JOINING, uid="u1@preceptor.example", invitation=a_record(uid="u1@preceptor.example"))

    page = administrator.page(f"/messages/{letter}")
    framed = administrator.get(f"/messages/{letter}/html")

    assert "Your place on Moving and Handling Level 2" in page
    assert "Puts a meeting in the calendar" in page
    assert "Monday 4 January 2027, 9:30am to 12:30pm" in page
    assert "<h1" in framed.text
    assert framed.headers["Content-Security-Policy"].startswith("sandbox ")
    assert "default-src 'none'" in framed.headers["Content-Security-Policy"]


def test_a_message_says_why_it_went_from_the_first_cause(desk, ward, administrator):
    asked = desk.asks_for_leave()
    ward.post(f"/worklist/{question_of(desk)}", {"choice": "GRANT"})
    with desk.engine.reading() as connection:
        letter = connection.scalar(select(outbox.c.id).where(outbox.c.notice == "T-01-told"))

    page = administrator.page(f"/messages/{letter}")

    assert page.index("by “answer”") < page.rindex("by “grant”")
    assert f'href="/history/leave/{asked.subject.id}#move-2"' in page
    assert "this has to be true: the leave is granted" in page
    assert "It cannot be shown here. There is no such notice." in page


def test_a_message_that_carries_a_sign_in_link_is_not_shown_to_others(desk, administrator):
    letter = desk.queue("SYS-02-password-reset", kind="account")

    page = administrator.page(f"/messages/{letter}")

    assert "nobody else may see it" in page
    assert "/reset/" not in page
    assert administrator.get(f"/messages/{letter}/html").status_code == 404


def test_a_sent_message_is_sent_again_as_a_new_one(desk, administrator):
    letter = desk.queue(JOINING, "SENT", sent_at=desk.clock(), answer="250 kept")
    desk.clock.advance(timedelta(minutes=5))

    answer = administrator.post(f"/messages/{letter}", {}, to=f"/messages/{letter}/resend")

    page = administrator.page(answer.location)
    assert answer.status_code == 303
    assert not answer.location.endswith(letter)
    assert "The message is queued again." in page
    assert "Queued: waiting to be sent." in page


def test_messages_are_closed_to_learners_and_to_another_trust(desk, administrator):
    letter = desk.queue(JOINING, trust="southshire", organisation="southshire")

    assert desk.signed_in(LEARNER).get("/messages/").status_code == 403
    assert administrator.get(f"/messages/{letter}").status_code == 404
    assert administrator.post("/messages/", {}, to=f"/messages/{letter}/resend").status_code == 404


# Templates


def test_the_list_of_templates_says_where_each_text_comes_from(desk, administrator):
    save(administrator)

    page = administrator.page("/templates/")
    below = administrator.page(f"/templates/?organisation={WARD}")

    assert page.count("National text") == below.count("National text") > 5
    assert "Northshire, version 1" in page
    assert "Northshire, version 1" in below


def test_a_saved_version_is_what_goes_out_from_then_on(desk, administrator):
    answer = save(administrator, subject="Come to {{ course }}")

    with desk.engine.reading() as connection:
        applies = templates.applying(connection, TRUST, WARD, JOINING)
    page = administrator.page(answer.location)
    assert answer.status_code == 303
    assert applies.subject == "Come to {{ course }}"
    assert "Version 1 is published." in page
    assert "by Ada Obi" in page
    assert "Friendlier" in page


def test_what_is_wrong_stands_beside_the_part_and_nothing_is_saved(desk, administrator):
    answer = save(administrator, subject="Hello {{ nobody }}")

    with desk.engine.reading() as connection:
        assert templates.versions(connection, TRUST, TRUST, JOINING) == ()
    assert answer.status_code == 422
    assert "There is no token named nobody in this notice." in answer.text
    assert "Hello {{ nobody }}" in answer.text


def test_a_version_without_a_word_on_what_changed_is_not_saved(desk, administrator):
    answer = save(administrator, comment=" ")

    assert answer.status_code == 422
    assert "Say in a few words what you changed." in answer.text


def test_a_stale_editor_is_told_that_a_version_was_saved_meanwhile(desk, administrator):
    save(administrator)

    answer = save(administrator, seen="0", subject="Mine")

    assert answer.status_code == 422
    assert "Version 1 was published meanwhile, by Ada Obi" in answer.text
    assert "What you typed is kept below, and is not saved yet." in answer.text
    assert 'value="Mine"' in answer.text


def test_the_preview_renders_what_was_typed_with_the_chosen_sample(desk, administrator):
    form = {**texts(administrator), "subject": "Now: {{ course }}", "sample": "long"}

    shown = administrator.post(EDITOR, form, to=f"{EDITOR}/preview").json
    page = administrator.post(EDITOR, {**form, "do": "preview"}).text

    assert shown["subject"].startswith("Now: Résuscitation")
    assert "Résuscitation" in shown["html"]
    assert shown["findings"] == {"subject": "", "text": "", "html": ""}
    assert shown["marks"] == []
    assert "Now: Résuscitation" in page
    assert "The calendar part beside it" in page


def test_an_earlier_text_can_be_started_from(desk, administrator):
    save(administrator, subject="First {{ course }}")
    save(administrator, seen="1", subject="Second {{ course }}")

    assert 'value="Second {{ course }}"' in administrator.page(EDITOR)
    assert 'value="First {{ course }}"' in administrator.page(f"{EDITOR}?version=1")
    assert 'value="Your place on {{ course }}' in administrator.page(f"{EDITOR}?version=national")
    assert administrator.get(f"{EDITOR}?version=7").status_code == 404


def test_templates_are_for_those_who_may_write_them_where_they_may(desk, administrator):
    assert desk.signed_in(LEARNER).get("/templates/").status_code == 403
    assert administrator.get(f"/templates/southshire/{JOINING}").status_code == 404
    assert administrator.get(f"/templates/{TRUST}/LRN-99-unknown").status_code == 404


# Mailbox


def test_the_mailbox_shows_a_message_with_its_meeting_and_gives_it_as_a_file(desk):
    raw = composed(JOINING, invitation=a_record())
    identifier = received(desk, raw)
    anybody = desk.signed_in(ELSEWHERE)

    listed = anybody.page("/mailbox/")
    page = anybody.page(f"/mailbox/{identifier}")
    framed = anybody.get(f"/mailbox/{identifier}/html")
    file = anybody.get(f"/mailbox/{identifier}/raw")

    assert "Your place on Moving and Handling Level 2" in listed
    assert "Siân O&#39;Brien" in listed
    assert "Monday 4 January 2027, 9:30am to 12:30pm" in page
    assert "Education Centre, room 3; Friary Road" in page
    assert '<base target="_blank">' in framed.text
    assert file.data == raw
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_an_empty_mailbox_says_what_would_fill_it(desk):
    page = desk.signed_in(ELSEWHERE).page("/mailbox/")

    assert "Nothing has been sent yet." in page
    assert desk.signed_in(ELSEWHERE).get("/mailbox/nothing").status_code == 404


def test_the_mailbox_goes_on_to_older_messages(desk):
    raw = composed("LRN-17-course-completed")
    for _ in range(27):
        desk.clock.advance(timedelta(minutes=1))
        received(desk, raw)
    anybody = desk.signed_in(ELSEWHERE)

    first = anybody.page("/mailbox/")
    onward = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]

    assert anybody.page(onward).count('href="/mailbox/2') == 2


def allow(desk, actor: Actor):
    """Let an account hold the ward's role as well."""
    row = {"trust": TRUST, "role": ROLE, "organisation": WARD, "account": actor.id, "enabled": True}
    with database.writing(desk.engine.database) as connection:
        connection.execute(insert(holders), row)


def token_of(browser):
    return browser.get("/worklist/").text.split('name="csrf_token" value="')[1].split('"')[0]


def texts(browser):
    """Return the form of the editor as it is shown."""
    source = templates.notices.notice(JOINING).source
    return {"subject": source.subject, "text": source.text, "html": source.html, "seen": "0", "comment": "Friendlier"}


def save(browser, **changes):
    return browser.post(EDITOR, {**texts(browser), "do": "publish", **changes})


def composed(notice, **changes):
    row = {**a_row(notice), **changes}
    return Composer(Shelf(), MAIL_FROM).compose(row, START).message


def received(desk, raw):
    return pages.received(desk, raw, desk.clock())
