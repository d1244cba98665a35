"""The typed loader of what siting clinics and judging access takes: `guidance/access/*.toml`.

    access_figure("travel", "detour").value       -> 1.35, with its unit, source and mark
    access_figures("travel")                      -> all of one file, by name
    parameter("depressed_share").value            -> 0.0335, with its distribution, source and mark
    health_bodies()[0].name                       -> the bodies that plan and pay for care, with adults and deprivation

Each file is one subject and holds figures as `guidance/figures` does: value, unit, source, edition, evidence. Two are
of another shape: need.toml holds parameters that say how uncertain they are, bodies.toml holds the health bodies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.economics import Parameter, parse_parameters
from glimmer.guidance.figures import Figure, GuidanceError, Table, parse_figures, read_toml
from glimmer.guidance.rows import one_of, parse_rows

FOLDER = Path(__file__).parent / "access"


def access_figure(subject: str, name: str) -> Figure:
    """Return one figure; raise KeyError naming the subject, the figure and what there is instead."""
    there = access_figures(subject)
    if name not in there:
        raise KeyError(f"There is no figure {name!r} in guidance/access/{subject}.toml. There is: {', '.join(there)}.")
    return there[name]


@lru_cache
def access_figures(subject: str) -> Mapping[str, Figure]:
    """Return the figures of one file by name, in its order; raise KeyError where there is no such file."""
    path = FOLDER / f"{subject}.toml"
    if not path.is_file():
        there = ", ".join(sorted(one.stem for one in FOLDER.glob("*.toml")))
        raise KeyError(f"There is no guidance/access/{subject}.toml. There is: {there}.")
    return parse_figures(read_toml(path), where=f"access/{subject}.toml")


@lru_cache
def parameters() -> Mapping[str, Parameter]:
    """Return what is believed of need, by name (`access/need.toml`); raise GuidanceError for what is wrong in it."""
    return Table(parse_parameters(read_toml(FOLDER / "need.toml"), "need", room="access"))


def parameter(name: str) -> Parameter:
    """Return one parameter of need; raise KeyError naming what there is."""
    if name not in parameters():
        raise KeyError(f"There is no parameter {name!r} of need. There is: {', '.join(parameters())}.")
    return parameters()[name]


@dataclass(frozen=True, slots=True)
class HealthBody:
    """One body that plans care: an ICB, a Welsh or Scottish health board, or a Northern Irish trust.

    `adults`: people of 18 and over; `share_most_deprived_fifth`: of them, who live in the most deprived fifth of small
    areas of their own nation, never to be compared with another nation's; `share_rural`: of them, None where the
    nation's tables do not say; `lat` and `lon`: the mean place of the adults (degrees, WGS84).
    """

    code: str
    name: str
    nation: str
    adults: int
    share_most_deprived_fifth: float
    lat: float
    lon: float
    source: str
    edition: str
    evidence: str
    share_rural: float | None = None


@lru_cache
def health_bodies() -> tuple[HealthBody, ...]:
    """Return the health bodies of the UK, by nation and code (`access/bodies.toml`)."""
    where = "access/bodies.toml"
    found = parse_rows(read_toml(FOLDER / "bodies.toml"), "bodies", HealthBody, where)
    for one in found:
        one_of(one.nation, access_figures("deprivation"), f"{where} {one.code}: nation")
    codes = [one.code for one in found]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise GuidanceError(f"{where}: {', '.join(twice)} stands there twice.")
    return found
