"""Signing in and the frame around every page, over HTTP and on both databases."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, Response, flash, redirect, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from engine import accounts
from engine.errors import Refused
from engine.roles import directory
from engine.tables import outbox
from engine.transaction import Engine
from engine.web.frame import frame, menu
from engine.web.permissions import public, requires, signed_in
from engine.web.visitors import visitor
from tests.clock import FrozenClock
from tests.people import PASSWORD, TRUST, account, engine_on, settings_in

PAGE = """{% extends "engine/base.html" %}{% block title %}Home{% endblock %}
{% block content %}<h1>Home of {{ visitor.actor.name }}</h1>{% endblock %}"""
CSRF = re.compile(rb'name="csrf_token" value="([^"]+)"')
OTHER = "four green saucepans"


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Flask:
    """Return the frame with a few pages: one for each way of being let in, and some that fail."""
    app = frame(engine, settings_in(tmp_path))
    app.get("/")(signed_in(home))
    app.get("/classes", endpoint="classes")(requires("class-administrator")(classes))
    app.post("/change", endpoint="change")(signed_in(change))
    app.get("/undeclared", endpoint="undeclared")(lambda: "open")
    app.get("/fault/<kind>", endpoint="fault")(public(fault))
    menu(app, "Classes", "classes")
    menu(app, "Home", "home", order=1)
    return app


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def home() -> str:
    return render_template_string(PAGE)


def classes() -> str:
    return render_template_string(PAGE)


def change() -> Response:
    flash(f"{visitor().actor.name} changed it.")
    return redirect("/", 303)


def fault(kind: str) -> str:
    raise {
        "refused": Refused("The class is full."),
        "database": OperationalError("SELECT", {}, Exception("gone")),
    }.get(kind) or RuntimeError("a secret detail")


def post(browser: FlaskClient, address: str, **form: str) -> Response:
    """Send a form as a browser does: with the token of its session, whichever page it comes from."""
    token = CSRF.search(browser.get("/forgotten/password").data).group(1).decode()
    return browser.post(address, data={**form, "csrf_token": token})


def sign_in(browser: FlaskClient, password: str = PASSWORD, address: str = "/sign-in") -> Response:
    return post(browser, address, username="pnair", password=password)


def work_of_sign_in(browser: FlaskClient, username: str) -> float:
    """Return the seconds of processor time that a wrong password takes."""
    before = time.thread_time()
    post(browser, "/sign-in", username=username, password="not the password")
    return time.thread_time() - before


def letters(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.reading() as conn:
        rows = conn.execute(select(outbox).order_by(outbox.c.id)).mappings().all()
    return [(row["notice"], row["email"], row["context"]["reset_link"]) for row in rows]


def test_the_right_password_leads_to_the_page_that_was_asked_for(engine, browser):
    account(engine, password=PASSWORD)
    asked = browser.get("/?week=3")

    entered = sign_in(browser, address=asked.location)

    assert (asked.status_code, asked.location) == (302, "/sign-in?next=/?week%3D3")
    assert (entered.status_code, entered.location) == (303, "/?week=3")
    assert b"Home of Priya Nair" in browser.get("/").data


@pytest.mark.parametrize(
    "next_page", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/%0d%0aX: y"]
)
def test_sign_in_never_leads_to_another_site(engine, browser, next_page):
    account(engine, password=PASSWORD)

    entered = sign_in(browser, address=f"/sign-in?next={next_page}")

    assert entered.location == "/"


def test_a_wrong_password_and_an_unknown_user_are_told_the_same(engine, browser):
    account(engine, password=PASSWORD)

    wrong = sign_in(browser, password="something else").data
    unknown = post(browser, "/sign-in", username="nobody", password=PASSWORD).data

    def said(page: bytes) -> bytes:
        return re.sub(rb'(nonce|value)="[^"]*"', b"", page)

    assert said(wrong) == said(unknown)
    assert b"The user name or the password is not right." in wrong


def test_an_unknown_user_name_costs_as_much_work_as_a_wrong_password(engine, browser, full_strength):
    account(engine, password=PASSWORD)
    work_of_sign_in(browser, "nobody")  # makes the hash that an unknown user name is compared with

    known, unknown = (min(work_of_sign_in(browser, name) for _ in range(3)) for name in ("pnair", "nobody"))

    assert unknown > known / 2


def test_after_ten_failures_even_the_right_password_waits_for_a_quarter_of_an_hour(engine, browser, clock):
    account(engine, password=PASSWORD)
    for _ in range(10):
        sign_in(browser, password="something else")

    blocked = sign_in(browser)
    clock.advance(timedelta(minutes=15))
    later = sign_in(browser)

    assert (blocked.status_code, later.status_code) == (429, 303)


def test_a_form_without_its_token_changes_nothing(engine, browser):
    account(engine, password=PASSWORD)
    sign_in(browser)

    answer = browser.post("/change")

    assert answer.status_code == 400
    assert b"Nothing that you sent was saved." in answer.data
    assert b"changed it" not in browser.get("/").data


def test_a_form_with_its_token_says_what_it_did(engine, browser):
    account(engine, password=PASSWORD)
    sign_in(browser)
    token = CSRF.search(browser.get("/").data).group(1).decode()

    answer = browser.post("/change", data={"csrf_token": token})

    assert answer.status_code == 303
    assert b"Priya Nair changed it." in browser.get("/").data


def test_a_session_starts_anew_with_sign_in_and_ends_with_sign_out(engine, browser):
    account(engine, password=PASSWORD)
    with browser.session_transaction() as session:
        session["planted"] = "by somebody else"
    sign_in(browser)
    with browser.session_transaction() as session:
        kept = dict(session)

    token = CSRF.search(browser.get("/").data).group(1).decode()
    left = browser.post("/sign-out", data={"csrf_token": token})

    assert "planted" not in kept
    assert left.status_code == 303
    assert browser.get("/").status_code == 302


def test_a_copy_of_the_cookie_does_not_outlive_signing_out(engine, browser):
    account(engine, password=PASSWORD)
    sign_in(browser)
    with browser.session_transaction() as session:
        copied = dict(session)
    token = CSRF.search(browser.get("/").data).group(1).decode()
    browser.post("/sign-out", data={"csrf_token": token})

    with browser.session_transaction() as session:
        session.update(copied)

    assert browser.get("/").status_code == 302


@pytest.mark.parametrize("ended", ["old", "reset", "inactive"])
def test_a_session_ends_by_age_by_a_reset_and_with_the_account(engine, browser, clock, ended):
    who = account(engine, password=PASSWORD)
    sign_in(browser)

    if ended == "old":
        clock.advance(timedelta(hours=12, seconds=1))
    else:
        with engine.transaction() as tx:
            changes = {"active": False} if ended == "inactive" else {}
            accounts.change_account(tx.connection, TRUST, who, changes)
            if ended == "reset":
                accounts.set_password(tx.connection, TRUST, who, OTHER)

    assert browser.get("/").status_code == 302


def test_a_signed_out_form_says_that_nothing_was_saved(browser):
    answer = browser.post("/change")

    assert answer.status_code == 401
    assert b"Nothing that you sent was saved." in answer.data


def test_the_menu_shows_what_the_visitor_may_open(engine, browser):
    who = account(engine, password=PASSWORD)
    sign_in(browser)
    before, refused = browser.get("/").data, browser.get("/classes")
    with engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, who, "class-administrator", TRUST)

    after, opened = browser.get("/").data, browser.get("/classes")

    assert (b"/classes" in before, refused.status_code) == (False, 403)
    assert (b"/classes" in after, opened.status_code) == (True, 200)


def test_a_route_that_declares_nothing_is_closed(engine, browser):
    account(engine, password=PASSWORD)
    sign_in(browser)

    assert browser.get("/undeclared").status_code == 403


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/fault/refused", 409, b"The class is full."),
        ("/fault/database", 503, b"The database could not be reached."),
        ("/fault/unknown", 500, b"A fault in Preceptor stopped this."),
        ("/nowhere", 404, b"There is nothing at this address"),
        ("/sign-out", 405, b"This address does not take that kind of request."),
    ],
)
def test_an_error_says_what_happened_and_gives_nothing_away(browser, address, status, said):
    answer = browser.get(address)

    assert answer.status_code == status
    assert said in answer.data
    assert b"secret detail" not in answer.data
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_the_answer_is_the_same_for_an_address_that_nobody_has(engine, browser):
    account(engine)

    known = post(browser, "/forgotten/user-name", email="PNair@northshire.example")
    unknown = post(browser, "/forgotten/user-name", email="nobody@northshire.example")

    assert (known.status_code, known.location) == (unknown.status_code, unknown.location) == (303, "/forgotten/sent")
    assert [(notice, email) for notice, email, _link in letters(engine)] == [
        ("SYS-01-user-name", "pnair@northshire.example")
    ]


def test_a_link_by_mail_sets_a_new_password_once(engine, browser):
    account(engine, password=PASSWORD)
    post(browser, "/forgotten/password", username="pnair")
    ((_notice, _email, link),) = letters(engine)
    address = link.removeprefix("http://127.0.0.1:8000")

    looked = [browser.get(address).status_code for _scanner in range(3)]
    differing = post(browser, address, password=OTHER, again=PASSWORD)
    done = post(browser, address, password=OTHER, again=OTHER)
    again = post(browser, address, password=PASSWORD, again=PASSWORD)

    assert looked == [200, 200, 200]
    assert b"The two passwords differ." in differing.data
    assert (done.status_code, done.location) == (303, "/sign-in")
    assert again.status_code == 410
    assert sign_in(browser, password=OTHER).status_code == 303


def test_nobodys_letter_box_is_flooded(engine, browser):
    account(engine)

    answers = [post(browser, "/forgotten/password", username="pnair").location for _ in range(7)]

    assert answers == ["/forgotten/sent"] * 7
    assert len(letters(engine)) == 5


def test_what_was_typed_comes_back_as_text(browser):
    answer = post(browser, "/sign-in", username='"><script>alert(1)</script>', password="")

    assert b"<script>alert" not in answer.data
    assert b"&lt;script&gt;alert" in answer.data


def test_every_answer_tells_the_browser_what_to_trust(browser):
    headers = browser.get("/sign-in").headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "form-action 'self' http://content.localhost:8000 http://*.content.localhost:8000" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_over_https_the_cookie_is_bound_to_its_host(engine, tmp_path):
    app = frame(engine, settings_in(tmp_path, PRECEPTOR_APP_ORIGIN="https://learn.northshire.example"))

    cookie = app.test_client().get("/sign-in", base_url="https://learn.northshire.example").headers["Set-Cookie"]

    assert cookie.startswith("__Host-preceptor=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.parametrize("host", ["content.localhost:8000", "abc.content.localhost:8000"])
def test_the_content_origin_has_none_of_the_apps_pages(browser, host):
    assert browser.get("/sign-in", base_url=f"http://{host}").status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "content.localhost.:8000"])
def test_a_host_that_is_none_of_ours_gets_no_page(browser, host):
    answer = browser.get("/sign-in", base_url=f"http://{host}")

    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
