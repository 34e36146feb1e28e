"""The rules of attempts: which value holds, and where it comes from."""

import pytest

from engine.errors import Invalid
from workflows.learning.attempts.rules import (
    CHOICES,
    DEFAULTS,
    NAMES,
    TITLES,
    Across,
    Begin,
    Change,
    Scope,
    effective,
    read,
    resolved,
    worded,
    written,
)
from workflows.learning.words import called

SYSTEM = (Scope.SYSTEM, {"begin": "never", "most": "3", "across": "first"})
PACKAGE = (Scope.PACKAGE, {"most": "0", "lock": "yes"})
OFFERING = (Scope.OFFERING, {"across": "average"})


def test_an_offering_that_is_called_as_its_course_is_named_once():
    assert (called("Fire", "Fire"), called("Fire", "Fire online")) == ("Fire", "Fire: Fire online")


def test_every_rule_has_a_title_and_its_default_has_words():
    assert set(TITLES) == set(NAMES) == {*CHOICES, "most"}
    assert all(worded(name, written(getattr(DEFAULTS, name))) for name in NAMES)


def test_what_nobody_sets_is_the_systems_default():
    found = resolved()

    assert effective(found) == DEFAULTS
    assert {one.source for one in found} == {None}


def test_the_narrowest_scope_that_sets_a_rule_decides_it():
    found = {one.name: one for one in resolved(SYSTEM, PACKAGE, OFFERING)}

    said = {name: (one.value, one.source) for name, one in found.items()}
    assert said["begin"] == ("never", Scope.SYSTEM)
    assert said["most"] == ("0", Scope.PACKAGE)
    assert said["lock"] == ("yes", Scope.PACKAGE)
    assert said["across"] == ("average", Scope.OFFERING)
    assert said["browse"] == ("no", None)
    assert (found["most"].words, found["lock"].words) == ("no limit", "the course is locked")


def test_what_holds_is_read_as_what_it_is():
    rules = effective(resolved(SYSTEM, PACKAGE, OFFERING))

    assert (rules.begin, rules.most, rules.lock, rules.across) == (Begin.NEVER, 0, True, Across.AVERAGE)
    assert not rules.plain


@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_written_as_it_is_read(name):
    for value in CHOICES.get(name, ("0", "7", "100")):
        assert written(read(name, value)) == value


@pytest.mark.parametrize(
    ("name", "value"), [("begin", "sometimes"), ("most", "-1"), ("most", "101"), ("most", "٣"), ("lock", "true")]
)
def test_a_value_that_is_none_is_refused(name, value):
    with pytest.raises(Invalid) as refusal:
        list(Change.between({}, {name: value}))

    assert refusal.value.facts == {"field": name}


def test_a_rule_that_is_none_is_refused():
    with pytest.raises(Invalid, match="no such rule"):
        list(Change.between({}, {"colour": "red"}))


def test_only_what_differs_is_changed_and_said_in_words():
    before = {"begin": "never", "most": "3"}

    changes = list(Change.between(before, {"begin": None, "most": "3", "lock": "yes", "across": None}))

    assert [(one.name, one.value) for one in changes] == [("begin", None), ("lock", "yes")]
    assert [one.words for one in changes] == [
        "A new attempt may be begun: set by itself no more",
        "After the last attempt: the course is locked",
    ]
