"""What the README says of the code is made from the code."""

from tests import code_map
from tests.code_map import README
from tests.conformance import report


def test_the_code_map_is_current():
    readme = README.read_text()

    assert code_map.written(readme) == readme, "run: python -m tests.code_map"


def test_the_table_of_conformance_is_what_the_last_runs_wrote():
    readme = README.read_text()

    assert report.written(readme) == readme, "run: python -m tests.conformance engine browser"
