"""A security key in software, written from the WebAuthn standard (level 2, sections 6.1 and 6.5): it signs anything."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT, HAS_CREDENTIAL = 0x01, 0x40


@dataclass
class SoftKey:
    """One credential; `count` is what it counts its signatures by."""

    host: str = "testserver"
    origin: str = "http://testserver"
    count: int = 0
    identity: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, challenge: str) -> str:
        """Answer `navigator.credentials.create`."""
        data = self._data(HAS_CREDENTIAL | USER_PRESENT)
        data += bytes(16) + len(self.identity).to_bytes(2, "big") + self.identity + cbor2.dumps(self._public())
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"attestationObject": _text(attestation)}, "webauthn.create", challenge)

    def get(self, challenge: str, flags: int = USER_PRESENT) -> str:
        """Answer `navigator.credentials.get`, counting up."""
        self.count += 1
        data = self._data(flags)
        client = self._client("webauthn.get", challenge)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"authenticatorData": _text(data), "signature": _text(signature)}
        return self._answer(parts, "webauthn.get", challenge)

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _public(self) -> dict[int, object]:
        numbers = self.private.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, parts: dict[str, str], kind: str, challenge: str) -> str:
        response = {"clientDataJSON": _text(self._client(kind, challenge)), **parts}
        name = _text(self.identity)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
