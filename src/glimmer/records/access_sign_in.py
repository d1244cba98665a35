"""The way from a page to the rows that a sign-in rests on: the person's own, before and after they are signed in."""

from collections import Counter

from django.db.models import Q

from glimmer.records.access import NotFound, require
from glimmer.records.audit import AuditLine
from glimmer.records.sign_in import SecondFactor, factors_of
from glimmer.records.staff import Staff

# What a person hears of when they sign in the next time: whatever touched their sign-in, whoever did it.
WORTH_TELLING = {
    "sign_in_refused": "a wrong password",
    "second_factor_refused": "a wrong code or key after the right password",
    "signature_refused": "a wrong password given as a signature",
    "change_password": "the password changed",
    "add_app": "an app added",
    "add_key": "a security key added",
    "remove_factor": "an app or key removed",
    "renew_recovery_codes": "new recovery codes made",
    "sign_out_everywhere": "signed out everywhere",
    "reset_sign_in": "reset by a colleague",
    "link_identity": "an identity linked or taken away by a colleague",
}


def told_since_last_sign_in(staff: Staff) -> list[str]:
    """Return in words, each with how often, what touched this person's sign-in since they last signed in."""
    last = AuditLine.objects.filter(actor=staff, action="sign_in").order_by("-pk").values_list("pk", flat=True).first()
    if last is None:
        return []
    about = Q(actor=staff) | Q(subject="Staff", subject_id=staff.pk)
    lines = AuditLine.objects.filter(about, pk__gt=last, action__in=WORTH_TELLING).order_by("pk")
    counted = Counter(lines.values_list("action", flat=True))
    return [f"{WORTH_TELLING[action]}{f' ({often} times)' if often > 1 else ''}" for action, often in counted.items()]


def person_signing_in(staff_id: int | str) -> Staff | None:
    """Return the row, as it is now, of a person whose sign-in is open or under way; None where it was closed."""
    return Staff.objects.filter(pk=staff_id, is_active=True).first()


def person_called(username: str) -> Staff | None:
    """Return the person with a user name, retired or not; None where there is nobody. For the audit of a refusal."""
    return Staff.objects.filter(username=username).first()


def person_identified(issuer: str, subject: str) -> Staff | None:
    """Return the person who is linked to an identity and works here; None for nobody, and never for no subject."""
    if not issuer or not subject:
        return None
    return Staff.objects.filter(identity_issuer=issuer, identity_subject=subject, is_active=True).first()


def access_own_factor(by: Staff, factor_id: int) -> SecondFactor:
    """Return an app or a key of one's own that is in use, or raise NotFound; a colleague's is never found."""
    require(by, "sign_in.own")
    found = factors_of(by).filter(pk=factor_id).first()
    if found is None:
        raise NotFound("There is no such app or key. Go back to your sign-in page and choose again.")
    return found
