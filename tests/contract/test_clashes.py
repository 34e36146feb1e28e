"""What else somebody has at the time of a class: said before they enrol, before another does, before it is moved."""

from datetime import timedelta

import pytest

from engine.roles.absence import Absence
from engine.roles.absences import save
from engine.roles.routing import Action
from engine.storage import database
from tests import northshire
from tests.databases import close
from tests.northshire import HELEN, TRUST, enrol, learner, open_class
from tests.workplace import workplace_on
from workflows.learning import clashes, pages
from workflows.learning.clashes import Kind


@pytest.fixture
def place(database_url, clock, tmp_path):
    place = workplace_on(database_url, clock, tmp_path)
    yield place
    close(place.engine.database)


def against(place, course_class, person="ann"):
    """Return (kind, words) of what is in the way of a class."""
    with place.engine.reading() as connection:
        one = pages.course_class(connection, TRUST, course_class)
        found = clashes.clashes(connection, TRUST, [one], [person, "bob"]).get((course_class, person), ())
    return [(clash.kind, clash.text) for clash in found]


def away(place, person, *, days, until, **changes):
    """Have somebody be away from one day to another, counted from now."""
    now = place.clock()
    rule = Absence(
        trust=TRUST,
        account=f"acc-{person}",
        action=Action.DELIVER,
        starts_at=now + timedelta(days=days),
        ends_at=now + timedelta(days=until) if until else None,
        **changes,
    )
    with database.writing(place.engine.database) as connection:
        save(connection, rule, {"enrolment": ()}, learner(person), now)


def test_a_place_a_waitlist_and_an_absence_at_the_same_time_are_named(place):
    first = open_class(place.engine, place.clock, title="First aid", maximum=1)
    enrol(place.engine, first, "ann")
    away(place, "ann", days=29, until=31)
    wanted = open_class(place.engine, place.clock, title="Fire drill")
    waited = open_class(place.engine, place.clock, days=30.05, title="Later that day", maximum=1)
    enrol(place.engine, waited, "bob")

    found = against(place, wanted)

    assert [kind for kind, _text in found] == [Kind.PLACE, Kind.AWAY]
    assert found[0][1] == "a place on First aid, Tuesday 22 December 2026, 9:00am to 12:00pm"
    assert found[1][1].startswith("an absence from 21 December 2026 to")
    assert [kind for kind, _text in against(place, wanted, "bob")] == [Kind.PLACE]


def test_what_only_touches_it_or_is_another_day_or_given_up_is_not_in_the_way(place):
    wanted = open_class(place.engine, place.clock)
    after = open_class(place.engine, place.clock, days=30.125)
    left = enrol(place.engine, open_class(place.engine, place.clock), "ann")
    northshire.fire(place.engine, learner("ann"), "enrolment", left, "WITHDRAW")
    enrol(place.engine, after, "ann")
    away(place, "ann", days=1, until=2)

    assert against(place, wanted) == []


def test_a_rule_for_some_questions_or_for_ever_is_no_absence(place):
    wanted = open_class(place.engine, place.clock)
    away(place, "ann", days=0, until=None)
    away(place, "bob", days=0, until=60, kind="enrolment")

    assert (against(place, wanted), against(place, wanted, "bob")) == ([], [])


def test_a_learner_is_told_before_enrolling_and_only_a_place_forbids_it(place):
    booked = open_class(place.engine, place.clock, title="First aid")
    enrol(place.engine, booked, "ann")
    open_class(place.engine, place.clock, title="Fire drill")
    away(place, "bob", days=29, until=31)

    anns, bobs = (place.signed_in(name).page("/learning/find?q=fire") for name in ("ann", "bob"))

    assert "You have a place on First aid" in anns
    assert "Give that up first" in anns
    assert "on Fire drill</span>" not in anns
    assert "You have an absence from 21 December 2026" in bobs
    assert "on Fire drill</span>" in bobs


def test_whoever_asks_for_a_place_is_told_too(place):
    wanted = open_class(place.engine, place.clock, approval=True)
    away(place, "ann", days=29, until=31)

    assert "You have an absence from" in place.signed_in("ann").page(f"/learning/find/{wanted}")


def test_who_enrols_somebody_sees_what_they_have_then(place):
    enrol(place.engine, open_class(place.engine, place.clock, title="First aid"), "ann")
    wanted = open_class(place.engine, place.clock)

    shown = place.signed_in(HELEN).page(f"/classes/{wanted}/enrol?q=ann")

    assert "Ann (ann@northshire.example). At the same time: a place on First aid" in shown


def test_a_class_that_is_moved_names_who_has_something_else_then(place):
    elsewhere = open_class(place.engine, place.clock, days=40, title="First aid")
    moved = open_class(place.engine, place.clock)
    for name in ("ann", "bob"):
        enrol(place.engine, moved, name)
    enrol(place.engine, elsewhere, "ann")
    day = (place.clock() + timedelta(days=40)).date().isoformat()
    said = {
        "title": "Fire Safety",
        "venue": "Room 3",
        "session-1-date": day,
        "session-1-starts": "10:00",
        "session-1-ends": "11:00",
        "session-1-venue": "Room 3",
    }

    reviewed = place.signed_in(HELEN).post(f"/classes/{moved}/change", said)

    page = " ".join(reviewed.text.split())
    assert reviewed.status_code == 200, page
    assert "Who has something else at the new times" in page
    assert "a place on First aid" in page
    assert "Bob" not in page


def test_e_learning_is_in_nobodys_way(place):
    with place.engine.reading() as connection:
        assert clashes.clashes(connection, TRUST, [], ["ann"]) == {}
