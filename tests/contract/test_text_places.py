"""Texts of an offering and of a class: who writes them, which goes to whom, and what its course tells learners."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import drafts
from engine.drafts import Place
from engine.errors import Missing
from engine.letters import Subject
from engine.mail import Composer
from engine.privacy.sight import sees
from engine.wording import notices, places, texts
from engine.wording.template_tables import template_versions
from engine.wording.template_version import State
from engine.wording.templates import Shelf
from engine.wording.trial import Trial
from tests import northshire
from tests.authors import ADA, BEN, add_authors, ask_ben
from tests.northshire import HELEN, SURGERY, TRUST
from tests.workplace import workplace_on

NOTICE = "LRN-01-joining-instructions"
SHIPPED = notices.notice(NOTICE).source
OFFERING = "fire-class"


@pytest.fixture
def site(database_url, clock, tmp_path):
    built = workplace_on(database_url, clock, tmp_path)
    add_authors(built.engine, "system-administrator")
    yield built
    built.engine.database.dispose()


def publish(site, place, subject, actor=ADA):
    with site.engine.transaction(actor) as tx:
        tried = Trial(notice=NOTICE, source=replace(SHIPPED, subject=subject), findings=(), samples={})
        return drafts.save_and_publish(
            tx, Place(trust=TRUST, organisation=place, notice=NOTICE), tried, comment=f"It says {subject}"
        )


def subjects(site):
    """Return the subject of every joining letter, by person, as it would be written now."""
    rows = [dict(row._mapping) for row in northshire.letters(site.engine) if row.notice == NOTICE]
    composer = Composer(Shelf(), "Learning <learning@northshire.example>")
    with site.engine.reading() as connection:
        composer.prepare(connection, rows)
    built = [composer.compose(row, site.clock()).message for row in rows]
    return [message.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for message in built]


def offered(site, course_class=None):
    """Have the pages know an offering, and a class of it, as places of texts."""
    path = f"/offerings/{OFFERING}"
    return site.signed_in(ADA).post(path, {}, to=f"{path}{f'/classes/{course_class}' if course_class else ''}/texts")


def test_the_nearest_text_goes_the_class_then_the_offering_then_the_organisation(site, clock):
    first, second = northshire.open_class(site.engine, clock), northshire.open_class(site.engine, clock, days=40)
    assert offered(site, first).location == f"/templates/?organisation={first}"
    publish(site, SURGERY, "Surgery")
    northshire.enrol(site.engine, second, "ann")
    clock.advance(timedelta(minutes=1))
    publish(site, OFFERING, "Offering")
    publish(site, first, "Class")
    clock.advance(timedelta(minutes=1))

    northshire.enrol(site.engine, first, "bob")
    clock.advance(timedelta(minutes=1))
    northshire.enrol(site.engine, second, "cat")

    assert subjects(site) == ["Surgery", "Class", "Offering"]
    with site.engine.reading() as connection:
        wanted = places.wanted_at(connection, TRUST, first, NOTICE)
        chain = [one.label for one in texts.chain(connection, wanted)]
        assert texts.above(connection, [wanted])[wanted].subject == "Offering"
    assert chain[:3] == [f"{first}/1", f"{OFFERING}/1", f"{SURGERY}/1"]


def test_who_looks_after_the_organisation_of_a_class_may_see_the_history_of_its_text(site, clock):
    course_class = northshire.open_class(site.engine, clock)
    offered(site, course_class)
    publish(site, course_class, "Class")
    with site.engine.reading() as connection:
        version = connection.execute(select(template_versions.c.id)).scalar_one()
        subject = Subject(kind="template", trust=TRUST, id=version)

        assert sees(site.engine, connection, subject, frozenset({SURGERY})) is True
        assert sees(site.engine, connection, subject, frozenset({"elsewhere"})) is False


def test_a_text_of_a_class_has_the_same_pages_and_says_where_it_comes_from(site, clock):
    course_class = northshire.open_class(site.engine, clock)
    offered(site, course_class)
    publish(site, OFFERING, "Offering")
    publish(site, course_class, "Class")
    with site.engine.transaction(ADA) as tx:
        words = Trial(notice=NOTICE, source=replace(SHIPPED, subject="Later"), findings=(), samples={})
        at = Place(trust=TRUST, organisation=course_class, notice=NOTICE)
        drafts.save_draft(tx, at, words, comment="For later")
    page = site.signed_in(ADA).page

    listed = page(f"/templates/?organisation={course_class}")
    versions = page(f"/templates/{course_class}/{NOTICE}/versions")

    assert "goes to those on" in listed
    assert "Changed here" in listed
    assert "Competence awarded" not in listed
    assert "Where each part comes from" in versions
    assert "National text" in versions
    assert "Class" in page(f"/templates/{course_class}/{NOTICE}/versions/1")
    assert "For later" in page("/templates/waiting")
    publish(site, OFFERING, "Offering, changed")
    assert f"/templates/{course_class}/{NOTICE}/merge" in page("/templates/waiting")
    assert "has changed" in page(f"/templates/{course_class}/{NOTICE}/versions")


def test_a_second_person_is_asked_about_a_text_of_a_class_too(site, clock):
    course_class = northshire.open_class(site.engine, clock)
    offered(site, course_class)
    ask_ben(site.engine)
    site.signed_in(ADA).post("/templates/waiting", {"second": "yes"}, to="/templates/second-person")

    assert publish(site, course_class, "Class") == (1, State.SUBMITTED)

    ben = site.signed_in(BEN)
    path = f"/templates/{course_class}/{NOTICE}/versions/1"
    assert ben.post(path, {}, to=f"{path}/approve").status_code == 303
    northshire.enrol(site.engine, course_class, "ann")
    assert subjects(site) == ["Class"]


def test_nobody_writes_for_a_class_elsewhere_or_what_is_not_about_one(site, clock):
    course_class = northshire.open_class(site.engine, clock)
    client = site.client(ADA)

    assert client.get(f"/templates/?organisation={course_class}").status_code == 404
    with pytest.raises(Missing):
        publish(site, course_class, "Class")
    offered(site, course_class)
    assert client.get(f"/templates/{course_class}/LRN-18-competence-awarded").status_code == 404
    assert client.get(f"/templates/{course_class}/LRN-18-competence-awarded/versions").status_code == 404
    assert site.client(HELEN).post(f"/offerings/{OFFERING}/texts").status_code in {400, 403}
    at = Place(trust=TRUST, organisation=course_class, notice="LRN-18-competence-awarded")
    with site.engine.transaction(ADA) as tx, pytest.raises(Missing):
        drafts.save_draft(tx, at, Trial(notice=at.notice, source=SHIPPED, findings=(), samples={}), comment="No")


def test_the_page_of_an_offering_changes_what_its_learners_are_told(site, clock):
    northshire.open_class(site.engine, clock)
    helen, path = site.signed_in(HELEN), f"/offerings/{OFFERING}"
    said = {"joining_text": "Wear flat shoes.", "conference": "https://meet.example/1", "alarm_minutes": "60"}

    saved = helen.post(path, said)
    wrong = helen.post(path, {**said, "conference": "nowhere"})

    assert (saved.status_code, wrong.status_code) == (303, 422)
    assert "Wear flat shoes." in helen.page(path)
    assert "Enter an address" in wrong.text
    assert OFFERING in helen.page("/offerings/?q=fire")
    assert "No course matches" in helen.page("/offerings/?q=nothing")
    assert "can change this" in site.signed_in(ADA).page(path)
    assert site.signed_in(ADA).post(path, said).status_code == 403
