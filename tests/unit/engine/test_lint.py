"""What the linter says to the person who edits a template."""

from dataclasses import replace

import pytest

from engine.wording import lint, notices
from engine.wording.notices import Source

NOTICE = notices.notice("LRN-17-course-completed")
TEXT = '{% extends "_base" %}{% block content %}{{ course }} {{ completed_at }} {{ learning_link }} MORE{% endblock %}'
HTML = (
    '{% extends "_base" %}{% block content %}<p>{{ course }} {{ completed_at }}</p>'
    '<a href="{{ learning_link }}">See</a> MORE{% endblock %}'
)
GOOD = Source(subject="Done: {{ course }}", text=TEXT, html=HTML)


def found(**changes):
    return [(finding.place, finding.sentence) for finding in lint.lint(replace(GOOD, **changes), NOTICE)]


def sentences(**changes):
    return " ".join(sentence for _, sentence in found(**changes))


@pytest.mark.parametrize("name", notices.names())
def test_what_is_shipped_has_nothing_to_change(name):
    assert lint.lint(notices.notice(name).source, notices.notice(name)) == ()


def test_a_good_template_has_nothing_to_change():
    assert found() == []


@pytest.mark.parametrize("subject", ["", "  \n"])
def test_an_empty_subject_is_found(subject):
    assert found(subject=subject) == [("subject", "The subject is empty.")]


def test_an_unknown_token_is_named():
    assert found(subject="{{ nhs_number }}") == [("subject", "There is no token named nhs_number in this notice.")]


@pytest.mark.parametrize("token", ["course", "completed_at", "learning_link"])
def test_a_missing_required_token_is_named(token):
    assert f"The token {token} must be said" in sentences(text=TEXT.replace(f"{{{{ {token} }}}}", ""))


def test_a_block_that_hides_the_reason_is_found():
    assert "The token reason must be said" in sentences(text=TEXT + "{% block reason %}Because.{% endblock %}")


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_a_construct_that_is_not_allowed_is_found_where_it_stands(part):
    source = getattr(GOOD, part).replace("course", "course.title()")

    place = part if part == "subject" else f"{part}, line 1"
    assert (place, "Templates cannot use call here.") in found(**{part: source})


def test_a_syntax_error_is_found():
    assert "Encountered unknown tag 'fi'" in sentences(html=HTML.replace("MORE", "{% fi %}"))


def test_a_body_without_the_frame_is_found():
    assert "The first line must be" in sentences(html="<p>Hello</p>")


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "{{ course }}",
        "https://{{ course }}/",
        "//evil.example/",
        "data:text/html,x",
        "",
    ],
)
def test_an_unsafe_link_is_found(link):
    assert "This link is not safe" in sentences(html=HTML.replace("MORE", f'<a href="{link}">x</a>'))


@pytest.mark.parametrize(
    "link", ["https://nhs.uk/", "mailto:learning@northshire.example", "tel:01234", "{{learning_link}}"]
)
def test_a_safe_link_is_left_alone(link):
    assert found(html=HTML.replace("MORE", f'<a href="{link}">x</a>')) == []


@pytest.mark.parametrize("tag", ["script", "img", "form", "iframe", "style", "svg"])
def test_a_tag_that_messages_cannot_contain_is_found(tag):
    assert f"Messages cannot contain <{tag}>." in sentences(html=HTML.replace("MORE", f"<{tag}>x</{tag}>"))


def test_a_script_in_an_attribute_is_found():
    assert "the attribute onclick" in sentences(html=HTML.replace("MORE", '<p onclick="x()">x</p>'))


LINED = """{% extends "_base" %}
{# said to whoever comes later,
   on two lines #}
{% block content %}
{{ course }} {{ completed_at }}
MORE
{{ learning_link }}
{% endblock %}
"""


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        ("{{ nowhere }}", "There is no token named nowhere in this notice."),
        ("{{ course.upper() }}", "Templates cannot use call here."),
        ("{{ course | shout }}", "There is no filter named shout."),
        ("{% fi %}", "Encountered unknown tag 'fi'."),
    ],
)
def test_a_finding_names_the_line_on_which_it_stands(more, finding):
    found = lint.lint(replace(GOOD, text=LINED.replace("MORE", more)), NOTICE)

    assert [(one.part, one.line, one.sentence) for one in found] == [("text", 6, finding)]


def test_a_link_is_found_on_its_line_below_marks_of_several_lines():
    written = LINED.replace("{{ learning_link }}", '<a href="{{ learning_link }}">x</a>')

    found = lint.lint(replace(GOOD, html=written.replace("MORE", '<a href="ftp://x/">x</a>')), NOTICE)

    assert [(one.part, one.line) for one in found] == [("html", 6)]


def test_a_finding_without_a_line_stands_with_its_part_and_else_with_the_html():
    finding = lint.Finding(level=lint.Level.ERROR, place="sample long", sentence="It does not render.")

    assert (finding.part, finding.line) == ("html", 0)


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ("{% if course %}a{% endif %}", []),
        ("{% if course %}a{% else %}b{% endif %}", [6]),
        ("{% if not course %}a{% endif %}", [6]),
        ("{% if score %}a{% elif score %}b{% endif %}", [6]),
        ("{% if score %}a{% elif not score %}b{% else %}c{% endif %}", [6]),
        ("{% if score %}{% if not score %}a{% endif %}{% endif %}", [6]),
        ("{% if score and reason %}a{% else %}b{% endif %}", []),
        ("{% if score or course %}a{% elif reason %}b{% endif %}", [6]),
        ("{% if not (score or trust_name) %}{% if score %}a{% endif %}{% endif %}", [6]),
        ("{% if score and trust_name %}{% if not score %}a{% endif %}{% endif %}", [6]),
        ("{% if not score and score %}a{% endif %}", []),
        ("{% if false or not course %}a{% endif %}", [6]),
        ("{% for course in score %}{% if course %}a{% else %}b{% endif %}{% endfor %}", []),
        ('{% if score == "3" %}a{% elif score == "3" %}b{% endif %}', []),
    ],
)
def test_a_branch_that_is_never_taken_is_a_warning_on_its_line(more, lines):
    found = lint.lint(replace(GOOD, text=LINED.replace("MORE", more)), NOTICE)

    assert [one.line for one in found] == lines
    assert all("never" in one.sentence and one.level is lint.Level.WARNING for one in found)


def test_blocks_that_fit_together_only_in_another_order_are_found():
    blocks = "{% block action %}{% if course %}{% endblock %}{% block content %}MORE{% endif %}{% endblock %}"

    assert "Encountered unknown tag 'endif'" in sentences(text='{% extends "_base" %}' + blocks)
