"""An applicant on the way to being hired, and the competences that come for them from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from engine import accounts
from engine.roles import directory
from tests.clock import START
from tests.stories.story_site import Site
from tests.stories.windows import Answer, Program, Window
from tests.waiting import until
from workflows.competence import store as competence_store
from workflows.competence.records import Competence
from workflows.demo import trust
from workflows.onboarding.records import REVIEW_DAYS
from workflows.people import store as people
from workflows.people.records import Person
from workflows.people.responsibilities import RECRUITER

pytestmark = pytest.mark.story

RECRUITS = "helen.marsh"
LOCAL = "wren.hall"
TRUSTS = "tom.reid"
ANSWER = r"/worklist/\w+(\?|$)"
TODAY = START.date()
HIRE = TODAY + timedelta(days=30)
BEGAN = TODAY - timedelta(days=200)
ENDS = {"fire-safety": 530, "resuscitation": 165, "safeguarding-adults": 895}
NAMES = {
    "fire-safety": "NHS|CSTF|Fire Safety - 2 Years|",
    "resuscitation": "NHS|CSTF|Resuscitation - Level 2 - Adult Basic Life Support - 1 Year|",
    "safeguarding-adults": "NHS|CSTF|Safeguarding Adults - Level 2 - 3 Years|",
}
REQUIRED = {"information-governance", "moving-and-handling", "resuscitation", "fire-safety", "infection-control"}
LINES = [
    {"name": NAMES[key], "starts_on": str(BEGAN), "ends_on": str(TODAY + timedelta(days=days))}
    for key, days in ENDS.items()
]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody on the way into a post, and whoever recruits them."""

    id: str
    person: str
    site: Site
    program: Program

    @property
    def page(self) -> str:
        """Return what their page says."""
        return self.site.signed_in(RECRUITS).open(f"/applicants/{self.id}").text

    @property
    def state(self) -> str:
        """Return how far they are."""
        return str(self.program.get(f"/applicants/{self.id}")["state"])

    @property
    def profile(self) -> dict[str, Mapping[str, Any]]:
        """Return what they hold, by competence."""
        held = self.site.program("daniel.okafor").all("/awards", person=self.person)
        return {one["competence"]: one for one in held if one["state"] == "HELD"}

    def brings(self, source: str = "Westerly University Hospitals") -> str:
        """Let competences arrive for them, and return the transfer's id."""
        sent = {"applicant": self.id, "source_organisation": source, "lines": LINES}
        answer = self.program.post("/transfers", sent)
        assert answer.status == 201, answer.html
        return str(answer.json["id"])

    def told(self, transfer: str) -> dict[str, Any]:
        """Return a transfer as the API tells of it."""
        return dict(self.program.get(f"/transfers/{transfer}"))


@pytest.fixture
def candidate(site: Site) -> Candidate:
    """Record a preferred applicant for Surgery on the page of whoever recruits."""
    window = site.signed_in(RECRUITS)
    form = window.open("/applicants/new").form()
    page = window.send(
        form,
        {
            "name": "Dr Asha Mehta",
            "email": "asha.mehta@westerly.example",
            "position": "Specialty Registrar",
            "organisation": trust.SURGERY,
            "hire_on": HIRE.isoformat(),
        },
    )
    assert "Dr Asha Mehta is recorded as preferred applicant." in page.text, page.text
    key, program = page.path.rpartition("/")[2], site.program(RECRUITS)
    return Candidate(id=key, person=program.get(f"/applicants/{key}")["person"], site=site, program=program)


def the_question(window: Window) -> Answer:
    """Open what is asked on somebody's worklist about Dr Mehta."""
    link = window.open("/worklist/").link("Dr Asha Mehta")
    return window.open(link)


def step(window: Window, of: Candidate, name: str, values: Mapping[str, str | None] | None = None) -> Answer:
    """Open the form of a step and send it."""
    return window.send(window.open(f"/applicants/{of.id}/step/{name}").form(), values)


# From preferred applicant to hired


