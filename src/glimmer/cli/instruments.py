"""`glimmer instruments`: the questionnaires and rating scales, and the official wording that the clinic imports."""

from pathlib import Path
from typing import Annotated

import typer

from glimmer.cli.django_setup import bring_database_up_to_date, start_django
from glimmer.cli.speak import problems_in_words, read_file, say, say_json
from glimmer.cli.typed import person_named

app = typer.Typer(help="Questionnaires and rating scales, and their official wording.", no_args_is_help=True)

MOST_BYTES = 2 * 1024 * 1024


@app.callback()
def instruments_() -> None:
    """Questionnaires and rating scales, and their official wording."""


@app.command("list")
def list_instruments(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """List the instruments: id, version of the scoring, range, licence, and in which languages the wording is here."""
    start_django()
    from glimmer.guidance.instrument import instruments
    from glimmer.records.wording import WordingPack

    bring_database_up_to_date()
    packs: dict[str, set[str]] = {}
    for name, language in WordingPack.objects.values_list("instrument", "language"):
        packs.setdefault(name, set()).add(language)
    found = [
        {
            "id": one.id,
            "title": one.title,
            "version": one.version,
            "range": [one.scoring.lowest, one.scoring.highest] if one.has_total else None,
            "rater": one.rater,
            "licence": one.licence,
            "wording": sorted(packs.get(one.id, ())),
        }
        for one in instruments().values()
    ]
    if as_json:
        say_json(found)
        return
    for one in found:
        range_ = f"{one['range'][0]} to {one['range'][1]}" if one["range"] else "profile"
        wording = ", ".join(one["wording"]) or "no wording"  # type: ignore[arg-type]
        say(f"{one['id']:<14} {one['version']:<16} {range_:<10} {wording:<12} {one['licence']}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A FHIR R4 Questionnaire (JSON) with the official wording.")],
    instrument: Annotated[str, typer.Option(help="Which instrument it is, as `glimmer instruments list` names it.")],
    permission: Annotated[str, typer.Option(help="Why the clinic may show it: the licence, or who gave permission.")],
    user: Annotated[str, typer.Option("--as", help="User name of the member of staff who imports it.")],
    language: Annotated[str, typer.Option(help="Its language, such as en or cy, where the file does not say.")] = "",
) -> None:
    """Import the official wording of a questionnaire. Only the text is taken: the scoring stays as it is.

    Example: glimmer instruments import phq9.json --instrument phq9 --language en --permission "Free to use" --as bea
    """
    start_django()
    raw = read_file(file, most_bytes=MOST_BYTES)
    from glimmer.actions.wording import import_wording

    bring_database_up_to_date()
    by = person_named(user, "imports it")
    with problems_in_words():
        pack = import_wording(raw, instrument, language, permission, by=by)
    say(f"The wording of {pack.instrument} in {pack.language} is here: {len(pack.items)} questions.")


@app.command("value-set")
def value_set(
    file: Annotated[Path, typer.Argument(help="A value set of the EQ-5D-5L (TOML; docs/6-outcomes.md says how).")],
    user: Annotated[str, typer.Option("--as", help="User name of the member of staff who imports it.")],
) -> None:
    """Import a dated value set of the EQ-5D-5L. Profiles stay as they are; each set that is here is shown beside them.

    Example: glimmer instruments value-set docs/examples/eq5d5l-england-2018.toml --as bea
    """
    start_django()
    raw = read_file(file, most_bytes=MOST_BYTES)
    from glimmer.actions.value_sets import import_value_set

    bring_database_up_to_date()
    by = person_named(user, "imports it")
    with problems_in_words():
        pack, reversals = import_value_set(raw, by=by)
    say(f"{pack.title} is here, in force from {pack.in_force_from}: {pack.values['55555']} to 1.")
    if reversals:
        say(f"In {reversals} places a worse state is worth more than the better one beside it. Check the file.")
