"""Signing in by an OpenID provider, such as NHS Care Identity: authorisation code with PKCE, state and nonce.

    begun = begin(back="https://clinic.example/sign-in/care-identity/back")   send the browser to begun.address
    claims = finish(answer, begun)                                            what the provider vouches for

Written against OpenID Connect Core 1.0, discovery, RFC 7636 (PKCE) and RFC 7523 (`private_key_jwt`, RS512, which NHS
Care Identity asks for). Proven against a provider that the tests start; nobody has connected it to the NHS's own.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from glimmer.vocabulary.problems import Problem

log = logging.getLogger(__name__)
WAIT_SECONDS = 10
# What a provider may sign with: never "none", never a secret that both sides know.
SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
LEEWAY_SECONDS = 60
DISCOVERY_KEPT_SECONDS = 600.0
# Two of the letters' own bytes over what the standards ask for (RFC 7636: 43 to 128 signs).
VERIFIER_SIGNS = 64


class CareIdentityProblem(Problem):
    """Signing in by the provider did not work; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What has to be remembered, on the server, from sending the browser away to its coming back."""

    address: str
    back: str
    state: str
    nonce: str
    verifier: str

    def kept(self) -> dict[str, str]:
        """Return it as the browser's session keeps it."""
        return asdict(self)


def is_set_up() -> bool:
    """Say whether this installation names a provider."""
    return bool(settings.ENVIRONMENT.oidc_issuer)


def begin(back: str) -> Begun:
    """Return where to send the browser, and what to remember. `back` is the address that the provider returns it to."""
    known = _discovered()
    nonce, verifier = generate_token(32), generate_token(VERIFIER_SIGNS)
    more = {"acr_values": settings.ENVIRONMENT.oidc_acr} if settings.ENVIRONMENT.oidc_acr else {}
    with _session(known, back) as session:
        address, state = session.create_authorization_url(
            known["authorization_endpoint"], nonce=nonce, code_verifier=verifier, **more
        )
    return Begun(address, back, state, nonce, verifier)


def finish(answer: str, begun: Begun) -> Mapping[str, Any]:
    """Return the verified claims of the person. `answer` is the whole address that the browser came back to.

    Raise CareIdentityProblem where anything does not fit: the state, the code, the token's signature, issuer,
    audience, time, nonce, or an assurance level that is not among those this clinic takes.
    """
    known = _discovered()
    try:
        with _session(known, begun.back, begun.state) as session:
            token = session.fetch_token(
                known["token_endpoint"],
                authorization_response=answer,
                code_verifier=begun.verifier,
                timeout=WAIT_SECONDS,
            )
        return _verified(token, known, begun)
    except (AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError) as problem:
        # The kind alone: what a provider answers may hold a token.
        log.warning("care identity refused: %s", getattr(problem, "error", type(problem).__name__))
        raise CareIdentityProblem(
            "The sign-in could not be confirmed. Begin again; if that fails too, sign in with your user name and "
            "password, and tell the person who runs Glimmer."
        ) from None


def public_keys() -> dict[str, Any]:
    """Return the public half of this installation's own key, as a provider fetches it to check who asks."""
    key = _own_key()
    return {"keys": [key.as_dict(private=False)] if key is not None else []}


def _verified(token: Mapping[str, Any], known: Mapping[str, Any], begun: Begun) -> Mapping[str, Any]:
    keys = KeySet.import_key_set(dict(_fetched(known["jwks_uri"])))  # type: ignore[arg-type]
    decoded = jwt.decode(token["id_token"], keys, algorithms=SIGNED_BY)
    environment = settings.ENVIRONMENT
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={"iss": {"value": known["issuer"]}, "aud": {"value": environment.oidc_client_id}},
        params={
            "nonce": begun.nonce,
            "client_id": environment.oidc_client_id,
            "access_token": token.get("access_token"),
        },
    )
    claims.validate(leeway=LEEWAY_SECONDS)
    if claims.get("acr") not in environment.oidc_acr.split():
        log.warning("care identity refused: assurance level")
        raise CareIdentityProblem(
            "You were not signed in strongly enough for this clinic. Sign in at the provider with your smartcard, "
            "security key or app, and begin again."
        )
    return claims


def _session(known: Mapping[str, Any], back: str, state: str | None = None) -> OAuth2Session:
    environment, key = settings.ENVIRONMENT, _own_key()
    session = OAuth2Session(
        environment.oidc_client_id,
        key if key is not None else environment.oidc_client_secret,
        token_endpoint_auth_method="private_key_jwt" if key is not None else "client_secret_basic",
        scope=environment.oidc_scope,
        redirect_uri=back,
        state=state,
        code_challenge_method="S256",
    )
    if key is not None:
        headers = {"kid": key.thumbprint()}
        session.register_client_auth_method(PrivateKeyJWT(known["token_endpoint"], headers=headers, alg="RS512"))
    return session


def _own_key() -> RSAKey | None:
    path = settings.ENVIRONMENT.oidc_client_key
    if not path:
        return None
    return RSAKey.import_key(Path(path).read_text(), {"use": "sig", "alg": "RS512", "kid": _thumbprint(path)})


def _thumbprint(path: str) -> str:
    return RSAKey.import_key(Path(path).read_text()).thumbprint()


_KNOWN: dict[str, tuple[float, Mapping[str, Any]]] = {}


def _discovered() -> Mapping[str, Any]:
    """Return what the provider says about itself, asked anew every ten minutes."""
    issuer = settings.ENVIRONMENT.oidc_issuer
    asked_at, known = _KNOWN.get(issuer, (0.0, {}))
    if known and time.monotonic() - asked_at < DISCOVERY_KEPT_SECONDS:
        return known
    known = _fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    # Somebody between could name a provider of their own.
    if known.get("issuer") != issuer:
        raise CareIdentityProblem(f"The provider calls itself {known.get('issuer')!r} and not {issuer!r}.")
    _KNOWN[issuer] = (time.monotonic(), known)
    return known


def _fetched(address: str) -> Mapping[str, Any]:
    _refuse_unprotected(address)
    try:
        answer = requests.get(address, timeout=WAIT_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        found: Mapping[str, Any] = answer.json()
    except (requests.RequestException, ValueError) as problem:
        log.warning("care identity cannot be reached: %s", type(problem).__name__)
        raise CareIdentityProblem(
            "The provider cannot be reached now. Sign in with your user name and password, or try again later."
        ) from None
    return found


def _refuse_unprotected(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise CareIdentityProblem("The provider must be reached by https: GLIMMER_OIDC_ISSUER.")
