"""What a template may do, and what it may not (SECURITY 9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import TemplateError, TemplateLimit
from engine.wording import markup, sandbox
from engine.wording.sandbox import HTML, PLAIN, Compiled

FRAME = "Dear all\n{% block content %}{% endblock %}\n{% block reason %}why{% endblock %}\n"


@pytest.mark.parametrize(
    "source",
    [
        "{{ person.delete() }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ 1 + 1 }}",
        "{{ 'a' ~ 'b' }}",
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ person['name'] }}",
        "{{ person.__class__ }}",
        "{{ person._secret }}",
        "{{ person.name.first }}",
        "{{ _private }}",
        "{{ range(10) }}",
        "{{ name | attr('x') }}",
        "{{ name | map('upper') }}",
        "{{ name | safe }}",
        "{{ name is defined }}",
        "{% for n in [1, 2] %}{% endfor %}",
        "{% for n in names if n %}{% endfor %}",
        "{% for a, b in names %}{% endfor %}",
        "{% for n in names recursive %}{% endfor %}",
        "{% set x = 1 %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% filter upper %}{% endfilter %}",
        "{% call m() %}{% endcall %}",
        "{% block b %}{% endblock %}",
        "{% with x = 1 %}{% endwith %}",
        "{% autoescape false %}{% endautoescape %}",
        "{{ [1, 2] }}",
        "{{ {'a': 1} }}",
        "{% if %}",
        "{{ name",
    ],
)
def test_what_is_not_on_the_list_is_refused(source):
    with pytest.raises(TemplateError):
        Compiled(source, PLAIN)


@pytest.mark.parametrize(
    "source",
    [
        "a" * (sandbox.LONGEST_SOURCE + 1),
        "{{ name }}" * 3100,
        "{% if a %}" * 200 + "{% endif %}" * 200,
        "{% for a in names %}{% endfor %}" * 11,
        "{% for a in names %}{% for b in names %}{% for c in names %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ " + "(" * 3000 + "name" + ")" * 3000 + " }}",
        "{{ " + "not " * 900 + "name }}",
    ],
)
def test_a_source_that_asks_for_too_much_is_refused(source):
    with pytest.raises(TemplateLimit):
        Compiled(source, PLAIN)


def test_a_message_that_grows_too_long_is_stopped():
    names = ["x" * 400] * 200

    with pytest.raises(TemplateLimit):
        Compiled("{% for a in names %}{% for b in names %}{{ a }}{% endfor %}{% endfor %}", PLAIN).render(
            {"names": names}
        )


@pytest.mark.parametrize("source", ["{{ name }}" * 2500, "{{ names | join(name) }}"])
def test_a_message_that_grows_without_a_loop_is_stopped_too(source):
    with pytest.raises(TemplateLimit):
        Compiled(source, PLAIN).render({"name": "x" * 4000, "names": ["y"] * 200})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ name | upper }} {{ name | lower }} {{ name | length }}", "SIÂN <B> siân <b> 8"),
        (
            "{% for p in people %}{{ loop.index }} {{ p.name }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "1 A, 2 B",
        ),
        ("{{ names | join }} / {{ name | join }} / {{ names | join(' and ') }}", "C, D / Siân <b> / C and D"),
        ("{% if name == 'x' or not empty and name %}yes{% else %}no{% endif %}", "yes"),
        ("{{ names | join(empty) }}{{ names | join(names) }}", "CDC['C', 'D']D"),
        ("{{ 'none' if not empty else empty }}{{ lines | lines }}", "nonea\nb"),
        ("{# note #}{{ name | e }}", "Siân &lt;b&gt;"),
    ],
)
def test_what_is_on_the_list_works(source, said):
    people = [{"name": "A"}, {"name": "B"}]
    values = {"name": "Siân <b>", "people": people, "names": ["C", "D"], "empty": "", "lines": "a\nb"}

    assert Compiled(source, PLAIN).render(values) == said


def test_html_escapes_every_value_and_keeps_lines():
    said = Compiled("{{ name }}|{{ name | lines }}|{{ names | join }}", HTML).render(
        {"name": "<b>\n&", "names": ["<i>", "x"]}
    )

    assert said == "&lt;b&gt;\n&amp;|&lt;b&gt;<br>&amp;|&lt;i&gt;, x"


@pytest.mark.parametrize("source", ["{{ unknown }}", "{{ person.unknown }}", "{% for a in name.x %}{% endfor %}"])
def test_what_was_not_given_stops_the_message(source):
    with pytest.raises(TemplateError):
        Compiled(source, PLAIN).render({"person": {}, "name": "x"})


@pytest.mark.parametrize(
    "source", ["{{ name | length }}", "{% for a in name %}{% endfor %}", "{{ 'a' if name < 'b' }}"]
)
def test_a_value_of_another_kind_stops_the_message(source):
    with pytest.raises(TemplateError):
        Compiled(source, PLAIN).render({"name": 7})


@given(st.text(alphabet=st.sampled_from(list("{}%# .()[]*|'\"abfor ien")), max_size=60))
def test_any_source_is_refused_or_renders(source):
    try:
        said = Compiled(source, PLAIN).render({"a": "x"})
    except TemplateError:
        return
    assert isinstance(said, str)


def test_a_body_fills_the_blocks_of_the_frame():
    body = '{# note #}\n{% extends "_base" %}\n{% block content %}Hello{% endblock content %}\n'

    assert sandbox.assemble(FRAME, body) == "Dear all\nHello\nwhy\n"


@pytest.mark.parametrize(
    "body",
    [
        "Hello",
        '{% extends "other" %}{% block content %}{% endblock %}',
        '{% extends "_base" %}Hello{% block content %}{% endblock %}',
        '{% extends "_base" %}{% block other %}{% endblock %}',
        '{% extends "_base" %}{% block content %}{% block reason %}{% endblock %}{% endblock %}',
        '{% extends "_base" %}{% include "x" %}',
    ],
)
def test_a_body_that_is_more_than_blocks_is_refused(body):
    with pytest.raises(TemplateError):
        sandbox.assemble(FRAME, body)


def test_styles_move_into_the_elements_and_tags_stay_where_they_were():
    source = (
        "<html><head><style>p { color: red }</style></head><body>"
        "<table>{% if a %}<tr><td>{{ a }}</td></tr>{% endif %}</table>"
        '<p><a href="{{ link }}">{{ a }}</a></p></body></html>'
    )

    styled = markup.inline(source)

    assert '<p style="color: red;"><a href="{{ link }}">{{ a }}</a></p>' in styled
    assert "{% if a %}<tr><td>{{ a }}</td></tr>{% endif %}" in styled.replace("<tbody>", "").replace("</tbody>", "")
    assert "<style>" not in styled


def test_a_source_whose_tags_would_move_keeps_its_style_sheet():
    source = "<html><head><style>p { color: red }</style></head><body><p {% if a %}b{% endif %}>x</p></body></html>"

    assert markup.inline(source) == source


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('<p onclick="x()">a<script>alert(1)</script></p>', "<p>a</p>"),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="https://x.example/">a</a>', '<a href="https://x.example/">a</a>'),
        ('<img src="https://tracker.example/1.gif">a', "a"),
        ('<p style="position: fixed; color: red">a</p>', '<p style="color:red">a</p>'),
        ("<iframe></iframe><form><input></form><!-- note -->a", "a"),
        ('<table role="presentation"><tbody><tr><td>a</td></tr></tbody></table>',) * 2,
    ],
)
def test_html_keeps_what_is_on_the_list(written, kept):
    page = '<!doctype html><html><head><title>t</title></head><body class="x">{}</body></html>'

    assert markup.purify(written) == kept
    assert markup.purify(page.format(written)) == page.format(kept)
