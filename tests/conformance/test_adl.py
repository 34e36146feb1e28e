"""The conformance cases of ADL's test suite for SCORM 2004 4th Edition, played by the pure engine."""

from pathlib import Path

from tests.conformance.adl import Adapter
from tests.conformance.cases import folder_of, played


def test_every_case_passes_in_order_for_one_learner(shared: Path) -> None:
    lms = Adapter(str(folder_of(shared)))

    verdicts = list(played(lms, shared))

    assert {one.case: one.why for one in verdicts if one.why} == {}
    assert len(verdicts) == 94
