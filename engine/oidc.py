"""Sign-in at an identity provider: the code flow of OpenID Connect Core 1.0 (3.1), with PKCE, nonce and state.

Nothing but the configured issuer's own origin is ever fetched (SECURITY 22). Nobody becomes an account by it: a person
is known by the subject that was stored, or the first time by an address for which the provider vouches, and only in a
trust whose provider it is: that of one trust must not open the accounts of another.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry
from requests import RequestException
from sqlalchemy import Connection, RowMapping, select, update

from engine.accounts import digest
from engine.errors import NotVouched, ProviderAway
from engine.roles.directory_tables import accounts, organisations
from engine.settings import Oidc

JOURNEY: Final = timedelta(minutes=10)
_KNOWN_FOR: Final = timedelta(hours=1)
_SECONDS: Final = 5
_LEEWAY: Final = 60
_BYTES: Final = 32
_SCOPE: Final = "openid email profile"
_ALGORITHMS: Final = ("RS256", "PS256", "ES256")
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_AGAIN: Final = "The sign-in could not be checked, so it was not used. Start again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One way to the provider and back, kept in the browser's session; `began` is in seconds since 1970."""

    state: str
    nonce: str
    verifier: str
    began: int
    next: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """For whom the provider vouches: its own name for them (a digest), and an address that it has checked, if any."""

    subject: str
    email: str | None


class Provider:
    """The configured provider; what it says of itself is asked once an hour."""

    def __init__(self, settings: Oidc, back: str, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._back = back
        self._clock = clock
        self._said: Mapping[str, Any] = {}
        self._asked: datetime | None = None

    def begin(self, address: str) -> tuple[str, Journey]:
        """Return where to send the browser, and what to keep until it comes back to go on to an address of ours.

        Raises `ProviderAway`.
        """
        endpoint = self._metadata()["authorization_endpoint"]
        state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
        with self._session() as session:
            there, _state = session.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)
        began = int(self._clock().timestamp())
        return str(there), Journey(state=state, nonce=nonce, verifier=verifier, began=began, next=address)

    def finish(self, said: Mapping[str, str], journey: Journey | None) -> Vouched:
        """Return for whom the provider vouches in its answer; raises `NotVouched` or `ProviderAway`."""
        journey = _standing(said, journey, self._clock())
        if "error" in said:
            raise NotVouched("The sign-in was not completed there. Start again, or use your password here.")
        metadata = self._metadata()
        with self._session() as session:
            token = self._exchanged(session, metadata, said.get("code", ""), journey.verifier)
            keys = self._fetched(session, metadata["jwks_uri"])
        return _vouched(self._claims(token, keys, journey.nonce))

    def leave(self, home: str) -> str | None:
        """Return where to send the browser to sign out there too, or None where the provider has no such page.

        OpenID Connect RP-Initiated Logout 1.0, 2.
        """
        try:
            endpoint = self._metadata().get("end_session_endpoint")
        except ProviderAway:
            return None
        if not endpoint or not self._is_theirs(endpoint):
            return None
        return f"{endpoint}?{urlencode({'client_id': self._settings.client_id, 'post_logout_redirect_uri': home})}"

    def _metadata(self) -> Mapping[str, Any]:
        """Return the provider's metadata (OpenID Connect Discovery 1.0, 4), whose endpoints are all its own."""
        now = self._clock()
        if self._asked is None or now - self._asked > _KNOWN_FOR:
            with self._session() as session:
                said = self._fetched(session, f"{self._settings.issuer}/.well-known/openid-configuration")
            if str(said.get("issuer", "")).rstrip("/") != self._settings.issuer:
                raise ProviderAway("The provider of sign-ins names another issuer than PRECEPTOR_OIDC_ISSUER.")
            if not all(self._is_theirs(said.get(name)) for name in _ENDPOINTS):
                raise ProviderAway("The provider of sign-ins names endpoints that are not on its own origin.")
            self._said, self._asked = said, now
        return self._said

    def _is_theirs(self, address: Any) -> bool:
        ours, theirs = urlsplit(self._settings.issuer), urlsplit(str(address or ""))
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)

    def _session(self) -> Any:
        return OAuth2Session(
            self._settings.client_id,
            self._settings.client_secret,
            scope=_SCOPE,
            redirect_uri=self._back,
            code_challenge_method="S256",
        )

    def _fetched(self, session: Any, address: str) -> Mapping[str, Any]:
        try:
            answer = session.request("GET", address, withhold_token=True, timeout=_SECONDS, allow_redirects=False)
            said = answer.json() if answer.status_code == 200 else None  # noqa: PLR2004 - OK
        except (RequestException, ValueError):
            said = None
        if not isinstance(said, dict):
            raise ProviderAway
        return said

    def _exchanged(self, session: Any, metadata: Mapping[str, Any], code: str, verifier: str) -> str:
        try:
            answer = session.fetch_token(
                metadata["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                timeout=_SECONDS,
                allow_redirects=False,
            )
        except AuthlibBaseError:
            raise NotVouched(_AGAIN, cause="code") from None
        except (RequestException, ValueError):
            raise ProviderAway from None
        return str(answer.get("id_token", ""))

    def _claims(self, token: str, keys: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """Return what a token says once it was checked (OpenID Connect Core 1.0, 3.1.3.7)."""
        registry = JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._said["issuer"]},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=_ALGORITHMS).claims  # type: ignore[arg-type]
            registry.validate(claims)
        except (JoseError, ValueError, KeyError) as trouble:
            raise NotVouched(_AGAIN, cause=getattr(trouble, "claim", None) or type(trouble).__name__) from None
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise NotVouched(_AGAIN, cause="azp")
        return {**claims, "subject": digest(f"{self._settings.issuer}\n{claims['sub']}")}


