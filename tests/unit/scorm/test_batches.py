"""A batch is read strictly, all its calls together: what is wrong with one of them is said of that one."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorm.errors import BatchMalformed
from scorm.runtime import batches

GOOD: list[list[Any]] = [
    [seq, "2026-11-22T09:00:00.000Z", "SetValue", ["cmi.location", str(seq)], "true", "0"] for seq in range(4, 9)
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 9),
    st.text(max_size=5),
    st.sampled_from(["9" * 5, "12a", "2026-11-22T09:00:00Z", "x" * (batches.LONGEST + 1), "201"]),
    st.lists(st.text(max_size=2), max_size=4),
    st.lists(st.integers(), min_size=1, max_size=2),
    st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=2),
)


def parsed(said: list[Any]) -> batches.Batch:
    return batches.parse({"attempt": "a", "epoch": 1, "first": 4, "calls": said})


def fault(said: Any, seq: int) -> str:
    """Say what is wrong with one call, by the rule in words."""
    try:
        batches._call(said, seq)
    except BatchMalformed as error:
        return str(error)
    return ""


@given(call=st.integers(0, 4), part=st.integers(0, 5), value=ODD)
def test_one_odd_part_is_judged_alike_among_others_and_alone(call, part, value):
    said = copy.deepcopy(GOOD)
    said[call][part] = value
    wrong = fault(said[call], 4 + call)

    if wrong:
        with pytest.raises(BatchMalformed, match=re.escape(wrong)):
            parsed(said)
    else:
        assert [list(one) for one in parsed(said).calls] == [[*one[:3], tuple(one[3]), *one[4:]] for one in said]


@given(value=ODD, call=st.integers(0, 4))
def test_what_is_no_call_is_refused(value, call):
    with pytest.raises(BatchMalformed, match=f"call {4 + call} is not where it belongs"):
        parsed([*GOOD[:call], value, *GOOD[call + 1 :]])
