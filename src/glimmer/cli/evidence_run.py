"""`glimmer evidence run FILE`: any decision model in a file, run and answered on one page or as JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glimmer.cli.progress import Told, progress_bar
from glimmer.cli.speak import give_up, say, say_json, writing

if TYPE_CHECKING:
    from glimmer.evidence.economics import Model, Run


def run(
    file: Annotated[Path, typer.Argument(help="A model: a .toml file, or a .py file that leaves it in `model`.")],
    draws: Annotated[int, typer.Option(help="Draws of the uncertain inputs; 0 runs the means only.", min=0)] = 5000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same draws.", min=0)] = 1,
    workers: Annotated[int, typer.Option(help="Threads; 0 takes all cores.", min=0)] = 0,
    cluster: Annotated[str, typer.Option(help="Address of a Dask scheduler that does the work instead.")] = "",
    subgroups: Annotated[bool, typer.Option("--subgroups", help="Show each subgroup of the model too.")] = False,
    frame: Annotated[Path | None, typer.Option(help="Write every total as a tidy CSV to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Run a decision model: costs, effects, what is gained at each threshold, and how sure that is.

    Example: glimmer evidence run docs/examples/economics/sick_sicker.toml --draws 10000
    """
    from glimmer.evidence.economics import BadModel
    from glimmer.evidence.economics.files import read_model
    from glimmer.evidence.economics.outcomes import BadOutcomes

    try:
        model = read_model(file)
        with progress_bar(f"Running {draws:,} draws" if draws else "Running the means") as told:
            found = _runs(model, draws, seed, workers or None, cluster, subgroups, told)
        answers = {name: _answer(one, name) for name, one in found.items()}
    except (BadModel, BadOutcomes) as problem:
        give_up(str(problem))
    if frame is not None:
        _write(found[""], frame)
    if as_json:
        say_json({"subgroups": answers} | answers.pop("") if subgroups else answers[""])
        return
    for name, answer in answers.items():
        say(_page(answer, name))


def _runs(
    model: "Model", draws: int, seed: int, workers: int | None, cluster: str, subgroups: bool, told: Told
) -> dict[str, "Run"]:
    from glimmer.evidence.economics.cohort import by_subgroup

    how: dict[str, Any] = {"workers": workers, "cluster": cluster, "residence": True, "told": told}
    if subgroups:
        return by_subgroup(model, draws or None, seed, **how)
    return {"": model.run(draws or None, seed, **how)}


def _answer(found: "Run", subgroup: str) -> dict[str, Any]:
    """Return everything that is said of a run, as plain data."""
    from glimmer.evidence.economics.analysis import acceptability, frontier, net_benefits

    outcomes = found.outcomes()
    worth = net_benefits(outcomes)
    asked = list(dict.fromkeys(one.threshold for one in worth.rows))
    drawn = len(outcomes.costs)
    years = {name: values.mean(axis=0) for name, values in found.years.items()}
    others = [name for name in found.totals if name.split(".")[0] not in ("cost", "effect")]
    strategies = [
        {
            "strategy": name,
            "cost": _spread(outcomes.costs[:, place]),
            "effect": _spread(outcomes.effects[:, place]),
            "incremental cost": _spread(outcomes.costs[:, place] - outcomes.costs[:, 0]),
            "incremental effect": _spread(outcomes.effects[:, place] - outcomes.effects[:, 0]),
            "years in each state, not discounted": {state: float(held[place]) for state, held in years.items()},
            "other outcomes": {one: _spread(found.totals[one][:, place]) for one in others},
        }
        for place, name in enumerate(outcomes.strategies)
    ]
    return {
        "model": found.model.title,
        "subgroup": subgroup or None,
        "draws": drawn,
        "seed": found.seed,
        "conventions": dict(outcomes.conventions),
        "reference": outcomes.reference,
        "effect": outcomes.effect,
        "strategies": strategies,
        "frontier": frontier(outcomes).frame().to_dicts(),
        "net benefit": worth.frame().to_dicts(),
        "chance of being best": acceptability(outcomes, asked).frame().to_dicts() if drawn > 1 else [],
    }


def _spread(values: Any) -> dict[str, float]:
    import numpy as np

    low, high = np.quantile(values, [0.025, 0.975])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


def _page(answer: dict[str, Any], subgroup: str) -> str:
    """Return the page for people. A ratio never stands without the spread of what it is made of."""
    is_drawn = answer["draws"] > 1
    lines = [f"{answer['model']}{f', {subgroup}' if subgroup else ''}"]
    told = ", ".join(f"{key} {value}" for key, value in answer["conventions"].items())
    lines += [f"{told}; {answer['draws']:,} draws, seed {answer['seed']}" if is_drawn else f"{told}; at the means", ""]
    if not is_drawn:
        lines += ["This is one run at the means: it says nothing of how sure the answer is. Use --draws.", ""]
    lines.append(f"{'':26} {'cost':>34} {'effect':>24}")
    lines += [
        f"{one['strategy'][:26]:26} {in_words_of(one['cost'], '{:,.0f}', is_drawn):>34} "
        f"{in_words_of(one['effect'], '{:.3f}', is_drawn):>24}"
        for one in answer["strategies"]
    ]
    lines += ["", f"Against {answer['reference']}:"]
    lines += [
        f"{one['strategy'][:26]:26} {in_words_of(one['incremental cost'], '{:+,.0f}', is_drawn):>34} "
        f"{in_words_of(one['incremental effect'], '{:+.3f}', is_drawn):>24}"
        for one in answer["strategies"][1:]
    ]
    return "\n".join([*lines, "", *_worth(answer, is_drawn), ""])


def _worth(answer: dict[str, Any], is_drawn: bool) -> list[str]:
    """What is best at each threshold, what it gains over the reference, and the chance that it is the best."""
    chances = {(one["threshold"], one["strategy"]): one["probability"] for one in answer["chance of being best"]}
    lines = [
        f"Best at what a {answer['effect']} may cost; its gain over {answer['reference']} with the cost taken off:"
    ]
    for one in (row for row in answer["net benefit"] if row["is_best"]):
        said = f"  {one['threshold']:>9,.0f}  {one['strategy'][:30]:30} {one['inc_net_health']:+.3f}"
        if is_drawn:
            said += f" ({one['inc_net_health_low']:+.3f} to {one['inc_net_health_high']:+.3f})"
            said += f", the best in {chances[one['threshold'], one['strategy']]:.0%} of draws"
        lines.append(said)
    return lines


def in_words_of(spread: dict[str, float], said: str, is_drawn: bool = True) -> str:
    """Return a mean in the format `said`, with low and high in brackets where it was drawn."""
    mean = said.format(spread["mean"])
    return f"{mean} ({said.format(spread['low'])} to {said.format(spread['high'])})" if is_drawn else mean


def _write(found: "Run", path: Path) -> None:
    with writing(path):
        found.frame().write_csv(path)
    say(f"Every total of every draw is in {path}.")
