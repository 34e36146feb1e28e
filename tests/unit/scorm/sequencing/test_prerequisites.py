"""aicc_script, by CAM 1.2 2.3.5.4 and AICC CMI001 5.5."""

import pytest

from scorm.sequencing.prerequisites import LONGEST, Unreadable, names, parsed, spelled
from scorm.sequencing.requests import Request
from tests.trees import Walk, cluster, sco

STATUSES = {"A": "passed", "B": "completed", "C": "failed", "D": "incomplete", "S-1.x": "passed"}


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("", True),
        ("  ", True),
        ("A", True),
        ("B", True),
        ("C", False),
        ("unknown", False),
        ("S-1.x", True),
        ("A & B", True),
        ("A & C", False),
        ("A | C", True),
        ("C|D", False),
        ("~C", True),
        ("~~A", True),
        ("A & ~C | D", True),
        ("C & A | A", True),
        ("C & (A | A)", False),
        ('D="incomplete"', True),
        ("C='f'", True),
        ("A=passed", True),
        ('A<>"passed"', False),
        ("C <> P", True),
        ("2*{A, B, C}", True),
        ("3*{A,B,C}", False),
        ("{A, B}", True),
        ("{A, C}", False),
        ("1*{C, A & B}", True),
    ],
)
def test_a_script_asks_for_statuses(script: str, *, wanted: bool) -> None:
    assert parsed(script)(lambda name: STATUSES.get(name, "")) is wanted


@pytest.mark.parametrize(
    "script",
    [
        "&",
        "A &",
        "A B",
        "(A",
        "A)",
        "2*A",
        "x*{A}",
        "{A",
        "{}",
        "~",
        "A=",
        '"',
        "=A",
        "~" * 60 + "A",
        "(" * 99,
        "A|" * LONGEST,
    ],
)
def test_what_is_no_script_is_refused(script: str) -> None:
    with pytest.raises(Unreadable):
        parsed(script)


def test_the_names_of_a_script_are_told_from_statuses_and_numbers() -> None:
    assert names("2*{a, B=passed, ~'my unit'<>f} | 3") == ("a", "B", "my unit", "3")


def test_names_are_spelled_as_the_course_has_them() -> None:
    known = {"a1": "A1", "my unit": 'My "unit"'}

    script = spelled("a1=a1 | 1*{'my unit', other}", known)

    assert script == """"A1"="a1"|"1"*{'My "unit"',"other"}"""
    assert names(script) == ("A1", 'My "unit"', "other")


def test_what_is_locked_opens_when_its_prerequisite_is_met() -> None:
    first = sco("a", completion_by_content=True, objective_by_content=True)
    walk = Walk(cluster("root", first, sco("b", prerequisites='a="completed" | a')))
    walk.start()
    walk.report(completed=False)
    locked = walk.refused(Request.CHOICE, "b")
    walk.choose("a")
    walk.report(completed=True, satisfied=True)

    assert locked == "DB.1.1-3"
    assert walk.choose("b") == "b"


def test_a_script_that_cannot_be_read_locks_nothing() -> None:
    walk = Walk(cluster("root", sco("a"), sco("b", prerequisites="((")))

    assert walk.choose("b") == "b"
