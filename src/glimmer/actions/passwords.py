"""What a password must be, choosing one, and the temporary one that an administrator hands out.

The rules follow NCSC and NIST SP 800-63B: long, not a common one, not the person's own name. No rules of composition,
no change by the calendar: both make people choose worse ones.
"""

import re
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from glimmer.actions.act import acting
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput

SHORTEST = 12
LONGEST = 128
# What is left of a password without the person's names and the words of this house must still be hard to guess.
SHORTEST_REST = 8
FEWEST_DIFFERENT = 5
HOUSE_WORDS = ("glimmer", "ketamine", "password", "clinic")
TEMPORARY_FOR = timedelta(hours=72)
# Without letters and digits that are mistaken for each other when they are read out or copied by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_common = CommonPasswordValidator()


def judge_password(password: str, *, username: str, name: str, field: str = "new") -> None:
    """Raise BadInput at `field` where the password is too easy to guess, with what would make a good one."""
    if len(password) < SHORTEST:
        raise BadInput(
            f"The password must have at least {SHORTEST} characters. Three or four words make a good one.", field=field
        )
    if len(password) > LONGEST:
        raise BadInput(f"The password may have at most {LONGEST} characters.", field=field)
    if is_common(password) or len(set(password)) < FEWEST_DIFFERENT:
        raise BadInput("This password is among the first that are guessed. Take three or four words.", field=field)
    if _mostly_names(password.casefold(), username, name):
        raise BadInput(
            "The password is mostly a name that others know: yours, or this service's. Take three or four other words.",
            field=field,
        )


def is_common(password: str) -> bool:
    """Say whether a password is one of the 20,000 most used ones that Django lists."""
    try:
        _common.validate(password)
    except ValidationError:
        return True
    return False


def _mostly_names(password: str, username: str, name: str) -> bool:
    words = {username.casefold(), *re.split(r"\W+", f"{username} {name}".casefold()), *HOUSE_WORDS}
    for word in sorted((word for word in words if len(word) > 2), key=len, reverse=True):
        password = password.replace(word, "")
    return len(password) < SHORTEST_REST


def temporary_password() -> str:
    """Return a password to hand out: 59 bits of chance, in groups that can be read aloud."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def give_temporary_password(staff: Staff, at: datetime) -> str:
    """Give a person a temporary password and return it, the only time. The caller saves the row."""
    password = temporary_password()
    staff.set_password(password)
    staff.password_until = at + TEMPORARY_FOR
    return password


def change_password(new: str, *, by: Staff, at: datetime | None = None) -> Staff:
    """Set the person's own new password, which ends their sign-ins elsewhere, and return the fresh row.

    Whoever calls has made sure that it is this person: by the old password, there and then.
    """
    judge_password(new, username=by.username, name=by.name)
    with acting(by, "sign_in.own", verb="change_password", at=at) as act:
        row = Staff.objects.select_for_update(of=("self",)).get(pk=by.pk)
        if row.check_password(new):
            raise BadInput("This is the password that you have. Choose another one.", field="new")
        row.set_password(new)
        row.password_until = None
        row.save(update_fields=["password", "password_until"])
        act.about(row)
    return row
