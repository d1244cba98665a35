"""`glimmer import`: take in what other systems send as files."""

from pathlib import Path
from typing import Annotated

import typer

from glimmer.cli.django_setup import start_django
from glimmer.cli.speak import problems_in_words, read_file, say, say_json
from glimmer.cli.typed import person_named

app = typer.Typer(help="Take in files from other systems.", no_args_is_help=True)

MOST_BYTES = 6 * 1024 * 1024


@app.callback()
def importing() -> None:
    """Take in files from other systems."""


@app.command("referral")
def referral(
    file: Annotated[Path, typer.Argument(help="A FHIR R4 bundle (JSON) with one patient and one referral.")],
    user: Annotated[str, typer.Option("--as", help="User name of the member of staff who imports it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Import one referral from a FHIR R4 bundle and say which items of the minimum set are missing.

    The same bundle is taken once. Nothing is stored when anything is wrong with it.

    Example: glimmer import referral bundle.json --as bea.larkspur
    """
    start_django()
    raw = read_file(file, most_bytes=MOST_BYTES)
    from glimmer.actions.referral import import_bundle

    staff = person_named(user, "imports it")
    with problems_in_words():
        episode = import_bundle(raw, by=staff)
    missing = list(episode.referral.items.filter(state="missing").values_list("item", flat=True))
    if as_json:
        say_json({"episode": episode.pk, "local_number": episode.patient.local_number, "missing": missing})
        return
    say(f"Imported as {episode.patient.local_number} (journey {episode.pk}).")
    say(f"Missing from the minimum set: {', '.join(missing)}." if missing else "The minimum set is complete.")
