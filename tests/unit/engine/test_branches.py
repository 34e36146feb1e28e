"""Every branch of a text's conditions is tried, also those that no sample takes."""

from dataclasses import replace

import pytest

from engine.wording import branches, notices, trial

JOINING = notices.notice("LRN-01-joining-instructions")


def troubles(**parts):
    return [(one.part, one.line, one.sentence) for one in branches.troubles(JOINING, replace(JOINING.source, **parts))]


@pytest.mark.parametrize("name", notices.names())
def test_every_branch_of_what_is_shipped_renders(name):
    notice = notices.notice(name)

    assert [branches.troubles(notice, source) for source in notice.sources.values()] == [()] * len(notice.sources)


def test_a_branch_that_no_sample_takes_and_that_fails_is_named_with_its_line():
    text = JOINING.source.text.replace(
        "{% if trainer %}", "{% if venue and not address %}\n{{ venue.floor }}\n{% elif trainer %}"
    )
    line = text.splitlines().index("{% if venue and not address %}") + 1

    ((part, at, sentence), *_rest) = troubles(text=text)

    assert (part, at) == ("text", line)
    assert sentence.startswith(f"The branch “if venue and not address” on line {line} cannot be rendered without ")
    assert "address" in sentence


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("{% if trainer %}{% else %}{{ course.x }}{% endif %}x", "else of if trainer"),
        ('{% if session == "7" %}{{ course.x }}{% endif %}x', 'if session == "7"'),
        ("{{ course.x if class else course }}", "It cannot be rendered"),
        ("{% if class %}Yes{% endif %}", "The subject is empty without class."),
        ("{% for one in custom_text %}{{ one.x }}{% endfor %}x", "for one in custom_text"),
    ],
)
def test_what_fails_in_a_subject_is_found(subject, said):
    assert any(said in sentence for _part, _line, sentence in troubles(subject=subject))


def test_very_many_conditions_are_tried_by_twos():
    optional = [name for name, token in JOINING.tokens.items() if not token.required]
    asked = "".join(f"{{% if {name} %}}{{% endif %}}" for name in optional)

    assert troubles(subject=f"{asked}{{% if not venue and not trainer %}}{{{{ course.x }}}}{{% endif %}}x")


def test_a_failing_branch_forbids_to_publish():
    source = replace(JOINING.source, subject="{% if not class %}{{ course.x }}{% endif %}x")

    findings, _samples = trial.examine(JOINING, source)

    assert any("if not class" in finding.sentence for finding in findings)
