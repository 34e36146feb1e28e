"""What a change would do before it is saved: who is told, which invitations go, which places are needed."""

from __future__ import annotations

import pytest

from engine.errors import EngineError, Invalid
from engine.wording import notices
from tests import northshire
from tests.contract.test_forecast import chosen, engine, fingerprint, northshire_  # noqa: F401 - fixtures
from tests.northshire import HELEN, TRUST
from workflows.foresight.outlook import outlook
from workflows.foresight.whatif import compare


@pytest.fixture
def what_if(northshire_, chosen):  # noqa: F811 - the fixtures
    def ask(**said):
        return compare(northshire_, TRUST, outlook(chosen), said, actor=HELEN, days=14)

    return ask


def told(letters):
    """Return (notice, to, method) of letters."""
    return sorted((one.notice[:6], one.name, one.invitation) for one in letters)


def test_a_requirement_more_reminds_of_what_was_not_required(what_if):
    found = what_if(kind="requirement-added", competence="cake", organisation="surgery")

    assert told(found.more_letters) == [("LRN-12", "Ann", "")]
    assert not found.fewer_letters


def test_a_requirement_less_reminds_nobody_of_it_and_needs_no_places(what_if):
    found = what_if(kind="requirement-removed", competence="fire", organisation=TRUST)

    assert {notice for notice, _to, _method in told(found.fewer_letters)} == {"LRN-12", "LRN-13"}
    assert sum(one.needed for one in found.seats_before) == 2
    assert sum(one.needed for one in found.seats_after) == 0


def test_a_class_that_is_moved_sends_its_learners_another_invitation(what_if, northshire_):  # noqa: F811
    course_class = northshire.open_class(northshire_, northshire_.clock, days=9, maximum=5)
    northshire.enrol(northshire_, course_class, "bob")

    found = what_if(**{"kind": "class-moved", "class": course_class, "days": 2})

    assert [one for one in told(found.more_letters) if one[2]] == [("LRN-02", "Bob", "REQUEST")]
    assert {notice for notice, *_ in told(found.more_letters)} == {"LRN-02", "LRN-22"}
    assert [one.step for one in found.more_moves if one.kind == "class"] == ["A2-T12"]
    assert [one.free for one in found.seats_before if one.competence == "fire" and one.free] == [4]


def test_one_meeting_of_a_class_moves_alone(what_if, northshire_):  # noqa: F811
    course_class = northshire.open_class(northshire_, northshire_.clock, days=9, maximum=5, sessions=2)
    northshire.enrol(northshire_, course_class, "bob")

    one = what_if(**{"kind": "class-moved", "class": course_class, "session": "2", "days": 2})
    both = what_if(**{"kind": "class-moved", "class": course_class, "days": 2})

    updates = [sum(count for letter, count in found.more_letters.items() if letter.invitation) for found in (one, both)]
    assert updates == [1, 2]


def test_a_template_says_how_many_letters_would_use_it(what_if):
    source = notices.notice("LRN-12-competence-nearing-expiry").source
    said = {"notice": "LRN-12-competence-nearing-expiry", "text": source.text, "html": source.html}

    found = what_if(kind="template", subject="Renew {{ competence }}", **said)

    assert found.rendering.letters == found.rendering.tried > 0
    assert not found.rendering.failing


def test_a_longer_validity_moves_nobody_for_awards_keep_their_dates(what_if):
    found = what_if(kind="validity", competence="fire", months=24)

    assert not found.more_letters
    assert not found.fewer_letters


def test_an_absence_passes_questions_on_by_its_rule_and_nothing_of_it_is_kept(what_if, northshire_):  # noqa: F811
    northshire.allocate(northshire_, HELEN)
    before = fingerprint(northshire_)

    found = what_if(kind="absence", account="acc-tom", to=HELEN.id, until="2027-06-30")

    place = "Northshire NHS Foundation Trust"
    assert {(one.role, one.place, tuple(one.names)) for one in found.asked} == {("stat-and-mand", place, (HELEN.name,))}
    assert {one.role_title for one in found.asked} == {"Stat & Mand"}
    assert {one.sentence for one in found.asked} == {f"Tom Reid is away and has passed this on to {HELEN.name}."}
    assert fingerprint(northshire_) == before


def test_an_absence_that_has_not_begun_changes_nothing_yet(what_if, northshire_):  # noqa: F811
    northshire.allocate(northshire_, HELEN)

    found = what_if(kind="absence", account="acc-tom", to=HELEN.id, **{"from": "2027-05-01"})

    assert (found.asked, found.more_letters, found.more_moves) == ([], {}, {})


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "magic"},
        {"kind": "validity", "competence": "fire", "months": "many"},
        {"kind": "validity", "competence": "gone", "months": 12},
        {"kind": "validity", "competence": "fire", "months": 0},
        {"kind": "requirement-added", "competence": "fire"},
        {"kind": "requirement-removed", "competence": "cake", "organisation": TRUST},
        {"kind": "absence", "account": "acc-tom"},
        {"kind": "absence", "account": "acc-tom", "to": "nobody"},
        {"kind": "absence", "account": "acc-tom", "to": HELEN.id, "until": "tomorrow"},
        {"kind": "class-moved", "class": "gone", "days": 2},
    ],
)
def test_a_change_that_cannot_be_made_says_so(what_if, said):
    with pytest.raises(EngineError) as refused:
        what_if(**said)

    assert refused.value.sentence


def test_every_kind_names_what_it_needs(what_if):
    with pytest.raises(Invalid, match="organisation"):
        what_if(kind="requirement-removed", competence="fire")
