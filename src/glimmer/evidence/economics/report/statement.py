"""The statement of one page: what is most plausible, how sure that is, what would change it, what would settle it.

A ratio stands only beside the intervals of its parts and the probabilities that belong to it.
"""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from glimmer.evidence.economics.analysis.budget import TOTAL
from glimmer.evidence.economics.analysis.spread import Spread
from glimmer.evidence.economics.report.findings import Findings
from glimmer.evidence.economics.report.words import chance, effect, money, of_effect, of_money, range_of_effect

WIDTH = 100
WHO_DECIDES = "The software proposes; a named clinician and a named commissioner decide."
SHOWN_LEARNED = 4
# Below this much per person and decision (currency), learning more changes nothing that anybody would pay for.
LEAST_WORTH_LEARNING = 1.0


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the statement: a title, sentences, and a table (heads and rows) where there is one."""

    title: str
    sentences: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def statement(found: Findings) -> tuple[Section, ...]:
    """Return the parts of the statement in the order of reading."""
    return (
        _answer(found),
        _net_health(found),
        _how_sure(found),
        _what_moves_it(found),
        _what_would_settle_it(found),
        *_budget(found),
        *_equity(found),
        _what_is_missing(found),
        _how_counted(found),
    )


def in_text(found: Findings) -> str:
    """Return the statement as text of 100 columns."""
    case = found.case
    lines = [case.title.upper(), *textwrap.wrap(case.question, WIDTH), WHO_DECIDES, ""]
    for mark in case.marks:
        lines += textwrap.wrap(f"!! {mark}", WIDTH, subsequent_indent="   ")
    for section in statement(found):
        lines += ["", section.title.upper()]
        for sentence in section.sentences:
            lines += textwrap.wrap(sentence, WIDTH, initial_indent="- ", subsequent_indent="  ")
        if section.rows:
            lines += ["", *table_in_text(section.heads, section.rows)]
    return "\n".join(lines) + "\n"


def table_in_text(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table as lines: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (heads, *rows)
    ]


def as_data(found: Findings) -> dict[str, Any]:
    """Return the statement for machines: every figure with its interval or probability."""
    case = found.case
    return {
        "title": case.title,
        "question": case.question,
        "marks": list(case.marks),
        "who_decides": WHO_DECIDES,
        "draws": case.draws,
        "seed": case.seed,
        "budget impact": None if case.budget is None else case.budget.frame().to_dicts(),
        "equity": None if case.equity is None else case.equity.frame().to_dicts(),
        "conventions": dict(case.outcomes.conventions),
        "threshold_in_force": found.threshold,
        "threshold_notes": list(found.in_force.notes),
        "best": found.best,
        "increments": found.plane.frame().to_dicts(),
        "net_benefit": found.net.frame().to_dicts(),
        "probability_best": found.at_shown.frame().to_dicts(),
        "evpi": found.perfect.frame().to_dicts(),
        "evppi": found.learned.frame().to_dicts() if found.learned else [],
        "flips": [
            {"title": case.title_of(one.range.parameter), **row}
            for one in found.flips
            for row in one.frame().to_dicts()
        ],
        "unfilled": [
            {"name": one.name, "title": one.title, "unit": one.unit, "look": one.look, "stand_in": one.stand_in}
            for one in case.unfilled
        ],
        "left_out": dict(case.left_out),
        "statement": [
            {
                "title": one.title,
                "sentences": list(one.sentences),
                "heads": list(one.heads),
                "rows": [list(row) for row in one.rows],
            }
            for one in statement(found)
        ],
    }


def _answer(found: Findings) -> Section:
    case, increment = found.case, found.increment
    currency = case.outcomes.currency
    spoken, base = case.name(found.strategy), case.name(case.outcomes.reference)
    verdict = (
        f"At {money(found.threshold, currency)} per QALY, {case.name(found.best)} has the highest expected net health "
        f"benefit of {len(case.outcomes.strategies)} strategies. It is the best in "
        f"{chance(found.probability_best(found.best, found.threshold))} of draws."
    )
    compared = (
        f"{spoken} against {base}, per person: cost {of_money(increment.cost, currency)} more, QALYs "
        f"{of_effect(increment.effect)} more (mean and 95 % interval over {case.draws:,} draws)."
    )
    return Section("The answer", (verdict, compared, _ratio(found), *case.notes))


def _ratio(found: Findings) -> str:
    increment, currency = found.increment, found.case.outcomes.currency
    shares = increment.quadrants
    cheaper_better = chance(shares["better_cheaper"])
    where = f"better and cheaper in {cheaper_better}, worse and dearer in {chance(shares['worse_dearer'])} of draws"
    if increment.icer is None:
        return f"A ratio of cost to effect would mislead here: {increment.meaning}. It is {where}."
    worth = found.net_of(found.strategy, found.threshold).probability_worth_it
    return (
        f"Most plausible ratio: {money(increment.icer, currency)} per QALY, worth its cost at "
        f"{money(found.threshold, currency)} in {chance(worth)} of draws; {where}."
    )


def _net_health(found: Findings) -> Section:
    case = found.case
    heads = ("Net QALYs per person", *(f"at {money(one)}" for one in found.thresholds))
    rows = []
    for strategy in case.outcomes.strategies:
        if strategy == case.outcomes.reference:
            continue
        cells = [found.net_of(strategy, threshold).inc_health for threshold in found.thresholds]
        rows.append((case.name(strategy), *(effect(cell.mean) if cell else "" for cell in cells)))
        rows.append(("    95 % of draws", *(range_of_effect(cell) if cell else "" for cell in cells)))
    sentence = (
        f"QALYs gained less those that the same money would give elsewhere, against "
        f"{case.name(case.outcomes.reference)}. {money(min(found.thresholds))} is near what the NHS gives up."
    )
    return Section("Net health benefit", (sentence,), heads, tuple(rows))


def _how_sure(found: Findings) -> Section:
    case = found.case
    heads = ("Worth its cost / best of all", *(f"at {money(one)}" for one in found.thresholds))
    rows = []
    for strategy in case.outcomes.strategies:
        cells = []
        for threshold in found.thresholds:
            worth = found.net_of(strategy, threshold).probability_worth_it
            best = chance(found.probability_best(strategy, threshold))
            is_base = strategy == case.outcomes.reference
            cells.append(f"— / {best}" if is_base else f"{chance(worth)} / {best}")
        rows.append((case.name(strategy), *cells))
    error = float(found.at_shown.probability_error.max())
    sentence = f"Shares of draws; the sampling error of each is at most {error:.1%}.".replace("%", " %")
    loss = found.convergence.wrong_choice_loss
    drawn = f"Expected loss from having only {case.draws:,} draws: {money(loss)} per person."
    return Section("How sure that is", (sentence, drawn), heads, tuple(rows))


def _what_moves_it(found: Findings) -> Section:
    case = found.case
    if found.tornado is None:
        return Section("What would change it", ("No input is uncertain, so that nothing was moved.",))
    said = []
    for one in found.flips:
        for flip in one.flips:
            said.append(
                f"{case.title_of(one.range.parameter)} ({one.range.low:.4g} to {one.range.high:.4g}): at "
                f"{flip.value:.4g} the best changes from {case.name(flip.below)} to {case.name(flip.above)}."
            )
    if not said:
        said = [f"No single input within its 95 % range changes what is best at {money(found.threshold)} per QALY."]
        widest = found.tornado.bars[0]
        said.append(
            f"The widest swing is from {case.title_of(widest.parameter)}: net benefit per person from "
            f"{money(widest.lowest)} to {money(widest.highest)}."
        )
    if case.scenarios is not None:
        said += _scenarios(found)
    return Section("What would change it", tuple(said))


def _scenarios(found: Findings) -> list[str]:
    table = found.case.scenarios
    assert table is not None
    changed = dict.fromkeys(row.scenario for row in table.rows if row.changes_decision)
    every = dict.fromkeys(row.scenario for row in table.rows)
    if not changed:
        return [f"None of {len(every)} structural scenarios changes what is best."]
    best = {row.scenario: found.case.name(row.best) for row in table.rows}
    return [f'Scenario "{name}": best is {best[name]}.' for name in changed]


def _what_would_settle_it(found: Findings) -> Section:
    currency = found.case.outcomes.currency
    row = found.perfect.thresholds.index(found.threshold)
    whole = float(found.perfect.values[row])
    error = float(found.perfect.errors[row])
    sentences = [
        f"Knowing everything would be worth {money(whole, currency)} per person (standard error "
        f"{money(error, currency)}) at {money(found.threshold, currency)} per QALY."
    ]
    if whole < LEAST_WORTH_LEARNING or found.learned is None:
        sentences.append("More evidence on the inputs would hardly change the choice; the structure may (scenarios).")
        return Section("What evidence would settle it", tuple(sentences))
    valued = [one for one in found.learned.rows if one.threshold == found.threshold][:SHOWN_LEARNED]
    rows = tuple(
        (
            found.case.title_of(one.group),
            money(one.value, currency),
            money(one.standard_error, currency),
            chance(one.value / whole),
        )
        for one in valued
        if one.value > 0
    )
    return Section(
        "What evidence would settle it",
        tuple(sentences),
        ("Learning this alone", "per person", "standard error", "share of all"),
        rows,
    )


def _budget(found: Findings) -> tuple[Section, ...]:
    """What the planned service costs in cash, and what it takes of staff and frees of beds, year by year."""
    budget = found.case.budget
    if budget is None:
        return ()
    years = sorted({one.year for one in budget.lines})
    kept = [one for one in budget.lines if one.kind != "cash" or one.name == TOTAL]
    names = list(dict.fromkeys((one.kind, one.name) for one in kept))
    by_line = {(one.kind, one.name, one.year): one.change for one in kept}
    tell = {"cash": money, "staff": effect, "capacity": effect}
    units = {"cash": budget.currency, "staff": "WTE", "capacity": "days: capacity, no money"}
    rows: list[tuple[str, ...]] = []
    for kind, name in names:
        changes = [by_line[kind, name, year] for year in years]
        rows.append((f"{name.replace('_', ' ')} ({units[kind]})", *(tell[kind](one.mean) for one in changes)))
        rows.append(("    95 % of draws", *(_interval(one, tell[kind]) for one in changes)))
    note = "Change against the service as it is, undiscounted. WTE: whole-time equivalents."
    return (Section("Budget impact", (note,), ("", *(f"year {year}" for year in years)), tuple(rows)),)


def _interval(spread: Spread, tell: Callable[[float], str]) -> str:
    return "" if spread.low is None or spread.high is None else f"{tell(spread.low)} to {tell(spread.high)}"


def _equity(found: Findings) -> tuple[Section, ...]:
    """Who gains and who pays, and what that is worth at each aversion to inequality."""
    equity = found.case.equity
    if equity is None:
        return ()
    rows = tuple(
        (one.group.name, of_effect(one.gained), of_effect(one.displaced), of_effect(one.net)) for one in equity.groups
    )
    sentences = tuple(
        f"At an aversion of {one.aversion:g}: {one.place}; QALYs in all {of_effect(one.efficiency)}, as good as "
        f"{of_effect(one.ede_gain)} spread evenly."
        for one in equity.impacts
    )
    return (Section("Who gains, who pays", sentences, ("Group", "QALYs gained", "displaced", "net"), rows),)


def _what_is_missing(found: Findings) -> Section:
    case = found.case
    said = [f"Not compared: {title}, because {why}." for title, why in case.left_out.items()]
    standing = [one for one in case.unfilled if one.name in case.model.parameters]
    said += [f"To be filled: {one.title} ({one.unit}). It stands at {one.stand_in}." for one in standing]
    others = [one.title for one in case.unfilled if one not in standing]
    if others:
        said.append(f"To be filled too, and in no figure above: {'; '.join(others)}.")
    if case.unfilled:
        said.append("Where to look for each: in the report, the workbook, and with --json.")
    return Section("What is missing", tuple(said or ["No input is waiting to be filled."]))


def _how_counted(found: Findings) -> Section:
    said = "; ".join(f"{name}: {value}" for name, value in found.case.outcomes.conventions.items())
    return Section(
        "How it was counted", (f"{said}; draws {found.case.draws:,}, seed {found.case.seed}.", *found.in_force.notes)
    )
