"""Roles as administrators give and take them on their pages, and the page of what nobody would be asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.roles import directory
from engine.roles.coverage import Answer, Cover, Reach, demands
from engine.roles.directory import Holder, Role
from engine.storage import database
from engine.web import coverage, roles
from tests.clock import START
from tests.databases import close
from tests.desk import ADMINISTRATOR, ELSEWHERE, _grant, desk_on
from tests.trial import ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER

pytestmark = pytest.mark.story

HERE = f"/roles/{ROLE}/{WARD}"
WREN = f"{HERE}/holders/{WARD_HOLDER.id}"


@pytest.fixture
def desk(database_url, clock, tmp_path):
    desk = desk_on(database_url, clock, tmp_path)
    allocate_the_rest(desk.engine)
    desk.app.register_blueprint(roles.blueprint(desk.engine))
    desk.app.register_blueprint(coverage.blueprint(desk.engine))
    yield desk
    close(desk.engine.database)


@pytest.fixture
def ada(desk):
    return desk.signed_in(ADMINISTRATOR)


def asked_of(engine):
    return {one.role for one in demands(workflow for workflow, _keep in engine.keeps.values())}


def allocate_the_rest(engine):
    """Let Tom Reid hold what else the engine's own workflows ask."""
    with database.writing(engine.database) as conn:
        for role in asked_of(engine) - {ROLE}:
            directory.put_role(conn, Role(trust=TRUST, role=role, organisation=TRUST, title=role))
            directory.put_holder(conn, Holder(trust=TRUST, role=role, organisation=TRUST, account=TRUST_HOLDER.id))


def held(desk, place=WARD):
    with desk.engine.reading() as conn:
        return directory.holders_of(conn, TRUST, ROLE, place)


def test_roles_are_listed_with_their_versions_and_holders(ada):
    listed, one = ada.page("/roles/"), ada.page(f"/roles/{ROLE}")

    assert "Leave approver" in listed
    assert "Tom Reid, Wren Hall" in listed
    assert one.index("Northshire") < one.index("Ward 7")


def test_a_version_is_added_for_an_organisation_and_says_that_nobody_holds_it(desk, ada):
    with database.writing(desk.engine.database) as conn:
        directory.add_organisation(conn, now=START, trust=TRUST, id="ward-8", name="Ward 8")

    answer = ada.post(f"/roles/{ROLE}/new", {"organisation": "ward-8", "title": "Leave, Ward 8"})

    page = ada.page(answer.location)
    assert "Nobody holds this version: a question here would be an incident." in page
    assert "Ada Obi: added" in page


def test_a_version_without_an_organisation_is_not_made(ada):
    answer = ada.post(f"/roles/{ROLE}/new", {"organisation": "", "title": "Leave"})

    assert answer.status_code == 422
    assert "Choose an organisation." in answer.text


