"""Awards over the API: who sees them, who may end one, and what is required where."""

import pytest

from engine.roles import directory
from tests import northshire
from tests.northshire import HELEN, TRUST
from tests.workplace import SAM, workplace_on
from workflows.people.responsibilities import CAREER_MANAGEMENT


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    place.engine.database.dispose()


@pytest.fixture
def award(place):
    """Return the award of somebody who attended a class."""
    with place.engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, HELEN.id, CAREER_MANAGEMENT, TRUST)
    course_class = northshire.open_class(place.engine, place.clock, days=1)
    enrolment = northshire.enrol(place.engine, course_class, "ann")
    place.clock.set(place.clock().replace(day=24))
    assert ask(place, HELEN, "post", f"/enrolments/{enrolment}/attended").status_code == 200
    return ask(place, HELEN, "get", "/awards?person=ann").json["items"][0]["id"]


def ask(place, who, method, path, said=None):
    headers = {"Authorization": f"Bearer {place.token(who)}"}
    return getattr(place.app.test_client(), method)(f"/api/v1{path}", json=said, headers=headers)


def test_awards_are_those_of_the_people_whom_the_caller_looks_after(place, award):
    by_helen, by_sam = (ask(place, who, "get", "/awards") for who in (HELEN, SAM))

    assert award in [one["id"] for one in by_helen.json["items"]]
    assert by_sam.json["items"] == []


def test_an_award_is_ended_by_whoever_manages_careers_there_and_kept(place, award):
    refused = ask(place, SAM, "post", f"/awards/{award}/end-date", {"reason": "Recorded for somebody else."})
    ended = ask(place, HELEN, "post", f"/awards/{award}/end-date", {"reason": "Recorded for somebody else."})
    kept = ask(place, HELEN, "get", "/awards?person=ann").json["items"]

    assert refused.status_code in {403, 404}
    assert (ended.status_code, [one["id"] for one in kept]) == (200, [award])
    assert kept[0]["ends_on"] == ended.json["ends_on"]


def test_nobody_puts_a_competence_on_their_own_profile(place):
    ann = northshire.learner("ann")
    with place.engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, ann.id, CAREER_MANAGEMENT, TRUST)
    said = {"competence": "fire", "starts_on": "2026-11-01", "reason": "I saw it."}

    own = ask(place, ann, "post", "/awards", {**said, "person": "ann"})
    others = ask(place, ann, "post", "/awards", {**said, "person": "bob"})

    assert (own.status_code, others.status_code) == (403, 201), (own.json, others.json)


def test_what_is_not_there_can_be_neither_changed_nor_required(place):
    changed = ask(place, HELEN, "patch", "/competences/gone", {"national": True})
    required = ask(place, HELEN, "post", "/requirements", {"competence": "gone", "organisation": "medicine"})

    assert changed.status_code == 404
    assert required.status_code == 422


def test_what_is_required_is_listed_once(place):
    known = ask(place, HELEN, "get", "/competences").json["items"][0]["id"]
    wanted = {"competence": known, "organisation": "surgery"}

    answers = [ask(place, HELEN, "post", "/requirements", wanted).status_code for _ in range(2)]

    assert answers == [201, 201]
    assert ask(place, HELEN, "get", "/requirements").json["items"].count(wanted) == 1
