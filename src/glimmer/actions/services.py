"""Service accounts: letting another system read something, for a while, and taking that back.

    token = add_service("Trust monitoring", ("status.read",), days=90, by=administrator)   the only time it is shown
    found = admit(token, "status.read")                                                     each time it is used

A machine has no role and is nobody of the staff: it reads what its scopes say and writes nothing.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.entries import required_text
from glimmer.records.audit import append_audit
from glimmer.records.services import ServiceToken
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed

SCOPES = {
    "status.read": "whether the clinic's parts work, for a monitoring system",
    "counts.read": "how many open journeys stand at which step: numbers, never names",
}
LONGEST_DAYS = 365
LONGEST_NAME = 60
# Says what it is to whoever finds it, and to programs that look for secrets where none should be.
PREFIX = "glimmer_service_"
_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
NOT_ADMITTED = "The token is not known, has run out or was revoked. Ask the clinic's administrator for a new one."


def add_service(
    service: str, scopes: Sequence[str], *, days: int, by: Staff, at: datetime | None = None
) -> tuple[ServiceToken, str]:
    """Make a token for a system and return its row with the token itself, which nobody can look up afterwards."""
    with acting(by, "service.manage", verb="add_service", at=at) as act:
        name = required_text(service, "service", "Name the system that will use it.", LONGEST_NAME)
        wanted = sorted(set(scopes))
        if not wanted or set(wanted) - set(SCOPES):
            raise BadInput(f"Name what it may read: {', '.join(SCOPES)}.", field="scopes")
        if not 1 <= days <= LONGEST_DAYS:
            raise BadInput(f"A token lasts 1 to {LONGEST_DAYS} days; then a new one is made.", field="days")
        token = PREFIX + secrets.token_urlsafe(32)
        row = ServiceToken.objects.create(
            service=name,
            scopes=wanted,
            digest=_digest(token),
            made_at=act.at,
            made_by=by,
            expires_at=act.at + timedelta(days=days),
        )
        act.about(row)
        act.note(service=name, scopes=wanted, days=days)
    return row, token


def revoke_service(row: ServiceToken, reason: str, *, by: Staff, at: datetime | None = None) -> ServiceToken:
    """Take a token back, at once and for good."""
    with acting(by, "service.manage", verb="revoke_service", at=at) as act:
        locked = ServiceToken.objects.select_for_update(of=("self",)).get(pk=row.pk)
        act.about(locked)
        if locked.revoked_at is not None:
            raise ChangedMeanwhile(f"Token {locked.pk} is revoked already. Nothing was changed.")
        locked.revoked_because = required_text(reason, "because", "Say why it is revoked.", 500)
        locked.revoked_at, locked.revoked_by = act.at, by
        locked.save(update_fields=["revoked_at", "revoked_by", "revoked_because"])
        act.note(because=locked.revoked_because)
    return locked


class NotAdmitted(NotAllowed):
    """There is no such token, or not any more."""


def admit(token: str, scope: str, at: datetime | None = None) -> ServiceToken:
    """Return the token's row and enter its use into the audit, in one transaction; a refused use has its line as well.

    Raise NotAdmitted for a token that is not known, has run out or was revoked; NotAllowed where it lacks the scope.
    A token that was never made leaves no line, for then anybody could fill the audit.
    """
    now = at or timezone.now()
    if not _TOKEN.fullmatch(token):
        raise NotAdmitted(NOT_ADMITTED)
    with transaction.atomic():
        # By its digest: what the index compares tells nobody a sign of the token.
        row = ServiceToken.objects.filter(digest=_digest(token)).first()
        if row is None:
            raise NotAdmitted(NOT_ADMITTED)
        refused = _refusal(row, scope, now)
        if refused is None:
            ServiceToken.objects.filter(pk=row.pk).update(used_at=now)
        _enter(row, "service_read" if refused is None else "service_refused", scope, now)
    # Outside the transaction, which would else take the line of the refusal back with it.
    if refused is not None:
        raise refused
    return row


def _refusal(row: ServiceToken, scope: str, now: datetime) -> NotAllowed | None:
    if row.revoked_at is not None or row.expires_at <= now:
        return NotAdmitted(NOT_ADMITTED)
    if scope not in row.scopes:
        return NotAllowed(f"This token may not read {scope}. Ask the clinic's administrator for one that may.")
    return None


def _enter(row: ServiceToken, action: str, scope: str, now: datetime) -> None:
    append_audit(
        at=now,
        actor=None,
        actor_name=f"service {row.service}",
        action=action,
        subject="ServiceToken",
        subject_id=row.pk,
        patient_id=None,
        details={"scope": scope},
    )


def _digest(token: str) -> str:
    # 256 bits of chance need no salt and no slow hash.
    return hashlib.sha256(token.encode()).hexdigest()
