"""Sign-in at the trust's identity provider, against one of our own on the loopback."""

import pytest
from flask import Blueprint
from sqlalchemy import select

from engine import accounts, settings
from engine.roles import directory
from engine.roles.directory_tables import accounts as accounts_table
from engine.web.frame import frame
from engine.web.permissions import signed_in
from tests import databases, trial
from tests.contract.test_account_pages import CSRF, TRUST
from tests.identity_provider import CLIENT, SECRET, running_provider

BACK = "/sign-in/provider/back"


@pytest.fixture
def provider(clock):
    with running_provider(clock) as running:
        yield running


@pytest.fixture
def engine(database_url, clock):
    built = trial.engine_on(database_url, clock)
    with built.transaction() as tx:
        directory.add_organisation(tx.connection, now=clock(), name="Northshire", id=TRUST)
    yield built
    databases.close(built.database)


@pytest.fixture
def app(engine, provider, tmp_path):
    return app_on(engine, provider, tmp_path)


def app_on(engine, provider, tmp_path, **more):
    said = {
        "PRECEPTOR_DATA_DIR": str(tmp_path),
        "PRECEPTOR_OIDC_ISSUER": provider.issuer,
        "PRECEPTOR_OIDC_CLIENT_ID": CLIENT,
        "PRECEPTOR_OIDC_CLIENT_SECRET": SECRET,
        **more,
    }
    made = frame(engine, settings.read(said))
    home = Blueprint("home", __name__)
    home.add_url_rule("/", "index", signed_in(lambda: "home"))
    home.add_url_rule("/worklist", "worklist", signed_in(lambda: "worklist"))
    made.register_blueprint(home)
    return made


@pytest.fixture
def browser(app):
    return app.test_client()


def account(engine, username="pnair", email="pnair@northshire.example", trust=TRUST, **changes):
    with engine.transaction() as tx:
        made = accounts.add_account(
            tx.connection, now=tx.now, trust=trust, username=username, email=email, name="Priya Nair"
        )
        if changes:
            accounts.change_account(tx.connection, trust, made.id, changes)
    return made.id


def sign_in(browser, provider, to="/"):
    there = browser.get(f"/sign-in/provider/?next={to}").location
    return browser.get(f"{BACK}?{provider.authorise(there)}")


def subjects(engine):
    with engine.reading() as connection:
        return list(connection.scalars(select(accounts_table.c.oidc_subject).order_by(accounts_table.c.username)))


def test_the_way_there_is_shown_only_where_a_provider_is_configured(engine, browser, tmp_path):
    plain = frame(engine, settings.read({"PRECEPTOR_DATA_DIR": str(tmp_path)})).test_client()

    assert b"Sign in with your organisation" in browser.get("/sign-in").data
    assert b"Sign in with your organisation" not in plain.get("/sign-in").data
    assert plain.get("/sign-in/provider/").status_code == 404


def test_somebody_whose_address_is_vouched_for_comes_in_where_they_wanted_to_go(engine, browser, provider):
    account(engine)

    answer = sign_in(browser, provider, to="/worklist")

    assert (answer.status_code, answer.location) == (303, "/worklist")
    assert browser.get("/worklist").text == "worklist"


def test_after_the_first_time_the_subject_counts_and_the_address_may_change(engine, browser, provider):
    account(engine)
    sign_in(browser, provider)
    provider.email = "priya.nair-jones@northshire.example"
    provider.said = {"email_verified": False}

    answer = sign_in(browser, provider)

    assert answer.status_code == 303
    assert all(len(subject) == 64 for subject in subjects(engine))


def test_signing_in_starts_a_new_session(engine, browser, provider):
    account(engine)
    with browser.session_transaction() as session:
        session["planted"] = "before"

    sign_in(browser, provider)

    with browser.session_transaction() as session:
        assert "planted" not in session
        assert "journey" not in session


def test_signing_out_ends_the_session_here_and_goes_on_to_end_it_there(engine, browser, provider):
    account(engine)
    sign_in(browser, provider)
    token = CSRF.search(browser.get("/sign-in").data).group(1).decode()

    left = browser.post("/sign-out", data={"csrf_token": token})
    there = browser.get(left.location)

    assert browser.get("/").status_code == 302
    assert left.location == "/sign-in/provider/leave"
    assert there.location.startswith(f"{provider.issuer}/end?client_id=preceptor&post_logout_redirect_uri=http")
    assert provider.issuer in left.headers["Content-Security-Policy"].split("form-action")[1]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"nonce": "another"}, "could not be checked"),
        ({"email_verified": False}, "does not vouch for an e-mail address"),
        ({"email": "nobody@northshire.example"}, "There is no account here for you. Nothing was made"),
    ],
    ids=["not checked", "unverified", "unknown"],
)
def test_who_is_not_let_in_is_told_why_and_nothing_is_made(engine, browser, provider, said, sentence):
    account(engine)
    provider.said = said

    answer = sign_in(browser, provider)

    assert (answer.status_code, sentence in answer.text) == (403, True)
    assert subjects(engine) == [None]
    assert browser.get("/").status_code == 302


