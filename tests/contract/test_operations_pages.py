"""The pages of operations: how the queues stand, what failed, and what an operator does about it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from engine import failures
from engine.heartbeats import Pulse
from engine.incident import Status
from engine.incident_tables import incidents
from engine.roles.directory_tables import grants, holders
from engine.storage import database
from engine.tables import jobs, outbox
from engine.timing import timers
from engine.web import dashboard, roles
from tests import desk as pages
from tests import trial
from tests.contract.waiting_letters import letter, queue
from tests.desk import ADMINISTRATOR, ELSEWHERE
from tests.trial import LEARNER, TRUST, Turn

MISSING = "The token course is required and has no value."


class Broken:
    """An effect of a step that fails until it is repaired."""

    def __init__(self):
        self.repaired = False

    def __call__(self, _case):
        if not self.repaired:
            raise KeyError("Lin Chen")
        return ()


@pytest.fixture
def broken():
    return Broken()


@pytest.fixture
def desk(database_url, clock, tmp_path, broken):
    """Return the pages over an engine whose leaves lapse by a step with a failing effect."""
    desk = pages.desk_on(database_url, clock, tmp_path)
    steps = tuple(replace(step, effects=broken) if step.trigger is Turn.LAPSE else step for step in trial.LEAVE.steps)
    failing = (replace(trial.LEAVE, steps=steps), desk.engine.keeps["leave"][1])
    engine = replace(desk.engine, keeps={**desk.engine.keeps, "leave": failing})
    desk.app.register_blueprint(dashboard.blueprint(engine))
    yield replace(desk, engine=engine)
    desk.engine.database.dispose()


def lapsed(desk, clock):
    """Have a leave lapse, which fails, and return the address of its incident."""
    desk.asks_for_leave()
    clock.advance(timedelta(days=15))
    timers.fire_due(desk.engine)
    return address(desk)


def address(desk):
    with desk.engine.reading() as connection:
        return f"/operations/incidents/{connection.execute(select(incidents.c.id)).scalar_one()}"


def states(desk):
    with desk.engine.reading() as connection:
        return connection.execute(select(incidents.c.state)).scalars().all()


def test_the_dashboard_shows_the_queues_and_that_no_worker_runs(desk, clock):
    lapsed(desk, clock)
    queue(desk.engine.database, letter(at=clock()))
    clock.advance(timedelta(minutes=3))

    page = desk.signed_in(ADMINISTRATOR).page("/operations/")

    assert "No worker is running" in page
    assert "None was heard of during the last day." in page
    assert "1 open" in page
    assert "Timed step: 1, the oldest for 3 minutes" in page
    assert "Leave approver" not in page.partition("Open questions")[0]
    assert page.count("Timed steps: parked by an incident") == 1
    assert "Queued: 1" in page


def test_the_dashboard_shows_the_workers_that_live_and_those_that_fell_silent(desk, clock):
    Pulse(desk.engine).beat("chores")
    clock.advance(timedelta(minutes=5))
    first = desk.signed_in(ADMINISTRATOR).page("/operations/")
    Pulse(desk.engine).beat("chores")

    second = desk.signed_in(ADMINISTRATOR).page("/operations/")

    assert "The last one was heard of 5 minutes ago." in first
    assert "No worker is running" not in second
    assert second.count("Silent") == 1


def test_a_quiet_dashboard_says_that_there_is_nothing(desk):
    page = desk.signed_in(ADMINISTRATOR).page("/operations/")

    assert "None open" in page
    assert "Nothing is asked of anybody." in page
    assert "none waits" in page


def test_nobody_else_sees_the_pages_and_nobody_elsewhere_the_incident(desk, clock):
    where = lapsed(desk, clock)
    with database.writing(desk.engine.database) as connection:
        row = {"trust": TRUST, "account": ELSEWHERE.id, "responsibility": "system-administrator"}
        connection.execute(insert(grants), {**row, "organisation": "ward-of-nowhere"})

    refused = [desk.signed_in(LEARNER).get(page).status_code for page in ("/operations/", where)]
    unseen = desk.signed_in(ELSEWHERE).get(where).status_code

    assert refused == [403, 403]
    assert unseen == 404
    assert "the step" not in desk.signed_in(ELSEWHERE).page("/operations/incidents")


def test_the_list_leads_to_the_page_with_the_evidence(desk, clock):
    where = lapsed(desk, clock)
    browser = desk.signed_in(ADMINISTRATOR)

    listed, page = browser.page("/operations/incidents"), browser.page(where)

    assert where in listed
    assert "Approval: the step “lapse” failed when it was due" in listed
    assert "A fault in the program stopped it: KeyError in test_operations_pages.py, line " in page
    assert "/history/approval/" in page
    assert "“lapse” was due on 6 December 2026 at 9am" in page
    assert "Lin Chen" not in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [("?source=TIMER", True), ("?source=JOB", False), ("?about_kind=approval", True), ("?show=ended", False)],
)
def test_the_list_is_narrowed_by_filters(desk, clock, asked, found):
    where = lapsed(desk, clock)

    assert (where in desk.signed_in(ADMINISTRATOR).page(f"/operations/incidents{asked}")) is found


def test_a_long_list_goes_on_page_after_page(desk):
    queue(desk.engine.database, *(letter(n, state="PARKED", answer=f"{n}") for n in range(51)))
    failures.watch(desk.engine)
    browser = desk.signed_in(ADMINISTRATOR)

    first = browser.page("/operations/incidents")

    assert first.count("/operations/incidents/") == 50
    onward = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert browser.page(onward).count("/operations/incidents/") == 1


def test_an_operator_who_retries_too_early_is_told_at_once_and_then_repairs_it(desk, clock, broken):
    where = lapsed(desk, clock)
    browser = desk.signed_in(ADMINISTRATOR)

    early = browser.post(where, {"choice": "RETRY", "reason": ""})
    broken.repaired = True
    after = browser.post(where, {"choice": "RETRY", "reason": "Repaired."})

    assert early.status_code == 422
    assert "It failed again, and nothing was changed." in early.text
    assert after.status_code == 303
    page = browser.page(where)
    assert "It went through." in page
    assert "Resolved" in page
    assert states(desk) == [Status.RESOLVED]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"choice": "SKIP", "reason": "  "}, "Give a reason: it is kept with the decision."),
        ({"choice": "", "reason": ""}, "Choose what is to be done."),
        ({"choice": "RAISE", "reason": ""}, "Choose what is to be done."),
    ],
)
def test_what_is_missing_is_asked_for_with_a_link_to_its_field(desk, clock, typed, sentence):
    where = lapsed(desk, clock)

    answer = desk.signed_in(ADMINISTRATOR).post(where, typed)

    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert states(desk) == [Status.OPEN]


def test_a_skip_keeps_its_reason(desk, clock):
    where = lapsed(desk, clock)
    browser = desk.signed_in(ADMINISTRATOR)

    browser.post(where, {"choice": "SKIP", "reason": "The ward was closed."})

    page = browser.page(where)
    assert "Your decision is recorded." in page
    assert page.count("The ward was closed.") == 2
    assert states(desk) == [Status.SKIPPED]


def test_of_a_question_that_reached_nobody_the_page_says_that_it_stays_open_whatever_is_decided(desk):
    desk.app.register_blueprint(roles.blueprint(desk.engine))
    with database.writing(desk.engine.database) as connection:
        connection.execute(update(holders).values(enabled=False))
    desk.asks_for_leave()

    page = desk.signed_in(ADMINISTRATOR).page(address(desk))

    assert "The question stays open: whoever gets the role may answer it." in page
    assert "What waits is let go" not in page
    assert 'href="/roles/leave-approver"' in page


def test_whoever_comes_second_sees_how_it_ended(desk, clock):
    where = lapsed(desk, clock)
    second = desk.signed_in(ADMINISTRATOR)
    form = second.get(where).text
    token = pages._TOKEN.search(form)[1]
    desk.signed_in(ADMINISTRATOR).post(where, {"choice": "RESOLVE", "reason": "Done."})

    answer = second._client.post(where, data={"choice": "SKIP", "reason": "Other.", "csrf_token": token})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{where}?late=1")
    assert "This had ended before your decision came" in second.page(f"{where}?late=1")


def test_messages_that_were_set_aside_are_mended_and_queued_again_from_the_page(desk, clock):
    desk.queue("LRN-17-course-completed", state="PARKED", answer=MISSING)
    failures.watch(desk.engine)
    browser = desk.signed_in(ADMINISTRATOR)
    where = address(desk)
    page = browser.page(where)

    browser.post(where, {"choice": "RETRY", "reason": ""})

    assert "/messages/letter-LRN-17-course-completed" in page
    assert "The messages are queued again." in browser.page(where)
    with desk.engine.reading() as connection:
        assert connection.execute(select(outbox.c.state).where(outbox.c.kind == "enrolment")).scalar_one() == "QUEUED"


def test_what_is_retried_and_fails_again_says_that_it_happened_before(desk):
    desk.queue("LRN-17-course-completed", state="PARKED", answer=MISSING)
    failures.watch(desk.engine)
    browser = desk.signed_in(ADMINISTRATOR)
    first = address(desk)
    browser.post(first, {"choice": "RETRY", "reason": ""})
    with database.writing(desk.engine.database) as connection:
        connection.execute(update(outbox).where(outbox.c.kind == "enrolment").values(state="PARKED", answer=MISSING))

    failures.watch(desk.engine)

    with desk.engine.reading() as connection:
        again = connection.scalars(select(incidents.c.id).where(incidents.c.state == "OPEN")).one()
    page = browser.page(f"/operations/incidents/{again}")
    assert "Messages “Course completed (LRN-17)” were set aside" in page
    assert "What fails again is a new incident." in page
    assert "It happened before" in page
    assert f'<a href="{first}">22 November 2026 at 9am</a>: resolved 22 November 2026 at 9am by ' in page


def test_a_job_that_was_given_up_shows_how_often_it_was_begun(desk, clock):
    dead = {"trust": TRUST, "key": "note@1", "name": "note", "arguments": {}, "attempts": 5, "fence": 5}
    dead |= {"state": "DEAD", "due_at": clock(), "finished_at": clock(), "answer": "ValueError"}
    with database.writing(desk.engine.database) as connection:
        connection.execute(insert(jobs), dead)
    failures.watch(desk.engine)

    page = desk.signed_in(ADMINISTRATOR).page(address(desk))

    assert "Job note@1: begun 5 times, given up on 22 November 2026 at 9am. ValueError" in page


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(days=2, hours=3), "2 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=-5), "0 seconds"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(clock, passed, words):
    assert dashboard.age(clock() - passed, clock()) == words


def test_no_age_is_no_words(clock):
    assert not dashboard.age(None, clock())
