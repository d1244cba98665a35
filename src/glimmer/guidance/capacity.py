"""The typed loader of what the simulation of a clinic takes beside protocols and calendar: `guidance/capacity/*.toml`.

capacity_parameter("accepted").value       -> 0.55, with its distribution and source
structure("no_show_minutes").value         -> 20
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.economics import Parameter, parse_parameters
from glimmer.guidance.figures import Figure, GuidanceError, Table, parse_figures, read_toml

FOLDER = Path(__file__).parent / "capacity"
SUBJECTS = ("demand", "course")
FIGURES = ("structure", "network")


@lru_cache
def capacity_parameters() -> Mapping[str, Parameter]:
    """Return every uncertain input by name, in the order of the files; raise GuidanceError for what is not right."""
    found: dict[str, Parameter] = {}
    for subject in SUBJECTS:
        for name, one in parse_parameters(read_toml(FOLDER / f"{subject}.toml"), subject, room="capacity").items():
            if name in found:
                raise GuidanceError(f"capacity: {name} stands in {found[name].subject}.toml and in {subject}.toml.")
            found[name] = one
    return Table(found)


def capacity_parameter(name: str) -> Parameter:
    """Return one uncertain input; raise KeyError naming what there is."""
    if name not in capacity_parameters():
        raise KeyError(f"There is no capacity parameter {name!r}. There is: {', '.join(capacity_parameters())}.")
    return capacity_parameters()[name]


@lru_cache
def _structure() -> Mapping[str, Figure]:
    found = (parse_figures(read_toml(FOLDER / f"{name}.toml"), where=f"capacity/{name}.toml") for name in FIGURES)
    return Table({name: one for figures in found for name, one in figures.items()})


def structure(name: str) -> Figure:
    """Return one figure of how a clinic works; raise KeyError naming what there is."""
    if name not in _structure():
        raise KeyError(f"There is no capacity figure {name!r}. There is: {', '.join(_structure())}.")
    return _structure()[name]
