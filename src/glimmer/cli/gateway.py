"""`glimmer gateway`: look at what a device's message becomes, without storing it."""

from pathlib import Path
from typing import Annotated

import typer

from glimmer.cli.speak import give_up, read_file, say, say_json

app = typer.Typer(help="Look at messages from monitors and pumps.", no_args_is_help=True)

MOST_BYTES = 20_000_000


@app.command("try")
def try_file(
    file: Annotated[
        Path, typer.Argument(help="A file with one or more HL7 v2 messages, with or without MLLP framing.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Show what the gateway makes of FILE.hl7, without storing anything.

    For each message: patient, device, and for each value the parameter, the value in Glimmer's
    unit, when it was measured, or why it would not be charted. Exit code 1 when no message was found.

    Example: glimmer gateway try monitor.hl7 --json
    """
    from glimmer.gateway.tryout import explain

    read_file(file, most_bytes=MOST_BYTES)
    explanation = explain(file)
    if as_json:
        say_json(explanation.to_json())
    else:
        say(str(explanation))
    if not explanation.messages:
        give_up(f"{file} holds no HL7 message: nothing in it starts with MSH.")
