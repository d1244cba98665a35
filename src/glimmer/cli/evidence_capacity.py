"""`glimmer evidence capacity`: a clinic's waits, chairs and people over the years to come, on one page."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glimmer.cli.evidence_run import in_words_of
from glimmer.cli.progress import progress_bar
from glimmer.cli.speak import give_up, say, say_json

if TYPE_CHECKING:
    from glimmer.evidence.capacity import Clinic, Present, Simulated
    from glimmer.evidence.capacity.simulate import Told

YES, NO = ("yes", "true", "1"), ("no", "false", "0", "")


def capacity(
    clinic: Annotated[Path | None, typer.Option(help="The clinic: a TOML or JSON file, see docs/capacity.md.")] = None,
    referrals: Annotated[float | None, typer.Option(help="Referrals a week, taken as known.", min=0)] = None,
    chairs: Annotated[int | None, typer.Option(help="Chairs, in place of the clinic's own.", min=0)] = None,
    years: Annotated[float, typer.Option(help="How far to look ahead.")] = 5,
    draws: Annotated[int, typer.Option(help="Futures, each with its own draw of all inputs.", min=2)] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.", min=0)] = 1,
    waiting: Annotated[
        Path | None, typer.Option(help="The present list: a CSV file with days, urgent, assessed for each person.")
    ] = None,
    posterior: Annotated[Path | None, typer.Option(help="Draws of glimmer evidence update.")] = None,
    scenario: Annotated[Path | None, typer.Option(help="Run a frozen scenario again, to the bit.")] = None,
    save: Annotated[Path | None, typer.Option(help="Freeze this run as a scenario: FILE.json.")] = None,
    into: Annotated[Path | None, typer.Option("--csv", help="Write weekly series as CSV into this folder.")] = None,
    workers: Annotated[int, typer.Option(help="Threads; 0 takes all cores.", min=0)] = 0,
    cluster: Annotated[str, typer.Option(help="Address of a Dask scheduler that does the work instead.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Say how long people will wait, how much of chairs and people is used, and how sure that is.

    Example: glimmer evidence capacity --clinic ours.toml --referrals 6 --waiting list.csv --save plan.json
    """
    with _refusals_in_words(), progress_bar("Running the clinic") as told:
        if scenario is not None:
            found = _again(scenario, workers or None, told)
        else:
            how = {"years": years, "draws": draws, "seed": seed, "workers": workers or None, "cluster": cluster}
            found = _asked(_clinic(clinic, chairs), referrals, posterior, _present(waiting), how, told)
    with _refusals_in_words():
        _write(found, save, into)
    answer = found.answer()
    if as_json:
        say_json(answer)
    else:
        say(page(answer))


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
    from glimmer.evidence.capacity.scenario import read_table, rerun

    return rerun(read_table(path), workers=workers, told=told)


def _clinic(path: Path | None, chairs: int | None) -> "Clinic":
    from glimmer.evidence.capacity import Clinic
    from glimmer.evidence.capacity.scenario import clinic_of, read_table

    found = Clinic.example() if path is None else clinic_of(read_table(path))
    return found if chairs is None else replace(found, chairs=chairs)


def _asked(
    clinic: "Clinic",
    referrals: float | None,
    posterior: Path | None,
    present: "Present",
    how: dict[str, Any],
    told: "Told",
) -> "Simulated":
    from glimmer.evidence.capacity import Pathway, priors, simulate
    from glimmer.registry.posterior import load_posterior

    inputs = priors()
    if posterior is not None:
        inputs = inputs.with_registry(load_posterior(posterior).draws)
    if referrals is not None:
        inputs = inputs.with_own(referrals_per_week=referrals)
    return simulate(clinic, Pathway.from_protocol(), inputs, waiting=present, told=told, **how)


