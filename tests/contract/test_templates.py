"""Templates as a store: which version applies where, and what happens to the ones before it."""

from dataclasses import replace

import pytest
from sqlalchemy import insert

from engine.drafts import Place
from engine.errors import Missing, TemplateError, TemplateLimit
from engine.mail import Composer
from engine.roles.directory_tables import organisations
from engine.storage import database
from engine.wording import notices, templates, trial
from engine.wording.template_tables import template_versions
from engine.wording.templates import Shelf, State, Wanted
from engine.wording.trial import Trial
from tests.clock import START
from tests.letters import MAIL_FROM, a_row
from workflows.foresight import rewording

NOTICE = "LRN-17-course-completed"
SHIPPED = notices.notice(NOTICE).source
TREE = [
    ("northshire", None, "Northshire NHS Foundation Trust", "Northshire Learning"),
    ("surgery", "northshire", "Surgery", None),
    ("theatres", "surgery", "Theatres", None),
    ("medicine", "northshire", "Medicine", None),
]


@pytest.fixture
def conn(database_url):
    engine = database.connect(database_url)
    with database.writing(engine) as connection:
        for id, parent, name, mail_name in TREE:  # noqa: A001
            row = {"trust": "northshire", "id": id, "parent": parent, "name": name, "mail_name": mail_name}
            connection.execute(insert(organisations).values(row))
        yield connection
    engine.dispose()


def tried(subject="Well done", findings=()):
    """Return a trial that was run already; that it runs in a child process is tested by itself."""
    return Trial(notice=NOTICE, source=replace(SHIPPED, subject=subject), findings=findings, samples={})


def at(organisation):
    return Place(trust="northshire", organisation=organisation, notice=NOTICE)


def save(conn, organisation, subject):
    return rewording.put(conn, at(organisation), tried(subject), "ann", START)


def wanted(notice):
    return Wanted(trust="t", organisation="o", notice=notice)


def subject_at(conn, organisation):
    composer = Composer(Shelf(), MAIL_FROM)
    row = a_row(NOTICE, organisation=organisation)
    composer.prepare(conn, [row])
    built = composer.compose(row, START)
    return built.template, built.message.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()


def test_the_nearest_organisation_upward_decides_and_else_the_nation(conn):
    save(conn, "northshire", "From the trust")
    save(conn, "surgery", "From surgery")

    assert subject_at(conn, "theatres") == ("surgery/1", "From surgery")
    assert subject_at(conn, "surgery") == ("surgery/1", "From surgery")
    assert subject_at(conn, "medicine") == ("northshire/1", "From the trust")
    assert templates.applying(conn, "northshire", "theatres", NOTICE).subject == "From surgery"


def test_without_a_version_of_its_own_the_trust_has_the_national_template(conn):
    label, subject = subject_at(conn, "theatres")

    assert label == SHIPPED.label
    assert subject == "You have completed Moving and Handling Level 2"
    assert templates.applying(conn, "northshire", "theatres", NOTICE) == SHIPPED


def test_a_new_version_retires_the_one_before_and_keeps_it(conn):
    assert save(conn, "surgery", "One") == 1
    assert save(conn, "surgery", "Two") == 2

    newest, oldest = templates.versions(conn, "northshire", "surgery", NOTICE)
    assert (newest.number, newest.state, newest.source.subject) == (2, State.PUBLISHED, "Two")
    assert (oldest.number, oldest.state, oldest.author) == (1, State.RETIRED, "ann")
    assert templates.version(conn, "northshire", "surgery", NOTICE, 1) == oldest
    assert subject_at(conn, "theatres") == ("surgery/2", "Two")


def test_there_is_no_version_that_was_never_saved(conn):
    with pytest.raises(Missing):
        templates.version(conn, "northshire", "surgery", NOTICE, 1)


def test_a_source_with_an_error_is_not_saved(conn):
    broken = trial.examine(notices.notice(NOTICE), replace(SHIPPED, subject="{{ nhs_number }}"))[0]

    with pytest.raises(TemplateError, match="nhs_number"):
        rewording.put(conn, at("surgery"), tried(findings=tuple(broken)), "ann", START)

    assert templates.versions(conn, "northshire", "surgery", NOTICE) == ()


def test_a_text_that_is_tried_in_welsh_leaves_the_english_one(conn):
    save(conn, "surgery", "One")
    welsh = Trial(notice=NOTICE, source=replace(SHIPPED, subject="Da iawn", language="cy"), findings=(), samples={})

    rewording.put(conn, at("surgery"), welsh, "ann", START)

    assert templates.applying(conn, "northshire", "theatres", NOTICE).subject == "One"
    assert templates.applying(conn, "northshire", "theatres", NOTICE, "cy").subject == "Da iawn"


def test_a_trusts_own_html_goes_through_the_allow_list(conn):
    hostile = replace(
        SHIPPED,
        html='{% extends "_base" %}{% block content %}<script>x</script><p onclick="x">{{ course }}</p>{% endblock %}',
    )
    row = {"trust": "northshire", "notice": NOTICE, "organisation": "northshire", "version": 1, "state": "PUBLISHED"}
    text = {"subject": hostile.subject, "text": hostile.text, "html": hostile.html}
    kept = {"author": "ann", "comment": "", "saved_at": START}
    conn.execute(insert(template_versions).values(row | text | kept))
    composer = Composer(Shelf(), MAIL_FROM)
    letter = a_row(NOTICE)
    composer.prepare(conn, [letter])

    message = composer.compose(letter, START).message

    assert b"<script" not in message
    assert b"onclick" not in message


def test_mail_bears_the_name_that_the_trust_chose_for_it(conn):
    shelf = Shelf()

    shelf.prepare(conn, {Wanted(trust="northshire", organisation="theatres", notice=NOTICE)})

    assert shelf.trust_name("northshire") == "Northshire Learning"
    assert shelf.trust_name("elsewhere") == ""


def test_a_shelf_forgets_the_templates_used_longest_ago(conn, monkeypatch):
    monkeypatch.setattr(templates, "_MOST_COMPILED", 2)
    shelf = Shelf()
    first = shelf.template(wanted("SYS-01-user-name"))
    for name in ("SYS-02-password-reset", NOTICE):
        shelf.template(wanted(name))

    assert shelf.template(wanted(NOTICE)) is shelf.template(wanted(NOTICE))
    assert shelf.template(wanted("SYS-01-user-name")) is not first


def test_an_unknown_notice_has_no_template():
    with pytest.raises(Missing):
        Shelf().template(wanted("../../etc/passwd"))


def test_a_trial_in_a_child_process_shows_every_sample():
    outcome = trial.try_out(NOTICE, replace(SHIPPED, subject="Well done: {{ course }}"))

    assert outcome.findings == ()
    assert set(outcome.samples) == set(notices.notice(NOTICE).samples)
    assert outcome.samples["usual"].subject == "Well done: Moving and Handling Level 2"


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        ("{% if score %}Scored {{ score }}{% endif %}", "The subject is empty with the sample shortest."),
        ("{{ course.x }}", "asks for something it was not given"),
        ("{{ course * 10 }}", "Templates cannot use mul here."),
    ],
)
def test_a_trial_says_what_is_wrong(subject, sentence):
    findings, _samples = trial.examine(notices.notice(NOTICE), replace(SHIPPED, subject=subject, label="trial/0"))

    assert sentence in " ".join(finding.sentence for finding in findings)


def test_a_trial_that_takes_too_long_is_ended():
    with pytest.raises(TemplateLimit):
        trial.try_out(NOTICE, SHIPPED, seconds=0.01)
