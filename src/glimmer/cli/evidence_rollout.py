"""`glimmer evidence rollout`: clinics that open year by year under a workforce ceiling, and who they reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glimmer.cli.evidence_capacity import months_of
from glimmer.cli.evidence_run import in_words_of
from glimmer.cli.progress import progress_bar
from glimmer.cli.speak import give_up, refusals_in_words, say, say_json, writing

if TYPE_CHECKING:
    from glimmer.evidence.access.tables import Areas, Sites
    from glimmer.evidence.access.travel import Travel
    from glimmer.evidence.capacity import Pathway
    from glimmer.evidence.capacity.national import Service


def rollout(
    areas: Annotated[Path, typer.Option(help="Where people live: a table, see docs/access.md.")],
    sites: Annotated[Path, typer.Option(help="Where clinics could be.")],
    workforce: Annotated[str, typer.Option(help="Whole-time staff there are in each year: 60,120,180.")],
    staff: Annotated[float, typer.Option(help="Whole-time staff that one clinic needs.", min=0.1)],
    maintenance_until: Annotated[str, typer.Option(help="When maintenance ends: relapse, or a number of months.")] = "",
    clinics: Annotated[int, typer.Option(help="Clinics of the plan; they open as staff allows.", min=1)] = 50,
    only: Annotated[str, typer.Option(help="Codes of the plan's sites, instead of looking for the best.")] = "",
    first: Annotated[str, typer.Option(help="Codes of sites that are open already.")] = "",
    travel: Annotated[Path | None, typer.Option(help="Minutes from each area to each site; else estimated.")] = None,
    within: Annotated[float, typer.Option(help="Minutes each way that count as within reach.", min=1)] = 60,
    clinic: Annotated[Path | None, typer.Option(help="What each clinic is like: see docs/capacity.md.")] = None,
    draws: Annotated[int, typer.Option(help="Futures, each with its own draw of all inputs.", min=2)] = 100,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.", min=0)] = 1,
    frame: Annotated[Path | None, typer.Option("--csv", help="Write the order of opening to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Say which clinics open when, how many start treatment each year, who waits, and who is out of reach.

    Example: glimmer evidence rollout --areas areas.csv --sites sites.csv --clinics 50 --staff 6 --workforce 60,150
    --maintenance-until relapse
    """
    _must_end("--within", within, "minutes each way, such as 60")
    _must_end("--staff", staff, "the whole-time staff of one clinic, such as 6")
    with _refusals_in_words(), progress_bar("Opening clinics") as told:
        how = {"staff": staff, "workforce": _numbers(workforce), "within": within, "draws": draws, "seed": seed}
        pathway = _pathway(maintenance_until)
        found, label = _served(areas, sites, travel, clinics, only, first, clinic, pathway, told, **how)
    if frame is not None:
        _write(found, frame)
    answer = found.answer() | {
        "travel": label, "draws": draws, "seed": seed, "maintenance": pathway.maintenance_in_words
    }  # fmt: skip
    if as_json:
        say_json(answer)
    else:
        say(page(answer))


def _served(
    areas: Path,
    sites: Path,
    travel: Path | None,
    clinics: int,
    only: str,
    first: str,
    clinic: Path | None,
    pathway: "Pathway",
    told: Any,
    **how: Any,
) -> tuple["Service", str]:
    from glimmer.evidence.access.tables import read_areas, read_sites
    from glimmer.evidence.access.travel import proxy, read_travel
    from glimmer.evidence.capacity import Clinic
    from glimmer.evidence.capacity.clinic_file import clinic_of, read_table
    from glimmer.evidence.capacity.national import national

    people, places = read_areas(areas), read_sites(sites)
    ways = proxy(people, places) if travel is None else read_travel(travel, people, places)
    open_already = _codes(first)
    chosen = _codes(only) or _best(people, places, ways, clinics, open_already, how["seed"])
    rows = places.rows(tuple(dict.fromkeys([*open_already, *chosen]))).tolist()
    kind = Clinic.example() if clinic is None else clinic_of(read_table(clinic))
    found = national(
        people, places, ways, rows, kind, pathway, first=places.rows(open_already).tolist(), told=told,
        **how,
    )  # fmt: skip
    return found, ways.label


