"""A real OpenID provider on 127.0.0.1, written with Authlib's server parts: it knows nothing of our client.

python -m tests.support.openid_provider PORT FILE

FILE (JSON): `client_id`, `back` (the one address it returns browsers to), `jwks_uri` or `secret` of the client, and
`people`: by name, the claims that their ID token carries. PKCE with S256 is required, a nonce too. Claims of a person
override those that the provider makes, so a test can have it issue a token that is wrong in one way.
"""

import json
import sys
from pathlib import Path
from typing import Any

import flask
import requests
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, InvalidClientError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

PORT, TOLD = int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
ISSUER = f"http://127.0.0.1:{PORT}"
KEY = RSAKey.generate_key(2048, {"kid": "provider-1", "use": "sig"})
CODES: dict[str, "Code"] = {}
USED_ASSERTIONS: set[str] = set()


class Client(ClientMixin):
    """The one client, as the file tells."""

    def get_client_id(self) -> str:
        return TOLD["client_id"]

    def get_default_redirect_uri(self) -> str:
        return TOLD["back"]

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == TOLD["back"]

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(TOLD.get("secret")) and client_secret == TOLD["secret"]

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == ("client_secret_basic" if TOLD.get("secret") else "private_key_jwt")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class Code(AuthorizationCodeMixin):
    """One authorisation code: good once."""

    def __init__(self, **facts: Any) -> None:
        self.__dict__.update(facts)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> str:
        return ""

    def get_amr(self) -> list[str]:
        return []


class CodeGrant(AuthorizationCodeGrant):
    """The authorisation code flow."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "private_key_jwt"]

    def save_authorization_code(self, code: str, request: Any) -> None:
        data = request.payload.data
        CODES[code] = Code(
            code=code,
            redirect_uri=request.payload.redirect_uri,
            scope=request.payload.scope,
            nonce=data.get("nonce"),
            auth_time=None,
            code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"),
            user=request.user,
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return CODES.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        CODES.pop(authorization_code.code)

    def authenticate_user(self, authorization_code: Code) -> str:
        return authorization_code.user


class IdTokens(OpenIDCode):
    """ID tokens signed by the provider's own key."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.nonce == nonce for code in CODES.values())

    def get_jwt_config(self, grant: Any, client: Any = None) -> dict[str, Any]:
        return {"key": KEY, "alg": "RS256", "iss": ISSUER, "exp": 300}

    def generate_user_info(self, user: str, scope: str) -> UserInfo:
        return UserInfo(TOLD["people"][user])


class SignedClient(JWTBearerClientAssertion):
    """`private_key_jwt`: the client's public key is fetched from where the client publishes it."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def get_audiences(self) -> list[str]:
        return [f"{ISSUER}/token"]

    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        # RS512 and nothing else, as NHS Care Identity asks for.
        try:
            claims = jwt.decode(assertion, resolve_key, algorithms=["RS512"]).claims
        except JoseError as error:
            raise InvalidClientError from error
        self.verify_claims(claims)
        return claims

    def validate_jti(self, claims: Any, jti: str) -> bool:
        is_new = jti not in USED_ASSERTIONS
        USED_ASSERTIONS.add(jti)
        return is_new

    def resolve_client_public_key(self, client: Client) -> KeySet:
        published = requests.get(TOLD["jwks_uri"], timeout=5).json()
        assert [key["alg"] for key in published["keys"]] == ["RS512"]
        return KeySet.import_key_set(published)


app = flask.Flask(__name__)
server = AuthorizationServer(app, query_client=lambda _: Client(), save_token=lambda token, request: None)
server.register_grant(CodeGrant, [CodeChallenge(required=True), IdTokens(require_nonce=True)])
server.register_client_auth_method("private_key_jwt", SignedClient())


@app.get("/.well-known/openid-configuration")
def discovery() -> dict[str, Any]:
    return {
        "issuer": TOLD.get("calls_itself", ISSUER),
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
    }


@app.get("/keys")
def keys() -> dict[str, Any]:
    return {"keys": [KEY.as_dict(private=False)]}


@app.route("/authorize", methods=["GET", "POST"])
def authorize() -> Any:
    """Ask who it is, without a password, then send the browser back with a code."""
    try:
        grant = server.get_consent_grant(end_user=None)
    except OAuth2Error as error:
        return f"refused: {error.error}", 400
    if flask.request.method == "GET":
        return '<form method="post"><input name="person"><button>Sign in</button></form>'
    return server.create_authorization_response(grant=grant, grant_user=flask.request.form["person"])


@app.post("/token")
def token() -> Any:
    return server.create_token_response()


if __name__ == "__main__":
    app.run("127.0.0.1", PORT, threaded=True)
