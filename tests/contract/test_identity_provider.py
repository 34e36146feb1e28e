"""What the provider of sign-ins answers, and what of it is believed."""

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from joserfc.jwk import RSAKey

from engine.errors import NotVouched, ProviderAway
from engine.oidc import Provider
from engine.settings import Oidc
from tests.clock import START
from tests.identity_provider import CLIENT, SECRET, running_provider

BACK = "http://127.0.0.1:8000/sign-in/provider/back"


@pytest.fixture
def provider(clock):
    with running_provider(clock) as running:
        yield running


@pytest.fixture
def asked(provider, clock):
    chosen = Oidc(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET)
    return Provider(chosen, BACK, clock)


def came_back(provider, asked, **changed):
    there, journey = asked.begin("/")
    said = {**dict(parse_qsl(provider.authorise(there))), **changed}
    return asked.finish(said, journey)


def test_an_honest_token_vouches_for_a_subject_and_an_address(provider, asked):
    vouched = came_back(provider, asked)

    assert (len(vouched.subject), vouched.email) == (64, "pnair@northshire.example")


@pytest.mark.parametrize("said", [False, None, 1, "yes", [True], {"true": True}])
def test_an_address_that_was_not_checked_there_is_none(provider, asked, said):
    provider.said = {"email_verified": said}

    assert came_back(provider, asked).email is None


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "somebody else"}, "aud"),
        ({"aud": [CLIENT, "other"], "azp": "other"}, "azp"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"exp": int(START.timestamp()) - 120}, "exp"),
        ({"iat": int(START.timestamp()) + 600}, "iat"),
        ({"sub": None}, "sub"),
    ],
    ids=["nonce", "no nonce", "audience", "party", "issuer", "expired", "future", "subject"],
)
def test_a_token_that_does_not_hold_vouches_for_nobody(provider, asked, said, cause):
    provider.said = said

    with pytest.raises(NotVouched) as caught:
        came_back(provider, asked)

    assert caught.value.facts["cause"] == cause


def test_a_token_that_another_key_signed_vouches_for_nobody(provider, asked):
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})

    with pytest.raises(NotVouched):
        came_back(provider, asked)


@pytest.mark.parametrize("changed", [{"state": "another"}, {"state": "é"}, {"state": ""}, {"code": "guessed"}])
def test_a_way_back_that_was_changed_leads_nowhere(provider, asked, changed):
    with pytest.raises(NotVouched):
        came_back(provider, asked, **changed)


def test_a_way_back_without_a_way_there_leads_nowhere(provider, asked):
    there, _journey = asked.begin("/")

    with pytest.raises(NotVouched):
        asked.finish(dict(parse_qsl(provider.authorise(there))), None)


def test_who_takes_more_than_ten_minutes_starts_again(provider, asked, clock):
    there, journey = asked.begin("/")
    said = dict(parse_qsl(provider.authorise(there)))
    clock.advance(timedelta(minutes=11))

    with pytest.raises(NotVouched, match="ten minutes"):
        asked.finish(said, journey)


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({"issuer": "https://evil.example"}, "another issuer"),
        ({"token_endpoint": "https://evil.example/token"}, "not on its own origin"),
        ({"jwks_uri": None}, "not on its own origin"),
    ],
)
def test_only_the_issuers_own_origin_is_asked(provider, asked, metadata, sentence):
    provider.metadata = metadata

    with pytest.raises(ProviderAway, match=sentence):
        asked.begin("/")


@pytest.mark.parametrize("away", ["/token_endpoint", "/jwks_uri"])
def test_a_provider_that_goes_away_in_between_is_said_to_be_away(provider, asked, away):
    there, journey = asked.begin("/")
    said = dict(parse_qsl(provider.authorise(there)))
    provider.away = away

    with pytest.raises(ProviderAway):
        asked.finish(said, journey)


def test_a_provider_is_asked_for_its_metadata_once_an_hour(provider, asked, clock):
    asked.begin("/")
    provider.away = "/"
    asked.begin("/")
    clock.advance(timedelta(hours=2))

    with pytest.raises(ProviderAway):
        asked.begin("/")


def test_signing_out_goes_on_at_the_provider(provider, asked):
    assert asked.leave("http://127.0.0.1:8000/sign-in") == (
        f"{provider.issuer}/end?client_id=preceptor&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fsign-in"
    )


@pytest.mark.parametrize("ends", [None, "https://elsewhere.example/end"], ids=["no page", "a page elsewhere"])
def test_signing_out_ends_here_where_the_provider_has_no_page_for_it(provider, asked, ends):
    provider.metadata = {"end_session_endpoint": ends}

    assert asked.leave("/") is None


def test_signing_out_ends_here_where_the_provider_is_away(provider, asked):
    provider.away = "/"

    assert asked.leave("/") is None
