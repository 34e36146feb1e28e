"""Two changes of one text brought together, and what differs between two texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.wording import differences, merging
from engine.wording.differences import Change
from engine.wording.merging import Kept
from engine.wording.notices import Source
from engine.wording.origins import origins

TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d e\n"]), max_size=8).map("".join)


@given(TEXTS, TEXTS)
@settings(max_examples=60, deadline=None)
def test_what_only_one_side_changed_is_taken_from_it_and_what_both_did_alike_once(base, changed):
    for ours, theirs in ((changed, base), (base, changed), (changed, changed)):
        found = merging.merge(base, ours, theirs)

        assert merging.conflicts(found) == ()
        assert merging.text(found, {}) == changed


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=60, deadline=None)
def test_no_line_of_any_side_is_lost_before_somebody_chooses(base, ours, theirs):
    found = merging.merge(base, ours, theirs)

    assert "".join(line for one in found for line in one.base) == base
    assert "".join(line for one in found for line in one.ours) == ours
    assert "".join(line for one in found for line in one.theirs) == theirs
    turned = merging.merge(base, theirs, ours)
    assert len(merging.conflicts(turned)) == len(merging.conflicts(found))


@pytest.mark.parametrize(
    ("choice", "merged"),
    [
        (Kept.OURS, "x\nDear you\ny\nOurs\nz\nBye\n"),
        (Kept.THEIRS, "x\nDear you\ny\nTheirs\nz\nBye\n"),
        (Kept.BOTH, "x\nDear you\ny\nOurs\nTheirs\nz\nBye\n"),
    ],
)
def test_where_both_changed_a_line_somebody_chooses_and_the_rest_goes_together(choice, merged):
    sides = ("x\nDear\ny\nIt\nz\n", "x\nDear you\ny\nOurs\nz\n", "x\nDear\ny\nTheirs\nz\nBye\n")
    found = merging.merge(*sides)

    (place,) = merging.conflicts(found)
    assert merging.text(found, {place: choice}) == merged


@given(TEXTS, TEXTS)
@settings(max_examples=60, deadline=None)
def test_a_comparison_holds_every_line_of_both_texts(before, after):
    found = differences.lines(before, after)

    assert [line.text for line in found if line.change is not Change.ADDED] == before.splitlines()
    assert [line.text for line in found if line.change is not Change.REMOVED] == after.splitlines()
    assert [line.before for line in found if line.before] == list(range(1, len(before.splitlines()) + 1))


def test_the_words_that_differ_are_marked_and_lines_far_from_them_are_left_out():
    same = "".join(f"line {number}\n" for number in range(20))

    (stretch,) = differences.shown(differences.lines(f"{same}Please come by bus\n", f"{same}Please come by car\n"), 1)

    assert [line.text for line in stretch] == ["line 19", "Please come by bus", "Please come by car"]
    assert [piece.words for piece in stretch[2].pieces if piece.marked] == ["car"]
    assert differences.told("One\nTwo\n", "One\nThree\n") == "- Two\n+ Three"
    (whole,) = differences.lines("", "x" * 3000)
    assert whole.pieces[0].marked


def test_each_block_comes_from_as_far_up_as_it_is_the_same():
    def source(label, subject, content, action="See it"):
        blocks = {"content": content, "action": action}
        said = "".join(f"{{% block {name} %}}{words}{{% endblock %}}" for name, words in blocks.items())
        body = f'{{% extends "_base" %}}{said}'
        return Source(subject=subject, text=body, html=body, label=label)

    found = origins(
        [source("ward/2", "Hello", "Ours"), source("trust/1", "Hello", "Theirs"), source("national/1", "Hi", "Theirs")]
    )

    assert {(one.part, one.block): one.label for one in found if one.part != "HTML"} == {
        ("Subject", ""): "trust/1",
        ("Text", "content"): "ward/2",
        ("Text", "action"): "national/1",
    }
