"""People choose which e-mails they get: on their page, and by the links of mails."""

import pytest

from engine.mail import Composer
from engine.outgoing import mail_links
from engine.roles.directory_tables import accounts
from engine.wording.templates import Shelf
from tests.clock import START
from tests.desk import ELSEWHERE, desk_on
from tests.letters import MAIL_FROM, a_row
from tests.trial import LEARNER

COMPLETED = "LRN-17-course-completed"
JOINING = "LRN-01-joining-instructions"
KEY = "k" * 40
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def desk(database_url, clock, tmp_path):
    built = desk_on(database_url, clock, tmp_path, PRECEPTOR_SECRET_KEY=KEY)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def learner(desk):
    return desk.signed_in(LEARNER)


@pytest.fixture
def link(desk):
    """Return the path of the link of a letter to the learner."""
    row = {**a_row(COMPLETED), "id": "letter-1", "person": "lin", "approval": None}
    desk.queue(COMPLETED, id="letter-1", person="lin")
    return mail_links.PATH + mail_links.secret_of(KEY, row)


def choices(page_of, notice=COMPLETED):
    page = page_of("/e-mails/")
    return page.split(f'name="{notice}"')[1].split("</select>")[0]


def composed(notice, **changes):
    row = {**a_row(notice), "id": "letter-1", "person": "lin", "approval": None, "invitation": None, **changes}
    origin = "https://learn.northshire.example"
    said = {"tokens": mail_links.tokens(KEY, origin), "headers": mail_links.headers(KEY, origin)}
    return Composer(Shelf(), MAIL_FROM, **said).compose(row, START).message.decode()


def test_a_mail_that_one_may_do_without_says_how_to_stop_it():
    mail = composed(COMPLETED)

    secret = mail_links.secret_of(KEY, {**a_row(COMPLETED), "id": "letter-1", "person": "lin"})
    assert f"List-Unsubscribe: <https://learn.northshire.example/e-mails/stop/{secret}>\r\n" in mail
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in mail
    assert "/e-mails/stop/" in mail.partition("\r\n\r\n")[2].replace("=\r\n", "")


@pytest.mark.parametrize(
    ("notice", "changes", "foot"),
    [
        (JOINING, {}, True),
        (COMPLETED, {"approval": "a"}, True),
        (COMPLETED, {"person": None}, False),
        (COMPLETED, {"kind": "test"}, False),
    ],
    ids=["joining", "asks", "nobody", "test"],
)
def test_a_mail_that_has_to_come_cannot_be_stopped(notice, changes, foot):
    mail = composed(notice, **changes)

    assert "List-Unsubscribe" not in mail
    assert "/e-mails/stop/" not in mail
    assert ("https://learn.northshire.example/e-mails/" in mail.replace("=\r\n", "")) is foot


def test_somebody_chooses_on_their_page_and_sees_it_there(desk, learner):
    assert '<option value="EACH" selected>' in choices(learner.page)
    every = dict.fromkeys(_names(learner), "EACH")

    answer = learner.post("/e-mails/", {**every, COMPLETED: "DIGEST", "zone": "Europe/Lisbon"})

    assert answer.status_code == 303
    assert '<option value="DIGEST" selected>' in choices(learner.page)
    assert '<option value="Europe/Lisbon" selected>' in learner.page("/e-mails/")


def test_what_cannot_be_chosen_is_refused_and_nothing_is_saved(learner):
    every = dict.fromkeys(_names(learner), "EACH")

    answer = learner.post("/e-mails/", {**every, "LRN-12-competence-nearing-expiry": "NONE", "zone": "Mars/Olympus"})

    assert answer.status_code == 422
    assert "Choose one of those that are listed." in answer.text
    assert '<option value="EACH" selected>' in choices(learner.page)


def test_an_account_that_is_nobodys_is_told_so(desk, link):
    with desk.engine.transaction() as tx:
        tx.connection.execute(accounts.update().where(accounts.c.id == ELSEWHERE.id).values(person=None))

    page = desk.signed_in(ELSEWHERE).page("/e-mails/")

    assert "you get every e-mail" in page
    assert "Joining instructions. It says when and where to be." in page


def test_opening_a_link_changes_nothing_and_chooses_nothing_beforehand(learner, link):
    page = learner.page(link)

    assert "At present it comes: each as it comes." in page
    assert "checked" not in page
    assert '<option value="EACH" selected>' in choices(learner.page)


def test_a_mail_program_stops_a_kind_of_mail_without_a_session_and_that_is_undone_by_the_link(desk, learner, link):
    program = desk.app.test_client()

    assert program.post(link).status_code == 400
    assert program.post(link, data=ONE_CLICK).status_code == 200
    assert program.post(link, data=ONE_CLICK).text == "You get no more e-mails of this kind."
    assert '<option value="NONE" selected>' in choices(learner.page)

    assert learner.post(link, {"pace": "EACH"}, to=f"{link}/choose").status_code == 303
    assert '<option value="EACH" selected>' in choices(learner.page)


def test_the_form_of_a_link_asks_for_a_choice(learner, link):
    answer = learner.post(link, {}, to=f"{link}/choose")

    assert answer.status_code == 422
    assert "Choose how you want to get it." in answer.text


def test_a_link_that_is_not_ours_does_nothing(desk, link):
    program = desk.app.test_client()

    assert program.get(f"{link}x").status_code == 404
    assert program.post(f"{link[:-2]}xx", data=ONE_CLICK).status_code == 404
    assert program.post(f"{mail_links.PATH}northshire.none.x", data=ONE_CLICK).status_code == 404


def _names(browser):
    page = browser.page("/e-mails/")
    return [part.split('"')[0] for part in page.split('<select class="nhsuk-select" id="')[1:] if part[:4] != "zone"]