def _pathway(maintenance_until: str) -> "Pathway":
    from glimmer.evidence.capacity import Pathway

    return Pathway.from_protocol(months=months_of(maintenance_until))


def _best(
    people: "Areas", places: "Sites", ways: "Travel", clinics: int, kept: tuple[str, ...], seed: int
) -> tuple[str, ...]:
    """Return the sites that `glimmer evidence access` finds: near to who is in need, not to all adults alike."""
    from glimmer.evidence.access.need import need
    from glimmer.evidence.access.problem import pose
    from glimmer.evidence.access.solve import solve

    # What siting weighs by are the values of guidance, whatever the draws.
    weights = need(people, draws=2, seed=seed).central()
    problem = pose(people, places, ways, clinics=clinics, keep=kept, need=weights)
    return solve(problem, seed=seed).codes


@contextmanager
def _refusals_in_words() -> Iterator[None]:
    # Whatever a planner gives that cannot be is one of these, each with a sentence of its own.
    from glimmer.evidence.access.problem import BadProblem
    from glimmer.evidence.access.tables import BadTable
    from glimmer.evidence.economics import BadModel

    with refusals_in_words(BadModel, BadProblem, BadTable):
        yield


def _codes(said: str) -> tuple[str, ...]:
    return tuple(code.strip() for code in said.split(",") if code.strip())


def _must_end(option: str, value: float, what: str) -> None:
    if not isfinite(value):
        give_up(f"{option} {value:g} is no number that ends. Give {what}.")


def _numbers(said: str) -> list[float]:
    try:
        found = [float(part) for part in said.split(",")]
    except ValueError:
        found = []
    if not found or not all(map(isfinite, found)):
        give_up(f"The workforce is {said!r}. Give a number for each year with commas between, such as 60,120,180.")
    return found


def _write(found: "Service", path: Path) -> None:
    import polars as pl

    with writing(path):
        pl.DataFrame(found.opened.rows()).write_csv(path)
    typer.echo(f"Written: {path}", err=True)


def page(answer: dict[str, Any]) -> str:
    """Return the page for people: year by year, then who is reached, then the order of opening."""
    years, network = answer["years"], answer["network"]
    last = years[-1]
    lines = [
        f"By year {last['year']}, {last['clinics open']} clinics are open. They start {_many(last['started'])} people "
        f"a year; {_share(last['in need within reach'])} of people in need live within {answer['within']:g} minutes.",
        f"{answer['draws']:,} futures, seed {answer['seed']}; in brackets, what holds 95 % of them.",
        f"Travel: {answer['travel']}",
        answer["maintenance"],
        "",
        "Year  Clinics  Staff of workforce       Within reach             Start in the year        Wait at its end",
    ]
    lines += [
        f"{row['year']:>4}  {row['clinics open']:>7}  {row['staff']:>6g} of {row['workforce']:<8g}  "
        f"{_share(row['in need within reach']):<23}  {_many(row['started']):<23}  {_many(row['waiting'])}"
        for row in years
    ]
    lines += ["", "Of those referred in all years:"]
    lines += [
        f"  {row['group']:22} {_share(row['started of those referred'])} started; {_share(row['beyond reach'])} had no "
        f"clinic in reach; {_one(row['minutes each way'])} minutes each way"
        for row in network["groups"]
    ]
    lines += ["", "In this order:"]
    lines += [f"  year {row['year']}: {row['name']} ({row['code']})" for row in answer["openings"]]
    if answer["not opened"]:
        lines += ["", f"The workforce does not stretch to {len(answer['not opened'])} more of the plan's sites."]
    return "\n".join(lines)


def _many(said: dict[str, Any]) -> str:
    return in_words_of(said, "{:,.0f}")


def _share(said: dict[str, Any] | None) -> str:
    return "nobody there" if said is None else in_words_of(said, "{:.0%}")


def _one(said: dict[str, Any] | None) -> str:
    return "no" if said is None else in_words_of(said, "{:.0f}")
