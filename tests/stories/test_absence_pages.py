"""Absences as people keep them on their pages: add, preview, change, end, confirm; for others only where one may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.roles import absences, directory
from engine.roles.absence_tables import absences as table
from engine.tables import approvals
from engine.web import absences as pages
from engine.web.incident_pages import Shown
from tests.clock import START
from tests.databases import close
from tests.desk import ADMINISTRATOR, ELSEWHERE, desk_on, on_the_ward
from tests.trial import ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER

pytestmark = pytest.mark.story

NEW = "/absences/new"
AWAY = {"starts_on": "2026-11-22", "ends_on": "2026-12-01", "scope": "", "action": "REASSIGN", "who": "Tom Reid"}


@pytest.fixture
def desk(database_url, clock, tmp_path):
    desk = desk_on(database_url, clock, tmp_path)
    desk.app.register_blueprint(pages.blueprint(desk.engine, {"incident": Shown()}, on_the_ward))
    yield desk
    close(desk.engine.database)


@pytest.fixture
def wren(desk):
    return desk.signed_in(WARD_HOLDER)


def rules(desk):
    with desk.engine.reading() as conn:
        return conn.execute(select(table).order_by(table.c.id)).mappings().all()


def save(browser, **said):
    return browser.post(NEW, {**AWAY, "do": "save", **said})


def suggest(desk):
    with desk.engine.transaction() as tx:
        return absences.suggest(
            tx.connection,
            trust=TRUST,
            account=WARD_HOLDER.id,
            source="<away@x.example>",
            now=tx.now,
            ends_at=START + timedelta(days=5),
        )


def test_without_an_absence_the_page_says_that_questions_come_as_usual(wren):
    page = wren.page("/absences/")

    assert "There is no absence. Questions come as usual." in page
    assert "Absences of others" not in page


def test_what_is_saved_is_listed_in_one_sentence_and_passes_questions_on(desk, wren):
    answer = save(wren, comment="On leave")

    page = wren.page(answer.location)
    assert "All questions are passed on to Tom Reid, from 22 November 2026 to 1 December 2026" in page
    assert "On leave" in page
    desk.asks_for_leave()
    with desk.engine.reading() as conn:
        asked = conn.execute(select(approvals)).mappings().one()
    assert (asked["owner"], asked["delegate"], asked["state"]) == (WARD_HOLDER.id, TRUST_HOLDER.id, "OPEN")


def test_a_preview_says_who_would_be_asked_and_keeps_nothing(desk, wren):
    answer = wren.post(NEW, {**AWAY, "do": "preview"})

    page = " ".join(answer.text.split())
    assert answer.status_code == 200
    assert "Who would be asked on 22 November 2026" in page
    assert ("Leave approver" in page, ROLE in page) == (True, False)
    assert "Wren Hall is away and has passed this on to Tom Reid." in page
    assert rules(desk) == []


def test_an_answer_is_offered_in_the_words_of_its_questions_page(wren):
    page = wren.page(NEW)

    assert '<option value="incident:RESOLVE">Incident: It was put right by hand</option>' in page
    assert '<option value="leave:GRANT">Leave: Grant</option>' in page


def test_an_answer_at_once_is_shown_again_when_the_rule_is_changed(desk, wren):
    save(wren, scope="kind:leave", action="ANSWER", answer="leave:GRANT", who="")

    page = wren.page(f"/absences/{rules(desk)[0]['id']}")

    assert '<option value="leave:GRANT" selected>' in page


def test_an_answer_at_once_is_previewed_and_given(desk, wren):
    said = {"scope": "kind:leave", "action": "ANSWER", "answer": "leave:GRANT", "who": ""}
    preview = wren.post(NEW, {**AWAY, **said, "do": "preview"})
    save(wren, **said)

    desk.asks_for_leave()

    assert "answers “grant” at once" in preview.text
    with desk.engine.reading() as conn:
        asked = conn.execute(select(approvals)).mappings().one()
    assert (asked["state"], asked["choice"], asked["answered_by"]) == ("CLOSED", "GRANT", WARD_HOLDER.id)
    assert asked["comment"] == "Answered at once by an absence rule."


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"starts_on": ""}, "Enter the first day"),
        ({"ends_on": "2026-11-01"}, "must end after it starts"),
        ({"who": "Nobody Known"}, "Nobody else with an active account has this name"),
        ({"who": "wren"}, "Nobody else with an active account has this name"),
        ({"action": ""}, "Choose what happens to the questions."),
        ({"action": "ANSWER", "answer": "leave:GRANT"}, "choose what they are about"),
        ({"action": "ANSWER", "scope": "kind:leave"}, "Choose one of the answers"),
        ({"action": "ANSWER", "scope": "kind:leave", "answer": "incident:RETRY"}, "Choose one of the answers"),
        ({"scope": "kind:weather"}, "No questions are asked about this."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(desk, wren, said, sentence):
    answer = save(wren, **said)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "There is a problem" in answer.text
    assert rules(desk) == []


def test_several_people_of_a_name_are_offered_to_choose_from(desk, wren):
    answer = save(wren, who="n")
    chosen = save(wren, who="n", to="acc-lin")

    assert "Several people have this name" in answer.text
    assert 'value="acc-lin"' in answer.text
    assert chosen.status_code == 303
    assert [one["to"] for one in rules(desk)] == ["acc-lin"]


def test_an_overlap_is_refused_and_names_the_other(wren):
    save(wren)

    answer = save(wren, ends_on="", action="DELIVER")

    assert answer.status_code == 422
    assert "Another absence is for the same questions at the same time: “All questions are passed on" in answer.text


def test_a_rule_is_changed_and_says_who_changed_it(desk, wren):
    save(wren)
    (one,) = rules(desk)

    answer = wren.post(f"/absences/{one['id']}", {**AWAY, "ends_on": "", "transfer": "y", "do": "save"})

    assert "become those of Tom Reid, from 22 November 2026 until it is ended" in wren.page(answer.location)
    assert "Wren Hall: changed" in wren.page(f"/absences/{one['id']}")
    assert rules(desk)[0]["starts_at"] == one["starts_at"]


def test_a_rule_is_ended_after_a_question_and_stays_to_be_read(desk, wren, clock):
    save(wren)
    (one,) = rules(desk)
    end = f"/absences/{one['id']}/end"

    asked = wren.page(end)
    answer = wren.post(end, {})

    assert "Questions that are asked from now on come as usual." in asked
    assert "Over (1)" in wren.page(answer.location)
    assert "An absence that is over" in wren.page(f"/absences/{one['id']}")
    assert wren.post(NEW, {}, to=end).status_code == 422


def test_a_suggestion_is_confirmed_with_who_stands_in(desk, wren):
    one = suggest(desk)

    listed = wren.page("/absences/")
    form = wren.page(f"/absences/{one.id}")
    answer = wren.post(f"/absences/{one.id}", {**AWAY, "do": "save"})

    assert "An automatic reply says that you are away." in listed
    assert "Confirm an absence" in form
    assert "The absence is confirmed." in wren.page(answer.location)
    assert rules(desk)[0]["state"] == "STANDING"


def test_a_suggestion_is_dismissed(desk, wren):
    one = suggest(desk)

    answer = wren.post("/absences/", {}, to=f"/absences/{one.id}/dismiss")

    assert "The suggestion is dismissed." in wren.page(answer.location)
    assert "An automatic reply" not in wren.page("/absences/")
    assert "An absence that is over" in wren.page(f"/absences/{one.id}")


def test_an_administrator_finds_somebody_and_keeps_their_rules(desk):
    ada = desk.signed_in(ADMINISTRATOR)

    found = ada.page("/absences/?q=wren")
    answer = ada.post(f"{NEW}?of={WARD_HOLDER.id}", {**AWAY, "of": WARD_HOLDER.id, "do": "save"})

    assert f'href="/absences/?of={WARD_HOLDER.id}">Wren Hall</a>' in found
    assert "Nobody matches" in ada.page("/absences/?q=zzz")
    assert "Absences of Wren Hall" in ada.page(answer.location)
    assert rules(desk)[0]["account"] == WARD_HOLDER.id


def test_nobody_else_sees_or_changes_them(desk, wren):
    save(wren)
    (one,) = rules(desk)
    eve = desk.signed_in(ELSEWHERE)

    assert eve.get(f"/absences/?of={WARD_HOLDER.id}").status_code == 404
    assert eve.get(f"/absences/{one['id']}").status_code == 404
    assert eve.post(NEW, {}, to=f"/absences/{one['id']}/end").status_code == 404
    assert eve.get("/absences/?of=acc-nobody").status_code == 404


def test_a_message_that_has_asked_can_be_named_and_an_exception_made(desk, wren, clock):
    save(wren)
    desk.asks_for_leave()
    clock.advance(timedelta(hours=1))

    page = wren.page(NEW)
    save(wren, scope="notice:T-02-asked", action="DELIVER")
    desk.asks_for_leave()

    assert "Of the message “T-02-asked”" in page
    with desk.engine.reading() as conn:
        asked = conn.execute(select(approvals.c.delegate).order_by(approvals.c.id)).scalars().all()
    assert asked == [TRUST_HOLDER.id, None]


def test_a_stand_in_may_answer_what_was_passed_on(desk, wren):
    save(wren)
    desk.asks_for_leave()
    with desk.engine.reading() as conn:
        question = conn.execute(select(approvals.c.id)).scalar_one()
        assert (ROLE, WARD) not in directory.actor_of(conn, TRUST, TRUST_HOLDER.id, START).grants

    desk.signed_in(TRUST_HOLDER).post(f"/worklist/{question}", {"choice": "GRANT"})

    with desk.engine.reading() as conn:
        asked = conn.execute(select(approvals.c.state, approvals.c.answered_by)).one()
    assert tuple(asked) == ("CLOSED", TRUST_HOLDER.id)
