"""`glimmer service`: which other systems may read something of this clinic, and until when."""

from typing import Annotated

import typer

from glimmer.cli.django_setup import bring_database_up_to_date, start_django
from glimmer.cli.speak import give_up, problems_in_words, say, say_json
from glimmer.cli.typed import person_named

app = typer.Typer(help="Let other systems read something with a token that ends.", no_args_is_help=True)


@app.callback()
def service() -> None:
    """Let other systems read something, with a token that ends, and take it back."""


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The system that will use it.")],
    scope: Annotated[list[str], typer.Option(help="What it may read: status.read, counts.read. May be given again.")],
    days: Annotated[int, typer.Option(help="How long the token lasts, at most 365.")],
    user: Annotated[str, typer.Option("--as", help="User name of the administrator or manager who does it.")],
) -> None:
    """Make a token for another system, and print it, the only time.

    Example: glimmer service add "Trust monitoring" --scope status.read --days 90 --as bea.larkspur
    """
    start_django()
    from glimmer.actions.services import add_service

    bring_database_up_to_date()
    by = person_named(user, "makes it")
    with problems_in_words():
        row, token = add_service(name, scope, days=days, by=by)
    say(f"Token {row.pk} for {row.service} may read {', '.join(row.scopes)} until {row.expires_at.date().isoformat()}:")
    say(token)
    say("It is shown only now. Send it as a header: Authorization: Bearer TOKEN")


@app.command("revoke")
def revoke(
    number: Annotated[int, typer.Argument(help="The token's number, as the list shows it.")],
    because: Annotated[str, typer.Option(help="Why, such as: it stood in an e-mail.")],
    user: Annotated[str, typer.Option("--as", help="User name of the administrator or manager who does it.")],
) -> None:
    """Take a token back, at once and for good.

    Example: glimmer service revoke 3 --because "No longer used" --as bea.larkspur
    """
    start_django()
    from glimmer.actions.services import revoke_service
    from glimmer.records.services import ServiceToken

    bring_database_up_to_date()
    row = ServiceToken.objects.filter(pk=number).first()
    if row is None:
        give_up(f"There is no token {number}. To see all: glimmer service list")
    by = person_named(user, "revokes it")
    with problems_in_words():
        revoke_service(row, because, by=by)
    say(f"Token {row.pk} of {row.service} is revoked.")


@app.command("list")
def list_tokens(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """List the tokens with their system, what they may read, until when, and when they were last used."""
    start_django()
    from django.utils import timezone

    from glimmer.records.services import ServiceToken

    bring_database_up_to_date()
    now = timezone.now()
    rows = [
        {
            "number": one.pk,
            "service": one.service,
            "scopes": one.scopes,
            "state": "revoked" if one.revoked_at else "run out" if one.expires_at <= now else "valid",
            "until": one.expires_at.date().isoformat(),
            "last_used": one.used_at.isoformat(timespec="minutes") if one.used_at else "",
        }
        for one in ServiceToken.objects.all()
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        used = f", last used {row['last_used']}" if row["last_used"] else ", never used"
        says = f"{row['number']:>3}  {row['state']:<8} until {row['until']}  {row['service']}"
        say(f"{says}: {', '.join(row['scopes'])}{used}")
    if not rows:
        say("No other system reads anything here.")
