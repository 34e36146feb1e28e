"""A selection of ADL's conformance cases in the real player; `python -m tests.conformance browser` plays them all."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.conformance.adl_browser import Adapter
from tests.conformance.cases import folder_of, played

pytestmark = pytest.mark.browser

# Each group of the suite, every control a learner has, every way in which a page ends, and two learners.
SELECTION = (
    *("API", "CM-04b", "CM-07d", "CM-07f", "CM-09aa", "CM-09ba", "CM-09ca", "CM-10", "CO-04a", "CT-05"),
    *("MS-05a", "OB-04", "OB-09a", "RU-04bc", "RU-14b", "SX-08b", "SX-10a"),
)


def test_the_player_passes_what_the_engine_passes(shared: Path, chromium: Browser) -> None:
    lms = Adapter(str(folder_of(shared)), chromium)

    verdicts = list(played(lms, shared, SELECTION))
    divergences = lms.divergences()
    lms.close()

    assert {one.case: one.why for one in verdicts if one.why} == {}
    assert len(verdicts) == len(SELECTION)
    assert divergences == 0
