"""Security keys (WebAuthn): adding one, and proving by one that it is the person who holds it.

    asked = ask_to_add(staff, place)             options for the browser, and the challenge to keep on the server
    add_key(name, answer, asked.challenge, place, by=staff)
    prove_by_key(staff, answer, challenge, place)

A key signs for one address only, so a forged page gets nothing from it. It comes after the password, so touching it is
enough and no PIN of its own is asked for.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.entries import required_text
from glimmer.actions.second_factor import LONGEST_NAME
from glimmer.records.sign_in import KEY, SecondFactor, factors_of
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput

# webauthn takes longer to import than all pages together: it is imported where a key is really asked for or read.
if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

SERVICE = "Glimmer"
NOT_READ = "The security key was not read. Try again, and touch it when it blinks."
NOT_YOURS = "This security key does not fit. Use the one that you added, at the address where you added it."


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages are reached: the host that a key is bound to, and the whole origin."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser is asked for: `options` as JSON for it, `challenge` (base64url) to keep on the server."""

    options: str
    challenge: str


def ask_to_add(staff: Staff, place: Place) -> Asked:
    """Return what a browser needs to make a new credential; keys that the person has already are left out."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name=SERVICE,
        # Not the user name: a key that is found says nothing about its owner.
        user_id=hashlib.sha256(f"glimmer-staff-{staff.pk}".encode()).digest(),
        user_name=staff.username,
        user_display_name=staff.name,
        exclude_credentials=_descriptors(staff),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.DISCOURAGED,
        ),
    )
    return Asked(webauthn.options_to_json(options), bytes_to_base64url(options.challenge))


def ask_to_prove(staff: Staff, place: Place) -> Asked | None:
    """Return what a browser needs to use a key of the person, or None where they have none."""
    known = _descriptors(staff)
    if not known:
        return None
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=place.host, allow_credentials=known, user_verification=UserVerificationRequirement.DISCOURAGED
    )
    return Asked(webauthn.options_to_json(options), bytes_to_base64url(options.challenge))


def add_key(
    name: str, answer: str, challenge: str, place: Place, *, by: Staff, at: datetime | None = None
) -> SecondFactor:
    """Add the key that answered the challenge. Raise BadInput where the answer does not fit."""
    from webauthn.helpers import bytes_to_base64url

    with acting(by, "sign_in.own", verb="add_key", at=at) as act:
        named = required_text(name, "label", "Give the key a name, such as: my blue key.", LONGEST_NAME)
        made = _made(answer, challenge, place)
        credential = bytes_to_base64url(made.credential_id)
        if SecondFactor.objects.filter(credential_id=credential).exists():
            raise BadInput("This key is added already. Each key is one person's, and is added once.", field="label")
        factor = SecondFactor.objects.create(
            staff=by,
            kind=KEY,
            name=named,
            credential_id=credential,
            public_key=bytes_to_base64url(made.credential_public_key),
            sign_count=made.sign_count,
            added_at=act.at,
        )
        act.about(factor)
    return factor


def _made(answer: str, challenge: str, place: Place) -> Any:
    import webauthn
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
        )
    except (WebAuthnException, ValueError):
        raise BadInput(NOT_READ, field="label") from None


def prove_by_key(staff: Staff, answer: str, challenge: str, place: Place, at: datetime | None = None) -> SecondFactor:
    """Return the key of the person that answered the challenge, with its count of signatures kept.

    Raise BadInput where it is another's, answers another challenge or address, or counts backwards as a copy does.
    """
    with transaction.atomic():
        for factor in factors_of(staff).filter(kind=KEY).select_for_update(of=("self",)):
            if f'"{factor.credential_id}"' in answer:
                return _proved(factor, answer, challenge, place, at or timezone.now())
    raise BadInput(NOT_YOURS, field="code")


def _proved(factor: SecondFactor, answer: str, challenge: str, place: Place, at: datetime) -> SecondFactor:
    import webauthn
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(factor.public_key),
            credential_current_sign_count=factor.sign_count,
        )
    except (WebAuthnException, ValueError):
        raise BadInput(NOT_YOURS, field="code") from None
    factor.sign_count, factor.used_at = found.new_sign_count, at
    factor.save(update_fields=["sign_count", "used_at"])
    return factor


def _descriptors(staff: Staff) -> "list[PublicKeyCredentialDescriptor]":
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    known = factors_of(staff).filter(kind=KEY)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in known]
