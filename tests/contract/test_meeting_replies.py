"""Answers to meetings by mail, from the invitation that was sent to what becomes of the enrolment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes

import pytest
from icalendar import Calendar
from sqlalchemy import insert, select, update

from engine import return_addresses
from engine.letters import Subject
from engine.mail import Composer
from engine.mailroom.records import Rsvp
from engine.roles import directory
from engine.roles.directory_tables import accounts
from engine.storage import database
from engine.tables import invitations, outbox
from engine.wording.templates import Shelf
from tests import northshire
from tests.letters import MAIL_FROM
from tests.mail_in import DOMAIN, HOUSE, KEY, arrive
from tests.northshire import HELEN, SITE, SURGERY, TRUST, enrol, fire, learner, notices, offer, open_class, standing
from workflows import wiring
from workflows.learning import pages, replies, withdrawal_links
from workflows.learning.tables import classes
from workflows.people.tables import persons

HOUSE = replace(HOUSE, hooks=wiring.HOOKS)


@pytest.fixture
def engine(database_url, clock):
    built = replace(northshire.engine_on(database_url, clock), answered=True, reply_domain=DOMAIN)
    northshire.found(built, clock)
    offer(built)
    yield built
    built.database.dispose()


def composer():
    return Composer(
        Shelf(),
        MAIL_FROM,
        tokens=withdrawal_links.tokens(KEY, SITE.origin),
        addresses=return_addresses.writer(KEY, DOMAIN),
    )


def invited(engine, person="ann"):
    """Return the calendar objects that a person was sent, in order."""
    rows = [row for row in northshire.letters(engine) if row.person == person and row.uid]
    return [composer().compose(row._mapping, engine.clock()) for row in rows]


def answer(built, partstat="DECLINED", *, person="ann", sequence=None, stamp="20261122T085900Z", **more):
    """Return a reply to an invitation, as a client makes it, and the address that it goes to."""
    event = Calendar.from_ical(calendar_of(built)).walk("VEVENT")[0]
    said = {
        "from": f"{person}@northshire.example",
        "attendee": f"{person}@northshire.example",
        "uid": str(event["uid"]),
        "method": "REPLY",
        "start": "DTSTART:20270104T093000Z" if more.get("moved") else "",
        "comment": "",
        "id": f"{partstat}-{stamp}",
        **more,
    }
    lines = [
        "BEGIN:VCALENDAR",
        f"METHOD:{said['method']}",
        "BEGIN:VEVENT",
        f"UID:{said['uid']}",
        f"ATTENDEE;PARTSTAT={partstat}:MAILTO:{said['attendee'].upper()}",
        f"SEQUENCE:{event['sequence'] if sequence is None else sequence}",
        f"DTSTAMP:{stamp}",
        said["start"],
        f"COMMENT:{said['comment']}" if said["comment"] else "",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    head = f"From: {said['from']}\nMessage-ID: <{said['id']}@x>\nContent-Type: text/calendar; method=REPLY\n\n"
    raw = (head + "\n".join(line for line in lines if line)).replace("\n", "\r\n").encode()
    return raw, str(event["organizer"]).removeprefix("mailto:")


def calendar_of(built):
    parts = message_from_bytes(built.message).walk()
    return next(part for part in parts if part.get_content_type() == "text/calendar").get_payload(decode=True)


def replied(engine, built, partstat="DECLINED", **more):
    raw, to = answer(built, partstat, **more)
    return arrive(engine, raw, to, sender="ann@northshire.example", house=HOUSE)


def the(engine, notice):
    return next(row for row in northshire.letters(engine) if row.notice.startswith(notice))


def recorded(engine, person="ann"):
    query = select(invitations.c.partstat, invitations.c.reply_comment).where(
        invitations.c.attendee == f"{person}@northshire.example"
    )
    with engine.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_the_organizer_is_an_address_of_its_own_that_no_table_holds_and_that_never_changes(engine, clock):
    key = open_class(engine, clock)
    enrol(engine, key, "ann")
    (first,) = invited(engine)
    moved = clock() + timedelta(days=31)
    changed = {"id": "1", "starts_at": moved.isoformat(), "ends_at": (moved + timedelta(hours=3)).isoformat()}
    fire(engine, HELEN, "class", key, "CHANGE", {"sessions": [changed]})

    _again, second = invited(engine)

    organizers = {str(Calendar.from_ical(calendar_of(one)).walk("VEVENT")[0]["organizer"]) for one in (first, second)}
    assert len(organizers) == 1
    mark = organizers.pop().rpartition("@")[0].rpartition("-")[2]
    assert mark not in first.ics
    assert first.sender.startswith("bounces+")
    with engine.reading() as connection:
        assert mark not in str(connection.execute(select(invitations)).all())


@pytest.mark.parametrize(("partstat", "words"), [("ACCEPTED", "Accepted"), ("TENTATIVE", "Perhaps")])
def test_an_answer_is_recorded_beside_the_enrolment_and_moves_nothing(engine, clock, partstat, words):
    key = open_class(engine, clock)
    identifier = enrol(engine, key, "ann")

    row = replied(engine, invited(engine)[0], partstat, comment="See you")

    with engine.reading() as connection:
        found = pages.enrolments_on(connection, TRUST, key, SITE)
        said = replies.answers(connection, TRUST, found)[identifier]
    assert [(one.text, one.comment, one.session) for one in said] == [(words, "See you", None)]
    assert (row["state"], standing(engine, key)["ann"][0]) == ("DONE", "CONFIRMED")


def test_a_decline_is_recorded_and_withdrawal_is_offered(engine, clock):
    key = open_class(engine, clock)
    enrol(engine, key, "ann")
    before = len(northshire.letters(engine))

    row = replied(engine, invited(engine)[0], comment="On nights")

    letter = the(engine, "LRN-2")
    assert before + 1 == len(northshire.letters(engine))
    assert (letter.notice, letter.person, letter.context["comment"]) == ("LRN-28-meeting-declined", "ann", "On nights")
    assert "was offered to withdraw" in row["outcome"]
    assert standing(engine, key)["ann"][0] == "CONFIRMED"


def test_where_the_class_is_set_so_a_decline_gives_the_place_to_the_waitlist(engine, clock):
    key = open_class(engine, clock, maximum=1, decline_withdraws=True)
    enrol(engine, key, "ann")
    enrol(engine, key, "bob")

    row = replied(engine, invited(engine)[0])

    assert standing(engine, key) == {"ann": ("WITHDRAWN", None), "bob": ("CONFIRMED", None)}
    assert "the place was given up" in row["outcome"]
    assert ("LRN-03", "ann") in notices(engine)


def test_behind_the_bar_a_decline_withdraws_nobody(engine, clock):
    key = open_class(engine, clock, days=3, withdraw_days=5, decline_withdraws=True)
    enrol(engine, key, "ann")

    replied(engine, invited(engine)[0])

    letter = the(engine, "LRN-2")
    assert standing(engine, key)["ann"][0] == "CONFIRMED"
    assert ("withdraw_link" in letter.context, "too close" in letter.context["too_late"]) == (False, True)


def test_of_several_sessions_all_must_be_declined(engine, clock):
    key = open_class(engine, clock, sessions=2, decline_withdraws=True)
    enrol(engine, key, "ann")
    first, second = invited(engine)

    replied(engine, first, id="1")
    between = standing(engine, key)["ann"][0]
    replied(engine, second, id="2")

    assert (between, standing(engine, key)["ann"][0]) == ("CONFIRMED", "WITHDRAWN")


def test_the_same_and_older_answers_change_nothing(engine, clock):
    enrol(engine, open_class(engine, clock), "ann")
    (built,) = invited(engine)

    replied(engine, built, "ACCEPTED", stamp="20261122T085900Z")
    rows = [
        replied(engine, built, "DECLINED", stamp="20261122T085900Z"),
        replied(engine, built, "DECLINED", stamp="20261122T085800Z"),
    ]
    later = replied(engine, built, "TENTATIVE", stamp="20991122T085800Z")

    assert all("not newer" in row["outcome"] for row in rows)
    assert (later["state"], recorded(engine)) == ("DONE", [("TENTATIVE", None)])


def test_an_answer_to_an_earlier_invitation_is_told_as_such(engine, clock):
    key = open_class(engine, clock)
    enrol(engine, key, "ann")
    (built,) = invited(engine)
    moved = clock() + timedelta(days=31)
    changed = {"id": "1", "starts_at": moved.isoformat(), "ends_at": (moved + timedelta(hours=3)).isoformat()}
    fire(engine, HELEN, "class", key, "CHANGE", {"sessions": [changed]})

    row = replied(engine, built)

    assert "answers an earlier invitation" in row["outcome"]
    assert recorded(engine) == [(None, None)]


def test_an_answer_to_a_cancelled_meeting_changes_nothing(engine, clock):
    key = open_class(engine, clock)
    identifier = enrol(engine, key, "ann")
    (built,) = invited(engine)
    fire(engine, learner("ann"), "enrolment", identifier, "WITHDRAW")

    row = replied(engine, built, "ACCEPTED")

    assert "has been cancelled since" in row["outcome"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"from": "mallory@elsewhere.example"}, "who was not asked"),
        ({"attendee": "bob@northshire.example"}, "who was not invited"),
        ({"uid": "another@x"}, "does not say that it answers"),
        ({"uid": ""}, "does not say that it answers"),
        ({"sequence": 7}, "we have not sent"),
        ({"partstat": "NEEDS-ACTION"}, "neither yes, perhaps nor no"),
    ],
)
def test_what_does_not_agree_is_left_to_a_person(engine, clock, changes, sentence):
    enrol(engine, open_class(engine, clock), "ann")

    row = replied(engine, invited(engine)[0], **{"partstat": "DECLINED", **changes})

    assert (row["state"], sentence in row["outcome"]) == ("PERSON", True)
    assert recorded(engine) == [(None, None)]


def test_a_delegate_of_the_same_domain_may_answer(engine, clock):
    enrol(engine, open_class(engine, clock), "ann")

    replied(engine, invited(engine)[0], "ACCEPTED", **{"from": "secretary@northshire.example"})

    assert recorded(engine) == [("ACCEPTED", None)]


def test_an_answer_at_another_address_of_ours_is_left_to_a_person(engine, clock):
    enrol(engine, open_class(engine, clock), "ann")
    built = invited(engine)[0]
    raw, _to = answer(built)

    row = arrive(engine, raw, built.sender, house=HOUSE)

    assert "came to an address that is not that meeting's" in row["outcome"]


@pytest.mark.parametrize(("method", "partstat"), [("COUNTER", "TENTATIVE"), ("REPLY", "TENTATIVE")])
def test_another_time_that_is_proposed_waits_for_the_class_administrator(engine, clock, method, partstat):
    with database.writing(engine.database) as connection:
        row = {"trust": TRUST, "id": "acc-cy", "username": "cy", "email": "cy@northshire.example", "active": True}
        connection.execute(insert(accounts), {**row, "name": "Cy", "person": None, "session": 0})
        role = directory.Role(
            trust=TRUST, role="class-administrator", organisation=SURGERY, title="Class Administrator"
        )
        directory.put_role(connection, role)
        directory.put_holder(
            connection,
            directory.Holder(trust=TRUST, role=role.role, organisation=SURGERY, account="acc-cy"),
        )
    enrol(engine, open_class(engine, clock), "ann")

    row = replied(engine, invited(engine)[0], partstat, method=method, moved=True)

    letter = the(engine, "LRN-2")
    assert (row["state"], "Told: Cy." in row["outcome"]) == ("PERSON", True)
    assert (letter.notice, letter.email) == ("LRN-29-other-time-proposed", "cy@northshire.example")
    assert "4 January 2027, 9:30am" in letter.context["proposed"]
    assert letter.context["mail_link"].endswith(f"/mail/{row['id']}")


def test_with_nobody_to_tell_a_proposal_still_waits(engine, clock):
    enrol(engine, open_class(engine, clock), "ann")

    row = replied(engine, invited(engine)[0], "TENTATIVE", method="COUNTER")

    assert (row["state"], "No class administrator" in row["outcome"]) == ("PERSON", True)
    assert "it does not say" in row["outcome"]


def test_whoever_has_no_place_any_more_has_none_to_give_up(engine, clock):
    identifier = enrol(engine, open_class(engine, clock), "ann")
    (built,) = invited(engine)
    with database.writing(engine.database) as connection:
        keep = engine.kept("enrolment")[1].table
        connection.execute(update(keep).where(keep.c.id == identifier).values(state="CANCELLED"))

    row = replied(engine, built)

    assert "There is no place to give up." in row["outcome"]
    assert northshire.steps(engine, "enrolment") == ["A1-T01"]


def test_the_link_of_the_offer_is_made_when_it_is_sent_and_is_over_with_the_place(engine, clock):
    identifier = enrol(engine, open_class(engine, clock), "ann")
    replied(engine, invited(engine)[0])
    with engine.reading() as connection:
        row = connection.execute(select(outbox).where(outbox.c.notice.startswith("LRN-28"))).mappings().one()
        secret = withdrawal_links.secret_of(KEY, row)
        stands = withdrawal_links.read(connection, KEY, secret, clock())

    message = composer().compose(row, clock()).message
    fire(engine, learner("ann"), "enrolment", identifier, "WITHDRAW")

    assert f"/withdraw/{secret}".encode() in message.replace(b"=\r\n", b"")
    assert stands.enrolment == identifier
    for key, said, now in ((KEY, secret, clock()), ("other", secret, clock()), (KEY, f"{secret}x", clock())):
        with engine.reading() as connection, pytest.raises(withdrawal_links.Missing):
            withdrawal_links.read(connection, key, said, now)


def test_a_subject_of_another_kind_moves_nothing(engine):
    said = Rsvp(method="REPLY", uid="1", attendee="a", partstat="DECLINED")

    with engine.transaction() as tx:
        heard = replies.Heard(
            subject=Subject(kind="enrolment", trust=TRUST, id="none"),
            uid="1",
            rsvp=said,
            partstat="DECLINED",
            at=tx.now,
            mail="m",
        )
        told = replies.heard(tx, heard)

    assert "not there any more" in told


@pytest.mark.parametrize(("person", "state"), [("ann.lee", "DONE"), ("ann", "PERSON")])
def test_whose_address_changes_answers_from_the_one_that_the_last_invitation_went_to(engine, clock, person, state):
    key = open_class(engine, clock)
    enrol(engine, key, "ann")
    with database.writing(engine.database) as connection:
        connection.execute(update(persons).where(persons.c.id == "ann").values(email="ann.lee@northshire.example"))
    fire(engine, HELEN, "class", key, "CHANGE", {"venue": "Room 9"})
    built = invited(engine)[-1]

    row = replied(engine, built, "ACCEPTED", person=person)

    assert row["state"] == state


def test_rfc_5546_2_1_4_an_answer_never_raises_the_sequence(engine, clock):
    enrol(engine, open_class(engine, clock), "ann")
    (built,) = invited(engine)

    for partstat, stamp in (("TENTATIVE", "20261122T085900Z"), ("ACCEPTED", "20261122T090000Z")):
        assert replied(engine, built, partstat, stamp=stamp)["state"] == "DONE"

    with engine.reading() as connection:
        assert connection.execute(select(invitations.c.sequence)).scalars().all() == [0]


def test_rfc_5546_3_2_2_3_who_delegates_a_place_is_left_to_a_person(engine, clock):
    enrol(engine, open_class(engine, clock), "ann")
    (built,) = invited(engine)

    row = replied(engine, built, "DELEGATED")

    assert (row["state"], recorded(engine)) == ("PERSON", [(None, None)])


def test_a_meeting_keeps_its_uid_where_the_installations_domain_becomes_another(engine, clock):
    enrolment = enrol(engine, open_class(engine, clock, decline_withdraws=True), "ann")
    (built,) = invited(engine)
    moved = wiring.keeps(replace(SITE, domain="learn.elsewhere.example"))
    elsewhere = replace(engine, keeps=moved, reply_domain="learn.elsewhere.example")

    fire(elsewhere, HELEN, "enrolment", enrolment, "REPAIR")
    row = replied(elsewhere, built)

    assert standing(elsewhere, one_class(elsewhere))["ann"][0] == "WITHDRAWN"
    assert row["outcome"] == "Recorded: declined. The class is set so: the place was given up."
    meetings = [letter.invitation for letter in northshire.letters(elsewhere) if letter.invitation]
    assert sorted(one["method"] for one in meetings) == ["CANCEL", "REQUEST", "REQUEST"]
    assert len({one["uid"] for one in meetings}) == 1


def one_class(engine):
    """Return the only class there is."""
    with engine.reading() as connection:
        return connection.execute(select(classes.c.id)).scalar_one()
