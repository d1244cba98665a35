"""`glimmer devices`: which monitors and pumps are known, in which bay each stands, and which are used no more."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glimmer.cli.bays import NO_BAYS
from glimmer.cli.django_setup import bring_database_up_to_date, start_django
from glimmer.cli.speak import give_up, problems_in_words, say, say_json
from glimmer.cli.typed import person_named, retired_in_words, typed_name

if TYPE_CHECKING:
    from glimmer.records.models import Bay, Device

app = typer.Typer(help="Say which monitors and pumps stand in which bay, and retire them.", no_args_is_help=True)

NO_DEVICES = 'No device is known yet. Add one: glimmer devices add NAME --kind monitor --bay "Bay 1"'
THEN = "Its values are charted once a person has connected it to a session, on that session's page."


class Kind(StrEnum):
    """What a device is."""

    MONITOR = "monitor"
    PUMP = "pump"


@app.callback()
def devices() -> None:
    """Say which monitors and pumps stand in which bay, and retire them."""


@app.command("add")
def add(
    device: Annotated[str, typer.Argument(help="What it calls itself: 'Device' in `glimmer gateway try`.")],
    kind: Annotated[str, typer.Option(help="monitor or pump.")],
    bay: Annotated[str, typer.Option(help="The bay where it stands.")],
) -> None:
    """Make a monitor or pump known by the name that it sends, letter by letter, with a line in the audit trail.

    Example: glimmer devices add MON-0815 --kind monitor --bay "Bay 1"
    """
    start_django()
    from django.db import transaction

    from glimmer.records.models import Device

    name = typed_name(device, "A device", Device._meta.get_field("identifier").max_length or 0)
    if kind not in list(Kind):
        give_up(f"A device is a monitor or pump, not {kind!r}.")
    bring_database_up_to_date()
    with transaction.atomic():
        place = _bay_named(bay)
        if same := Device.objects.filter(identifier__iexact=name).select_related("bay").first():
            if same.retired_at is not None:
                give_up(f"The device {same} was retired. To use it again: glimmer devices reinstate")
            give_up(f"There is already a device {same}, in {same.bay or 'no bay'}. To move it: glimmer devices move.")
        added = Device.objects.create(identifier=name, kind=kind, bay=place)
        _audit("add_device", added, bay=place.pk, kind=kind)
    say(f"The {kind} {added} stands in {place}.\n{THEN}")


@app.command("move")
def move(
    device: Annotated[str, typer.Argument(help="The device, as `glimmer devices list` names it.")],
    bay: Annotated[str, typer.Option(help="The bay where it stands now.")],
) -> None:
    """Say that a device stands in another bay now, with a line in the audit trail. Refused while it is connected.

    Example: glimmer devices move MON-0815 --bay "Bay 2"
    """
    start_django()
    from django.db import transaction

    from glimmer.records.models import Device

    bring_database_up_to_date()
    with transaction.atomic():
        known = Device.objects.select_for_update(no_key=True).get(pk=_device_named(device).pk)
        if known.retired_at is not None:
            give_up(f"The device {known} was retired. To use it again: glimmer devices reinstate")
        held = known.associations.filter(disconnected_at=None).first()
        if held is not None:
            give_up(
                f"{known} is connected to session {held.session_id}. Have it taken off on that session's page first."
            )
        place, before = _bay_named(bay), known.bay
        if before == place:
            give_up(f"{known} stands in {place} already. Nothing was changed.")
        known.bay = place
        known.save(update_fields=["bay"])
        _audit("move_device", known, from_bay=before.pk if before else None, to_bay=place.pk)
    say(f"{known} stands in {place} now.")


@app.command("retire")
def retire(
    device: Annotated[str, typer.Argument(help="The device, as `glimmer devices list` names it.")],
    because: Annotated[str, typer.Option(help="Why it is used no more.")],
    user: Annotated[str, typer.Option("--as", help="User name of the member of staff who retires it.")],
) -> None:
    """Take a device out of use, with a line in the audit trail. Refused while it is connected to a session.

    It stays known: what it sends from now on is kept on the page Device messages with that reason, and never charted.

    Example: glimmer devices retire MON-0815 --because "Sent for repair" --as gil.thackeray
    """
    start_django()
    from glimmer.actions.retiring import retire_device

    bring_database_up_to_date()
    known, by = _device_named(device), person_named(user, "retires it")
    with problems_in_words():
        retire_device(known, because, by=by)
    say(f"{known} is retired. Nothing that it sends is charted. To use it again: glimmer devices reinstate")


@app.command("reinstate")
def reinstate(
    device: Annotated[str, typer.Argument(help="The device, as `glimmer devices list` names it.")],
    because: Annotated[str, typer.Option(help="Why it is used again.")],
    user: Annotated[str, typer.Option("--as", help="User name of the member of staff who takes it into use.")],
) -> None:
    """Take a retired device into use again, with a line in the audit trail, in the bay where it stood.

    Example: glimmer devices reinstate MON-0815 --because "Back from repair" --as gil.thackeray
    """
    start_django()
    from glimmer.actions.retiring import reinstate_device

    bring_database_up_to_date()
    known, by = _device_named(device), person_named(user, "takes it into use")
    with problems_in_words():
        reinstate_device(known, because, by=by)
    say(f"{known} is in use again, in {known.bay or 'no bay'}.\n{THEN}")


@app.command("list")
def list_devices(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """List the known devices with their bay, the session to which each is connected now, and which are retired."""
    start_django()
    from glimmer.records.devices import Association
    from glimmer.records.models import Device

    bring_database_up_to_date()
    connected = dict(Association.objects.filter(disconnected_at=None).values_list("device_id", "session_id"))
    rows: list[dict[str, Any]] = [
        {
            "device": one.identifier,
            "kind": one.kind,
            "bay": one.bay.name if one.bay else None,
            "connected_to_session": connected.get(one.pk),
            "retired": retired_in_words(one),
        }
        for one in Device.objects.select_related("bay", "retired_by").order_by(
            "bay__position", "bay__name", "identifier"
        )
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        session = row["connected_to_session"]
        where = row["retired"] or (f"connected to session {session}" if session else "not connected")
        say(f"{row['device']:<40}  {row['kind']:<8}  {row['bay'] or 'no bay'!s:<20}  {where}")
    if not rows:
        say(NO_DEVICES)


def _device_named(name: str) -> "Device":
    from glimmer.records.models import Device

    found = Device.objects.select_related("bay").filter(identifier=name).first()
    if found is None:
        give_up(f"There is no device {name!r}. To see those there are: glimmer devices list")
    return found


def _bay_named(name: str) -> "Bay":
    from glimmer.records.models import Bay

    found = Bay.objects.filter(name=name.strip()).first()
    if found is None:
        names = ", ".join(Bay.objects.values_list("name", flat=True))
        give_up(f"There is no bay {name!r}. There are: {names}." if names else NO_BAYS)
    return found


def _audit(action: str, device: "Device", **details: int | str | None) -> None:
    from django.utils import timezone

    from glimmer.records.audit import append_audit

    append_audit(
        at=timezone.now(),
        actor_name="command line",
        action=action,
        subject="Device",
        subject_id=device.pk,
        details=details,
    )
