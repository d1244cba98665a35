"""`glimmer bays`: the treatment places of this clinic. Sessions are booked into them; devices stand in them."""

from typing import Annotated, Any

import typer

from glimmer.cli.django_setup import bring_database_up_to_date, start_django
from glimmer.cli.speak import give_up, say, say_json
from glimmer.cli.typed import typed_name

app = typer.Typer(help="Say which bays this clinic has.", no_args_is_help=True)

NO_BAYS = 'This clinic has no bay yet. Add one first: glimmer bays add "Bay 1"'


@app.callback()
def bays() -> None:
    """Say which bays this clinic has."""


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name as it stands on the wall, at most 40 characters.")],
) -> None:
    """Add a treatment place, after those there are, with a line in the audit trail.

    Example: glimmer bays add "Bay 1"
    """
    start_django()
    from django.db import transaction
    from django.db.models import Max
    from django.utils import timezone

    from glimmer.records.audit import append_audit
    from glimmer.records.models import Bay

    name = typed_name(name, "A bay", Bay._meta.get_field("name").max_length or 0)
    bring_database_up_to_date()
    with transaction.atomic():
        if same := Bay.objects.filter(name__iexact=name).first():
            give_up(f"There is already a bay named {same}. Choose another name.")
        position = (Bay.objects.aggregate(last=Max("position"))["last"] or 0) + 1
        bay = Bay.objects.create(name=name, position=position)
        append_audit(
            at=timezone.now(), actor_name="command line", action="add_bay", subject="Bay", subject_id=bay.pk, details={}
        )
    say(f"{bay} is a bay of this clinic. It is number {position} on the board.")


@app.command("list")
def list_bays(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """List the bays in the order of the board, each with the devices that stand there."""
    start_django()
    from glimmer.records.models import Bay

    bring_database_up_to_date()
    rows: list[dict[str, Any]] = [
        {
            "bay": bay.name,
            "position": bay.position,
            "devices": sorted(one.identifier for one in bay.devices.all() if one.retired_at is None),
        }
        for bay in Bay.objects.prefetch_related("devices")
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        say(f"{row['position']:>3}  {row['bay']:<40}  {', '.join(row['devices']) or 'no device'}")
    if not rows:
        say(NO_BAYS)
