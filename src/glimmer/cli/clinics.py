"""`glimmer clinics`: open clinics, let people in and out, share a journey between two."""

from typing import TYPE_CHECKING, Annotated

import typer

from glimmer.cli.django_setup import start_django
from glimmer.cli.speak import give_up, problems_in_words, say
from glimmer.cli.typed import person_named

if TYPE_CHECKING:
    from glimmer.records.clinics import Clinic
    from glimmer.records.episodes import Episode
    from glimmer.records.staff import Staff

app = typer.Typer(help="Clinics: whose staff see which patients.", no_args_is_help=True)

By = Annotated[str, typer.Option("--as", help="User name of the administrator or manager who does it.")]
Name = Annotated[str, typer.Argument(help="The clinic's name.")]
Person = Annotated[str, typer.Argument(help="User name of the member of staff.")]
Journey = Annotated[int, typer.Argument(help="The number of the journey, as in its page's address.")]


@app.callback()
def clinics() -> None:
    """Clinics: whose staff see which patients."""


@app.command("list")
def show() -> None:
    """List the clinics with their people."""
    start_django()
    from glimmer.records.models import Clinic

    for clinic in Clinic.objects.order_by("pk"):
        people = clinic.members.filter(ended_at__isnull=True).select_related("staff").order_by("staff__username")
        say(f"{clinic}: {', '.join(one.staff.username for one in people) or 'nobody'}")


@app.command("open")
def open_one(name: Name, user: By, code: Annotated[str, typer.Option(help="Its ODS code.")] = "") -> None:
    """Open another clinic. From then on new staff belong to none until somebody lets them in."""
    start_django()
    from glimmer.actions.clinics import open_clinic

    with problems_in_words():
        made = open_clinic(name, code, by=person_named(user, "does it"))
    say(f"{made} is open. Let people in with: glimmer clinics join USER {made.name!r} --as {user}")


@app.command("join")
def join(person: Person, clinic: Name, user: By) -> None:
    """Let a person see the patients of a clinic."""
    start_django()
    from glimmer.actions.clinics import join_clinic

    with problems_in_words():
        join_clinic(_member(person), _clinic(clinic), by=person_named(user, "does it"))
    say(f"{person} sees the patients of {clinic} from now on.")


@app.command("leave")
def leave(person: Person, clinic: Name, user: By) -> None:
    """End a person's belonging to a clinic."""
    start_django()
    from glimmer.actions.clinics import leave_clinic

    with problems_in_words():
        leave_clinic(_member(person), _clinic(clinic), by=person_named(user, "does it"))
    say(f"{person} no longer sees the patients of {clinic}.")


@app.command("share")
def share(journey: Journey, clinic: Name, because: Annotated[str, typer.Option(help="Why.")], user: By) -> None:
    """Let a second clinic see a journey as well."""
    start_django()
    from glimmer.actions.clinics import share_journey

    with problems_in_words():
        share_journey(_journey(journey), _clinic(clinic), because, by=person_named(user, "does it"))
    say(f"{clinic} sees this journey from now on.")


@app.command("unshare")
def unshare(journey: Journey, clinic: Name, user: By) -> None:
    """End the sharing of a journey."""
    start_django()
    from glimmer.actions.clinics import stop_sharing

    with problems_in_words():
        stop_sharing(_journey(journey), _clinic(clinic), by=person_named(user, "does it"))
    say(f"{clinic} no longer sees this journey.")


def _member(username: str) -> "Staff":
    from glimmer.records.models import Staff

    found = Staff.objects.filter(username=username).first()
    if found is None:
        give_up(f"There is no member of staff with the user name {username}. See them with: glimmer staff list")
    return found


def _clinic(name: str) -> "Clinic":
    from glimmer.records.models import Clinic

    found = Clinic.objects.filter(name__iexact=name).first()
    if found is None:
        give_up(f"There is no clinic {name!r}. See them with: glimmer clinics list")
    return found


def _journey(number: int) -> "Episode":
    from glimmer.records.models import Episode

    found = Episode.objects.filter(pk=number).first()
    if found is None:
        give_up(f"There is no journey with the number {number}.")
    return found
