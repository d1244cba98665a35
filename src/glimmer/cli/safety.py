"""`glimmer safety`: which functions are on and who signed them; the hazard log as a page."""

from pathlib import Path
from typing import Annotated

import typer

from glimmer.cli.django_setup import start_django
from glimmer.cli.speak import give_up, say, say_json

app = typer.Typer(help="See which functions are on, and write out the hazard log.", no_args_is_help=True)


@app.callback()
def safety() -> None:
    """See which functions are on, and write out the hazard log."""


@app.command("status")
def status(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """Say of each function whether it is on, who signed it and when. A function that nobody signed is off.

    Signing itself is done in the app, at /safety, by the clinical safety officer.
    """
    start_django()
    from glimmer.actions.switches import newest_signings
    from glimmer.vocabulary.functions import Function

    signings = newest_signings()
    rows = []
    for function in Function:
        signing = signings.get(function)
        rows.append(
            {
                "function": function.value,
                "on": bool(signing and signing.is_on),
                "signed_by": str(signing.signed_by) if signing else "",
                "signed_at": signing.signed_at.isoformat() if signing else "",
                "reason": signing.reason if signing else "",
            }
        )
    if as_json:
        say_json(rows)
        return
    for row in rows:
        by = f"signed by {row['signed_by']} at {row['signed_at']}" if row["signed_by"] else "nobody has signed it"
        say(f"{row['function']:<16} {'on ' if row['on'] else 'OFF'}  {by}")


@app.command("report")
def report(
    file: Annotated[Path, typer.Argument(help="Where to write the page.")] = Path("docs/safety/hazards.md"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when the file is not as it would be.")] = (
        False
    ),
) -> None:
    """Render the hazard log, with each risk worked out by the matrix, as a page."""
    from glimmer.guidance.safety import hazards_page

    text = hazards_page()
    if not check:
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as problem:
            give_up(f"{file} cannot be written: {problem.strerror}. Name another file: glimmer safety report FILE")
        say(f"Written: {file}")
    elif not file.is_file() or file.read_text(encoding="utf-8") != text:
        give_up(f"{file} is not what the hazard log says. Write it again: glimmer safety report")
