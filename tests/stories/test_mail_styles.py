"""Administrators set how the mail of their organisation looks, and its hours."""

import pytest

from engine.wording import styles
from tests.desk import ADMINISTRATOR, ELSEWHERE, desk_on
from tests.trial import TRUST, WARD

PAGE = f"/mail-style/{TRUST}"
LOOK = {"name": "Northshire Learning", "colour": "#7C2855", "contact": "Ask Ada, 01234", "hours": "08:00-18:00 mon-fri"}


@pytest.fixture
def desk(database_url, clock, tmp_path):
    built = desk_on(database_url, clock, tmp_path)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def administrator(desk):
    return desk.signed_in(ADMINISTRATOR)


def test_the_look_of_an_organisation_is_that_of_its_mail_and_of_those_below_it(desk, administrator):
    assert administrator.post(PAGE, LOOK).status_code == 303

    sample = administrator.get(f"/mail-style/{WARD}/sample").text
    assert "Northshire Learning" in sample
    assert "border-bottom-color: #7c2855" in sample
    assert "Ask Ada, 01234" in sample
    assert "has a look of its own" in administrator.page("/mail-style/")
    with desk.engine.reading() as connection:
        ward = styles.applying(connection, {(TRUST, WARD)})[TRUST, WARD]
    assert ward.hours == "08:00-18:00 mon-fri"


def test_what_an_organisation_says_itself_comes_first_part_by_part(desk, administrator):
    administrator.post(PAGE, LOOK)
    administrator.post(f"/mail-style/{WARD}", {**dict.fromkeys(LOOK, ""), "contact": "Ask the ward"})

    with desk.engine.reading() as connection:
        ward = styles.applying(connection, {(TRUST, WARD)})[TRUST, WARD]

    assert (ward.name, ward.contact) == ("Northshire Learning", "Ask the ward")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"colour": "#ffff00"}, "Choose a darker colour: it has a contrast of 1.1 to white, and 4.5 is the least."),
        ({"colour": "blue"}, "Enter a colour such as #005eb8."),
        ({"hours": "21:00-07:00"}, "Enter hours such as 07:00-21:00"),
    ],
    ids=["pale", "word", "backwards"],
)
def test_what_cannot_be_stands_beside_its_field_and_nothing_is_saved(administrator, changed, said):
    answer = administrator.post(PAGE, {**LOOK, **changed})

    assert answer.status_code == 422
    assert said in " ".join(answer.text.split())
    assert "Northshire Learning" not in administrator.page(PAGE)


def test_the_look_of_mail_is_closed_to_those_who_administer_nothing_there(desk, administrator):
    assert desk.signed_in(ELSEWHERE).get(PAGE).status_code == 403
    assert administrator.get("/mail-style/elsewhere").status_code == 404
