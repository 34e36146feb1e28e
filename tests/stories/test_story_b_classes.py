"""A class with three confirmed and two waiting: what each of them gets by mail when something changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.clock import FrozenClock
from tests.sink import Sink, running_sink
from tests.stories.story_site import Mail, Site, free_port, running_site, settings_for
from tests.stories.windows import Program, Window
from tests.waiting import until
from workflows.demo import trust

pytestmark = pytest.mark.story

CONFIRMED = ("priya.nair", "lin.chen", "george.baker")
WAITING = ("ewan.campbell", "grace.obi")
ASKING = "marek.nowak"
LATE = "sofia.rossi"
RUNS_IT = "daniel.okafor"
FIRST = datetime(2026, 12, 14, 9, 30, tzinfo=UTC)
SECOND = FIRST + timedelta(days=7)
LENGTH = timedelta(hours=3)


@dataclass(kw_only=True)
class Full:
    """The class, what was mailed when it filled, and whoever runs it."""

    site: Site
    id: str
    program: Program
    enrolments: dict[str, str] = field(default_factory=dict)
    joined: list[Mail] = field(default_factory=list)

    @property
    def standing(self) -> dict[str, tuple[str, int | None]]:
        """Return state and position of everybody, by person."""
        found = self.program.all("/enrolments", **{"class": self.id})
        return {one["person"]: (one["state"], one["waitlist_position"]) for one in found}

    def window(self) -> Window:
        """Return the browser of whoever runs the class."""
        return self.site.signed_in(RUNS_IT)

    def invitations(self, person: str) -> dict[str, Mail]:
        """Return what invited a person at first, by the UID of the meeting."""
        return {str(mail.uid): mail for mail in self.joined if mail.who == person and mail.method}

    def withdraw(self, person: str) -> None:
        """Withdraw a person as whoever runs the class."""
        answer = self.program.post(f"/enrolments/{self.enrolments[person]}/withdraw", {})
        assert answer.status == 200, answer.html


@pytest.fixture
def full(site: Site) -> Full:
    """Open a class with two sessions, enrol three and let two wait."""
    return fill(site)


def fill(site: Site) -> Full:
    """Make the class over the API, as whoever runs it."""
    program = site.program(RUNS_IT)
    new = {
        "offering": "fire-safety",
        "organisation": trust.TRUST,
        "title": "Fire safety in theatres",
        "maximum": 3,
        "approval": True,
        "venue": "Education Centre",
        "sessions": [session(FIRST), session(SECOND)],
    }
    made = program.post("/classes", new).json
    program.post(f"/classes/{made['id']}/open", {})
    full = Full(site=site, id=made["id"], program=program)
    for person in (*CONFIRMED, *WAITING):
        answer = program.post("/enrolments", {"person": person, "class": made["id"]})
        assert answer.status == 201, answer.html
        full.enrolments[person] = answer.json["id"]
    return full


def session(starts_at: datetime, **more: str) -> dict[str, str]:
    return {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + LENGTH).isoformat(), **more}


def told(mails: list[Mail]) -> list[tuple[str, str]]:
    """Return which learner got what about classes, sorted: the method of the calendar part, or “plain”.

    Wherever the clock is moved to, what expires is told by itself, and questions of others are escalated.
    """
    learners = (*CONFIRMED, *WAITING, ASKING, LATE)
    classes = [mail for mail in mails if mail.who in learners and " expire" not in mail.subject]
    return sorted((mail.who, mail.method or "plain") for mail in classes)


def each(persons: tuple[str, ...], method: str, times: int) -> list[tuple[str, str]]:
    return sorted((person, method) for person in persons for _ in range(times))


def test_everybody_confirmed_is_invited_to_each_session_and_the_others_are_told_that_they_wait(full: Full):
    mails = full.site.post()

    assert told(mails) == sorted(each(CONFIRMED, "REQUEST", 2) + each(WAITING, "plain", 1))
    assert full.standing == {
        **dict.fromkeys(CONFIRMED, ("CONFIRMED", None)),
        WAITING[0]: ("WAITLISTED", 1),
        WAITING[1]: ("WAITLISTED", 2),
    }


def test_new_times_send_each_confirmed_one_update_a_session_with_the_same_uid(full: Full):
    full.joined = full.site.post()
    window = full.window()
    change = window.open(f"/classes/{full.id}/change").form()
    later = {
        f"session-{number}-{end}": time for number in "12" for end, time in (("starts", "11:00"), ("ends", "14:00"))
    }
    review = window.send(change, later)
    saw = review.text

    saved = window.send(review.form(), {"confirm": "1"})

    updates = full.site.post()
    assert "3 confirmed learners get 2 updates, one for each session that changes." in saw
    assert (saved.status, saved.path) == (200, f"/classes/{full.id}")
    assert told(updates) == each(CONFIRMED, "REQUEST", 2)
    for person in CONFIRMED:
        before = full.invitations(person)
        after = {str(mail.uid): mail for mail in updates if mail.who == person}
        assert before.keys() == after.keys()
        assert all(after[uid].sequence > before[uid].sequence for uid in before)
        assert sorted(mail.start for mail in after.values()) == [
            f"{day:%Y-%m-%d}T11:00:00+00:00" for day in (FIRST, SECOND)
        ]


def test_only_the_session_that_changed_is_told_of_and_only_to_the_confirmed(full: Full):
    full.site.post()

    full.program.patch(f"/classes/{full.id}", {"sessions": [{"id": "2", "venue": "Library"}]})

    updates = full.site.post()
    assert told(updates) == each(CONFIRMED, "REQUEST", 1)
    assert all("Library" in mail.text and "Education Centre" in mail.text for mail in updates)


def test_a_new_text_is_told_to_nobody(full: Full):
    full.site.post()

    answer = full.program.patch(f"/classes/{full.id}", {"joining_text": "Bring your badge."})

    assert answer.status == 200
    assert full.site.post() == []


def test_whoever_withdraws_is_cancelled_and_the_first_on_the_waitlist_is_invited(full: Full):
    full.joined = full.site.post()
    window = full.site.signed_in("lin.chen")
    form = window.open(f"/learning/withdraw/{full.enrolments['lin.chen']}").form()

    page = window.send(form, {"reason": "On leave."})

    mails = full.site.post()
    cancelled = [mail for mail in mails if mail.who == "lin.chen"]
    invited = [mail for mail in mails if mail.who == "ewan.campbell"]
    before = full.invitations("lin.chen")
    assert page.status == 200
    assert told(mails) == sorted(
        [("lin.chen", "CANCEL")] * 2 + [("ewan.campbell", "REQUEST")] * 2 + [("ewan.campbell", "plain")]
    )
    assert {mail.uid for mail in cancelled} == before.keys()
    assert all(mail.sequence > before[str(mail.uid)].sequence for mail in cancelled)
    assert not {mail.uid for mail in invited} & before.keys()
    assert full.standing["ewan.campbell"] == ("CONFIRMED", None)
    assert full.standing["grace.obi"] == ("WAITLISTED", 1)


@pytest.mark.parametrize(("before_start", "promoted"), [(timedelta(days=7, seconds=1), 1), (timedelta(days=7), 0)])
def test_the_waitlist_moves_by_itself_only_while_the_start_is_more_than_seven_days_away(
    full: Full, before_start: timedelta, promoted: int
):
    full.site.post()
    full.site.clock.set(FIRST - before_start)

    full.withdraw("priya.nair")

    invited = [("ewan.campbell", "REQUEST")] * 2 + [("ewan.campbell", "plain")]
    assert told(full.site.post()) == sorted([("priya.nair", "CANCEL")] * 2 + invited * promoted)
    assert full.standing["ewan.campbell"] == (("CONFIRMED", None) if promoted else ("WAITLISTED", 1))


def test_a_withdrawn_learner_who_comes_back_is_invited_to_new_meetings(full: Full):
    full.joined = full.site.post()
    for person in ("ewan.campbell", "grace.obi", "lin.chen"):
        full.withdraw(person)
    full.site.post()

    answer = full.program.post("/enrolments", {"person": "lin.chen", "class": full.id})

    again = full.site.post()
    assert (answer.status, answer.json["state"]) == (201, "CONFIRMED")
    assert told(again) == [("lin.chen", "REQUEST")] * 2
    assert not {mail.uid for mail in again} & full.invitations("lin.chen").keys()


def test_a_cancelled_class_takes_the_meetings_back_and_tells_those_who_waited_plainly(full: Full):
    full.joined = full.site.post()
    asked = full.site.program(ASKING).post("/enrolments", {"person": ASKING, "class": full.id})
    window = full.window()
    form = window.open(f"/classes/{full.id}/step/cancel").form()

    page = window.send(form, {"reason": "The trainer is ill."})

    mails = full.site.post()
    assert asked.json["state"] == "REQUESTED"
    assert "Cancelled" in page.text
    assert told(mails) == sorted(each(CONFIRMED, "CANCEL", 2) + each((*WAITING, ASKING), "plain", 1))
    assert all("The trainer is ill." in mail.text for mail in mails if mail.who != RUNS_IT)
    for person in CONFIRMED:
        assert {mail.uid for mail in mails if mail.who == person} == full.invitations(person).keys()
    assert {state for state, _ in full.standing.values()} == {"CANCELLED"}


# Double posts and stale forms


def test_a_form_that_is_sent_twice_shows_what_already_happened_and_tells_nobody_twice(full: Full):
    full.site.post()
    window = full.window()
    form = window.open(f"/classes/{full.id}/step/cancel").form()
    window.send(form, {"reason": "The trainer is ill."})
    full.site.post()

    again = window.send(form, {"reason": "The trainer is ill."})

    assert again.status == 409
    assert "not possible any more" in again.text or "cancelled" in again.text.lower()
    assert full.site.post() == []


def test_a_stale_form_saves_nothing_and_shows_what_changed_meanwhile(full: Full):
    full.site.post()
    window = full.window()
    stale = window.open(f"/classes/{full.id}/change").form()
    full.program.patch(f"/classes/{full.id}", {"venue": "Library"})
    full.site.post()

    page = window.send(stale, {"session-1-starts": "11:00", "session-1-ends": "14:00"})

    stands: Any = full.program.get(f"/classes/{full.id}")
    assert page.status == 409
    assert "Somebody else changed this class meanwhile" in page.text
    assert "Library" in page.text
    assert stands["sessions"][0]["starts_at"] == FIRST.isoformat()
    assert full.site.post() == []


def test_the_same_request_under_the_same_key_enrols_once(full: Full):
    full.site.post()
    wish = {"person": LATE, "class": full.id}

    first, again = (full.program.post("/enrolments", wish, key="wish-1") for _ in range(2))

    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert again.headers["idempotent-replayed"] == "true"
    assert told(full.site.post()) == [(LATE, "plain")]


def test_enrolling_somebody_again_is_refused_with_the_reason(full: Full):
    full.site.post()

    answer = full.program.post("/enrolments", {"person": "priya.nair", "class": full.id})

    assert answer.status == 409
    assert "enrolled on this class already" in answer.html
    assert full.site.post() == []


# The mail server is away


@pytest.fixture
def cut_off(trust_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Site]:
    """Run a site whose mail server is not there yet."""
    port = free_port()
    sink = Sink(host="127.0.0.1", port=port)
    with running_site(settings_for(trust_url, tmp_path, free_port(), sink.url), clock, sink) as site:
        yield site


def test_while_the_mail_server_is_away_messages_are_queued_and_afterwards_each_arrives_once(cut_off: Site):
    fill(cut_off)
    administrator = cut_off.signed_in(RUNS_IT)
    until(lambda: "cannot be reached" in administrator.open("/messages/").text, "the page says so")
    page = administrator.open("/messages/").text

    with running_sink(cut_off.sink.port) as cut_off.sink:
        cut_off.clock.advance(timedelta(minutes=5))
        mails = cut_off.post()

    assert "Messages stay queued, nothing is lost" in page
    assert "Queued" in page
    assert told(mails) == sorted(each(CONFIRMED, "REQUEST", 2) + each(WAITING, "plain", 1))
