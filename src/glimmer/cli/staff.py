"""`glimmer staff`: who works here, and who has left.

The first person of a real clinic can only come from the machine itself.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from glimmer.cli.django_setup import bring_database_up_to_date, start_django
from glimmer.cli.speak import give_up, problems_in_words, say, say_json
from glimmer.cli.typed import person_named, retired_in_words, typed_name

if TYPE_CHECKING:
    from glimmer.records.models import Staff

WHAT = "Create members of staff, list them, reset a sign-in, retire those who have left, reinstate who came back."
app = typer.Typer(help=WHAT, no_args_is_help=True)


@app.callback()
def staff() -> None:
    """Create members of staff, list them, reset their sign-in, retire those who have left."""


@app.command("add")
def add(
    username: Annotated[str, typer.Argument(help="The user name they sign in with.")],
    name: Annotated[str, typer.Option(help="Full name as colleagues know it.")],
    role: Annotated[str, typer.Option(help="nurse, psychiatrist, ..., or 'safety officer'.")],
    registration: Annotated[str, typer.Option(help="GMC, NMC, GPhC or HCPC number.")] = "",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when left out.")
    ] = "",
) -> None:
    """Create one member of staff, with a line in the audit trail. Nobody can sign in before.

    The password is for the first sign-in only, within 72 hours: there they choose one that nobody else knows.

    Example: glimmer staff add wilf.tarrant --name "Dr Wilf Tarrant" --role "safety officer"
    """
    start_django()
    from django.db import transaction
    from django.utils import timezone

    from glimmer.actions.passwords import TEMPORARY_FOR, judge_password
    from glimmer.records.audit import append_audit
    from glimmer.records.models import Staff
    from glimmer.vocabulary.people import Role

    roles = [one.value for one in Role]
    if role not in roles:
        give_up(f"There is no role {role!r}. Choose one of: {', '.join(roles)}.")
    username = typed_name(username, "A user", Staff._meta.get_field("username").max_length or 0)
    name = typed_name(name, "A member of staff", Staff._meta.get_field("name").max_length or 0)
    if len(username.split()) > 1:
        give_up("A user name holds no blanks. A usual one: first.last")
    with problems_in_words():
        judge_password(password, username=username, name=name)
    bring_database_up_to_date()
    if Staff.objects.filter(username__iexact=username).exists():
        give_up(f"There is already a member of staff with the user name {username}. Choose another one.")
    with transaction.atomic():
        until = timezone.now() + TEMPORARY_FOR
        person = Staff.objects.create_staff(
            username, name, Role(role), password, registration=registration, password_until=until
        )
        append_audit(
            at=timezone.now(),
            actor_name="command line",
            action="add_staff",
            subject="Staff",
            subject_id=person.pk,
            details={"role": role},
        )
    say(f"{person.name} can sign in as {username} ({person.role}), and chooses a password of their own there.")


@app.command("retire")
def retire(
    username: Annotated[str, typer.Argument(help="The user name of the person who has left.")],
    because: Annotated[str, typer.Option(help="Why, such as: left the clinic.")],
    user: Annotated[str, typer.Option("--as", help="User name of the administrator or manager who does it.")],
) -> None:
    """Close the sign-in of a person who has left, with a line in the audit trail.

    Whatever they have open ends within seconds. They are never deleted: they stay the author of all that they wrote.
    Refused for oneself, and for the last administrator and the last clinical safety officer.

    Example: glimmer staff retire maya.okafor --because "Left the clinic" --as bea.larkspur
    """
    start_django()
    from glimmer.actions.retiring import retire_staff
    from glimmer.records.models import Staff

    bring_database_up_to_date()
    person = Staff.objects.filter(username=username).first()
    if person is None:
        give_up(f"There is no member of staff with the user name {username}. To see all: glimmer staff list")
    by = person_named(user, "retires them")
    with problems_in_words():
        retire_staff(person, because, by=by)
    say(f"{person.name} is retired, is signed out everywhere and cannot sign in again. What they wrote stays theirs.")


@app.command("reinstate")
def reinstate(
    username: Annotated[str, typer.Argument(help="The user name of the person who came back.")],
    because: Annotated[str, typer.Option(help="Why, such as: back from parental leave.")],
    user: Annotated[str, typer.Option("--as", help="User name of the administrator or manager who does it.")],
) -> None:
    """Open the sign-in of a retired person again, and print the temporary password to hand to them.

    Example: glimmer staff reinstate maya.okafor --because "Back from leave" --as bea.larkspur
    """
    start_django()
    from glimmer.actions.retiring import reinstate_staff

    _hand_out(username, user, "reinstates them", lambda person, by: reinstate_staff(person, because, by=by))


@app.command("reset")
def reset(
    username: Annotated[str, typer.Argument(help="The user name of the person who cannot sign in.")],
    because: Annotated[str, typer.Option(help="Why, such as: lost the phone.")],
    user: Annotated[str, typer.Option("--as", help="User name of the administrator or manager who does it.")],
) -> None:
    """Void a person's password, apps, keys and open sign-ins, and print the temporary password to hand to them.

    Do it only for somebody who stands before you, or whose voice you know: it is the way around the second factor.

    Example: glimmer staff reset maya.okafor --because "Lost the phone" --as bea.larkspur
    """
    start_django()
    from glimmer.actions.retiring import reset_sign_in

    _hand_out(username, user, "resets it", lambda person, by: reset_sign_in(person, because, by=by))


@app.command("link")
def link(
    username: Annotated[str, typer.Argument(help="The user name of the person.")],
    identity: Annotated[str, typer.Option(help="Who they are at the OpenID provider; '' takes the link away.")],
    user: Annotated[str, typer.Option("--as", help="User name of the administrator or manager who does it.")],
) -> None:
    """Say who a person is at the OpenID provider (NHS Care Identity), so that they can sign in by it.

    Example: glimmer staff link maya.okafor --identity 555036632103 --as bea.larkspur
    """
    start_django()
    from django.conf import settings

    from glimmer.actions.retiring import link_identity
    from glimmer.records.models import Staff

    bring_database_up_to_date()
    issuer = settings.ENVIRONMENT.oidc_issuer
    if not issuer:
        give_up("This installation names no OpenID provider. Set GLIMMER_OIDC_ISSUER and what belongs to it first.")
    person = Staff.objects.filter(username=username).first()
    if person is None:
        give_up(f"There is no member of staff with the user name {username}. To see all: glimmer staff list")
    by = person_named(user, "links it")
    with problems_in_words():
        row = link_identity(person, issuer, identity, by=by)
    says = "can sign in by" if row.identity_subject else "can no longer sign in by"
    say(f"{person.name} {says} {settings.ENVIRONMENT.oidc_name}.")


def _hand_out(username: str, user: str, does: str, give: Callable[["Staff", "Staff"], str]) -> None:
    bring_database_up_to_date()
    from glimmer.records.models import Staff

    person = Staff.objects.filter(username=username).first()
    if person is None:
        give_up(f"There is no member of staff with the user name {username}. To see all: glimmer staff list")
    by = person_named(user, does)
    with problems_in_words():
        password = give(person, by)
    say(f"{person.name} signs in as {username} with this temporary password, within 72 hours: {password}")
    say("It is shown only now. Hand it to them in person; they choose their own password, and add their app or key.")


@app.command("list")
def list_staff(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """List the members of staff with user name, name and role; those who were retired with when, by whom and why."""
    start_django()
    from glimmer.records.models import Staff

    bring_database_up_to_date()
    rows = [
        {"username": one.username, "name": one.name, "role": one.role, "retired": retired_in_words(one)}
        for one in Staff.objects.select_related("retired_by").order_by("-is_active", "role", "username")
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        says = f"{row['username']:<24}  {row['role']:<16}  {row['name']}"
        say(f"{says}  ({row['retired']})" if row["retired"] else says)
    if not rows:
        say("Nobody can sign in yet. Add the first person: glimmer staff add")