def test_an_applicant_is_taken_step_by_step_to_hired_and_each_refusal_says_what_is_missing(candidate: Candidate):
    window = candidate.site.signed_in(RECRUITS)

    too_early = candidate.program.post(f"/applicants/{candidate.id}/hire", {})
    offered = step(window, candidate, "offer")
    unchecked = step(window, candidate, "accept", {"checks_complete": None})
    accepted = step(window, candidate, "accept", {"checks_complete": "y"})
    undated = candidate.program.post(f"/applicants/{candidate.id}/move-hire-date", {})
    hired = step(window, candidate, "hire", {"hire_on": HIRE.isoformat(), "person_type": "Employee"})

    assert too_early.status == 409
    assert "Dr Asha Mehta: offered the post, with conditions." in offered.text
    assert (unchecked.status, accepted.status) == (409, 200)
    assert "The employment checks are not complete yet." in unchecked.text
    assert undated.status == 409
    assert undated.json["detail"].startswith("A new hire date is needed.")
    assert "Dr Asha Mehta: hired." in hired.text
    assert candidate.state == "HIRED"


def test_nobody_is_hired_without_a_date(candidate: Candidate):
    person = candidate.program.post(
        "/people", {"name": "Ola Berg", "email": "ola.berg@westerly.example", "organisation": trust.SURGERY}
    ).json["id"]
    key = candidate.program.post("/applicants", {"person": person, "position": "Porter"}).json["id"]
    for trigger, said in (("offer", {}), ("accept", {"checks_complete": True})):
        candidate.program.post(f"/applicants/{key}/{trigger}", said)

    answer = candidate.program.post(f"/applicants/{key}/hire", {})

    assert answer.status == 409
    assert "A hire date is needed." in answer.html


def test_an_applicant_is_withdrawn_only_with_a_reason_and_what_waits_lapses(candidate: Candidate):
    transfer = candidate.brings()
    window = candidate.site.signed_in(RECRUITS)

    without = step(window, candidate, "withdraw")
    with_one = step(window, candidate, "withdraw", {"reason": "Took a post elsewhere."})

    assert without.status == 409
    assert with_one.status == 200
    assert candidate.state == "WITHDRAWN"
    assert candidate.told(transfer)["state"] == "LAPSED"
    assert candidate.profile == {}


def test_the_requirements_of_a_post_hold_from_the_day_of_hiring(candidate: Candidate):
    before = candidate.program.get(f"/people/{candidate.person}/compliance")["competences"]
    for trigger, said in (("offer", {}), ("accept", {"checks_complete": True}), ("hire", {})):
        candidate.program.post(f"/applicants/{candidate.id}/{trigger}", said)

    after = candidate.program.get(f"/people/{candidate.person}/compliance")["competences"]

    assert before == []
    assert {line["competence"] for line in after} == REQUIRED


# What comes along


def test_a_transfer_goes_to_the_holder_of_the_local_role_and_not_to_the_trusts(candidate: Candidate):
    candidate.brings()

    mails = candidate.site.post()
    question = the_question(candidate.site.signed_in(LOCAL))
    elsewhere = candidate.site.signed_in(TRUSTS)

    assert [(mail.who, mail.method) for mail in mails] == [(LOCAL, None)]
    assert "Please review: competences of Dr Asha Mehta from Westerly" in mails[0].subject
    assert question.path in mails[0].text
    assert "Stat & Mand Competencies Ntf (Surgery)" in question.text
    assert "Dr Asha Mehta" not in elsewhere.open("/worklist/").text
    assert elsewhere.open(question.path).status == 404


