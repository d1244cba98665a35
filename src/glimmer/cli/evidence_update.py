"""`glimmer evidence update`: what a registry says, with the trials as prior; draws for the economic model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glimmer.cli.speak import give_up, say, say_json, writing

if TYPE_CHECKING:
    from glimmer.registry.posterior import Posterior
    from glimmer.registry.rows import Registry

FEWEST_DRAWS, MOST_DRAWS = 50, 20_000
STEP = 50


def update(
    registry: Annotated[Path | None, typer.Argument(help="A registry as .csv or .parquet.")] = None,
    simulated: Annotated[bool, typer.Option("--simulated", help="Try it on a made-up registry instead.")] = False,
    sites: Annotated[int, typer.Option(help="Made-up clinics.", min=1, max=50)] = 4,
    courses: Annotated[int, typer.Option(help="Courses in each made-up clinic.", min=5, max=2000)] = 60,
    seed: Annotated[int, typer.Option(help="The same seed gives the same draws.", min=0)] = 1,
    weight: Annotated[
        float, typer.Option(help="How much the trials count for the absolute course, 0 to 1.", min=0, max=1)
    ] = 1.0,
    draws: Annotated[
        int, typer.Option(help="Draws of each of four chains; rounded up to 50.", min=FEWEST_DRAWS, max=MOST_DRAWS)
    ] = 500,
    scenarios: Annotated[
        bool, typer.Option("--scenarios/--no-scenarios", help="Fit again as if the missing fared worse.")
    ] = True,
    out: Annotated[Path | None, typer.Option(help="Write draws and tables to this .json or .npz file.")] = None,
    rows_out: Annotated[Path | None, typer.Option(help="Write the registry that was used to this .csv file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON, without the draws.")] = False,
) -> None:
    """Join a registry with the trials, and say on one page what is believed now and how far to trust it.

    Example: glimmer evidence update --simulated --out draws.npz
    """
    if (registry is None) == (not simulated):
        give_up("Name a registry file, or ask for a made-up one with --simulated; one of the two.")
    if out is not None and out.suffix not in (".json", ".npz"):
        give_up(f"{out.name} is neither .json nor .npz. Name the file with one of the two endings.")
    read = _registry(registry, seed, sites, courses)
    if rows_out is not None:
        _write_rows(read, rows_out)
    posterior = _posterior(read, seed, weight, draws, scenarios)
    if out is not None:
        _write(posterior, out)
    _answer(posterior, as_json)
    if out is not None and not as_json:
        say(f"\nDraws and tables were written to {out}.")


def _registry(path: Path | None, seed: int, sites: int, courses: int) -> "Registry":
    from glimmer.registry.rows import BadRegistry, read_registry
    from glimmer.registry.simulated import simulate_registry, truth_by_evidence

    if path is None:
        return simulate_registry(seed, truth_by_evidence(), sites, courses)
    try:
        return read_registry(path)
    except BadRegistry as problem:
        give_up(str(problem))


def _posterior(read: "Registry", seed: int, weight: float, draws: int, scenarios: bool) -> "Posterior":
    from dataclasses import replace

    from rich.console import Console
    from rich.progress import Progress

    from glimmer.registry.engine import EngineMissing
    from glimmer.registry.rows import BadRegistry
    from glimmer.registry.update import LENGTH, update

    length = replace(LENGTH, draws=-(-draws // STEP) * STEP)
    try:
        # The bar goes where errors go: an answer that is piped elsewhere stays clean.
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("Preparing the sampler (half a minute the first time)", total=None)

            def told(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total, description="Sampling")

            return update(read, seed=seed, weights=weight, length=length, with_scenarios=scenarios, progress=told)
    except (EngineMissing, BadRegistry) as problem:
        give_up(str(problem))


def _write_rows(read: "Registry", path: Path) -> None:
    import polars as pl

    from glimmer.registry.rows import MARK

    with writing(path):
        read.rows.with_columns(pl.lit(read.simulated).alias(MARK)).write_csv(path)


def _write(posterior: "Posterior", path: Path) -> None:
    from glimmer.registry.posterior import save_posterior

    with writing(path):
        save_posterior(posterior, path)


def _answer(posterior: "Posterior", as_json: bool) -> None:
    from glimmer.registry.summary import one_page

    if as_json:
        say_json({**posterior.as_json(), "draws": {}})
    else:
        say(one_page(posterior))
