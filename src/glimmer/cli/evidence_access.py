"""`glimmer evidence access`: where clinics should be, who is reached, and who is left out, on one page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glimmer.cli.progress import progress_steps
from glimmer.cli.speak import refusals_in_words, say, say_json, writing

if TYPE_CHECKING:
    from glimmer.evidence.access.report import Answer


def access(
    areas: Annotated[Path | None, typer.Option(help="Where people live; without it, the 68 health bodies.")] = None,
    sites: Annotated[Path | None, typer.Option(help="Where a clinic could be.")] = None,
    clinics: Annotated[int, typer.Option(help="How many clinics may open.", min=1)] = 50,
    travel: Annotated[Path | None, typer.Option(help="Minutes between them; without it, from distance.")] = None,
    mode: Annotated[str, typer.Option(help="Which mode of --travel, where it holds several.")] = "",
    without_car: Annotated[Path | None, typer.Option(help="Minutes of those without a car.")] = None,
    people: Annotated[Path | None, typer.Option(help="Who lives where: area, breakdown, group, adults.")] = None,
    objective: Annotated[str, typer.Option(help='"median" (mean way), "cover" (--within) or "center".')] = "",
    within: Annotated[float | None, typer.Option(help="As many in need as can be within so many minutes.")] = None,
    keep: Annotated[list[str] | None, typer.Option(help="A site that stays open: its code. Repeat it.")] = None,
    forbid: Annotated[list[str] | None, typer.Option(help="A site that cannot open: its code. Repeat it.")] = None,
    kinds: Annotated[list[str] | None, typer.Option(help="A kind of site to use: all without. Repeat it.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A site that is no candidate: CODE=REASON. Repeat.")] = None,
    exclude_list: Annotated[Path | None, typer.Option(help="Such sites as a table: code, reason.")] = None,
    floor: Annotated[int, typer.Option(help="Least clinics of each health body.", min=0)] = 0,
    equity: Annotated[float, typer.Option(help="How much more the need of the most deprived counts.")] = 1.0,
    draws: Annotated[int, typer.Option(help="Draws for the intervals.", min=2, max=10_000)] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same answer.", min=0)] = 1,
    seconds: Annotated[float, typer.Option(help="How long may be searched.", min=1)] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write tables (CSV) into this folder.")] = None,
    geojson: Annotated[Path | None, typer.Option(help="Write clinics and areas for a map to this file.")] = None,
    save: Annotated[Path | None, typer.Option(help="Freeze question and answer in this file.")] = None,
    scenario: Annotated[Path | None, typer.Option(help="Work a saved file out again, to the bit.")] = None,
) -> None:
    """Say where clinics should be, who is then reached, and who is left out. Every figure has an interval.

    Example: glimmer evidence access --areas areas.parquet --sites sites.csv.gz --clinics 50 --floor 1
    """
    from glimmer.evidence.access.report import Question, answer_to, as_data
    from glimmer.evidence.access.report_page import in_text
    from glimmer.evidence.access.scenario import rerun

    with _in_words(), progress_steps() as told:
        if scenario is not None:
            answer = rerun(scenario, told)
        else:
            question = Question(
                clinics=clinics,
                areas=areas,
                sites=sites,
                travel=travel,
                mode=mode,
                without_car=without_car,
                people=people,
                objective=objective or ("median" if within is None else "cover"),
                within=within,
                keep=tuple(keep or ()),
                forbidden=tuple(forbid or ()),
                kinds=tuple(kinds or ()),
                struck=_struck(exclude or [], exclude_list),
                floor=floor,
                equity=equity,
                draws=draws,
                seed=seed,
                seconds=seconds,
            )
            answer = answer_to(question, told)
    written = _write(answer, csv, geojson, save)
    if as_json:
        say_json(as_data(answer))
    else:
        say(in_text(as_data(answer)))
    for path in written:
        typer.echo(f"Written: {path}", err=True)


def _struck(typed: list[str], table: Path | None) -> dict[str, str]:
    """Return why each site is struck, by its code: those of the table, then those that were typed."""
    from glimmer.evidence.access.candidates import read_struck
    from glimmer.evidence.access.report import BadQuestion
    from glimmer.evidence.access.tables import Table

    found = {} if table is None else read_struck(Table(table))
    for one in typed:
        code, equals, reason = one.partition("=")
        if not equals:
            raise BadQuestion(f"--exclude {one} names no reason. Type the code and why: --exclude {one}=REASON.")
        found[code.strip()] = reason
    return found


def _write(answer: "Answer", csv: Path | None, geojson: Path | None, save: Path | None) -> list[Path]:
    from glimmer.evidence.access import outputs, scenario

    written: list[Path] = []
    if csv is not None:
        with writing(csv):
            written += outputs.write_csv(answer, csv)
    if geojson is not None:
        with writing(geojson):
            outputs.write_geojson(answer, geojson)
        written.append(geojson)
    if save is not None:
        with writing(save), _in_words():
            scenario.save(answer, save)
        written.append(save)
    return written


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn what is wrong with the question, its tables or a scenario into its sentence."""
    from glimmer.evidence.access.measures import BadMeasures
    from glimmer.evidence.access.problem import BadProblem
    from glimmer.evidence.access.report import BadQuestion
    from glimmer.evidence.access.scenario import BadScenario
    from glimmer.evidence.access.tables import BadTable

    with refusals_in_words(BadMeasures, BadProblem, BadQuestion, BadScenario, BadTable):
        yield