def _present(path: Path | None) -> "Present":
    """Read the present list. It holds no names: days waited, and whether urgent and assessed."""
    from glimmer.evidence.capacity import BadPlan, Present, Waiting

    if path is None:
        return Present()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError as problem:
        raise BadPlan(f"There is no file {path}. Check the name and the folder.") from problem
    except UnicodeDecodeError as problem:
        raise BadPlan(f"{path.name} is no CSV file in UTF-8. Save it as one.") from problem
    people = []
    for number, row in enumerate(rows, 2):
        try:
            flags = (_flag(row.get(name) or "") for name in ("urgent", "assessed"))
            people.append(Waiting(float(row["days"]), *flags))
        except (KeyError, TypeError, ValueError) as problem:
            raise BadPlan(
                f"Line {number} of {path.name} is nobody waiting. Each line has days (a number, 0 or more), and may "
                "have urgent and assessed (yes or no)."
            ) from problem
    return Present(tuple(people))


def _flag(said: str) -> bool:
    word = said.strip().lower()
    if word not in (*YES, *NO):
        raise ValueError(said)
    return word in YES


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


def page(answer: dict[str, Any]) -> str:
    """Return the page for people: the answer first, and each figure with the interval that holds 95 % of futures."""
    run, clinic = answer["run"], answer["clinic"]
    lines = [
        f"{clinic['name']}: {clinic['chairs']} chairs, {run['years']:g} years from {clinic['begins']}",
        f"{run['draws']:,} futures, seed {run['seed']}, Glimmer {run['version']}; in brackets, what holds 95 % of them",
        "",
        *_wait(answer["wait"]),
        "",
        "Waiting at the end of each year, and people in care:",
    ]
    lines += [
        f"  year {row['year']:<3} {_many(row['waiting']):>22} waiting {_many(row['in care']):>24} in care"
        for row in answer["waiting list"]["at the end of year"]
    ]
    lines += ["", "A year, on average:"]
    lines += [f"  {name:24} {_many(said):>24}" for name, said in answer["per year"].items()]
    lines += [f"  {'vials a month':24} {_many(answer['vials a month']):>24}", "", "Share of their hours that is used:"]
    lines += [f"  {name:24} {_share(said):>24}" for name, said in answer["use"].items()]
    lines += [f"  {'sessions on a later day':24} {_share(answer['sessions on a later day than due']):>24}", ""]
    return "\n".join([*lines, *_long_run(answer["in the long run"]), "", *(f"- {one}" for one in answer["said"])])


def _wait(wait: dict[str, Any]) -> list[str]:
    share, weeks = wait["target share"], wait["target weeks"]
    if wait["within target"] is None:
        return [f"The run is shorter than {weeks:g} weeks, so it cannot say who starts within them."]
    met = wait["chance that the target is met"]
    return [
        f"{_share(wait['within target'])} start within {weeks:g} weeks of referral.",
        f"The chance that {share:.0%} or more do is {_share(met)}.",
        f"Half start within {_weeks(wait['median weeks'])},",
        f"{share:.0%} within {_weeks(wait['weeks for the target share'])}.",
    ]


def _weeks(said: dict[str, Any]) -> str:
    if said["mean"] is None:
        low = "no number of" if said["low"] is None else f"{said['low']:.1f} or more"
        return f"{low} weeks (not reached in {said['not reached']:.0%} of futures)"
    return f"{in_words_of(said, '{:.1f}')} weeks"


def _many(said: dict[str, Any] | None) -> str:
    return "not known" if said is None else in_words_of(said, "{:,.0f}")


def _share(said: dict[str, Any] | None) -> str:
    return "nobody there" if said is None else in_words_of(said, "{:.0%}")


def _long_run(said: dict[str, Any]) -> list[str]:
    lines = ["Without end, by sums that know nothing of the simulation:"]
    keeps = said["chance that it keeps up"]
    if keeps is None:
        return [*lines, "  there is nobody and nothing to keep up with"]
    lines.append(f"  {'keeps up with demand':24} {_share(keeps):>24}")
    lines += [f"  {'asked of ' + name:24} {_share(load):>24} of its hours" for name, load in said["load"].items()]
    wait = said["hours until a chair is free"]
    if wait is not None:
        ends = [f"{end:.2f}" if end is not None else "no end" for end in (wait["median"], wait["low"], wait["high"])]
        lines.append(
            f"  {'hours for a chair':24} {f'{ends[0]} ({ends[1]} to {ends[2]})':>24} the middle, by M/M/c halved"
        )
    return lines
