"""Secrets that have to be read again, sealed for the database: whoever copies it without its key learns nothing."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from glimmer.vocabulary.problems import Problem


class CannotUnseal(Problem):
    """The key that sealed this is not the key of this installation."""


def seal(secret: bytes) -> str:
    """Return `secret` encrypted and authenticated with the key of this installation (Fernet: AES-128-CBC, HMAC)."""
    return _box().encrypt(secret).decode()


def unseal(sealed: str) -> bytes:
    """Return what was sealed; raise CannotUnseal where the key has changed since or the text was altered."""
    try:
        return _box().decrypt(sealed.encode())
    except InvalidToken:
        raise CannotUnseal(
            "Your app cannot be checked: the key that protects its secret is not the one of this installation. "
            "Use a recovery code, or ask the clinic's administrator to reset your sign-in."
        ) from None


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(settings.SEALING_KEY.encode()).digest()))
