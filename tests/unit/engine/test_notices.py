"""The folders of notices, and how the value of each kind of token is said."""

from dataclasses import replace

import pytest

from engine.errors import Missing, TemplateError
from engine.wording import notices
from engine.wording.notices import Kind, Notice, Source, Token

SHIPPED = [
    "IAT-05-stat-and-mand-received",
    "LRN-01-joining-instructions",
    "LRN-02-meeting-update",
    "LRN-03-meeting-cancelled-withdrawn",
    "LRN-04-class-cancelled",
    "LRN-05-placed-on-waitlist",
    "LRN-06-enrolled-from-waitlist",
    "LRN-08-enrolment-needs-approval",
    "LRN-09-enrolment-decided",
    "LRN-12-competence-nearing-expiry",
    "LRN-13-competence-expired",
    "LRN-14-not-required-competence-expiring",
    "LRN-17-course-completed",
    "LRN-18-competence-awarded",
    "LRN-20-assessment-failed",
    "LRN-22-class-soon",
    "LRN-23-did-not-attend",
    "LRN-25-free-text",
    "LRN-27-attempt-stuck",
    "LRN-28-meeting-declined",
    "LRN-29-other-time-proposed",
    "SYS-01-user-name",
    "SYS-02-password-reset",
    "SYS-05-workflow-error",
    "SYS-06-question-cancelled",
    "SYS-07-more-information",
    "SYS-08-daily-digest",
    "SYS-09-template-published",
    "SYS-10-information-given",
    "SYS-11-question-reminder",
    "SYS-12-answer-by-mail",
    "SYS-13-template-waits",
]
# SECURITY 25: no clinical data, NI number or date of birth in mail.
NEVER_IN_MAIL = ("ni_number", "nino", "national_insurance", "birth", "dob", "clinical", "immunisation", "vaccination")


def said(kind, value, *, required=False, **context):
    token = Token(name="it", kind=kind, required=required, meaning="It", example="x")
    notice = Notice(
        name="n",
        title="",
        about="",
        tokens={"it": token},
        samples={},
        source=Source(subject="", text="", html=""),
    )
    return notices.values(notice, {"it": value, **context})["it"]


def test_these_notices_are_shipped():
    assert list(notices.names()) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_notice_says_what_it_is_for_and_what_each_token_means(name):
    notice = notices.notice(name)

    assert notice.title
    assert notice.about.endswith(".")
    assert all(token.meaning for token in notice.tokens.values())
    assert notice.source.label.startswith("national/")


@pytest.mark.parametrize("name", SHIPPED)
def test_no_notice_has_a_token_for_what_never_goes_by_mail(name):
    assert not [token for token in notices.notice(name).tokens if any(part in token for part in NEVER_IN_MAIL)]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_usual_sample_fills_every_token_that_is_required(name):
    notice = notices.notice(name)

    for sample in notice.samples.values():
        assert set(notices.values(notice, sample)) == set(notice.tokens)


@pytest.mark.parametrize("name", ["LRN-99-unknown", "_base", "../email", ""])
def test_there_is_no_other_notice(name):
    with pytest.raises(Missing):
        notices.notice(name)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Kind.TEXT, " Block\r\n<B> ", "Block <B>"),
        (Kind.LINES, "one\r\ntwo", "one\ntwo"),
        (Kind.LINK, "https://learn.example/a?b=c#d", "https://learn.example/a?b=c#d"),
        (Kind.NUMBER, 2, "2"),
        (Kind.MOMENT, "2027-07-01T09:00:00+00:00", "Thursday 1 July 2027 at 10:00am"),
        (Kind.MOMENT, "next Thursday", "next Thursday"),
        (Kind.DAY, "2028-02-29", "Tuesday 29 February 2028"),
        (Kind.DAY, "2027-07-01T09:00:00+00:00", "Thursday 1 July 2027 at 10:00am"),
        (Kind.DAY, "soon", "soon"),
        (Kind.LIST, ["a\nb", {"name": "c\nd"}], ["a b", {"name": "c d"}]),
        (Kind.TEXT, None, ""),
        (Kind.LIST, [], ""),
        (Kind.NUMBER, 0, "0"),
    ],
)
def test_a_value_is_said_as_its_kind_is(kind, value, words):
    assert said(kind, value) == words


def test_a_moment_is_said_in_the_zone_of_the_letter():
    assert said(Kind.MOMENT, "2027-01-04T12:00:00Z", zone="Europe/Lisbon") == "Monday 4 January 2027 at 12:00pm"


def test_a_long_list_is_cut():
    assert len(said(Kind.LIST, ["x"] * 1000)) == 200


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Kind.TEXT, None), (Kind.TEXT, ""), (Kind.LINK, "ftp://x.example"), (Kind.LINK, "https://x.example/<b>")],
)
def test_a_value_that_cannot_be_said_names_its_token(kind, value):
    with pytest.raises(TemplateError) as trouble:
        said(kind, value, required=True)

    assert trouble.value.facts == {"token": "it"}


def test_the_label_of_a_shipped_template_changes_with_its_text(tmp_path):
    before = notices.notice("SYS-01-user-name").source
    for name in ("subject.txt", "body.txt", "body.html"):
        (tmp_path / name).write_text("x")

    after = notices._shipped(tmp_path)

    assert after == replace(after, subject="x", text="x", html="x")
    assert after.label != before.label
