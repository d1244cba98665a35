"""The typed loader of clinical figures.

    figure("news2", "emergency_total").value      -> 7
    figure("consent", "valid_for").value          -> 180

Each `figures/NAME.toml` is one subject; each table in it is one figure with `value`, `unit`,
`source`, `edition` and `evidence` ("source", "memory" or "proposal").
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One sourced figure. `evidence` is "source" (seen there), "memory" or "proposal" (ours, to be signed off)."""

    value: Any
    unit: str
    source: str
    edition: str
    evidence: str
    note: str = ""


def figure(subject: str, name: str) -> Figure:
    """Return one figure; raise KeyError naming the subject, the figure and what there is instead."""
    raise NotImplementedError
