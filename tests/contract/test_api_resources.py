"""The API's resources of the workflows: what each does, and that nobody reaches what is not theirs."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import northshire, workplace
from tests.northshire import FIRE, HELEN, WREN
from tests.workplace import CARA, ELSEWHERE, SAM, workplace_on


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    place.engine.database.dispose()


@pytest.fixture
def helen(place):
    return program(place, HELEN)


def test_people_are_listed_added_changed_and_given_posts(helen):
    made = helen.post("/people", {"name": "Nora Quist", "email": "nora@x.example", "organisation": "surgery"})
    person = made.json["id"]
    changed = helen.patch(f"/people/{person}", {"name": "Nora Okafor", "language": "cy"})
    post = helen.post("/assignments", {"person": person, "organisation": "surgery", "position": "Nurse"})
    moved = helen.patch(f"/assignments/{post.json['id']}", {"starts_on": "2027-01-04"})

    assert (made.status_code, post.status_code) == (201, 201)
    assert (made.json["language"], changed.json["language"]) == ("en", "cy")
    assert changed.json["name"] == "Nora Okafor"
    assert moved.json["starts_on"] == "2027-01-04"
    assert person in ids(helen.get("/people?limit=200"))
    assert ids(helen.get(f"/assignments?person={person}")) == [post.json["id"]]


def test_somebody_sees_themselves_and_nobody_else(place):
    ann = program(place, "ann")

    answers = [
        ann.get(path).status_code for path in ("/people/ann", "/people/bob", "/people/bob/compliance", "/people")
    ]

    assert answers == [200, 404, 404, 403]


def test_compliance_is_that_of_any_day(place, helen):
    course_class = northshire.open_class(place.engine, place.clock, days=1)
    northshire.enrol(place.engine, course_class, "ann")
    place.clock.set(place.clock().replace(day=24))
    enrolment = ids(helen.get("/enrolments?person=ann"))[0]
    helen.post(f"/enrolments/{enrolment}/attended")

    colours = [
        helen.get(f"/people/ann/compliance?on={day}").json["competences"][0]["colour"]
        for day in ("2026-12-01", "2027-09-01", "2027-11-23", "2027-11-24")
    ]

    assert colours == ["GREEN", "AMBER", "AMBER", "RED"]
    assert [one["source"]["kind"] for one in helen.get("/awards?person=ann").json["items"]] == ["learning"]


def test_competences_are_added_and_required_once(helen):
    made = helen.post("/competences", {"name": "NHS|CSTF|Dragons|", "validity_months": 24})
    required = {"competence": made.json["id"], "organisation": "surgery"}

    twice = [helen.post("/requirements", required).status_code for _ in range(2)]
    known = helen.post("/competences", {"name": "NHS|CSTF|Dragons|"})
    longer = helen.patch(f"/competences/{made.json['id']}", {"validity_months": None})

    assert (made.status_code, twice, known.status_code) == (201, [201, 201], 409)
    assert (made.json["framework"], longer.json["validity_months"]) == ("NHS|CSTF", None)
    lines = helen.get("/people/ann/compliance").json["competences"]
    assert [(line["name"], line["colour"]) for line in lines] == [("NHS|CSTF|Dragons|", "RED"), (FIRE, "RED")]


def test_a_course_an_offering_and_a_class_are_made_opened_changed_and_cancelled(helen):
    course = helen.post("/courses", {"title": "Drill", "organisation": "surgery"}).json["id"]
    offering = helen.post("/offerings", {"course": course, "title": "Drill", "competence": "fire"}).json["id"]
    made = helen.post("/classes", {"offering": offering, "organisation": "surgery", "sessions": [MEETING]})
    path = f"/classes/{made.json['id']}"

    opened = helen.post(f"{path}/open")
    moved = helen.patch(path, {"sessions": [{"id": "1", "starts_at": "2027-01-04T10:00:00Z"}], "venue": "Room 7"})
    cancelled = helen.post(f"{path}/cancel", {"reason": "No trainer"})
    again = helen.post(f"{path}/open")

    assert (made.status_code, made.json["state"], opened.json["state"]) == (201, "PLANNED", "NORMAL")
    assert (moved.json["sessions"][0]["starts_at"], moved.json["venue"]) == ("2027-01-04T10:00:00+00:00", "Room 7")
    assert (cancelled.json["state"], again.status_code) == ("CANCELLED", 409)


def test_a_new_session_needs_both_times(helen):
    answer = helen.post("/classes", {"offering": "fire-class", "organisation": "surgery", "sessions": [{"venue": "x"}]})

    assert answer.status_code == 422
    assert answer.json["facts"]["errors"][0]["pointer"] == "/sessions/0"


def test_an_enrolment_says_its_state_and_its_position_and_one_key_enrols_once(place):
    course_class = northshire.open_class(place.engine, place.clock, maximum=1)
    ann, bob = program(place, "ann"), program(place, "bob")
    said = {"person": "ann", "class": course_class}

    first, same = (ann.post("/enrolments", said, key="k1") for _ in range(2))
    waiting = bob.post("/enrolments", {"person": "bob", "class": course_class})
    refused = ann.post("/enrolments", said)

    assert (first.status_code, first.json["state"], first.json["waitlist_position"]) == (201, "CONFIRMED", None)
    assert same.json == first.json
    assert (waiting.json["state"], waiting.json["waitlist_position"]) == ("WAITLISTED", 1)
    assert refused.status_code == 409
    assert "already" in refused.json["detail"]


def test_withdrawing_promotes_and_others_are_not_reached(place):
    course_class = northshire.open_class(place.engine, place.clock, maximum=1)
    enrolment, waiting = (northshire.enrol(place.engine, course_class, name) for name in ("ann", "bob"))
    ann, bob = program(place, "ann"), program(place, "bob")

    stranger = bob.post(f"/enrolments/{enrolment}/withdraw")
    done = ann.post(f"/enrolments/{enrolment}/withdraw", {"reason": "On leave"})

    assert (stranger.status_code, done.json["state"]) == (404, "WITHDRAWN")
    assert bob.get(f"/enrolments/{waiting}").json["state"] == "CONFIRMED"


def test_nobody_enrols_somebody_else_without_the_permission(place):
    course_class = northshire.open_class(place.engine, place.clock)

    answer = program(place, "ann").post("/enrolments", {"person": "bob", "class": course_class})

    assert answer.status_code == 403
    assert northshire.standing(place.engine, course_class) == {}


def test_a_package_is_imported_offered_and_launched(place, helen):
    kept = helen.upload("/packages", place.zipped())
    course = helen.post("/courses", {"title": "Online", "organisation": "surgery"}).json["id"]
    offering = helen.post("/offerings", {"course": course, "title": "Online", "package": kept.json["hash"]})
    course_class = helen.post("/classes", {"offering": offering.json["id"], "organisation": "surgery"}).json["id"]
    helen.post(f"/classes/{course_class}/open")
    ann = program(place, "ann")
    enrolment = ann.post("/enrolments", {"person": "ann", "class": course_class}).json["id"]

    launched = ann.post("/launches", {"enrolment": enrolment})

    attempt = launched.json["attempt"]
    assert (kept.status_code, launched.status_code) == (201, 201)
    assert ".content.localhost:8000/play/" in launched.json["url"]
    assert launched.json["url"].endswith("/")
    assert ann.get(f"/attempts/{attempt}").json["epoch"] == 0
    assert ann.get(f"/attempts/{attempt}/calls?at=5").json == {"epoch": 0, "calls": []}
    assert helen.get(f"/attempts/{attempt}").status_code == 200
    assert program(place, "bob").get(f"/attempts/{attempt}").status_code == 404
    assert program(place, "bob").post("/launches", {"enrolment": enrolment}).status_code == 404
    assert [one["hash"] for one in helen.get("/packages").json["items"]] == [kept.json["hash"]]


def test_a_refused_package_comes_back_with_its_reasons(helen):
    answer = helen.upload("/packages", b"no zip")
    without = helen.post("/packages", {})

    assert (answer.status_code, without.status_code) == (422, 422)
    assert answer.json["facts"]["reasons"]


def test_no_room_for_a_package_is_507(place, helen):
    place.settings.data_dir.mkdir(parents=True, exist_ok=True)
    place.settings.blobs.write_text("a file where the folder should be")

    answer = helen.upload("/packages", place.zipped())

    assert answer.status_code == 507
    assert answer.content_type == "application/problem+json"


def test_an_applicant_is_taken_to_hired_and_what_came_is_accepted_with_changes(place, helen):
    made = helen.post("/applicants", {"person": "ann", "organisation": "surgery", "position": "Senior Nurse"})
    path = f"/applicants/{made.json['id']}"
    came = [{"name": FIRE, "starts_on": "2026-06-01", "ends_on": "2027-06-01"}]
    said = {"applicant": made.json["id"], "source_organisation": "Westshire", "lines": came}
    transfer = helen.post("/transfers", said)
    edits = {"lines": {"1": {"ends_on": "2027-03-31", "reason": "Our period"}}}

    helen.post(f"{path}/offer")
    refused = helen.post(f"{path}/accept")
    helen.post(f"{path}/accept", {"checks_complete": True})
    helen.post(f"{path}/move-hire-date", {"hire_on": "2026-12-07"})
    answered = program(place, WREN).post(f"/transfers/{transfer.json['id']}/accept-with-edits", edits)
    hired = helen.post(f"{path}/hire")

    assert (transfer.status_code, transfer.json["state"]) == (201, "PENDING")
    assert (refused.status_code, refused.json["detail"].startswith("The employment checks")) == (409, True)
    assert answered.json["state"] == "ACCEPTED_WITH_EDITS"
    assert (hired.json["state"], hired.json["hire_on"]) == ("HIRED", "2026-12-07")
    assert [one["ends_on"] for one in helen.get("/awards?person=ann").json["items"]] == ["2027-03-31"]
    assert ids(helen.get(f"/transfers?applicant={made.json['id']}")) == [transfer.json["id"]]
    assert helen.post(f"{path}/dance").status_code == 404


def test_a_trust_sees_nothing_of_another(place):
    course_class = northshire.open_class(place.engine, place.clock)
    enrolment = northshire.enrol(place.engine, course_class, "ann")
    applicant = workplace.applicant_for(place.engine)
    transfer = workplace.transfer_for(place.engine, applicant)
    other = program(place, ELSEWHERE)
    paths = ("/people/ann", f"/classes/{course_class}", f"/enrolments/{enrolment}", f"/applicants/{applicant}")

    got = [other.get(path).status_code for path in (*paths, f"/transfers/{transfer}", "/people/ann/compliance")]
    done = [
        other.post(path).status_code
        for path in (f"/classes/{course_class}/cancel", f"/enrolments/{enrolment}/withdraw")
    ]
    lists = [
        other.get(path).json["items"] for path in ("/people", "/classes", "/enrolments", "/applicants", "/transfers")
    ]

    assert (got, done, lists) == ([404] * 6, [404] * 2, [[]] * 5)


def test_who_runs_classes_elsewhere_in_the_trust_does_not_reach_these(place):
    course_class = northshire.open_class(place.engine, place.clock)
    sam = program(place, SAM)

    answers = [sam.post(f"/classes/{course_class}/close"), sam.patch(f"/classes/{course_class}", {"venue": "x"})]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert sam.post("/people", {"name": "X", "email": "x@x.example", "organisation": "medicine"}).status_code == 403


MEETING = {"starts_at": "2027-01-04T09:00:00Z", "ends_at": "2027-01-04T12:00:00Z"}


@dataclass(frozen=True)
class Program:
    """A program with somebody's token."""

    client: FlaskClient
    token: str

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self._headers())

    def post(self, path: str, body: Any = None, key: str = "") -> Any:
        return self.client.post(f"/api/v1{path}", json=body or {}, headers=self._headers(key))

    def patch(self, path: str, body: Any) -> Any:
        return self.client.patch(f"/api/v1{path}", json=body, headers=self._headers())

    def upload(self, path: str, file: bytes) -> Any:
        sent = {"package": (BytesIO(file), "course.zip")}
        return self.client.post(f"/api/v1{path}", data=sent, headers=self._headers())

    def _headers(self, key: str = "") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {})}


