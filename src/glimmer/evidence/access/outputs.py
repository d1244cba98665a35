"""An answer as files that open beside other planning tools: CSV tables and GeoJSON, with ODS and ONS codes.

Each row says what its minutes are, and small counts are hidden so that no table tells what another hides
(disclosure.py).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glimmer.evidence.access.measures import limits
from glimmer.evidence.access.report import Answer, as_data, beyond_rows, group_rows, site_rows
from glimmer.evidence.access.suppress import HIDDEN

DECIMALS = 5


def write_csv(answer: Answer, folder: Path) -> tuple[Path, ...]:
    """Write sites, areas, groups, indices, places beyond reach and the attribution into a folder; return the files."""
    from polars import DataFrame

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in tables(answer).items():
        path = folder / f"{name}.csv"
        DataFrame([_flat(row) for row in rows], infer_schema_length=None).write_csv(path)
        written.append(path)
    about = folder / "about.txt"
    about.write_text("\n".join([*(f"Minutes: {label}." for label in answer.labels), answer.attribution, ""]), "utf-8")
    return (*written, about)


def tables(answer: Answer) -> Mapping[str, list[dict[str, Any]]]:
    """Return the rows of each table by its name; a table without rows is left out."""
    found = {
        "sites": site_rows(answer),
        "areas": area_rows(answer),
        "groups": group_rows(answer.measures, answer.hidden),
        "groups_without_car": [] if answer.without_car is None else group_rows(answer.without_car, answer.hidden),
        "indices": [{"index": name, **one} for name, one in as_data(answer)["measures"]["indices"].items()],
        "beyond_reach": beyond_rows(answer.measures, answer),
    }
    label = "; ".join(answer.labels)
    return {name: [{**row, "minutes are": label} for row in rows] for name, rows in found.items() if rows}


def area_rows(answer: Answer) -> list[dict[str, Any]]:
    """Return a row for each area: its clinic, minutes and people in need, at the values of guidance."""
    areas, near, sites = answer.areas, answer.measures.nearest, answer.sites
    people = answer.need.central()
    no_need, no_adults = answer.hidden.in_need.rows, answer.hidden.adults.rows
    shown = limits()
    return [
        {
            "code": str(areas.code[row]),
            "name": str(areas.name[row]),
            "health body": str(areas.health_body[row]),
            "nation": str(areas.nation[row]),
            "lat": round(float(areas.lat[row]), DECIMALS),
            "lon": round(float(areas.lon[row]), DECIMALS),
            "adults": None if no_adults[row] else round(float(areas.adults[row])),
            "in need": None if no_need[row] else round(float(people[row])),
            "clinic": str(sites.code[near.site[row]]) if np.isfinite(near.minutes[row]) else None,
            "minutes": round(float(near.minutes[row]), 1) if np.isfinite(near.minutes[row]) else None,
            "limit": next((str(limit) for limit in shown if near.minutes[row] <= limit), f"over {shown[-1]}"),
        }
        for row in range(len(areas))
    ]


def write_geojson(answer: Answer, path: Path) -> None:
    """Write clinics with their catchments and areas with their clinic as points (WGS84)."""
    path.write_text(json.dumps(geojson(answer), ensure_ascii=False, allow_nan=False), "utf-8")


def geojson(answer: Answer) -> dict[str, Any]:
    """Return the FeatureCollection; `what` tells clinics and areas apart, `clinic` leads from an area to its clinic."""
    features = [_point(row, "clinic") for row in site_rows(answer)] + [_point(row, "area") for row in area_rows(answer)]
    return {
        "type": "FeatureCollection",
        "minutes are": list(answer.labels),
        "attribution": answer.attribution,
        "features": features,
    }


def _point(row: Mapping[str, Any], what: str) -> dict[str, Any]:
    place = [round(row["lon"], DECIMALS), round(row["lat"], DECIMALS)]
    properties = {name: value for name, value in _flat(row, hidden=None).items() if name not in ("lat", "lon")}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": place},
        "properties": {"what": what, **properties},
    }


COUNTS: Sequence[str] = ("adults", "adults nearest", "in need")


def _flat(row: Mapping[str, Any], hidden: str | None = HIDDEN) -> dict[str, Any]:
    """Return a row whose spreads are columns (NAME, NAME low, NAME high), as texts where a count may be hidden."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name in COUNTS and not isinstance(value, dict):
            flat[name] = (hidden if value is None else str(value)) if hidden else value
        elif name == "within":
            for limit, one in (value or {str(limit): None for limit in limits()}).items():
                flat |= _parts(f"within {limit}", one)
        elif name in ("minutes", "in need") and (value is None or isinstance(value, dict)):
            flat |= _parts(name, value)
        else:
            flat[name] = value
    return flat


def _parts(name: str, one: Mapping[str, float] | None) -> dict[str, Any]:
    if one is None:
        return dict.fromkeys((name, f"{name} low", f"{name} high"))
    return {name: one["mean"], f"{name} low": one["low"], f"{name} high": one["high"]}
