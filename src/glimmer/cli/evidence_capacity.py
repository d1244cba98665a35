"""`glimmer evidence capacity`: a clinic's waits, chairs and people over the years to come, on one page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glimmer.cli.evidence_capacity_lists import present_of
from glimmer.cli.evidence_capacity_page import options_page, page, table_of_change
from glimmer.cli.progress import progress_bar
from glimmer.cli.speak import give_up, say, say_json

if TYPE_CHECKING:
    from glimmer.evidence.capacity import Clinic, Simulated
    from glimmer.evidence.capacity.questions import Plan
    from glimmer.evidence.capacity.simulate import Told

WHO = {"psychiatrist": "doctors", "nurse": "nurses", "assessor": "assessors", "chair": "chairs"}
UNTIL_RELAPSE = "relapse"


@dataclass(frozen=True)
class Answered:
    """What came of a question: the sentence, the run that is shown, and what is said beside it."""

    says: str
    found: "Simulated"
    data: dict[str, Any]
    lines: list[str]


def capacity(
    maintenance_until: Annotated[
        str,
        typer.Option(help="When maintenance ends: relapse, or a number of months. Most of the load follows from it."),
    ] = "",
    clinic: Annotated[Path | None, typer.Option(help="The clinic: a TOML or JSON file, see docs/capacity.md.")] = None,
    referrals: Annotated[float | None, typer.Option(help="Referrals a week, taken as known.", min=0)] = None,
    chairs: Annotated[int | None, typer.Option(help="Chairs, in place of the clinic's own.", min=0)] = None,
    nurses: Annotated[int | None, typer.Option(help="Nurses at once, whenever there are any.", min=1)] = None,
    psychiatrists: Annotated[int | None, typer.Option(help="Psychiatrists at once, likewise.", min=1)] = None,
    interval: Annotated[int | None, typer.Option(help="Days between maintenance sessions throughout.", min=1)] = None,
    target_share: Annotated[float | None, typer.Option(help="Per cent that should start in time.")] = None,
    target_weeks: Annotated[float | None, typer.Option(help="Weeks from referral that count as in time.")] = None,
    find_staff: Annotated[bool, typer.Option("--find-staff", help="How many chairs and nurses are enough?")] = False,
    also_psychiatrists: Annotated[
        bool, typer.Option("--also-psychiatrists", help="With --find-staff: look for their number as well.")
    ] = False,
    without: Annotated[str, typer.Option(help=f"What if one fewer is there: {', '.join(WHO)}.")] = "",
    other_interval: Annotated[
        int | None, typer.Option(help="What if maintenance is every so many days instead?", min=1)
    ] = None,
    years: Annotated[float, typer.Option(help="How far to look ahead.")] = 5,
    draws: Annotated[int, typer.Option(help="Futures, each with its own draw of all inputs.", min=2)] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.", min=0)] = 1,
    waiting: Annotated[
        Path | None, typer.Option(help="The present list: a CSV file with days, urgent, assessed for each person.")
    ] = None,
    maintained: Annotated[
        Path | None, typer.Option(help="Who is in maintenance today: a CSV file with the days of each person in it.")
    ] = None,
    posterior: Annotated[Path | None, typer.Option(help="Draws of glimmer evidence update.")] = None,
    scenario: Annotated[Path | None, typer.Option(help="Run a frozen scenario again, to the bit.")] = None,
    save: Annotated[Path | None, typer.Option(help="Freeze the run that is shown as a scenario: FILE.json.")] = None,
    into: Annotated[Path | None, typer.Option("--csv", help="Write weekly series as CSV into this folder.")] = None,
    workers: Annotated[int, typer.Option(help="Threads; 0 takes all cores.", min=0)] = 0,
    cluster: Annotated[str, typer.Option(help="Address of a Dask scheduler that does the work instead.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Say how long people will wait, how much of chairs and people is used, and how sure that is.

    Example: glimmer evidence capacity --maintenance-until relapse --clinic ours.toml --referrals 6 --find-staff
    """
    asks = _one_question(scenario, find_staff=find_staff, without=without, other_interval=other_interval)
    with _refusals_in_words(), progress_bar("Running the clinic") as told:
        aim = _aim(target_share, target_weeks)
        if scenario is not None:
            done = _as_it_is(_again(scenario, workers or None, told), aim)
        else:
            from glimmer.evidence.capacity import Pathway
            from glimmer.evidence.capacity.questions import Plan

            pathway = Pathway.from_protocol(months=months_of(maintenance_until))
            plan = Plan(
                _clinic(clinic, chairs, nurses, psychiatrists),
                pathway if interval is None else pathway.every(interval),
                _inputs(referrals, posterior),
                years, draws, seed, present_of(waiting, maintained), workers or None, cluster, told, aim,
            )  # fmt: skip
            done = _answered(plan, asks, without, other_interval, also_psychiatrists=also_psychiatrists)
    with _refusals_in_words():
        _write(done.found, save, into)
    answer = done.found.answer(aim)
    if as_json:
        say_json(answer | {"answer": done.says, "question": asks, "question data": done.data})
    else:
        say("\n".join([f"{done.says}.", *done.lines, "", page(answer)]))


