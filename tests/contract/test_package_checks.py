"""The check of a package as it is kept and shown: warnings, and a trial run that is made once, by one worker."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest

from scorm import checks, library
from scorm.checks import Progress
from scorm.trial import trying
from scorm.trial.records import Seen, Trial
from tests.northshire import HELEN, SURGERY, TRUST
from tests.played import PACKAGE, course_of
from tests.workplace import workplace_on
from workflows.learning import trials as trials_of
from workflows.learning.trials import Trials

TRIED = Trial(seen=(Seen(part="I1", title="Fire safety", asked=("API",), initialised=True, seconds=4),))


@pytest.fixture
def place(database_url, clock, tmp_path):
    """Set up the workplace."""
    built = workplace_on(database_url, clock, tmp_path)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def course(place):
    """Publish a course of one part."""
    return course_of(place)


def asked(place):
    with place.engine.transaction() as tx:
        checks.ask(tx.connection, TRUST, PACKAGE, tx.now)


def check(place):
    with place.engine.reading() as connection:
        return checks.check_of(connection, TRUST, PACKAGE)


def tried(place, monkeypatch, made):
    monkeypatch.setattr(trying, "try_files", made)
    runs = Trials(place.engine, place.settings)
    begun = runs.begin()
    runs.wait()
    return begun


def test_a_package_is_kept_with_its_warnings_and_nobody_asked_for_a_trial(place, course):
    assert (check(place).warnings, check(place).state) == ((), Progress.UNASKED)
    with place.engine.transaction() as tx:
        checks.keep(tx.connection, TRUST, PACKAGE, ["It has a flaw."])
    assert check(place).warnings == ("It has a flaw.",)


def test_a_trial_that_is_asked_for_is_made_once_and_kept(place, course, monkeypatch):
    asked(place)
    asked(place)
    shown = []

    def made(*_package, told, **_more):
        told(TRIED)
        shown.append(check(place).state)
        return TRIED

    begun = [tried(place, monkeypatch, made), tried(place, monkeypatch, made)]

    assert begun == [True, False]
    assert shown == [Progress.RUNNING]
    assert (check(place).state, Trial.recorded(check(place).trial)) == (Progress.DONE, TRIED)


def test_a_trial_that_fails_says_so(place, course, monkeypatch):
    asked(place)

    def made(*_package, **_more):
        raise OSError

    tried(place, monkeypatch, made)

    assert Trial.recorded(check(place).trial) == Trial(trouble=trials_of.FAILED)


def test_a_trial_that_stopped_with_its_worker_is_taken_up_three_times(place, course):
    asked(place)
    taken = []
    for _ in range(5):
        with place.engine.transaction() as tx:
            taken.append(checks.take(tx.connection, tx.now))
        place.clock.advance(timedelta(minutes=6))

    assert [one.tries if one else None for one in taken] == [1, 2, 3, None, None]
    with place.engine.transaction() as tx:
        late = checks.note(tx.connection, taken[0], {}, tx.now, done=True)
        right = checks.note(tx.connection, taken[2], TRIED.as_dict(), tx.now, done=True)
    assert (late, right) == (False, True)


def test_only_one_run_is_made_at_a_time(place, course, monkeypatch):
    asked(place)
    trials = Trials(place.engine, place.settings)
    seen = []

    def made(*_package, **_more):
        seen.append(trials.begin())
        return TRIED

    monkeypatch.setattr(trying, "try_files", made)
    trials.begin()
    trials.wait()

    assert seen == [False]


def test_the_page_of_a_check_says_what_was_found_and_seen(place, course, monkeypatch):
    helen = place.signed_in(HELEN)
    with place.engine.transaction() as tx:
        checks.keep(tx.connection, TRUST, PACKAGE, ["A script from cdn.example is not loaded."])
    before = helen.page(f"/packages/{PACKAGE}")

    answer = helen.post(f"/packages/{PACKAGE}", {}, to=f"/packages/{PACKAGE}/try")
    waiting = helen.page(f"/packages/{PACKAGE}")
    tried(place, monkeypatch, lambda *_package, **_more: TRIED)
    after = helen.page(f"/packages/{PACKAGE}")

    assert "A script from cdn.example is not loaded." in before
    assert "It was not opened yet." in before
    assert answer.status_code == 303
    assert "It waits for its turn" in waiting
    assert "It finds the SCORM API, calls Initialize and sets nothing." in after
    assert "Make the trial run again" in after


def test_a_package_of_nobody_is_not_there(place, course):
    helen = place.signed_in(HELEN)

    assert helen.get("/packages/none").status_code == 404
    assert helen.post(f"/packages/{PACKAGE}", {}, to="/packages/none/try").status_code == 404


@pytest.mark.parametrize(("seconds", "state"), [("20", Progress.WAITING), ("0", Progress.UNASKED)])
def test_an_upload_asks_for_a_trial_unless_they_are_switched_off(database_url, clock, tmp_path, seconds, state):
    place = workplace_on(database_url, clock, tmp_path, PRECEPTOR_TRIAL_SECONDS=seconds)
    helen = place.signed_in(HELEN)
    sent = {"package": (BytesIO(place.zipped()), "fire.zip"), "organisation": SURGERY, "competence": "", "title": ""}

    made = helen.post("/packages/new", sent)

    with place.engine.reading() as connection:
        (found,) = (checks.check_of(connection, TRUST, one.hash) for one in library.packages_of(connection, TRUST))
    assert found.state == state
    assert "What the check of its package says" in helen.page(made.location)
    assert ("switched off" in helen.page(f"/packages/{found.package}")) == (seconds == "0")
    place.engine.database.dispose()
