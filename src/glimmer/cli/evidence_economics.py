"""`glimmer evidence economics`: whether ketamine is worth its cost, on one page, as a report and as a workbook."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glimmer.cli.progress import Step, progress_steps
from glimmer.cli.speak import give_up, say, say_json, writing

if TYPE_CHECKING:
    from glimmer.evidence.economics.clinic.question import Question
    from glimmer.evidence.economics.report.case import Case
    from glimmer.evidence.economics.report.clinic_case import Drawn
    from glimmer.evidence.economics.report.findings import Findings
    from glimmer.evidence.economics.report.service import ServicePlan

LIFETIME = "lifetime"
LEAST_DRAWS = 50
MOST_DRAWS = 1_000_000
SCENARIO_DRAWS = 200


def economics(
    horizon: Annotated[str, typer.Option(help='Years, or "lifetime".')] = "",
    perspective: Annotated[str, typer.Option(help='"NHS and PSS" or "society".')] = "NHS and PSS",
    scenario: Annotated[str, typer.Option(help="A structural scenario: see --list-scenarios.")] = "base",
    draws: Annotated[int, typer.Option(help="Draws of all inputs.", min=LEAST_DRAWS, max=MOST_DRAWS)] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same draws.", min=0)] = 1,
    inputs: Annotated[Path | None, typer.Option(help="Own prices and other inputs: a TOML file.")] = None,
    posterior: Annotated[Path | None, typer.Option(help="Draws of glimmer evidence update.")] = None,
    service: Annotated[
        Path | None, typer.Option(help="Planned service: eligible people, uptake, groups (TOML).")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write report (HTML, PDF) into this folder.")] = None,
    workbook: Annotated[Path | None, typer.Option(help="Write a workbook with live formulas: FILE.xlsx.")] = None,
    on: Annotated[str, typer.Option(help="Thresholds in force on this day (ISO); today unless said.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
    list_scenarios: Annotated[bool, typer.Option("--list-scenarios", help="List the structural scenarios.")] = False,
) -> None:
    """Print the one-page statement: the answer, how sure it is, what would change it, what would settle it.

    Example: glimmer evidence economics --inputs our-prices.toml --report report --workbook model.xlsx
    """
    if list_scenarios:
        _list_scenarios(as_json)
        return
    if workbook is not None and workbook.suffix != ".xlsx":
        give_up(f"{workbook.name} is no workbook's name. Let it end in .xlsx.")
    _make_room(workbook.parent if workbook else None, report)
    question, drawn = _question(horizon, perspective, scenario, inputs), _drawn(draws, seed, posterior)
    with _in_words(), progress_steps() as told:
        plan = _plan(service)
        found = _found(question, drawn, _day(on), told, plan, with_scenarios=report is not None)
        if workbook is not None:
            _write_workbook(found, question, workbook)
        if report is not None:
            _write_report(found, report, told)
    _tell(found, as_json)
    for written in filter(None, (workbook, report)):
        typer.echo(f"Written: {written}", err=True)


def _tell(found: "Findings", as_json: bool) -> None:
    from glimmer.evidence.economics.report.statement import as_data, in_text

    if as_json:
        say_json(as_data(found))
    else:
        say(in_text(found))


def _list_scenarios(as_json: bool) -> None:
    from glimmer.evidence.economics.clinic.scenarios import SCENARIOS

    if as_json:
        say_json([{"id": one.id, "title": one.title, "why": one.why, "needs": list(one.needs)} for one in SCENARIOS])
        return
    for one in SCENARIOS:
        needs = f" (needs {', '.join(one.needs)})" if one.needs else ""
        say(f"{one.id:<28} {one.title}{needs}")


def _question(horizon: str, perspective: str, scenario_id: str, inputs: Path | None) -> "Question":
    from glimmer.evidence.economics.clinic.inputs import Inputs, read_inputs
    from glimmer.evidence.economics.clinic.question import Question
    from glimmer.evidence.economics.clinic.scenarios import scenario

    with _in_words():
        scenario(scenario_id)
        filled = read_inputs(inputs) if inputs else Inputs()
        asked = Question(perspective=perspective, scenario=scenario_id, inputs=filled)
        if not horizon:
            return asked
        return replace(asked, horizon_years=None if horizon == LIFETIME else _years(horizon))


def _years(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        give_up(f'The horizon is {said!r}, but must be a number of years or "{LIFETIME}".')


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said) if said else date.today()  # noqa: DTZ011 - the day where the person sits
    except ValueError:
        give_up(f"{said!r} is no day. Write it as 2026-04-01.")


def _drawn(draws: int, seed: int, posterior: Path | None) -> "Drawn":
    from glimmer.evidence.economics.report.clinic_case import Drawn

    if posterior is None:
        return Drawn(draws, seed)
    from glimmer.registry.posterior import BadPosterior, load_posterior

    try:
        found = load_posterior(posterior)
    except BadPosterior as problem:
        give_up(str(problem))
    marks = ("SIMULATED: the registry's draws come from invented patients and are no evidence.",)
    return Drawn(draws, seed, found.draws, marks if found.simulated else ())


def _plan(service: Path | None) -> "ServicePlan | None":
    from glimmer.evidence.economics.report.service import read_service

    return None if service is None else read_service(service)


def _found(
    question: "Question", drawn: "Drawn", day: date, told: Step, plan: "ServicePlan | None", *, with_scenarios: bool
) -> "Findings":
    from glimmer.evidence.economics.report.clinic_case import clinic_case
    from glimmer.evidence.economics.report.findings import findings

    scenarios = min(drawn.draws, SCENARIO_DRAWS) if with_scenarios else 0
    case: Case = clinic_case(question, drawn, day, told, scenario_draws=scenarios, plan=plan)
    return findings(case, lambda what: told(what, 0, 1))


def _write_workbook(found: "Findings", question: "Question", path: Path) -> None:
    from glimmer.evidence.economics.report.clinic_case import base_values
    from glimmer.evidence.economics.report.pages import workbook_pages
    from glimmer.evidence.economics.workbook import Shown, write_workbook

    case = found.case
    shown = Shown(found.thresholds, remarks=case.marks, pages=workbook_pages(found))
    with writing(path):
        write_workbook(case.model, path, shown, base_values(question), case.outcomes.reference)


def _write_report(found: "Findings", folder: Path, told: Step) -> None:
    from glimmer.evidence.economics.report.document import write_report

    with writing(folder):
        write_report(found, folder, lambda what: told(what, 0, 1))


def _make_room(*folders: Path | None) -> None:
    """Make the folders that will be written to, before the long work and not after it."""
    for folder in filter(None, folders):
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn what is wrong with a question, its inputs or the model into its sentence."""
    from glimmer.evidence.economics.analysis import BadAnalysis
    from glimmer.evidence.economics.clinic.inputs import BadInputs, Unfilled
    from glimmer.evidence.economics.clinic.question import BadQuestion
    from glimmer.evidence.economics.clinic.registry_draws import BadDraws
    from glimmer.evidence.economics.expressions import BadModel
    from glimmer.evidence.economics.outcomes import BadOutcomes
    from glimmer.evidence.economics.report.service import BadService

    try:
        yield
    except KeyError as problem:
        give_up(str(problem.args[0]))
    except (BadAnalysis, BadDraws, BadInputs, BadModel, BadOutcomes, BadQuestion, BadService, Unfilled) as problem:
        give_up(str(problem))
