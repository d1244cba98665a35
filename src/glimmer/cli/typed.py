"""What an operator types, checked before it is stored, and the person who does it."""

from typing import TYPE_CHECKING

from glimmer.cli.speak import give_up

if TYPE_CHECKING:
    from glimmer.records.models import Device, Staff


def person_named(username: str, does: str) -> "Staff":
    """Return the member of staff with a user name, or give up: `does` says what they do, as in `exports it`."""
    from glimmer.records.models import Staff

    person = Staff.objects.filter(username=username, is_active=True).first()
    if person is None:
        give_up(f"There is no member of staff with the user name {username}. Name who {does} with --as.")
    return person


def retired_in_words(row: "Device | Staff") -> str:
    """Return since when a device or a person is retired, by whom and why; "" for one that is not."""
    from django.utils import timezone

    if row.retired_at is None:
        return ""
    day = timezone.localtime(row.retired_at).date().isoformat()
    return f"retired {day} by {row.retired_by}: {row.retired_because}"


def typed_name(text: str, what: str, longest: int) -> str:
    """Return a name without blanks around it, or give up when it is empty, too long or holds invisible signs."""
    name = text.strip()
    if not name:
        give_up(f"{what} must have a name. Nothing was stored.")
    if len(name) > longest:
        give_up(
            f"The name of {what.lower()} has {len(name)} characters; at most {longest} are kept. Nothing was stored."
        )
    if not name.isprintable():
        give_up(f"The name of {what.lower()} holds a sign that cannot be read, such as a line break. Type it again.")
    return name
