"""The charts of a report as Vega-Lite: one specification for the screen, the print and the PDF.

No chart needs its colours: lines differ by their dashes, points by their shapes, and each chart has its table.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl
import vl_convert

from glimmer.evidence.economics.report.findings import Findings
from glimmer.evidence.economics.report.words import chance, effect, money, of_effect, of_money

WIDTH, HEIGHT = 560, 300
SHOWN_POINTS = 250
SHOWN_BARS = 12
# Blue, orange and so on of Okabe and Ito, which people with any colour vision tell apart.
COLOURS = ["#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7A5195", "#666666"]
_FONT = "Libertinus Serif"


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart: its name, what it shows in words, its specification, and its table."""

    name: str
    title: str
    says: str
    spec: dict[str, Any]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def svg(self) -> str:
        """Return the chart as a picture."""
        return str(vl_convert.vegalite_to_svg(json.dumps(self.spec)))


def figures(found: Findings) -> tuple[Figure, ...]:
    """Return the charts of a case, in the order of reading; those without anything to show are left out."""
    made: tuple[Callable[[Findings], Figure | None], ...] = (
        _plane,
        _frontier,
        _acceptability,
        _loss,
        _tornado,
        _learned,
        _settling,
    )
    return tuple(figure for figure in (make(found) for make in made) if figure is not None)


def _named(found: Findings, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("strategy").map_elements(found.case.name, return_dtype=pl.String))


def _titles(found: Findings) -> list[str]:
    return [found.case.name(one) for one in found.case.outcomes.strategies]


def _colour(found: Findings) -> alt.Color:
    titles = _titles(found)
    return alt.Color("strategy:N", title="Strategy", scale=alt.Scale(domain=titles, range=COLOURS[: len(titles)]))


def _spec(chart: Any) -> dict[str, Any]:
    placed = chart.configure(font=_FONT).configure_legend(orient="bottom", columns=2, labelLimit=400)
    return dict(placed.configure_axis(labelLimit=320).to_dict())


def _plane(found: Findings) -> Figure:
    currency = found.case.outcomes.currency
    points = alt.Chart(_named(found, found.plane.points(SHOWN_POINTS))).mark_point(opacity=0.45, size=18)
    x = alt.X("inc_effect:Q", title="QALYs more per person")
    y = alt.Y("inc_cost:Q", title=f"Cost more per person, {currency}", axis=alt.Axis(format="~s"))
    tips = ["strategy:N", alt.Tooltip("inc_effect:Q", format=".3f"), alt.Tooltip("inc_cost:Q", format=",.0f")]
    shape = alt.Shape("strategy:N", title="Strategy", scale=alt.Scale(domain=_titles(found)))
    cloud = points.encode(x=x, y=y, color=_colour(found), shape=shape, tooltip=tips)
    ellipses = alt.Chart(_named(found, found.plane.ellipses())).mark_line()
    order = {"order": "corner:O", "strokeDash": _dash(found)}
    rings = ellipses.encode(x=x, y=y, color=_colour(found), **order)
    edge = float(max(abs(found.plane.inc_effects.min()), abs(found.plane.inc_effects.max())))
    worth = (
        alt.Chart(pl.DataFrame({"e": [-edge, edge], "c": [-edge * found.threshold, edge * found.threshold]}))
        .mark_line(color="#666", strokeDash=[2, 2])
        .encode(x="e:Q", y="c:Q")
    )
    rows = tuple(
        (
            found.case.name(row.strategy),
            of_money(row.cost, currency),
            of_effect(row.effect),
            chance(row.quadrants["better_cheaper"]),
            chance(row.quadrants["better_dearer"]),
            chance(row.quadrants["worse_cheaper"]),
            chance(row.quadrants["worse_dearer"]),
        )
        for row in found.plane.rows
    )
    heads = (
        f"against {found.case.name(found.plane.against)}",
        "cost more (95 %)",
        "QALYs more (95 %)",
        "better, cheaper",
        "better, dearer",
        "worse, cheaper",
        "worse, dearer",
    )
    says = (
        f"Each point is a draw; each ring holds 95 % of a strategy's draws if they are normal. Below the dotted line "
        f"of {money(found.threshold, currency)} per QALY a strategy is worth its cost."
    )
    chart = (cloud + rings + worth).properties(width=WIDTH, height=HEIGHT)
    return Figure("plane", "Cost and effect of each strategy", says, _spec(chart.interactive()), heads, rows)


def _dash(found: Findings) -> alt.StrokeDash:
    return alt.StrokeDash("strategy:N", title="Strategy", scale=alt.Scale(domain=_titles(found)))


