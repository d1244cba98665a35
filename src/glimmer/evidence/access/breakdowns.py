"""The groups that a plan is broken down by: by where people live, and by who they are where a table says so.

Where people live (nation, tenth of deprivation, rurality, health body), every area is of one group. Who they are (age,
sex, ethnicity, cars of the household) is a number of adults of each group in an area: columns `age_...`, `sex_...`,
`ethnicity_...` and `cars_...` of the areas, or a table of its own (`with_people`). Need among them is taken to be as
among their neighbours: no figure by age, sex or ethnicity is here. Who is in no group is "not said".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.access.tables import Areas, BadTable, Table
from glimmer.evidence.economics.outcomes import Numbers

RURALITY = {1: "rural", 0: "urban", -1: "not said"}
COMPOSITE = "uk_imd_decile"
"""A column of areas: their tenth in a composite index of the whole UK, the only ranking that crosses nations."""
PEOPLE: Mapping[str, str] = {
    "age": "age",
    "sex": "sex",
    "ethnicity": "ethnicity",
    "cars": "cars in the household",
}
"""What people can be broken down by, and how it is called."""
NOT_SAID, ALL = "not said", "all"
# Tables are rounded and disturbed on purpose: groups may hold a little more than all adults.
MOST_OVER, FEW_OVER = 1.05, 10


class Runs:
    """Areas sorted by group, so that sums over groups are sums over runs: the same on every machine."""

    def __init__(self, labels: Sequence[str], totals: Sequence[str]) -> None:
        self.names = sorted(set(labels), key=_in_order)
        number = {name: at for at, name in enumerate(self.names)}
        group = np.array([number[label] for label in labels], np.int64)
        self.order = np.argsort(group, kind="stable")
        self.starts = np.searchsorted(group[self.order], np.arange(len(self.names)))
        self.totals = [totals[row] for row in self.order[self.starts].tolist()]

    def sums(self, values: Numbers) -> Numbers:
        """Return the sum of each group, (draws, groups), of values (draws, areas)."""
        return np.add.reduceat(values[:, self.order], self.starts, axis=1)


class Shares:
    """Groups that live side by side in an area: each has a share of its adults. They are told with all people."""

    def __init__(self, shares: Mapping[str, Numbers]) -> None:
        self.names = sorted(shares, key=_in_order)
        self.totals = [ALL] * len(self.names)
        self.shares = [shares[name] for name in self.names]

    def sums(self, values: Numbers) -> Numbers:
        """Return the sum of each group, (draws, groups), of values (draws, areas)."""
        return np.stack([(values * share).sum(axis=1) for share in self.shares], axis=1)


def breakdowns(areas: Areas) -> Mapping[str, Runs | Shares]:
    """Return every breakdown that the table of areas allows, by name."""
    found: dict[str, Runs | Shares] = {name: Runs(labels, totals) for name, labels, totals in _by_place(areas)}
    for name in PEOPLE:
        if groups := _groups(areas, name):
            found[PEOPLE[name]] = Shares(_shares(areas, groups))
    return found


def labels_by_place(areas: Areas) -> dict[str, NDArray[np.str_]]:
    """Return the group of each area, (areas,), by the name of each breakdown by place."""
    return {name: np.array(labels) for name, labels, _ in _by_place(areas)}


def missing(areas: Areas) -> tuple[str, ...]:
    """Return in sentences which breakdowns the table of areas does not allow, and for whom it is silent."""
    said = []
    if unsaid := areas.adults[areas.rural < 0].sum():
        where = ", ".join(sorted(set(areas.nation[areas.rural < 0].tolist())))
        said.append(f"By rurality: not said for {unsaid / areas.adults.sum():.0%} of adults ({where}).")
    for name, called in PEOPLE.items():
        groups = _groups(areas, name)
        if not groups:
            said.append(f"By {called}: not known. The table of areas has no columns {name}_… (docs/access.md).")
        elif (unsaid := _shares(areas, groups).get(NOT_SAID)) is not None:
            part = float((unsaid * areas.adults).sum() / areas.adults.sum())
            said.append(f"By {called}: not said for {part:.1%} of adults.")
    return tuple(said)


def with_people(areas: Areas, path: Path) -> Areas:
    """Return the areas with the groups of a long table: area, breakdown (of PEOPLE), group, adults.

    An area that the table lacks is silent about its people. Raises BadTable for what is not as it must be.
    """
    table = Table(path)
    place = {code: row for row, code in enumerate(areas.code.tolist())}
    codes, kinds, names = (table.texts(column) for column in ("area", "breakdown", "group"))
    table.refuse("breakdown", ~np.isin(kinds, list(PEOPLE)), f"one of {', '.join(PEOPLE)}")
    adults = table.numbers("adults", 0, np.inf)
    rows = np.array([place.get(code, -1) for code in codes.tolist()], np.int64)
    if not (rows >= 0).any():
        raise BadTable(f"{path.name}: no row is for one of these areas. Expected codes such as {areas.code[0]}.")
    keys = np.array([f"{kind}_{name}" for kind, name in zip(kinds.tolist(), names.tolist(), strict=True)])
    again = np.ones(len(rows), bool)
    again[np.unique([f"{row} {key}" for row, key in zip(codes, keys, strict=True)], return_index=True)[1]] = False
    table.refuse("group", again, "each group of an area once")
    found: dict[str, NDArray[Any]] = {}
    for key in sorted(set(keys.tolist())):
        mine = (keys == key) & (rows >= 0)
        found[key] = np.full(len(areas), np.nan)
        found[key][rows[mine]] = adults[mine]
    return replace(areas, extra={**areas.extra, **found})


def _by_place(areas: Areas) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each breakdown by place: its name, the group of each area, and the group with whose count it is shown."""
    everybody = [ALL] * len(areas)
    nation, tenth = areas.nation.tolist(), [str(one) for one in areas.imd_decile.tolist()]
    yield ALL, everybody, everybody
    yield "nation", nation, everybody
    yield "tenth", tenth, everybody
    yield "nation and tenth", [f"{one} {other}" for one, other in zip(nation, tenth, strict=True)], nation
    yield "rurality", [RURALITY[one] for one in areas.rural.tolist()], everybody
    yield "health body", areas.health_body.tolist(), nation
    if COMPOSITE in areas.extra:
        tenths = areas.extra[COMPOSITE].tolist()
        yield "uk composite tenth", [f"{one:.0f}" if one == one else NOT_SAID for one in tenths], everybody