def test_exactly_what_the_holder_accepted_is_on_the_profile_with_where_it_came_from(candidate: Candidate):
    transfer = candidate.brings()
    wren = candidate.site.signed_in(LOCAL)
    shorter = TODAY + timedelta(days=300)

    page = wren.send(
        the_question(wren).form(ANSWER),
        {"ends-1": shorter.isoformat(), "take-3": None, "reason-3": "Out of date.", "choice": "ACCEPT_WITH_EDITS"},
    )

    profile = candidate.profile
    assert "You answered this." in page.text
    assert {key: (one["starts_on"], one["ends_on"]) for key, one in profile.items()} == {
        "fire-safety": (str(BEGAN), str(shorter)),
        "resuscitation": (str(BEGAN), str(TODAY + timedelta(days=ENDS["resuscitation"]))),
    }
    edited, as_it_came = profile["fire-safety"]["source"], profile["resuscitation"]["source"]
    assert (edited["kind"], edited["transfer"]) == ("transfer", transfer)
    assert edited["source_organisation"] == "Westerly University Hospitals"
    assert edited["original"]["ends_on"] == str(TODAY + timedelta(days=ENDS["fire-safety"]))
    assert edited["edited_by"] == "Wren Hall"
    assert "edited_by" not in as_it_came
    assert "Wren Hall accepted 2 of 3 competences with changes on 22 November 2026." in candidate.page


def test_an_end_later_than_the_sources_needs_a_reason_and_what_was_typed_is_kept(candidate: Candidate):
    candidate.brings()
    wren = candidate.site.signed_in(LOCAL)
    later = str(date(2030, 1, 31))

    page = wren.send(the_question(wren).form(ANSWER), {"ends-1": later, "choice": "ACCEPT_WITH_EDITS"})

    assert page.status == 422
    assert "an end later than the source's needs a reason" in page.text
    assert page.form(ANSWER).fields["ends-1"] == later
    assert candidate.profile == {}


def test_an_unanswered_transfer_lapses_nothing_is_transferred_and_the_page_says_why(candidate: Candidate):
    transfer = candidate.brings()
    wren = candidate.site.signed_in(LOCAL)
    question = the_question(wren)
    last = HIRE + timedelta(days=REVIEW_DAYS)

    candidate.site.clock.set(START + (last - TODAY) + timedelta(hours=14, minutes=59))
    open_still = candidate.told(transfer)["state"]
    candidate.site.clock.advance(timedelta(minutes=1))
    until(lambda: candidate.told(transfer)["state"] == "LAPSED", "the transfer lapses")

    late = candidate.site.signed_in(LOCAL).open(question.path)
    assert open_still == "PENDING"
    assert candidate.profile == {}
    assert "Nothing was transferred: it ended on" in candidate.page
    assert "without an answer" in candidate.page
    assert candidate.told(transfer)["why"] in candidate.page
    assert "Nobody answered by the due date." in late.text


def test_a_lapsed_transfer_is_asked_again_by_whoever_holds_the_role(candidate: Candidate):
    transfer = candidate.brings()
    candidate.site.clock.advance(HIRE - TODAY + timedelta(days=REVIEW_DAYS + 1))
    until(lambda: candidate.told(transfer)["state"] == "LAPSED", "the transfer lapses")
    candidate.site.post()
    wren = candidate.site.signed_in(LOCAL)

    page = wren.send(wren.open(f"/transfers/{transfer}").form("reopen"))

    assert "It is asked again." in page.text
    assert candidate.told(transfer)["state"] == "PENDING"
    assert [mail.who for mail in candidate.site.post()] == [LOCAL]


def test_where_the_role_is_not_allocated_everything_national_is_copied_and_nobody_is_asked(site: Site):
    found_southshire(site)
    program = site.program_of("southshire", "ivy.reed")
    applicant = program.post("/applicants", {"person": "asha", "position": "Registrar"}).json["id"]

    local = {"name": "SOU|LOCAL|Car Park - 1 Year|", "starts_on": str(BEGAN)}
    refused = program.post("/transfers", {"applicant": applicant, "source_organisation": "W", "lines": [local]})
    sent = {"applicant": applicant, "source_organisation": "Westerly University Hospitals", "lines": LINES[:1]}
    transfer = program.post("/transfers", sent).json

    held = list(program.all("/awards", person="asha"))
    assert refused.status == 409
    assert transfer["state"] == "COPIED"
    assert "The stat & mand role is not allocated here" in transfer["why"]
    assert [(one["competence"], one["state"], one["source"]["kind"]) for one in held] == [("fire", "HELD", "pds-copy")]
    assert site.post() == []