def _frontier(found: Findings) -> Figure:
    currency = found.case.outcomes.currency
    frame = _named(found, found.frontier.frame())
    x = alt.X("effect:Q", title="QALYs per person", scale=alt.Scale(zero=False))
    y = alt.Y("cost:Q", title=f"Cost per person, {currency}", scale=alt.Scale(zero=False), axis=alt.Axis(format="~s"))
    status = alt.Shape("status:N", title="ND: on the frontier, D and ED: dominated")
    points = (
        alt.Chart(frame)
        .mark_point(size=90, filled=True, color="#000")
        .encode(x=x, y=y, shape=status, tooltip=["strategy:N", "status:N"])
    )
    names = alt.Chart(frame).mark_text(dy=-12, align="center").encode(x=x, y=y, text="strategy:N")
    line = alt.Chart(frame.filter(pl.col("status") == "ND")).mark_line(color="#0072B2").encode(x=x, y=y)
    words = {"ND": "on the frontier", "ED": "a mix of two others is better", "D": "another is better and no dearer"}
    rows = tuple(
        (
            found.case.name(row.strategy),
            money(row.cost, currency),
            effect(row.effect),
            words[row.status],
            found.case.name(row.against) if row.against else "—",
            of_money(row.inc_cost, currency) if row.inc_cost else "—",
            of_effect(row.inc_effect) if row.inc_effect else "—",
            money(row.icer, currency) if row.icer is not None else "—",
        )
        for row in found.frontier.rows
    )
    heads = (
        "strategy",
        "cost",
        "QALYs",
        "status",
        "against",
        "cost more (95 %)",
        "QALYs more (95 %)",
        "ratio of the means",
    )
    chart = (line + points + names).properties(width=WIDTH, height=HEIGHT)
    return Figure(
        "frontier",
        "Which strategies are worth considering",
        "Mean cost and QALYs. A ratio is that of the means and is read with the intervals beside it.",
        _spec(chart),
        heads,
        rows,
    )


def _curve(found: Findings, column: str, title: str, axis: alt.Axis) -> dict[str, Any]:
    frame = _named(found, found.curve.frame())
    line = (
        alt.Chart(frame)
        .mark_line()
        .encode(
            x=alt.X("threshold:Q", title="Threshold, per QALY", axis=alt.Axis(format=",.0f")),
            y=alt.Y(f"{column}:Q", title=title, axis=axis),
            color=_colour(found),
            strokeDash=_dash(found),
            tooltip=[
                "strategy:N",
                alt.Tooltip("threshold:Q", format=",.0f"),
                alt.Tooltip(f"{column}:Q", format=",.2f"),
            ],
        )
    )
    shown = alt.Chart(pl.DataFrame({"t": list(found.thresholds)})).mark_rule(color="#999", strokeDash=[1, 3])
    return _spec((line + shown.encode(x="t:Q")).properties(width=WIDTH, height=HEIGHT))


def _at_shown(found: Findings, cell: Callable[[int, int], str]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (found.case.name(name), *(cell(row, column) for row in range(len(found.thresholds))))
        for column, name in enumerate(found.case.outcomes.strategies)
    )


def _threshold_heads(found: Findings) -> tuple[str, ...]:
    return ("strategy", *(f"at {money(one, found.case.outcomes.currency)}" for one in found.thresholds))


def _acceptability(found: Findings) -> Figure:
    rows = _at_shown(found, lambda row, column: chance(float(found.at_shown.probability[row, column])))
    best = tuple(found.case.name(found.case.outcomes.strategies[at]) for at in found.at_shown.best)
    says = "How often each strategy is the best of all. The frontier follows the one with the best mean, named below."
    spec = _curve(found, "probability", "Probability of being best", alt.Axis(format="%"))
    return Figure(
        "acceptability",
        "How sure the choice is",
        says,
        spec,
        _threshold_heads(found),
        (*rows, ("best mean (frontier)", *best)),
    )


def _loss(found: Findings) -> Figure:
    currency = found.case.outcomes.currency
    rows = _at_shown(found, lambda row, column: money(float(found.at_shown.loss[row, column]), currency))
    says = "What choosing each strategy is expected to lose against the best of each draw; its lower edge is the EVPI."
    spec = _curve(found, "expected_loss", f"Expected loss per person, {currency}", alt.Axis(format="~s"))
    return Figure("loss", "What a wrong choice would cost", says, spec, _threshold_heads(found), rows)


