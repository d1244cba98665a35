"""Adding, using and removing what a person holds beside the password: an app, a security key, recovery codes."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.entries import required_text
from glimmer.records.sealed import seal, unseal
from glimmer.records.sign_in import APP, RecoveryCode, SecondFactor, factors_of, recovery_codes_of
from glimmer.records.staff import Staff
from glimmer.vocabulary.one_time_codes import DIGITS, SECRET_BYTES, matching_step
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, RuleRefused

LONGEST_NAME = 60
RECOVERY_CODES = 10
# 80 bits, written as four groups of four letters and digits.
_RECOVERY_GROUPS = 4
_RECOVERY_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
WRONG_CODE = "The code is wrong. Enter the six digits that your app shows now; the clock of the phone must be right."
USED_CODE = "This code was used already. Wait until your app shows the next one."


def must_have_second_factor(staff: Staff) -> bool:
    """Say whether this clinic asks the person's role for a second factor (GLIMMER_SECOND_FACTOR)."""
    return Role(staff.role) in settings.ENVIRONMENT.second_factor_roles


def fresh_secret() -> bytes:
    """Return the secret of an app that is about to be added."""
    return secrets.token_bytes(SECRET_BYTES)


def add_app(secret: bytes, code: str, name: str, *, by: Staff, at: datetime | None = None) -> SecondFactor:
    """Add an app, once it has shown a code that fits: the person is not locked out by an app that was never set up."""
    with acting(by, "sign_in.own", verb="add_app", at=at) as act:
        named = required_text(name, "label", "Give the app a name, such as: my phone.", LONGEST_NAME)
        step = matching_step(secret, only_signs(code), act.at)
        if step is None:
            raise BadInput(WRONG_CODE, field="code")
        factor = SecondFactor.objects.create(
            staff=by, kind=APP, name=named, secret=seal(secret), last_step=step, added_at=act.at
        )
        act.about(factor)
    return factor


def remove_factor(factor: SecondFactor, reason: str, *, by: Staff, at: datetime | None = None) -> SecondFactor:
    """Take an app or a key of one's own out of use. Refused for the last one where the clinic asks for one."""
    with acting(by, "sign_in.own", verb="remove_factor", at=at) as act:
        # All of them, so that of two presses at once the second sees what the first removed.
        mine = {one.pk: one for one in factors_of(by).select_for_update(of=("self",)).order_by("pk")}
        found = mine.get(factor.pk)
        if found is None:
            raise RuleRefused("This is not among your apps and keys any more. Nothing was changed.")
        if len(mine) == 1 and must_have_second_factor(by):
            raise RuleRefused("This is your only one, and this clinic asks for one. Add the new one first.")
        _remove(found, reason, by, act.at)
        act.about(found)
    return found


def _remove(factor: SecondFactor, reason: str, by: Staff, at: datetime) -> None:
    factor.removed_at, factor.removed_by = at, by
    factor.removed_because = required_text(reason, "because", "Say why it is removed.", 500)
    factor.save(update_fields=["removed_at", "removed_by", "removed_because"])


def remove_all_factors(staff: Staff, reason: str, remover: Staff, at: datetime) -> int:
    """Remove everything that a person has beside the password, in the caller's transaction; return how many."""
    found = list(factors_of(staff).select_for_update(of=("self",)))
    for factor in found:
        _remove(factor, reason, remover, at)
    recovery_codes_of(staff).update(used_at=at)
    return len(found)


def renew_recovery_codes(*, by: Staff, at: datetime | None = None) -> list[str]:
    """Make ten new recovery codes and return them, the only time; those from before are void."""
    with acting(by, "sign_in.own", verb="renew_recovery_codes", at=at) as act:
        recovery_codes_of(by).update(used_at=act.at)
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        for code in codes:
            salt = secrets.token_hex(16)
            RecoveryCode.objects.create(staff=by, salt=salt, digest=_digest(salt, code), made_at=act.at)
        act.about(by)
        act.note(codes=len(codes))
    return codes


def sign_out_everywhere(*, by: Staff, at: datetime | None = None) -> None:
    """End every sign-in of the person, in whichever browser it is."""
    with acting(by, "sign_in.own", verb="sign_out_everywhere", at=at) as act:
        row = Staff.objects.select_for_update(of=("self",)).get(pk=by.pk)
        row.sign_outs += 1
        row.save(update_fields=["sign_outs"])
        act.about(row)


def prove_by_code(staff: Staff, typed: str, at: datetime | None = None) -> str:
    """Take the code of an app or a recovery code, each good once; return which it was ("app" or "recovery code").

    Raise BadInput where it is neither. Guessing is slowed by whoever calls.
    """
    signs, now = only_signs(typed), at or timezone.now()
    with transaction.atomic():
        if re.fullmatch(rf"[0-9]{{{DIGITS}}}", signs):
            _take_app_code(staff, signs, now)
            return "app"
        _take_recovery_code(staff, signs, now)
        return "recovery code"


def _take_app_code(staff: Staff, code: str, now: datetime) -> None:
    was_used = False
    for factor in factors_of(staff).filter(kind=APP).select_for_update(of=("self",)):
        step = matching_step(unseal(factor.secret), code, now)
        if step is None:
            continue
        # A code is good once: who looked over a shoulder has nothing.
        if step > factor.last_step:
            factor.last_step, factor.used_at = step, now
            factor.save(update_fields=["last_step", "used_at"])
            return
        was_used = True
    raise BadInput(USED_CODE if was_used else WRONG_CODE, field="code")


def _take_recovery_code(staff: Staff, code: str, now: datetime) -> None:
    for row in recovery_codes_of(staff).select_for_update(of=("self",)):
        if hmac.compare_digest(row.digest, _digest(row.salt, code)):
            row.used_at = now
            row.save(update_fields=["used_at"])
            return
    raise BadInput(WRONG_CODE, field="code")


def only_signs(typed: str) -> str:
    """Return a code without the blanks and hyphens that people put into it, in small letters."""
    return re.sub(r"[\s-]", "", typed).lower()


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(4)) for _ in range(_RECOVERY_GROUPS))


def _digest(salt: str, code: str) -> str:
    return hmac.new(settings.SEALING_KEY.encode(), f"{salt}:{only_signs(code)}".encode(), hashlib.sha256).hexdigest()
