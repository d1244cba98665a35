"""The `glimmer` command and its parts. Heavy imports wait inside the commands that need them."""

from typing import Annotated

import typer

import glimmer
from glimmer.cli import (
    audit,
    bays,
    clinics,
    devices,
    downtime,
    evidence,
    gateway,
    guidance,
    importing,
    instruments,
    pharmacology,
    protocol,
    safety,
    service,
    session,
    simulate,
    staff,
)
from glimmer.cli.demo.command import demo
from glimmer.cli.django_setup import bring_database_up_to_date, database_away_in_words, start_django
from glimmer.cli.serve import serve
from glimmer.cli.speak import say

app = typer.Typer(
    help="Glimmer runs a ketamine clinic for treatment-resistant depression.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(serve)
app.command()(demo)
app.add_typer(importing.app, name="import")
app.add_typer(gateway.app, name="gateway")
app.add_typer(guidance.app, name="guidance")
app.add_typer(instruments.app, name="instruments")
app.add_typer(pharmacology.app, name="pharmacology")
app.add_typer(simulate.app, name="simulate")
app.add_typer(protocol.app, name="protocol")
app.add_typer(audit.app, name="audit")
app.add_typer(safety.app, name="safety")
app.add_typer(staff.app, name="staff")
app.add_typer(service.app, name="service")
app.add_typer(bays.app, name="bays")
app.add_typer(clinics.app, name="clinics")
app.add_typer(devices.app, name="devices")
app.add_typer(session.app, name="session")
app.add_typer(downtime.app, name="downtime")
app.add_typer(evidence.app, name="evidence")


@app.command()
def migrate() -> None:
    """Bring the database up to date. Safe to run again; `glimmer serve` does it by itself."""
    start_django()
    count = bring_database_up_to_date()
    say("The database is up to date." if count == 0 else f"The database was brought up to date ({count} steps).")


def _version(asked: bool) -> None:
    if asked:
        say(f"Glimmer {glimmer.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Glimmer runs a ketamine clinic for treatment-resistant depression."""


def run() -> None:
    """Run the command line; the entry point of the package."""
    with database_away_in_words():
        app()