def _tornado(found: Findings) -> Figure | None:
    if found.tornado is None:
        return None
    bars, currency = found.tornado.bars[:SHOWN_BARS], found.case.outcomes.currency
    frame = pl.DataFrame(
        {
            "input": [found.case.title_of(bar.parameter) for bar in bars],
            "lowest": [bar.lowest for bar in bars],
            "highest": [bar.highest for bar in bars],
            "decision": ["changes" if bar.changes_decision else "stays" for bar in bars],
        }
    )
    chart = (
        alt.Chart(frame)
        .mark_bar(stroke="#000")
        .encode(
            y=alt.Y("input:N", sort=None, title=None),
            x=alt.X("lowest:Q", title=f"Net benefit per person, {currency}", axis=alt.Axis(format="~s")),
            x2="highest:Q",
            color=alt.Color(
                "decision:N",
                title="What is best",
                scale=alt.Scale(domain=["changes", "stays"], range=["#0072B2", "#FFFFFF"]),
            ),
            tooltip=["input:N", alt.Tooltip("lowest:Q", format=",.0f"), alt.Tooltip("highest:Q", format=",.0f")],
        )
    )
    base = alt.Chart(pl.DataFrame({"b": [found.tornado.base]})).mark_rule(strokeDash=[4, 2]).encode(x="b:Q")
    rows = tuple(
        (
            found.case.title_of(bar.parameter),
            f"{bar.low:.4g} to {bar.high:.4g}",
            money(bar.lowest, currency),
            money(bar.highest, currency),
            "; then ".join(found.case.name(one) for one in bar.best),
        )
        for bar in bars
    )
    says = (
        f"{found.case.name(found.tornado.strategy)} against {found.case.name(found.tornado.against)} at "
        f"{money(found.threshold, currency)} per QALY, one input at a time over the 95 % of its draws. Filled bars "
        "change what is best."
    )
    spec = _spec((chart + base).properties(width=WIDTH - 200, height=22 * len(bars)))
    return Figure(
        "tornado",
        "Which input moves the answer",
        says,
        spec,
        ("input", "from, to", "lowest", "highest", "best along it"),
        rows,
    )


def _learned(found: Findings) -> Figure | None:
    if found.learned is None:
        return None
    currency = found.case.outcomes.currency
    valued = [one for one in found.learned.rows if one.threshold == found.threshold][:SHOWN_BARS]
    frame = pl.DataFrame(
        {
            "input": [found.case.title_of(one.group) for one in valued],
            "value": [one.value for one in valued],
            "low": [max(one.value - 2 * one.standard_error, 0) for one in valued],
            "high": [one.value + 2 * one.standard_error for one in valued],
        }
    )
    y = alt.Y("input:N", sort=None, title=None)
    bars = (
        alt.Chart(frame)
        .mark_bar(color="#0072B2")
        .encode(y=y, x=alt.X("value:Q", title=f"Value of learning it, {currency} per person"))
    )
    errors = alt.Chart(frame).mark_rule().encode(y=y, x="low:Q", x2="high:Q")
    rows = tuple(
        (
            found.case.title_of(one.group),
            money(one.value, currency),
            money(one.standard_error, currency),
            chance(one.value / one.evpi) if one.evpi > 0 else "—",
        )
        for one in valued
    )
    says = (
        f"What it would be worth to know an input exactly before deciding, at {money(found.threshold, currency)} per "
        "QALY (lines: two standard errors). Below about nothing, more research on it changes no choice."
    )
    spec = _spec((bars + errors).properties(width=WIDTH - 200, height=22 * len(valued)))
    return Figure(
        "learned",
        "What evidence would settle it",
        says,
        spec,
        ("input", "value per person", "standard error", "share of knowing all"),
        rows,
    )


def _settling(found: Findings) -> Figure:
    currency = found.case.outcomes.currency
    frame = found.convergence.frame().with_columns(
        low=pl.col("inc_net_money") - 2 * pl.col("inc_net_money_se"),
        high=pl.col("inc_net_money") + 2 * pl.col("inc_net_money_se"),
    )
    x = alt.X("draws:Q", title="Draws")
    y = alt.Y("low:Q", title=f"Net benefit per person, {currency}", axis=alt.Axis(format="~s"))
    band = alt.Chart(frame).mark_area(opacity=0.25, color="#0072B2").encode(x=x, y=y, y2="high:Q")
    line = alt.Chart(frame).mark_line(color="#000").encode(x=x, y="inc_net_money:Q")
    every = frame.gather_every(max(1, len(frame) // 6)).to_dicts()
    rows = tuple(
        (
            f"{row['draws']:,}",
            money(row["inc_net_money"], currency),
            money(row["inc_net_money_se"], currency),
            chance(row["probability_best"]),
        )
        for row in [*every, frame.to_dicts()[-1]]
    )
    says = f"The mean net benefit of {found.case.name(found.strategy)} as draws come in, with two standard errors."
    return Figure(
        "settling",
        "Whether there were enough draws",
        says,
        _spec((band + line).properties(width=WIDTH, height=HEIGHT - 80)),
        ("draws", "mean", "standard error", "probability of being best"),
        rows,
    )
