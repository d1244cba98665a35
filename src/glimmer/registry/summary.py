"""A posterior on one page, in plain words: what it means first, how far to trust it next."""

from collections.abc import Iterator
from typing import Any

from glimmer.registry.posterior import Posterior
from glimmer.registry.rows import SIMULATED

WIDE = 44


def one_page(posterior: Posterior) -> str:
    """Return the page. A simulated registry is named as such in its first line and its last."""
    return "\n".join(_lines(posterior))


def _lines(posterior: Posterior) -> Iterator[str]:
    tables, provenance = posterior.tables, posterior.provenance
    mark = f"{SIMULATED}: a made-up registry. Nothing here is evidence about people." if posterior.simulated else ""
    if mark:
        yield mark
    sites = len(provenance["sites"])
    yield f"What {provenance['courses']} courses in {sites} clinic{'s' if sites > 1 else ''} say, beside the trials"
    yield f"Joint draws: {posterior.count}. {tables['verdict'][0]['says']}"
    yield from _believed(tables["readable"])
    yield from _owed(tables["information"], provenance)
    yield from _fits(tables["checks"])
    yield from _missing(tables["missing"])
    yield from _clinics(tables["sites"])
    yield ""
    yield "What this cannot say: the effect of ketamine over another treatment, or of maintenance over none. A registry"
    yield "without a comparison group says nothing of either; those draws are the trials' alone. What is seen to go"
    yield "with maintenance is no effect of it. The software proposes; a named clinician decides."
    if mark:
        yield mark


def _believed(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield f"{'Mean and middle 90 %':<{WIDE}} {'before the registry':>26} {'now':>26}"
    for row in rows:
        yield f"{row['name']:<{WIDE}} {_range(row['before']):>26} {_range(row['now']):>26}  {row['unit']}"


def _owed(rows: list[dict[str, Any]], provenance: Any) -> Iterator[str]:
    yield ""
    weights = ", ".join(f"{group} {weight:g}" for group, weight in provenance["weights"].items())
    yield f"How much of the precision the registry brought (the evidence counts with weight: {weights})"
    for row in rows:
        worth = row["prior_is_worth"]
        said = f"the prior is worth {worth:g} {row['of']}" if worth is not None else "nothing to tell from the prior"
        count = f"{row['registry_observations']:,} {row['of']}"
        yield f"{row['name'].replace('_', ' '):<{WIDE}} {row['registry_share']:>6.0%} of it by {count:<20} {said}"


def _fits(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    odd = [row for row in rows if not row["fits"]]
    yield f"Would the model draw such a registry? {len(rows) - len(odd)} of {len(rows)} looks fit."
    for row in odd:
        expected = f"{row['expected']:g} ({row['from']:g} to {row['to']:g}) were expected"
        yield f"ODD: {row['name']}: {row['seen']:g} {row['unit']} seen, {expected}."
    if len(odd) > 1:
        yield "One odd look in ten is chance. More than that: look at the data before using the draws."


def _missing(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield "If those who are missing fared worse: response, and relapse of remitters within a year, in %"
    for row in rows:
        relapse = next(value for name, value in row.items() if name.startswith("relapse"))
        yield f"{_range(row['response']):>22} {_range(relapse):>22}  {row['assumption']}"


def _clinics(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield "Clinics: response in %, as seen and drawn towards the others; cost of a session in GBP, likewise"
    for row in rows:
        seen, cost = _or_none(row["response_seen"]), _or_none(row["session_cost_seen"])
        response = f"{row['courses_with_a_result']:>5} courses {seen:>6} {_range(row['response']):>22}"
        yield f"{row['site']:<16} {response}   {cost:>7} {_range(row['session_cost'])}"


def _or_none(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _range(values: dict[str, float]) -> str:
    return f"{_short(values['mean'])} ({_short(values['from'])} to {_short(values['to'])})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
