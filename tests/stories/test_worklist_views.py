"""Lists that somebody saved, and the switch of the single keys, as people use them over HTTP."""

import pytest

from tests import databases
from tests.desk import ADMINISTRATOR, desk_on
from tests.trial import WARD_HOLDER

pytestmark = pytest.mark.story


@pytest.fixture
def desk(database_url, clock, tmp_path):
    desk = desk_on(database_url, clock, tmp_path)
    yield desk
    databases.close(desk.engine.database)


@pytest.fixture
def ward(desk):
    return desk.signed_in(WARD_HOLDER)


@pytest.fixture
def second(desk):
    return desk.signed_in(ADMINISTRATOR)


def test_a_view_is_saved_named_chosen_and_deleted(ward, second):
    saved = ward.post(
        "/worklist/?due=week&q=lin",
        {"show": "open", "due": "week", "q": "lin", "name": "Lin", "usual": "1"},
        to="/worklist/views",
    )
    opened = ward.get("/worklist/")
    page = ward.page("/worklist/views")
    view = page.split("/worklist/views/")[1].split("/")[0]
    renamed = ward.post("/worklist/views", {f"name-{view}": "Lin Chen"}, to=f"/worklist/views/{view}/rename")
    ward.post("/worklist/views", {}, to=f"/worklist/views/{view}/not-usual")

    assert saved.status_code == 303
    assert opened.location == "/worklist/?show=open&due=week&q=lin"
    assert renamed.status_code == 303
    assert ward.get("/worklist/").status_code == 200
    assert "Lin Chen" in ward.page("/worklist/")
    assert "Lin Chen" not in second.page("/worklist/")
    ward.post("/worklist/views", {}, to=f"/worklist/views/{view}/delete")
    assert "You have saved no views." in ward.page("/worklist/views")


@pytest.mark.parametrize(("name", "sentence"), [("", "Enter a name"), ("lin", "You have a view with this name")])
def test_a_view_needs_a_name_of_its_own(ward, name, sentence):
    ward.post("/worklist/", {"show": "mine", "name": "Lin"}, to="/worklist/views")

    answer = ward.post("/worklist/", {"show": "roles", "name": name}, to="/worklist/views")

    assert answer.status_code == 422
    assert sentence in answer.text


def test_somebody_elses_view_is_not_there(ward, second):
    ward.post("/worklist/", {"show": "mine", "name": "Lin"}, to="/worklist/views")
    view = ward.page("/worklist/views").split("/worklist/views/")[1].split("/")[0]

    answers = [
        second.post("/worklist/", {f"name-{view}": "Mine"}, to=f"/worklist/views/{view}/{act}").status_code
        for act in ("rename", "usual", "delete", "nothing")
    ]

    assert answers == [404, 404, 404, 422]
    assert "Lin" in ward.page("/worklist/views")


def test_single_keys_are_switched_off_and_stay_off(desk, ward):
    before = ward.page("/worklist/")
    ward.post("/worklist/keys", {"shortcuts": "off"})

    after = desk.signed_in(WARD_HOLDER).page("/worklist/")

    assert ("worklist.js" in before, "worklist.js" in after) == (True, False)
    assert "Single keys are <strong>off</strong>" in ward.page("/worklist/keys")


def test_an_account_saves_twenty_views_and_no_more(ward):
    answers = [
        ward.post("/worklist/", {"show": "mine", "name": f"View {number}"}, to="/worklist/views").status_code
        for number in range(21)
    ]

    assert answers == [303] * 20 + [422]


def test_a_view_cannot_take_the_name_of_another(ward):
    for name in ("One", "Two"):
        ward.post("/worklist/", {"show": "mine", "name": name}, to="/worklist/views")
    view = ward.page("/worklist/views").split("/worklist/views/")[1].split("/")[0]

    answer = ward.post("/worklist/views", {f"name-{view}": "two"}, to=f"/worklist/views/{view}/rename")

    assert answer.status_code == 422
    assert "You have a view with this name already." in answer.text
