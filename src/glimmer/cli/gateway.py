"""`glimmer gateway`: run it alone, ask how it is, deliver what was set aside, look at what a message becomes."""

from pathlib import Path
from typing import Annotated

import typer

from glimmer.cli.aside import aside
from glimmer.cli.speak import give_up, read_file, say, say_json

app = typer.Typer(
    help="The bedside gateway: serve it alone, see how it is, deliver what was set aside, try messages.",
    no_args_is_help=True,
)
app.command("aside")(aside)

MOST_BYTES = 20_000_000


@app.command("try")
def try_file(
    file: Annotated[
        Path, typer.Argument(help="A file with one or more HL7 v2 messages, with or without MLLP framing.")
    ],
    dialect: Annotated[
        list[Path] | None, typer.Option(help="A dialect file (TOML) to read it by as well; may be given again.")
    ] = None,
    data_dir: Annotated[
        Path, typer.Option(envvar="GLIMMER_DATA_DIR", help="Data folder; its dialects/*.toml are used too.")
    ] = Path("var"),
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Show what the gateway makes of FILE.hl7, without storing anything.

    For each message: patient, device, and for each value the parameter, the value in Glimmer's
    unit, when it was measured, or why it would not be charted; then what each segment became, and the
    answer that the sender would get. Exit code 1 when no message was found or a dialect file is broken.

    Example: glimmer gateway try monitor.hl7 --dialect my-monitor.toml --json
    """
    from glimmer.gateway.dialect_files import read_book
    from glimmer.gateway.tryout import explain

    read_file(file, most_bytes=MOST_BYTES)
    book = read_book(data_dir / "dialects", dialect or [])
    explanation = explain(file, book=book)
    if as_json:
        say_json(explanation.to_json())
    else:
        say(str(explanation))
    if not explanation.messages:
        give_up(f"{file} holds no HL7 message: nothing in it starts with MSH.")
    if book.problems:
        give_up("\n".join(["Read without the dialect files that are broken:", *book.problems]))


@app.command("serve")
def serve_alone() -> None:
    """Run the bedside gateway in a process of its own, beside `glimmer serve` with GLIMMER_GATEWAY=false.

    It shares the data folder and the database with the pages, and goes on acknowledging monitors while the pages
    are restarted. What the database cannot take is kept on disk. Bring the database up to date first: glimmer migrate.
    Stop it with Ctrl-C or SIGTERM; nothing that was acknowledged is lost if it is killed instead.
    """
    from glimmer.cli.django_setup import start_django

    start_django()
    from glimmer.actions.ports import port

    port("serve_gateway")()


@app.command("status")
def status(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """Show how the gateway of this data folder is: its troubles, what it counted, what waits on disk.

    The numbers are of the last second in which it ran. Exit code 1 when it is stopped, silent or in trouble.
    """
    from dataclasses import asdict

    from glimmer.cli.django_setup import data_dir, start_django

    start_django()
    from glimmer.actions.gateway_status import is_silent, read_status

    found = read_status(data_dir())
    if found is None:
        give_up(f"No gateway has run on the folder {data_dir()}.")
    state = "silent: its process has ended or hangs" if is_silent(data_dir(), found) else found.state
    if as_json:
        say_json({**asdict(found), "state": state})
    else:
        lines = [f"The gateway is {state}.", *found.troubles.values()]
        say("\n".join([*lines, *(f"{name.replace('_', ' '):24} {count}" for name, count in found.counts.items())]))
    if state != "running" or found.troubles:
        raise typer.Exit(1)
