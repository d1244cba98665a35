"""Taking a device out of use, or a person who has left: nothing is deleted, and nothing new comes of them.

What a retired device sends is kept in quarantine. A retired person is signed out everywhere and cannot sign in; they
stay the author of all that they wrote.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from glimmer.actions.act import acting
from glimmer.actions.entries import optional_text, required_text
from glimmer.actions.passwords import give_temporary_password
from glimmer.actions.second_factor import remove_all_factors
from glimmer.records.devices import Association
from glimmer.records.sessions import Device
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import ChangedMeanwhile, RuleRefused

LONGEST_REASON = 500
LONGEST_SUBJECT = 255
NEVER_NONE = (Role.ADMINISTRATOR, Role.SAFETY_OFFICER)
"""Roles that a clinic cannot be without: who looks after its staff, and who signs its functions on and off."""


def retire_device(device: Device, reason: str, *, by: Staff, at: datetime | None = None) -> Device:
    """Take a device out of use and return it. Raise RuleRefused while it is connected to a session."""
    with acting(by, "device.retire", verb="retire_device", at=at) as act:
        # Who connects a device locks its row first, too: of both, the second reads what the first did.
        locked = Device.objects.select_for_update(of=("self",), no_key=True).get(pk=device.pk)
        act.about(locked)
        if locked.retired_at is not None:
            raise ChangedMeanwhile(f"{locked} is retired already. Nothing was changed.")
        held = Association.objects.filter(device=locked, disconnected_at__isnull=True).first()
        if held is not None:
            raise RuleRefused(
                f"{locked} is connected to session {held.session_id}. Have it taken off on that session's page first."
            )
        locked.retired_because = required_text(reason, "because", "Say why the device is retired.", LONGEST_REASON)
        locked.retired_at, locked.retired_by = act.at, by
        locked.save(update_fields=["retired_at", "retired_by", "retired_because"])
        act.note(because=locked.retired_because)
    return locked


def reinstate_device(device: Device, reason: str, *, by: Staff, at: datetime | None = None) -> Device:
    """Take a retired device into use again and return it; nothing that it sent meanwhile is charted by that."""
    with acting(by, "device.retire", verb="reinstate_device", at=at) as act:
        locked = Device.objects.select_for_update(of=("self",), no_key=True).get(pk=device.pk)
        act.about(locked)
        if locked.retired_at is None:
            raise ChangedMeanwhile(f"{locked} is in use already. Nothing was changed.")
        # The reason is about a device, and there is no row that could keep it but this line.
        act.note(because=required_text(reason, "because", "Say why the device is used again.", LONGEST_REASON))
        locked.retired_at, locked.retired_by, locked.retired_because = None, None, ""
        locked.save(update_fields=["retired_at", "retired_by", "retired_because"])
    return locked


def retire_staff(person: Staff, reason: str, *, by: Staff, at: datetime | None = None) -> Staff:
    """Close the sign-in of a person who has left, end all that they have open, and return them.

    Raise RuleRefused for oneself, and for the last person of a role that a clinic cannot be without.
    """
    with acting(by, "staff.retire", verb="retire_staff", at=at) as act:
        # Locked with everybody of the same role: of two who retire each other's last colleague, the second is refused.
        wanted = Q(role=person.role) | Q(pk__in=[person.pk, by.pk])
        rows = {one.pk: one for one in Staff.objects.select_for_update(of=("self",)).filter(wanted).order_by("pk")}
        leaving = rows[person.pk]
        act.about(leaving)
        _may_leave(leaving, rows[by.pk], rows.values())
        leaving.retired_because = required_text(reason, "because", "Say why the person is retired.", LONGEST_REASON)
        leaving.retired_at, leaving.retired_by, leaving.is_active = act.at, by, False
        # A sign-in that is open stands on the password's digest, so this ends each of them.
        leaving.set_unusable_password()
        leaving.save(update_fields=["retired_at", "retired_by", "retired_because", "is_active", "password"])
        act.note(role=leaving.role)
    return leaving


def reinstate_staff(person: Staff, reason: str, *, by: Staff, at: datetime | None = None) -> str:
    """Open the sign-in of a person who came back, and return the temporary password that is handed to them.

    They sign in as somebody new does: with a password of their own, and an app or key added again.
    """
    with acting(by, "staff.retire", verb="reinstate_staff", at=at) as act:
        back = _locked_with(person, by)
        act.about(back)
        if back.is_active:
            raise ChangedMeanwhile(f"{back} can sign in already. Nothing was changed.")
        why = required_text(reason, "because", "Say why the person is reinstated.", LONGEST_REASON)
        # When they were retired, by whom and why stays in the audit, with this line after it.
        back.retired_at, back.retired_by, back.retired_because, back.is_active = None, None, "", True
        password = _as_if_new(back, why, by, act.at)
        act.note(because=why, role=back.role)
    return password


def reset_sign_in(person: Staff, reason: str, *, by: Staff, at: datetime | None = None) -> str:
    """Void a person's password, apps, keys and open sign-ins, and return the temporary password that is handed to them.

    For who forgot the password or lost the phone. `by` has recognised them; nobody does it for themselves.
    """
    with acting(by, "staff.reset", verb="reset_sign_in", at=at) as act:
        locked = _locked_with(person, by)
        act.about(locked)
        if not locked.is_active:
            raise RuleRefused(f"{locked} is retired and cannot sign in. To change that: glimmer staff reinstate")
        if locked.pk == by.pk:
            raise RuleRefused("Nobody resets their own sign-in: a colleague who recognises them does it.")
        why = required_text(reason, "because", "Say why the sign-in is reset.", LONGEST_REASON)
        password = _as_if_new(locked, why, by, act.at)
        act.note(because=why)
    return password


def link_identity(person: Staff, issuer: str, subject: str, *, by: Staff, at: datetime | None = None) -> Staff:
    """Say who a person is at the OpenID provider; an empty subject takes the link away. Return the fresh row.

    `by` has seen that the identity is this person's: whoever holds it signs in as them.
    """
    with acting(by, "staff.reset", verb="link_identity", at=at) as act:
        row = _locked_with(person, by)
        act.about(row)
        if row.pk == by.pk:
            raise RuleRefused("Nobody links their own identity: a colleague who recognises them does it.")
        wanted = optional_text(subject, "subject", LONGEST_SUBJECT)
        taken = Staff.objects.filter(identity_issuer=issuer, identity_subject=wanted).exclude(pk=row.pk)
        if wanted and taken.exists():
            raise RuleRefused("This identity is linked to somebody else. Take that link away first.")
        row.identity_issuer, row.identity_subject = (issuer, wanted) if wanted else ("", "")
        row.save(update_fields=["identity_issuer", "identity_subject"])
        act.note(issuer=row.identity_issuer, linked=bool(wanted))
    return row


def _locked_with(person: Staff, by: Staff) -> Staff:
    """Return the person's fresh, locked row; raise ChangedMeanwhile where `by` was retired a moment ago."""
    rows = Staff.objects.select_for_update(of=("self",)).filter(pk__in=[person.pk, by.pk]).order_by("pk")
    found = {one.pk: one for one in rows}
    if not found[by.pk].is_active:
        raise ChangedMeanwhile(f"{by} was retired a moment ago. Nothing was changed.")
    return found[person.pk]


def _as_if_new(person: Staff, reason: str, by: Staff, at: datetime) -> str:
    password = give_temporary_password(person, at)
    person.save()
    remove_all_factors(person, reason, by, at)
    return password


def _may_leave(leaving: Staff, by: Staff, people: Iterable[Staff]) -> None:
    if not leaving.is_active:
        raise ChangedMeanwhile(f"{leaving} is retired already. Nothing was changed.")
    if not by.is_active:
        raise ChangedMeanwhile(f"{by} was retired a moment ago. Nothing was changed.")
    if leaving.pk == by.pk:
        raise RuleRefused("Nobody retires themselves: a colleague who stays does it.")
    others = [one for one in people if one.role == leaving.role and one.is_active and one.pk != leaving.pk]
    if Role(leaving.role) in NEVER_NONE and not others:
        raise RuleRefused(
            f"{leaving.name} is the last {Role(leaving.role).label.lower()} who can sign in, and a clinic needs one. "
            "Add their successor first: glimmer staff add"
        )
