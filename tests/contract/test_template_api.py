"""`/templates` as programs use it: the same texts, drafts, second person and refusals as on the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from engine import template_keep
from engine.storage import database
from tests.authors import ADA, BEN, add_authors
from tests.databases import sqlite_database
from tests.northshire import SURGERY, TRUST
from tests.workplace import SAM, Workplace, workplace_on

NOTICE = "LRN-17-course-completed"
PATH = f"/templates/{SURGERY}/{NOTICE}"
WRONG = """{% extends "_base" %}
{% block content %}
<p>{{ nobody }}</p>
{% endblock %}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program with the token of somebody."""

    site: Workplace
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Make a call."""
        told = {"Authorization": f"Bearer {self.token}", **headers}
        return self.site.app.test_client().open(f"/api/v1{path}", method=method, json=body, headers=told)


@pytest.fixture
def site(clock, tmp_path):
    """A workplace on one database: what is called here is tried on both by the tests of drafts and pages."""
    with sqlite_database(tmp_path) as url:
        built = workplace_on(url, clock, tmp_path)
        add_authors(built.engine)
        yield built
        built.engine.database.dispose()


@pytest.fixture
def ada(site):
    return Program(site=site, token=site.token(ADA))


def text(program, **changed):
    applies = program.ask("GET", PATH).json
    return {name: applies[name] for name in ("subject", "text", "html")} | {"comment": "Shorter"} | changed


def test_a_text_is_read_saved_published_gone_back_from_and_listed(ada, clock):
    draft = ada.ask("PUT", PATH, text(ada, subject="You did {{ course }}"))
    first = ada.ask("POST", f"{PATH}/publish", {"version": draft.json["number"]})
    clock.advance(timedelta(minutes=1))
    again = ada.ask("PUT", PATH, text(ada, subject="Done: {{ course }}")).json["number"]
    ada.ask("POST", f"{PATH}/publish", {"version": again})
    clock.advance(timedelta(minutes=1))
    back = ada.ask("POST", f"{PATH}/roll-back", {"version": 1, "reason": "It was clearer"})

    applies = ada.ask("GET", PATH).json
    listed = ada.ask("GET", f"{PATH}/versions?limit=2").json
    rest = ada.ask("GET", f"{PATH}/versions?cursor={listed['next']}").json
    assert (draft.status_code, draft.json["state"], draft.json["findings"]) == (200, "DRAFT", [])
    assert (first.json["state"], first.json["published_by"]) == ("PUBLISHED", ADA.id)
    assert (back.json["number"], back.json["restores"], back.json["state"]) == (3, 1, "PUBLISHED")
    assert "Version 3 has the text of version 1." in back.json["says"]
    assert (applies["subject"], applies["own"], applies["published"]) == ("You did {{ course }}", True, 3)
    assert {one["origin"] for one in applies["blocks"] if one["part"] == "Text"} == {"National text"}
    assert [one["number"] for one in listed["items"] + rest["items"]] == [3, 2, 1]
    assert ada.ask("GET", f"{PATH}/versions/2").json["state"] == "RETIRED"
    assert ada.ask("GET", f"{PATH}/versions/none").status_code == 404


def test_the_list_is_searched_and_comes_in_pages(ada):
    everything = ada.ask("GET", "/templates?limit=200").json["items"]
    first = ada.ask("GET", "/templates?limit=3").json
    second = ada.ask("GET", f"/templates?limit=3&cursor={first['next']}").json
    found = ada.ask("GET", f"/templates?organisation={SURGERY}&words=waitlist&area=LRN&language=cy").json["items"]

    assert [one["notice"] for one in first["items"] + second["items"]] == [one["notice"] for one in everything[:6]]
    assert {one["notice"][:3] for one in found} == {"LRN"}
    assert ada.ask("GET", "/templates?own=true").json == {"items": [], "next": None}
    assert ada.ask("GET", "/templates?cursor=nothing").status_code == 422
    assert ada.ask("GET", "/templates?organisation=southshire").status_code == 404


