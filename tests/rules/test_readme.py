"""What the README says of the code is made from the code."""

from tests.code_map import README, written


def test_the_code_map_is_current():
    readme = README.read_text()

    assert written(readme) == readme, "run: python -m tests.code_map"