def admitted(connection: Connection, vouched: Vouched, trusts: Collection[str]) -> RowMapping:
    """Return the row of the active account of somebody in these trusts, and remember the subject the first time.

    Without trusts the installation's only one is meant. Raises `NotVouched` where there is no such account, or more
    than one: an account is never made here.
    """
    own = frozenset(trusts) or _only_trust(connection)
    known = select(accounts).where(accounts.c.oidc_subject == vouched.subject)
    row = connection.execute(known).mappings().first()
    if row is None:
        row = _by_email(connection, vouched, own)
        here = (accounts.c.trust == row["trust"], accounts.c.id == row["id"])
        connection.execute(update(accounts).where(*here).values(oidc_subject=vouched.subject))
    if row["trust"] not in own:
        raise NotVouched(
            "Your account belongs to a trust that this sign-in is not for. Use your password here.", cause="trust"
        )
    if not row["active"]:
        raise NotVouched("Your account here is not active. Ask your learning administrator.", cause="inactive")
    return row


def _only_trust(connection: Connection) -> frozenset[str]:
    found = connection.execute(select(organisations.c.id).where(organisations.c.parent.is_(None)).limit(2)).scalars()
    only = frozenset(found)
    if len(only) != 1:
        raise NotVouched(
            "Several trusts are served here, and PRECEPTOR_OIDC_TRUST does not say whose sign-in this is. Use your"
            " password here, and tell whoever runs this.",
            cause="no trust",
        )
    return only


def _by_email(connection: Connection, vouched: Vouched, own: Collection[str]) -> RowMapping:
    if vouched.email is None:
        raise NotVouched(
            "The sign-in there does not vouch for an e-mail address of yours. Ask your system administrator.",
            cause="e-mail",
        )
    mine = (accounts.c.email == vouched.email, accounts.c.oidc_subject.is_(None), accounts.c.active)
    here = select(accounts).where(*mine, accounts.c.trust.in_(own))
    rows = connection.execute(here.limit(2)).mappings().all()
    if len(rows) != 1:
        number = "more than one account" if rows else "no account"
        raise NotVouched(
            f"There is {number} here for you. Nothing was made: ask your learning administrator. Who belongs to another"
            " trust signs in with a password.",
            cause="many" if rows else "unknown",
        )
    return rows[0]


def _standing(said: Mapping[str, str], journey: Journey | None, now: datetime) -> Journey:
    if journey is None or not secrets.compare_digest(said.get("state", "").encode(), journey.state.encode()):
        raise NotVouched(_AGAIN, cause="state")
    if now.timestamp() - journey.began > JOURNEY.total_seconds():
        raise NotVouched("You took more than ten minutes to sign in there. Start again.", cause="late")
    return journey


def _vouched(claims: Mapping[str, Any]) -> Vouched:
    said = claims.get("email_verified")
    checked = (said is True or said == "true") and isinstance(claims.get("email"), str)
    return Vouched(subject=claims["subject"], email=claims["email"].strip().lower() if checked else None)
