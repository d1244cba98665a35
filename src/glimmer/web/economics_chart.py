"""The picture of the answer: net health of each strategy at the middle threshold, mean and interval, as SVG numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WIDTH, NAMES, ROW, TOP = 760, 300, 34, 30


@dataclass(frozen=True, slots=True)
class Bar:
    """One strategy: where its mean stands and how far its interval reaches, in pixels."""

    title: str
    y: int
    x: float
    low: float
    high: float
    says: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture. `zero` is where a strategy is worth as much as usual care."""

    bars: tuple[Bar, ...]
    zero: float
    height: int
    threshold: float
    says: str


def benefit_chart(answer: Mapping[str, Any]) -> Chart:
    """Return the picture of net health at the middle one of the thresholds."""
    middle = len(answer["thresholds"]) // 2
    rows = [row for row in answer["strategies"] if not row["is_reference"]]
    spans = [row["net_health"][middle] for row in rows]
    low = min([0.0, *(span[1] for span in spans)])
    high = max([0.0, *(span[2] for span in spans)])
    scale = (WIDTH - NAMES - 20) / ((high - low) or 1.0)

    def at(value: float) -> float:
        return round(NAMES + 10 + (value - low) * scale, 1)

    bars = tuple(
        Bar(row["title"], TOP + number * ROW, at(span[0]), at(span[1]), at(span[2]),
            f"{row['title']}: {span[0]:+.3f} QALYs ({span[1]:+.3f} to {span[2]:+.3f})")
        for number, (row, span) in enumerate(zip(rows, spans, strict=True))
    )  # fmt: skip
    threshold = answer["thresholds"][middle]
    says = f"Net health at £{threshold:,.0f} per QALY against usual care. " + "; ".join(bar.says for bar in bars)
    return Chart(bars, at(0.0), TOP + ROW * len(bars) + 10, threshold, says)