def _groups(areas: Areas, name: str) -> dict[str, Numbers]:
    """Return the adults of each group of one breakdown of people, (areas,), nan where nobody says."""
    found = {}
    for column, values in areas.extra.items():
        if column.startswith(f"{name}_"):
            if values.dtype.kind != "f":
                raise BadTable(f"The column {column} of the areas holds texts. Expected the adults of that group.")
            found[column[len(name) + 1 :].replace("_", " ")] = values
    if found:
        _check(areas, name, found)
    return found


def _check(areas: Areas, name: str, groups: Mapping[str, Numbers]) -> None:
    """Raise BadTable where a group is no count or an area has more people in groups than adults."""
    together = np.nansum(list(groups.values()), axis=0)
    below = np.any([values < 0 for values in groups.values()], axis=0)
    wrong = below | (together > MOST_OVER * areas.adults + FEW_OVER)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise BadTable(
            f"The columns {name}_… hold {together[row]:,.0f} people for {areas.code[row]}, which has "
            f"{areas.adults[row]:,.0f} adults. Expected counts of adults from 0 that add up to no more."
        )


def _shares(areas: Areas, groups: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """Return the share of each group among the adults of each area, (areas,); what is left is "not said"."""
    counts = {name: np.nan_to_num(values) for name, values in groups.items()}
    together = np.sum(list(counts.values()), axis=0)
    whole = np.maximum(together, areas.adults)
    shares = {
        name: np.divide(count, whole, out=np.zeros(len(areas)), where=whole > 0) for name, count in counts.items()
    }
    left = np.divide(whole - together, whole, out=np.zeros(len(areas)), where=whole > 0)
    if np.rint((left * areas.adults).sum()) > 0:
        # A table may have such a group itself.
        shares[NOT_SAID] = shares.get(NOT_SAID, 0) + left
    return shares


def _in_order(label: str) -> tuple[str, int]:
    """Tenths come by number, all else by name."""
    name, _, tenth = label.rpartition(" ")
    return (name, int(tenth)) if tenth.isdigit() else (label, 0)