def test_a_preview_tries_the_words_given_and_keeps_nothing(ada):
    usual = ada.ask("POST", f"{PATH}/preview", {"subject": "Well done, {{ recipient_name }}"}).json
    broken = ada.ask("POST", f"{PATH}/preview", {"html": WRONG, "sample": "shortest"}).json

    assert (usual["subject"], usual["publishable"], usual["findings"]) == ("Well done, Priya Nair", True, [])
    assert (broken["sample"], broken["publishable"]) == ("shortest", False)
    assert next((one["level"], one["part"], one["line"]) for one in broken["findings"]) == ("error", "html", 3)
    assert ada.ask("POST", f"{PATH}/preview", {"sample": "nobody"}).json["facts"]["errors"][0]["pointer"] == "/sample"
    assert ada.ask("POST", f"{PATH}/preview", {"message": "nothing"}).status_code == 404
    assert ada.ask("GET", f"{PATH}/versions").json["items"] == []


def test_a_draft_with_errors_is_kept_and_its_publishing_refused_line_by_line(ada):
    draft = ada.ask("PUT", PATH, text(ada, html=WRONG)).json

    refused = ada.ask("POST", f"{PATH}/publish", {"version": draft["number"]})

    assert draft["faults"] == 1
    assert [(one["part"], one["line"]) for one in draft["findings"]] == [("html", 3)]
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert [(one["pointer"], one["line"]) for one in refused.json["facts"]["errors"]] == [("/html", 3)]


def test_a_draft_is_changed_by_number_unless_somebody_else_saved_it(ada):
    draft = ada.ask("PUT", PATH, text(ada)).json
    known = {"draft": draft["number"], "seen": draft["revision"]}

    changed = ada.ask("PUT", PATH, text(ada, subject="Better", **known))
    late = ada.ask("PUT", PATH, text(ada, subject="Late", **known))
    gone = ada.ask("POST", f"{PATH}/discard", {"version": draft["number"]})

    assert (changed.json["number"], changed.json["subject"]) == (draft["number"], "Better")
    assert (late.status_code, late.json["type"]) == (409, "urn:preceptor:conflict")
    assert gone.json["state"] == "DISCARDED"


def test_the_same_key_saves_one_draft(ada):
    key = {"Idempotency-Key": "one"}
    words = text(ada)

    first, second = (ada.ask("PUT", PATH, words, **key) for _ in range(2))

    assert first.json == second.json
    assert len(ada.ask("GET", f"{PATH}/versions").json["items"]) == 1


def test_a_second_person_publishes_where_the_trust_says_so(site, ada, clock):
    with database.writing(site.engine.database) as connection:
        template_keep.set_second_person(connection, TRUST, ADA.id, clock(), wanted=True)
    ben = Program(site=site, token=site.token(BEN))
    number = {"version": ada.ask("PUT", PATH, text(ada)).json["number"]}

    sent = ada.ask("POST", f"{PATH}/publish", number)
    own = ada.ask("POST", f"{PATH}/approve", number)
    back = ben.ask("POST", f"{PATH}/send-back", {**number, "reason": "A word is missing"})
    ada.ask("POST", f"{PATH}/publish", number)
    approved = ben.ask("POST", f"{PATH}/approve", number)
    ended = ben.ask("POST", f"{PATH}/withdraw", {**number, "reason": "We use the trust's"})

    assert (sent.json["state"], own.status_code) == ("SUBMITTED", 409)
    assert "another template administrator" in own.json["detail"]
    assert [one.json["state"] for one in (back, approved, ended)] == ["DRAFT", "PUBLISHED", "RETIRED"]
    assert approved.json["published_by"] == BEN.id


def test_nobody_else_reads_or_writes_a_text(site, ada):
    stranger = Program(site=site, token=site.token(SAM))

    assert stranger.ask("GET", "/templates").status_code == 403
    assert stranger.ask("PUT", PATH, {}).status_code == 403
    assert ada.ask("GET", f"/templates/southshire/{NOTICE}").status_code == 404
    assert ada.ask("PUT", f"/templates/southshire/{NOTICE}", text(ada)).status_code == 404
    assert ada.ask("GET", f"/templates/{SURGERY}/LRN-99-none").status_code == 404
