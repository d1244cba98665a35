"""A report as two files that need nothing else: HTML with live charts, and a PDF that screen readers can read."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst
import vl_convert
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from glimmer.evidence.economics.analysis import BudgetImpact, Equity, ScenarioTable
from glimmer.evidence.economics.report.charts import Figure, figures
from glimmer.evidence.economics.report.findings import Findings
from glimmer.evidence.economics.report.pages import assumptions_page, cheers_page, missing_page, sources_page
from glimmer.evidence.economics.report.statement import WHO_DECIDES, statement
from glimmer.evidence.economics.report.words import chance, money, of_effect, of_money
from glimmer.evidence.economics.workbook import Page

HTML, PDF = "economics.html", "economics.pdf"
Told = Callable[[str], None]
# Charts are drawn by the bundled script once the page stands; without it the pictures stay.
_DRAW = """
for (const place of document.querySelectorAll("[data-chart]")) {
  const spec = JSON.parse(document.getElementById("spec-" + place.dataset.chart).textContent);
  vegaEmbed(place, spec, {ast: true, actions: false, renderer: "svg"}).catch(() => {});
}
"""


def write_report(found: Findings, folder: Path, told: Told = lambda _: None) -> tuple[Path, Path]:
    """Write the report of a case into a folder; return the paths of HTML and PDF. `told` hears what is being made."""
    folder.mkdir(parents=True, exist_ok=True)
    told("charts")
    drawn = [(figure, figure.svg()) for figure in figures(found)]
    content = _content(found)
    told("web page")
    (folder / HTML).write_text(_html(content, drawn), encoding="utf-8")
    told("PDF")
    (folder / PDF).write_bytes(_pdf(content, drawn, found))
    return folder / HTML, folder / PDF


def _content(found: Findings) -> dict[str, Any]:
    case = found.case
    tables = [*_further(case.scenarios, found), *_budget(case.budget), *_equity(case.equity)]
    tables += [missing_page(found), assumptions_page(found), sources_page(found), cheers_page(found)]
    return {
        "title": case.title,
        "question": case.question,
        "marks": list(case.marks),
        "who_decides": WHO_DECIDES,
        "day": case.day.isoformat(),
        "sections": [asdict(one) for one in statement(found)],
        "tables": [_as_text(page) for page in tables],
    }


def _as_text(page: Page) -> dict[str, Any]:
    rows = [[cell if isinstance(cell, str) else f"{cell:g}" for cell in row] for row in page.rows]
    return {"title": page.title, "note": page.note, "heads": list(page.heads), "rows": rows}


def _further(table: ScenarioTable | None, found: Findings) -> list[Page]:
    if table is None:
        return []
    rows = [
        (
            row.scenario,
            found.case.name(row.strategy),
            of_money(row.inc_cost),
            of_effect(row.inc_effect),
            chance(row.net.probability_worth_it),
            found.case.name(row.best),
            "yes" if row.changes_decision else "no",
        )
        for row in table.rows
        if row.strategy == found.strategy
    ]
    heads = ("scenario", "strategy", "cost more (95 %)", "QALYs more (95 %)", "worth its cost", "best", "changes it")
    note = f"Structural scenarios at {money(found.threshold)} per QALY, on the same draws."
    return [Page("Scenarios", heads, rows, note)]


def _budget(budget: BudgetImpact | None) -> list[Page]:
    if budget is None:
        return [
            Page(
                "Budget impact",
                ("what is needed",),
                [
                    (
                        "How many people become eligible each year, and what share takes each up: nobody has said, and "
                        "the model does not guess.",
                    )
                ],
            )
        ]
    heads = ("year", "what", "without", "with", "change (95 %)")
    cash = [
        (str(one.year), one.name, money(one.without.mean), money(one.with_change.mean), of_money(one.change))
        for one in budget.lines
        if one.kind == "cash"
    ]
    capacity = [
        (str(one.year), one.name, f"{one.without.mean:.1f}", f"{one.with_change.mean:.1f}", of_effect(one.change))
        for one in budget.lines
        if one.kind != "cash"
    ]
    return [
        Page("Budget impact: cash", heads, cash, "Undiscounted, by year."),
        Page("Staff and beds", heads, capacity, "Whole-time equivalents and bed-days: capacity, and no money."),
    ]


def _equity(equity: Equity | None) -> list[Page]:
    if equity is None:
        return [
            Page(
                "Who gains, who pays",
                ("what is needed",),
                [
                    (
                        "Health, uptake and displaced care by deprivation fifth or ethnicity: nobody has given "
                        "them, and the model does not guess.",
                    )
                ],
            )
        ]
    rows = [
        (one.group.name, of_effect(one.gained), of_effect(one.displaced), of_effect(one.net)) for one in equity.groups
    ]
    return [Page("Who gains, who pays", ("group", "QALYs gained", "QALYs displaced", "net"), rows)]


def _html(content: dict[str, Any], drawn: list[tuple[Figure, str]]) -> str:
    bundle = vl_convert.javascript_bundle(f"window.vegaEmbed = vegaEmbed;{_DRAW}").replace("</script", "<\\/script")
    digest = base64.b64encode(hashlib.sha256(bundle.encode()).digest()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_file("report.html.jinja"))
    charts = [{"figure": one, "svg": _as_it_is(svg), "spec": _as_it_is(_in_script(one.spec))} for one, svg in drawn]
    return str(template.render(**content, charts=charts, script=_as_it_is(bundle), digest=digest))


def _as_it_is(made_here: str) -> Markup:
    """Mark what this module made itself, and no person typed, as markup."""
    return Markup(made_here)  # nosec B704


def _in_script(spec: dict[str, Any]) -> str:
    """Return a specification as JSON that cannot end the script element that it stands in."""
    return json.dumps(spec).replace("<", "\\u003c")


def _pdf(content: dict[str, Any], drawn: list[tuple[Figure, str]], found: Findings) -> bytes:
    charts = [
        {"title": one.title, "says": one.says, "heads": one.heads, "rows": one.rows, "svg": svg} for one, svg in drawn
    ]
    data = json.dumps({**content, "charts": charts})
    return bytes(
        typst.compile(
            _file("report.typ").encode(),
            format="pdf",
            sys_inputs={"report": data},
            pdf_standards="ua-1",
            timestamp=datetime.combine(found.case.day, time(), UTC),
        )
    )


def _file(name: str) -> str:
    return files("glimmer.evidence.economics.report").joinpath(name).read_text(encoding="utf-8")
