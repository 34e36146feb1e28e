"""The pages of mail that came: listed for those who look after it, shown as text, and dealt with by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from engine.mailroom_tables import inbound_mail
from engine.return_addresses import Use
from engine.storage import database
from engine.web import mailroom, messages
from tests import mail_in, northshire
from tests.mail_in import plain
from tests.northshire import HELEN, TRUST, enrol, open_class
from tests.workplace import ELSEWHERE, workplace_on

pytestmark = pytest.mark.story


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    for pages in (messages.blueprint(place.engine, place.settings), mailroom.blueprint(place.engine)):
        place.app.register_blueprint(pages)
    yield place
    place.engine.database.dispose()


@pytest.fixture
def helen(place):
    return place.signed_in(HELEN)


def came(place, text="Can I come an hour late?", **headers):
    """Have a learner write to the address of the last letter, and return the id of the mail."""
    enrol(place.engine, open_class(place.engine, place.clock), "ann")
    letter = northshire.letters(place.engine)[-1]
    to = mail_in.address(Use.BOUNCES, TRUST, letter.id)
    return mail_in.arrive(place.engine, plain(text, **headers), to)["id"]


def test_what_nobody_but_a_person_can_read_waits_and_is_dealt_with(place, helen):
    mail = came(place, Subject="One <b>hour</b>")

    listed = helen.page("/mail/")
    shown = helen.page(f"/mail/{mail}")
    done = helen.post(f"/mail/{mail}", {"note": "Told her yes"}, to=f"/mail/{mail}/handled")

    assert "One &lt;b&gt;hour&lt;/b&gt;" in listed
    assert "Can I come an hour late?" in shown
    assert "The message that it answers" in shown
    assert done.status_code == 303
    assert "No mail waits for anybody." in helen.page("/mail/")
    assert "Helen Marsh: Dealt with. Told her yes" in helen.page("/mail/?show=all")


def test_a_mail_is_noted_as_belonging_to_a_class(place, helen):
    mail = came(place)
    course_class = open_class(place.engine, place.clock)

    wrong = helen.post(f"/mail/{mail}", {"place": "the fire one"}, to=f"/mail/{mail}/assign")
    unknown = helen.post(f"/mail/{mail}", {"place": "/classes/none"}, to=f"/mail/{mail}/assign")
    done = helen.post(f"/mail/{mail}", {"place": f"http://x/classes/{course_class}"}, to=f"/mail/{mail}/assign")

    assert (wrong.status_code, unknown.status_code, done.status_code) == (422, 422, 303)
    assert "Enter the address of the page" in wrong.text
    assert "you do not look after it" in unknown.text
    assert "Can I come" not in helen.page("/mail/")
    assert "belongs to this class" in helen.page(f"/mail/?kind=class&subject={course_class}")


def test_what_a_mail_says_is_deleted_after_asking(place, helen):
    mail = came(place)

    asked = helen.page(f"/mail/{mail}/delete")
    done = helen.post(f"/mail/{mail}/delete", {})

    assert "cannot be brought back" in asked
    assert done.status_code == 303
    assert "an hour late" not in helen.page(f"/mail/{mail}")


def test_two_who_deal_with_the_same_mail_are_told(place, helen):
    mail = came(place)
    with database.writing(place.engine.database) as connection:
        connection.execute(update(inbound_mail).values(state="DELETED"))

    helen.post("/mail/", {}, to=f"/mail/{mail}/handled")

    assert "Somebody else dealt with this mail meanwhile." in helen.page(f"/mail/{mail}")


def test_malformed_mail_is_shown_as_text(place, helen):
    to = mail_in.address(Use.REPLY, TRUST, "none")
    row = mail_in.arrive(place.engine, b"\xff\x00<script>alert(1)</script>\r\n\r\n", to)

    shown = helen.page(f"/mail/{row['id']}")

    assert "&lt;script&gt;" in shown
    assert "<script>alert" not in shown


def test_nobody_else_sees_it(place):
    mail = came(place)

    answers = [
        place.signed_in(who).get(address) for who in ("ann", ELSEWHERE) for address in (f"/mail/{mail}", "/mail/")
    ]

    assert {answer.status_code for answer in answers} <= {403, 404, 200}
    assert not any("an hour late" in answer.text or "Re: a question" in answer.text for answer in answers)