def program(place, who) -> Program:
    return Program(place.app.test_client(), place.token(who))


def ids(answer) -> list[str]:
    return [one["id"] for one in answer.json["items"]]


def test_an_award_is_put_on_a_profile_by_whoever_manages_careers(place):
    career = program(place, CARA)
    said = {"person": "ann", "competence": "fire", "starts_on": "2026-11-01", "reason": "Certificate seen"}

    longer = career.post("/awards", {**said, "ends_on": "2028-01-01"})
    shorter = career.post("/awards", {**said, "ends_on": "2027-01-01"})
    backwards = career.post("/awards", {**said, "ends_on": "2026-01-01"})
    unknown = career.post("/awards", {**said, "competence": "nothing"})
    learner = program(place, "ann").post("/awards", said)

    assert (longer.status_code, longer.json["state"], shorter.json["state"]) == (201, "HELD", "SUPERSEDED")
    assert (backwards.status_code, unknown.status_code, learner.status_code) == (422, 422, 403)
    assert longer.json["source"] == {"kind": "entered", "by": "Cara Dee", "reason": "Certificate seen"}


def test_a_course_and_an_offering_are_changed_where_the_caller_looks_after_them(helen):
    course = helen.post("/courses", {"title": "Drill", "organisation": "surgery"}).json["id"]
    offering = helen.post("/offerings", {"course": course, "title": "Drill", "competence": "fire"}).json["id"]

    renamed = helen.patch(f"/courses/{course}", {"title": "Fire drill"})
    changed = helen.patch(f"/offerings/{offering}", {"validity_months": 6, "competence": None})
    wrong = helen.patch(f"/offerings/{offering}", {"competence": "nothing"})
    missing = [helen.patch(path, {}).status_code for path in ("/courses/none", "/offerings/none")]

    assert renamed.json["title"] == "Fire drill"
    assert (changed.json["validity_months"], changed.json["competence"]) == (6, None)
    assert (wrong.status_code, missing) == (422, [404, 404])
