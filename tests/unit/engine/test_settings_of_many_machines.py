"""The settings of an installation on many machines, and what is said where one is wrong."""

import pytest

from engine import settings
from engine.errors import SettingError
from engine.settings import Oidc

POSTGRES = "postgresql://127.0.0.1/preceptor"
PROVIDER = {
    "PRECEPTOR_OIDC_ISSUER": "https://login.northshire.example/realm/",
    "PRECEPTOR_OIDC_CLIENT_ID": "preceptor",
    "PRECEPTOR_OIDC_CLIENT_SECRET": "hushed",
}
PRODUCTION = {
    "PRECEPTOR_ENV": "production",
    "PRECEPTOR_SECRET_KEY": "x" * 32,
    "PRECEPTOR_APP_ORIGIN": "https://learn.northshire.example",
    "PRECEPTOR_CONTENT_ORIGIN": "https://courses.example.org",
}


def test_without_a_word_jobs_are_embedded_nobody_is_before_us_and_accounts_are_our_own():
    read = settings.read({})

    assert (read.jobs, read.trusted_proxies, read.oidc) == ("embedded", (), None)


def test_what_is_said_is_read():
    read = settings.read(
        {
            **PROVIDER,
            "PRECEPTOR_OIDC_TRUST": "northshire southshire",
            "PRECEPTOR_DATABASE_URL": POSTGRES,
            "PRECEPTOR_JOBS": "procrastinate",
            "PRECEPTOR_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8",
        }
    )

    assert read.jobs == "procrastinate"
    assert [str(network) for network in read.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8"]
    assert read.oidc == Oidc(
        issuer="https://login.northshire.example/realm",
        client_id="preceptor",
        client_secret="hushed",
        trusts=("northshire", "southshire"),
    )


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"PRECEPTOR_CONTENT_HOSTS": "cdn.example.org https://elsewhere"},
            "PRECEPTOR_CONTENT_HOSTS must be hosts such as cdn.example.org, not 'https://elsewhere'.",
        ),
        ({"PRECEPTOR_JOBS": "celery"}, "PRECEPTOR_JOBS must be one of embedded, procrastinate, not 'celery'."),
        (
            {"PRECEPTOR_JOBS": "procrastinate"},
            "PRECEPTOR_JOBS=procrastinate needs PostgreSQL: on SQLite the job engine is embedded.",
        ),
        (
            {"PRECEPTOR_TRUSTED_PROXIES": "our proxy"},
            "PRECEPTOR_TRUSTED_PROXIES must be addresses or networks such as “127.0.0.1 10.0.0.0/8”, not 'our proxy'.",
        ),
        (
            {**PROVIDER, "PRECEPTOR_OIDC_CLIENT_SECRET": ""},
            "Sign-in by OIDC needs all of its settings; PRECEPTOR_OIDC_CLIENT_SECRET is missing.",
        ),
        (
            {**PROVIDER, "PRECEPTOR_OIDC_ISSUER": "login.northshire.example"},
            "PRECEPTOR_OIDC_ISSUER must be an address such as https://login.example, not 'login.northshire.example'.",
        ),
        (
            {**PROVIDER, **PRODUCTION, "PRECEPTOR_OIDC_ISSUER": "http://login.northshire.example"},
            "PRECEPTOR_OIDC_ISSUER must use https in production.",
        ),
    ],
    ids=["content hosts", "jobs", "no server", "proxies", "half a provider", "no address", "no https"],
)
def test_a_wrong_setting_is_said_in_one_sentence(environment, sentence):
    with pytest.raises(SettingError) as caught:
        settings.read(environment)

    assert caught.value.sentence == sentence
