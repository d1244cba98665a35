"""The typed loader of what siting clinics and judging access takes: `guidance/access/*.toml`.

    access_figure("travel", "detour").value       -> 1.35, with its unit, source and mark
    access_figures("travel")                      -> all of one file, by name

Each file is one subject and holds figures as `guidance/figures` does: value, unit, source, edition, evidence.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import Figure, parse_figures, read_toml

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