def found_southshire(site: Site) -> None:
    """Found a second trust in which nobody is asked, with a recruiter and an applicant."""
    with site.engine.transaction() as tx:
        conn = tx.connection
        directory.add_organisation(conn, now=tx.now, id="southshire", name="Southshire Hospitals")
        for key, name in (("ivy", "Ivy Reed"), ("asha", "Asha Mehta")):
            email = f"{key}@southshire.example"
            person = Person(trust="southshire", id=key, name=name, email=email, organisation="southshire")
            people.add_person(conn, person)
        accounts.add_account(
            conn, now=tx.now, trust="southshire", id="ivy.reed", username="ivy.reed", email=email, name="Ivy Reed"
        )
        directory.grant(conn, "southshire", "ivy.reed", RECRUITER, "southshire")
        new = {"trust": "southshire", "framework": "NHS|CSTF", "validity_months": 24, "national": True}
        competence_store.add_competence(conn, Competence(id="fire", name=NAMES["fire-safety"], **new))


# Two answers to one question


def test_a_second_answer_sees_what_already_happened_and_changes_nothing(candidate: Candidate):
    transfer = candidate.brings()
    wren = candidate.site.signed_in(LOCAL)
    form = the_question(wren).form(ANSWER)
    wren.send(form, {"choice": "ACCEPT"})
    before = candidate.profile

    page = wren.send(form, {"choice": "REJECT", "comment": "On second thoughts."})

    assert "You answered this." in page.text
    assert "This had happened before your answer came, so yours was not used." in page.text
    assert candidate.told(transfer)["state"] == "ACCEPTED"
    assert candidate.profile == before


def test_the_same_answer_twice_is_no_news(candidate: Candidate):
    candidate.brings()
    wren = candidate.site.signed_in(LOCAL)
    form = the_question(wren).form(ANSWER)
    wren.send(form, {"choice": "ACCEPT"})

    page = wren.send(form, {"choice": "ACCEPT"})

    assert "You answered this." in page.text
    assert "yours was not used" not in page.text
    assert len(candidate.profile) == 3


def test_of_two_answers_at_once_one_counts_and_the_other_is_told_which(candidate: Candidate):
    transfer = candidate.brings()
    program = candidate.site.program(LOCAL)
    (asked,) = (one for one in program.all("/approvals") if one["subject"] == transfer)

    def answer(choice: str) -> Answer:
        said = {"choice": choice, "comment": "Not convincing.", "facts": {"reason": "Not convincing."}}
        return program.post(f"/approvals/{asked['id']}/answer", said)

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(answer, ("ACCEPT", "REJECT")))

    told = candidate.told(transfer)
    assert sorted(one.status for one in answers) == [200, 409]
    assert "Wren Hall answered this on" in next(one for one in answers if one.status == 409).html
    assert len(candidate.profile) == (3 if told["state"] == "ACCEPTED" else 0)


def test_an_answer_whose_facts_are_of_the_wrong_kind_is_refused_by_the_name_of_the_field(candidate: Candidate):
    transfer = candidate.brings()
    program = candidate.site.program(LOCAL)
    (asked,) = (one for one in program.all("/approvals") if one["subject"] == transfer)
    wrong = {
        "/lines": "one",
        "/lines/1": {"1": 5},
        "/lines/1/accepted": {"1": {"accepted": "yes"}},
        "/lines/1/starts_on": {"1": {"starts_on": "soon"}},
        "/lines/1/competence": {"1": {"competence": ["fire"]}},
        "/lines/1/else": {"1": {"else": 1}},
    }

    for pointer, lines in wrong.items():
        said = {"choice": "ACCEPT_WITH_EDITS", "facts": {"lines": lines}}
        answers = {
            f"/facts{pointer}": program.post(f"/approvals/{asked['id']}/answer", said),
            f"/facts{pointer} ": program.post("/approvals/answer-many", {**said, "ids": [asked["id"]]}),
            pointer: program.post(f"/transfers/{transfer}/accept-with-edits", {"lines": lines}),
        }
        for at, answer in answers.items():
            assert (answer.status, answer.json["facts"]["errors"][0]["pointer"]) == (422, at.strip())
    assert candidate.told(transfer)["state"] == "PENDING"
