"""`preceptor forecast` and `synthesise` at the command line."""

import json

import pytest

from tests.stories.test_command_line import command  # noqa: F401 - a fixture
from workflows.demo import trust

pytestmark = pytest.mark.story


@pytest.fixture
def here(command, trust_url):  # noqa: F811 - the fixture
    return lambda *arguments, **said: command(*arguments, **{"database_url": trust_url, **said})


def test_it_lists_what_would_be_sent_to_whom_and_why(here):
    plainly = here("forecast", "--days", "3")
    document = json.loads(here("forecast", "--days", "3", "--json").out)

    assert plainly.code == 0
    assert f"{document['counts']['letters']} letters" in plainly.out
    assert document["trust"] == trust.TRUST
    assert len(document["letters"]) == document["counts"]["letters"]


def test_it_says_what_a_change_would_make_of_it(here):
    change = json.dumps({"kind": "requirement-added", "competence": "safeguarding-adults", "organisation": trust.TRUST})

    plainly, document = (
        here("forecast", "--days", "3", "--change", change),
        here("forecast", "--days", "3", "--change", change, "--json"),
    )

    assert (plainly.code, document.code) == (0, 0)
    assert set(json.loads(document.out)) >= {"more_letters", "fewer_letters", "seats_after"}


@pytest.mark.parametrize("change", ["{", "[]", "{}"])
def test_a_change_that_cannot_be_read_is_bad_input(here, change):
    assert here("forecast", "--days", "3", "--change", change).code == 2


def test_another_trust_than_there_is_is_bad_input(here):
    assert here("forecast", "--days", "3", "--trust", "westshire").code == 2


def test_a_synthetic_trust_is_made_once_and_then_one_must_be_named(here):
    made = here("synthesise", "--people", "30", "--json")
    again = here("synthesise", "--people", "30")
    unnamed = here("forecast", "--days", "1")

    assert (made.code, json.loads(made.out)["people"]) == (0, 30)
    assert (again.code, unnamed.code) == (2, 2)