def test_a_holder_is_found_by_name_and_given_the_role_for_some_days(desk, ada):
    add = f"{HERE}/add"

    found = ada.page(f"{add}?q=lin")
    answer = ada.post(
        f"{add}?q=lin", {"q": "lin", "account": "acc-lin", "starts_on": "2026-11-23", "ends_on": "2026-11-30"}
    )

    page = ada.page(answer.location)
    assert "Lin Chen (lin@northshire.example)" in found
    assert "Ada Obi: gave it to Lin Chen" in page
    assert "From 23 November 2026 until the end of 30 November 2026" in page
    assert "To come" in page


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"account": ""}, "Choose a person."),
        ({"account": "acc-lin", "starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "must not be before the first"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_gets_the_role(desk, ada, said, sentence):
    answer = ada.post(f"{HERE}/add?q=lin", {"q": "lin", **said})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert len(held(desk)) == 1


def test_whoever_holds_the_role_already_is_not_found_again(ada):
    assert "Nobody with an active account who does not hold the role yet" in ada.page(f"{HERE}/add?q=wren")


def test_the_days_of_a_holder_are_changed_and_what_was_not_touched_stays(desk, ada):
    ends = START + timedelta(days=3)
    with database.writing(desk.engine.database) as conn:
        given = {"trust": TRUST, "role": ROLE, "organisation": WARD, "account": WARD_HOLDER.id}
        directory.put_holder(conn, Holder(**given, ends_at=ends))

    ada.post(WREN, {"starts_on": "2026-11-01", "ends_on": "2026-11-25"})

    (one,) = held(desk)
    assert one.starts_at.isoformat() == "2026-11-01T00:00:00+00:00"
    assert one.ends_at == ends


def test_a_holder_is_removed_after_a_warning_and_given_back(desk, ada):
    asked = ada.page(f"{WREN}/remove")
    answer = ada.post(f"{WREN}/remove", {})
    removed = ada.page(answer.location)
    ada.post(WREN, {"starts_on": "", "ends_on": ""})

    assert "Nobody would be left" in asked
    assert "You can give it back below." in removed
    assert "Ada Obi: took it from Wren Hall" in removed
    assert held(desk)[0].enabled


def test_a_version_is_switched_off_and_on_with_what_comes_of_it(desk, ada):
    switch = f"{HERE}/switch"

    before = ada.page(switch)
    answer = ada.post(switch, {"to": "off"})
    off = ada.page(answer.location)
    again = ada.page(switch)
    ada.post(switch, {"to": "on"})

    assert "Questions here would go to the holders of the version of Northshire." in before
    assert "Ada Obi: switched off" in off
    assert "Questions here would go to Wren Hall." in again
    assert "Ada Obi: switched on" in ada.page(HERE)


def test_without_a_version_above_the_fallback_is_announced(ada):
    assert "No version above is on" in ada.page(f"/roles/{ROLE}/{TRUST}/switch")


def test_what_is_not_there_is_not_found(ada):
    assert [
        ada.get(address).status_code
        for address in ("/roles/nothing", f"/roles/{ROLE}/nowhere", f"{HERE}/holders/acc-nobody")
    ] == [404, 404, 404]


def test_only_administrators_come_in_and_only_where_they_administer(desk):
    _grant(desk.engine, ELSEWHERE, "system-administrator", WARD)
    eve, tom = desk.signed_in(ELSEWHERE), desk.signed_in(TRUST_HOLDER)

    assert tom.get("/roles/").status_code == 403
    assert tom.get("/roles/coverage").status_code == 403
    assert eve.get(HERE).status_code == 200
    assert eve.get(f"/roles/{ROLE}/{TRUST}").status_code == 404
    assert "Northshire" not in eve.page("/roles/coverage")


def test_coverage_shows_who_would_be_asked_and_the_gaps_alone(desk, ada):
    covered = ada.page("/roles/coverage")
    ada.post(f"{WREN}/remove", {})

    gaps = ada.page("/roles/coverage?gaps=1")

    assert "Every question would find somebody, or its fallback." in covered
    assert "Wren Hall" in covered
    assert "Gaps: 1" in gaps
    assert "Ward 7" in gaps
    assert "Northshire</td>" not in gaps
    assert "Nothing matches" in ada.page("/roles/coverage?q=zzz")


def test_coverage_goes_on_in_pages_and_comes_as_a_file(desk, ada):
    with database.writing(desk.engine.database) as conn:
        for number in range(30):
            directory.add_organisation(conn, now=START, trust=TRUST, id=f"w{number}", name=f"=Ward {number:02}")

    first, last = ada.page("/roles/coverage?q=ward"), ada.page("/roles/coverage?q=ward&page=9")
    file = ada.get("/roles/coverage.csv")

    assert f"{31 * len(asked_of(desk.engine))} in all." in first
    assert 'rel="next"' in first
    assert 'rel="next"' not in last
    assert "Back to the first page" in last
    assert file.mimetype == "text/csv"
    assert "\r\n'=Ward 00,w0,Leave approver,leave-approver,Leave,no,Tom Reid,Tom Reid\r\n" in file.text


def test_a_gap_is_named_in_the_file():
    nobody = Answer(reach=Reach.NOBODY, sentence="Nobody active holds it.")
    row = {"kind": "leave", "title": "Leave", "role": ROLE, "organisation": WARD, "name": "Ward 7"}

    text = coverage.written([Cover(**row, answers=(nobody, nobody))], {ROLE: "Leave approver"}, START)

    assert "yes,Nobody. Nobody active holds it.," in text


def test_who_gives_themselves_a_role_is_told_why_not_and_keeps_what_they_typed(desk, ada):
    answer = ada.post(f"{HERE}/add?q=ada", {"q": "ada", "account": ADMINISTRATOR.id})

    assert answer.status_code == 422
    assert "You cannot give yourself a role." in answer.text
    assert [one.account for one in held(desk)] == [WARD_HOLDER.id]