def _one_question(scenario: Path | None, *, find_staff: bool, without: str, other_interval: int | None) -> str:
    asked = [name for name, is_asked in (
        ("staff", find_staff), ("without", bool(without)), ("interval", other_interval is not None)) if is_asked
    ]  # fmt: skip
    if len(asked) > 1 or (asked and scenario is not None):
        give_up(
            "One question at a time: give one of --find-staff, --without and --other-interval, and none of them with "
            "--scenario, which runs one clinic again."
        )
    if without and without not in WHO:
        give_up(f"--without {without!r} is nobody here. Give one of: {', '.join(WHO)}.")
    return asked[0] if asked else "forecast"


def months_of(said: str) -> float | None:
    """Return the months that `--maintenance-until` says, None for until relapse; give up in words otherwise."""
    if said == UNTIL_RELAPSE:
        return None
    if not said:
        give_up(
            "Say when maintenance ends, for most of the load follows from it: --maintenance-until relapse, or a number "
            "of months such as --maintenance-until 12."
        )
    try:
        return float(said)
    except ValueError:
        give_up(f"--maintenance-until {said!r} is no end. Give the word relapse, or a number of months such as 12.")


def _aim(share: float | None, weeks: float | None) -> tuple[float, float]:
    from glimmer.evidence.capacity.questions import target

    usual_share, usual_weeks = target()
    aim = (usual_share if share is None else share / 100, usual_weeks if weeks is None else weeks)
    if not (0 < aim[0] < 1 and aim[1] > 0):
        give_up("The target must be above 0 and below 100 per cent, within more than 0 weeks.")
    return aim


def _answered(plan: "Plan", asks: str, who: str, other_interval: int | None, *, also_psychiatrists: bool) -> Answered:
    """Return the answer to one question, with the run of the clinic that it is about."""
    from glimmer.evidence.capacity.questions import INTERVAL_NOTE, MOST_DOCTORS_TRIED, compare_plans, search_staff
    from glimmer.evidence.capacity.sentences import change_in_words, lacking_in_words, staff_in_words

    if asks == "staff":
        most = MOST_DOCTORS_TRIED if also_psychiatrists else None
        search = search_staff(plan, *plan.aim, most_doctors=most)
        lines = [one for one in (lacking_in_words(search),) if one]
        return Answered(staff_in_words(search), search.run, search.data, [*lines, "", *options_page(search.data)])
    if asks == "forecast":
        return _as_it_is(plan.run(), plan.aim)
    if asks == "without":
        other, label, note = plan.without(**{WHO[who]: 1}), f"With one {who} fewer", ""
    else:
        days = plan.pathway.maintenance_days[-1]
        # Both from the first session on: a taper that begins closer together would be compared with something else.
        plan, other = plan.every(days), plan.every(other_interval or days)
        label, note = f"Every {other_interval} days in place of {days}", INTERVAL_NOTE
    found = compare_plans(plan, other)
    lines = [*([note] if note else []), "", *table_of_change(found.data), "", "Below: the clinic after the change."]
    return Answered(change_in_words(label, found, plan), found.after, found.data, lines)


def _as_it_is(found: "Simulated", aim: tuple[float, float]) -> Answered:
    from glimmer.evidence.capacity.sentences import forecast_in_words, lasts_in_words, list_in_words

    lines = [one for one in (list_in_words(found, aim[1]), lasts_in_words(found)) if one]
    return Answered(forecast_in_words(found, aim), found, {}, lines)


@contextmanager
def _refusals_in_words() -> Iterator[None]:
    from glimmer.evidence.economics import BadModel
    from glimmer.registry.posterior import BadPosterior

    try:
        yield
    except (BadModel, BadPosterior) as problem:
        give_up(str(problem))
    except OSError as problem:
        give_up(f"{problem.filename} cannot be written or read: {problem.strerror}. Name another file.")


def _again(path: Path, workers: int | None, told: "Told") -> "Simulated":
    from glimmer.evidence.capacity.clinic_file import read_table
    from glimmer.evidence.capacity.scenario import rerun

    return rerun(read_table(path), workers=workers, told=told)


def _clinic(path: Path | None, chairs: int | None, nurses: int | None, doctors: int | None) -> "Clinic":
    from glimmer.evidence.capacity import Clinic
    from glimmer.evidence.capacity.clinic_file import clinic_of, read_table

    found = Clinic.example() if path is None else clinic_of(read_table(path))
    if nurses is not None or doctors is not None:
        found = found.with_staff(nurses=nurses, doctors=doctors)
    return found if chairs is None else replace(found, chairs=chairs)


def _inputs(referrals: float | None, posterior: Path | None) -> Any:
    from glimmer.evidence.capacity import priors
    from glimmer.registry.posterior import load_posterior

    inputs = priors()
    if posterior is not None:
        inputs = inputs.with_registry(load_posterior(posterior).draws)
    return inputs if referrals is None else inputs.with_own(referrals_per_week=referrals)


def _write(found: "Simulated", save: Path | None, into: Path | None) -> None:
    from glimmer.evidence.capacity.scenario import save_scenario

    if save is not None:
        save_scenario(found, save)
        typer.echo(f"Written: {save}", err=True)
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        found.frame().write_csv(into / "weekly.csv")
        found.bands_frame().write_csv(into / "waiting_bands.csv")
        found.occupancy_frame().write_csv(into / "chairs_by_hour.csv")
        typer.echo(f"Written: {into}", err=True)