def test_an_account_is_not_chosen_among_several_with_the_same_address(engine, browser, provider):
    account(engine)
    account(engine, username="pnair2")

    answer = sign_in(browser, provider)

    assert "more than one account" in answer.text
    assert subjects(engine) == [None, None]


def test_an_account_that_is_another_subjects_is_not_given_to_whoever_has_its_address(engine, browser, provider):
    account(engine)
    sign_in(browser, provider)
    provider.subject = "p-9999"

    assert sign_in(browser, provider).status_code == 403


@pytest.mark.parametrize("known", [True, False], ids=["by subject", "by address"])
def test_an_inactive_account_stays_closed(engine, browser, provider, known):
    who = account(engine)
    if known:
        sign_in(browser, provider)
    with engine.transaction() as tx:
        accounts.change_account(tx.connection, TRUST, who, {"active": False})

    assert sign_in(browser, provider).status_code == 403


def test_the_way_back_leads_in_once(engine, browser, provider):
    account(engine)
    back = f"{BACK}?{provider.authorise(browser.get('/sign-in/provider/').location)}"
    browser.get(back)

    again = browser.get(back)

    assert (again.status_code, "could not be checked" in again.text) == (403, True)


def test_a_copy_of_the_cookie_and_the_way_back_lead_nowhere(engine, app, browser, provider):
    account(engine)
    there = browser.get("/sign-in/provider/").location
    copied = browser.get_cookie("preceptor").value
    back = f"{BACK}?{provider.authorise(there)}"
    browser.get(back)
    thief = app.test_client()
    thief.set_cookie("preceptor", copied)

    assert thief.get(back).status_code == 403


def test_who_turns_back_there_is_told_so(engine, browser, provider):
    there = browser.get("/sign-in/provider/").location
    state = there.split("state=")[1].split("&")[0]

    answer = browser.get(f"{BACK}?error=access_denied&state={state}")

    assert (answer.status_code, "was not completed there" in answer.text) == (403, True)


@pytest.mark.parametrize("at", ["the start", "the end"])
def test_where_the_provider_is_away_the_page_says_so_and_passwords_work(engine, browser, provider, at):
    account(engine)
    back = BACK
    if at == "the end":
        back = f"{BACK}?{provider.authorise(browser.get('/sign-in/provider/').location)}"
    provider.away = "/"

    answer = browser.get("/sign-in/provider/" if at == "the start" else back)

    assert answer.status_code == 503
    assert "cannot be reached" in answer.text
    assert 'name="password"' in answer.text


def test_going_on_never_leads_elsewhere(engine, browser, provider):
    account(engine)

    assert sign_in(browser, provider, to="//evil.example").location == "/"


@pytest.fixture
def neighbour(engine):
    """Return the id of a second trust of the same installation."""
    with engine.transaction() as tx:
        return directory.add_organisation(tx.connection, now=tx.now, name="Southshire", id="southshire").id


def test_the_provider_of_one_trust_does_not_open_the_accounts_of_another(engine, provider, tmp_path, neighbour):
    account(engine, trust=neighbour)
    browser = app_on(engine, provider, tmp_path, PRECEPTOR_OIDC_TRUST=TRUST).test_client()

    answer = sign_in(browser, provider)

    assert (answer.status_code, subjects(engine)) == (403, [None])
    assert "Who belongs to another trust signs in with a password." in answer.text
    assert browser.get("/").status_code == 302


def test_a_subject_that_another_trust_knows_stays_out_once_the_provider_is_bound(engine, provider, tmp_path, neighbour):
    account(engine, trust=neighbour)
    sign_in(app_on(engine, provider, tmp_path, PRECEPTOR_OIDC_TRUST=neighbour).test_client(), provider)
    browser = app_on(engine, provider, tmp_path, PRECEPTOR_OIDC_TRUST=TRUST).test_client()

    answer = sign_in(browser, provider)

    assert (answer.status_code, "belongs to a trust that this sign-in is not for" in answer.text) == (403, True)


def test_where_there_are_several_trusts_and_none_is_named_the_provider_opens_none(engine, browser, provider, neighbour):
    account(engine)

    answer = sign_in(browser, provider)

    assert (answer.status_code, "Several trusts are served here" in answer.text) == (403, True)


def test_the_accounts_of_each_trust_that_is_named_come_in(engine, provider, tmp_path, neighbour):
    account(engine, trust=neighbour)
    both = app_on(engine, provider, tmp_path, PRECEPTOR_OIDC_TRUST=f"{TRUST} {neighbour}").test_client()

    assert sign_in(both, provider).status_code == 303
