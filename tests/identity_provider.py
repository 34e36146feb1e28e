"""An identity provider of our own on the loopback, which signs real tokens and can be told to sign wrong ones."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.clock import FrozenClock
from tests.serving import serving

CLIENT, SECRET = "preceptor", "hushed, but not a secret"


@dataclass(kw_only=True)
class IdentityProvider:
    """What it knows: the codes that are out, and what its next token says differently from an honest one.

    Below the path `away` it answers nothing.
    """

    clock: FrozenClock
    issuer: str = ""
    email: str = "pnair@northshire.example"
    subject: str = "p-4711"
    said: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    key: RSAKey | None = None
    away: str = "nowhere"
    _codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def authorise(self, address: str) -> str:
        """Sign somebody in at the address where they were sent, and return the query with which they go back."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert {"openid", "email"} <= set(asked["scope"].split())
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return urlencode({"code": code, "state": asked["state"]})

    def token(self, form: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Give a token for a code, once, to whoever began with the verifier's challenge."""
        asked = self._codes.pop(form["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if asked is None or proof != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        now = int(self.clock().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": self.subject, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], "email": self.email, "email_verified": True, **self.said}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key or _key())
        return {"access_token": "unused", "token_type": "Bearer", "id_token": signed}


@contextmanager
def running_provider(clock: FrozenClock) -> Iterator[IdentityProvider]:
    """Run a provider until the block ends."""
    provider = IdentityProvider(clock=clock)
    with serving(_app(provider)) as provider.issuer:
        yield provider


@cache
def _key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


def _app(provider: IdentityProvider) -> Flask:
    app = Flask("identity provider")

    @app.before_request
    def away() -> Response | None:
        return Response("away", 503) if request.path.startswith(provider.away) else None

    @app.get("/.well-known/openid-configuration")
    def metadata() -> Response:
        ours = {name: f"{provider.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        ours["end_session_endpoint"] = f"{provider.issuer}/end"
        return jsonify({"issuer": provider.issuer, **ours, **provider.metadata})

    @app.get("/jwks_uri")
    def keys() -> Response:
        return jsonify(KeySet([_key()]).as_dict(private=False))

    @app.post("/token_endpoint")
    def token() -> tuple[Response, int]:
        given = request.authorization
        known = given is not None and (given.username, given.password) == (CLIENT, SECRET)
        found = provider.token(request.form) if known else None
        return (jsonify(found), 200) if found else (jsonify({"error": "invalid_grant"}), 400)

    return app
