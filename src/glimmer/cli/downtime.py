"""`glimmer downtime`: paper for the days when the pages cannot be reached."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from glimmer.cli.django_setup import start_django
from glimmer.cli.speak import give_up, problems_in_words, say

app = typer.Typer(help="Paper for the days when Glimmer cannot be reached.", no_args_is_help=True)


@app.callback()
def downtime() -> None:
    """Paper for the days when Glimmer cannot be reached."""


@app.command("sheets")
def sheets(
    day: Annotated[str, typer.Option("--day", help="The day, as 2026-11-26. Without it: today.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The PDF to write. Without it: a name with the day.")
    ] = None,
) -> None:
    """Write one PDF with a sheet for each session of a day: who, dose, checks, rounds, limits, leaving.

    Print it every morning, and keep it where the bays are. What is written on it can be entered afterwards on the
    page "From paper" of each date. The file holds patients' names: treat it as a patient record.

    Example: glimmer downtime sheets -o sheets.pdf
    """
    start_django()
    from django.utils import timezone

    from glimmer.actions.downtime import sheets_for_the_machine

    wanted = _day(day) if day else timezone.localdate()
    with problems_in_words():
        pdf = sheets_for_the_machine(wanted)
    path = output or Path(f"downtime-sheets-{wanted.isoformat()}.pdf")
    try:
        path.write_bytes(pdf)
    except OSError as problem:
        give_up(f"{path} could not be written ({problem.strerror}). Choose another place with --output.")
    say(f"Wrote {path}. It holds patients' names: keep it as you keep a patient record.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        give_up(f"{text!r} is no day. Write it as year, month, day, such as 2026-11-26.")
