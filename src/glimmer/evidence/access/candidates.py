"""Which sites of a table may be clinics, and what is left out and why: nothing is left out that is not said.

    found = candidates(sites, kinds=("mental_health_trust",), struck={"RNHM1": "secure hospital"})
    found.sites            the sites that are left
    found.kinds            every kind of the table: how many there are, and how many are used
    found.struck           sites that are left out one by one, each with its reason
    found.untold           what the table cannot tell, in sentences

A site is struck by its planner, or by the table itself: by a reason in its column `excluded`, or "no" in its column
`adults`. Names that ask for a look are said (`doubt_of`), and strike nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.access.problem import BadProblem
from glimmer.evidence.access.tables import BadTable, Sites, Table
from glimmer.guidance.access import access_figures

NO_KIND = "no kind said"
NOT_FOR_ADULTS = "the table says: not for adults"
SHORTEST_REASON = 3
FOR_ADULTS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": None}
BY_TABLE, BY_PLANNER = "table", "planner"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of site: how many of the table are of it, and how many of these are used."""

    name: str
    found: int
    used: int


@dataclass(frozen=True, slots=True)
class Struck:
    """One site that is left out: its code and name, the reason, and who gave it: BY_TABLE or BY_PLANNER."""

    code: str
    name: str
    reason: str
    by: str


@dataclass(frozen=True, eq=False)
class Candidates:
    """The sites that are left of a table, and what was left out. `rows` (sites,) are their rows in the table."""

    sites: Sites
    rows: NDArray[np.int64]
    kinds: tuple[Kind, ...]
    struck: tuple[Struck, ...]
    untold: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """Return what is said of the candidates, as plain data."""
        return {
            "found": sum(one.found for one in self.kinds),
            "used": len(self.sites),
            "kinds": [{"kind": one.name, "found": one.found, "used": one.used} for one in self.kinds],
            "struck": [{"code": one.code, "name": one.name, "reason": one.reason, "by": one.by} for one in self.struck],
            "untold": list(self.untold),
        }

    def refuse_left_out(self, codes: Sequence[str]) -> None:
        """Raise BadProblem naming the first of these codes that was left out, and why."""
        why = {one.code: one.reason for one in self.struck}
        there = set(self.sites.code.tolist())
        for code in codes:
            if code in why:
                raise BadProblem(f"{code} was struck ({why[code]}), so that it cannot be open. Take one of them back.")
            if code not in there and any(one.used < one.found for one in self.kinds):
                raise BadProblem(
                    f"{code} is no candidate: no site has that code, or it is of a kind that is left out. "
                    f"Used are: {', '.join(one.name for one in self.kinds if one.used) or 'none'}."
                )


def kinds_of(sites: Sites) -> NDArray[np.str_]:
    """Return the kind of each site, (sites,); NO_KIND where the table says none."""
    return np.where(sites.kind == "", NO_KIND, sites.kind)


def candidates(sites: Sites, kinds: Sequence[str] = (), struck: Mapping[str, str] | None = None) -> Candidates:
    """Return the sites of some kinds (none named: of every kind) that are not struck.

    `struck` is the reason by code. Raises BadTable for a kind or code that the table does not hold, and where nothing
    is left; BadProblem for a reason that says nothing.
    """
    struck, kind = dict(struck or {}), kinds_of(sites)
    if unknown := sorted(set(kinds) - set(kind.tolist())):
        raise BadTable(f"No site is of the kind {', '.join(unknown)}. The table has: {', '.join(_counted(kind))}.")
    sites.rows(list(struck))
    for code, reason in struck.items():
        if len(reason.strip()) < SHORTEST_REASON:
            raise BadProblem(
                f"{code} is struck without a reason. Say why in a few words, for who reads the plan later."
            )
    of_kind = np.isin(kind, list(kinds)) if kinds else np.ones(len(sites), bool)
    why = reasons_of(sites) | {code: (reason.strip(), BY_PLANNER) for code, reason in struck.items()}
    left = of_kind & ~np.isin(sites.code, list(why))
    if not left.any():
        raise BadTable("No candidate site is left. Use more kinds of site, or strike fewer sites.")
    return Candidates(
        sites=sites.part(left),
        rows=np.flatnonzero(left),
        kinds=tuple(
            Kind(name, int((kind == name).sum()), int((left & (kind == name)).sum())) for name in sorted(set(kind))
        ),
        struck=tuple(
            Struck(str(code), str(name), *why[str(code)])
            for code, name, inside in zip(sites.code, sites.name, of_kind, strict=True)
            if inside and str(code) in why
        ),
        untold=tuple(_untold(sites)),
    )


def reasons_of(sites: Sites) -> dict[str, tuple[str, str]]:
    """Return (reason, BY_TABLE) of each site that the table itself strikes, by code."""
    found = {}
    texts = _texts(sites, "excluded")
    adults = [_is_for_adults(said, code) for said, code in zip(_texts(sites, "adults"), sites.code, strict=True)]
    for code, reason, is_for_adults in zip(sites.code.tolist(), texts, adults, strict=True):
        if reason.lower() not in ("", "no", "false", "0"):
            said = "the table excludes it" if reason.lower() in ("yes", "true", "1") else reason
            found[code] = (said, BY_TABLE)
        elif is_for_adults is False:
            found[code] = (NOT_FOR_ADULTS, BY_TABLE)
    return found


def doubt_of(name: str) -> str:
    """Return what the name of a site makes one ask before a clinic is planned there, "" for nothing."""
    lower = f"{name.lower()} "
    for figure in access_figures("names").values():
        if word := next((word for word in figure.value if word in lower), None):
            return f"“{word.strip()}” in its name: {figure.note.split('.')[0]}"
    return ""


def read_struck(table: Table) -> dict[str, str]:
    """Return the reason by code of a list of struck sites: columns code and reason."""
    reasons = table.texts("reason")
    return dict(zip(table.codes().tolist(), reasons.tolist(), strict=True))


def _counted(kind: NDArray[np.str_]) -> list[str]:
    names, counts = np.unique(kind, return_counts=True)
    return [f"{name} ({count})" for name, count in zip(names.tolist(), counts.tolist(), strict=True)]


def _texts(sites: Sites, column: str) -> list[str]:
    """Return a further column as texts; a column of numbers is read as yes and no."""
    found = sites.extra.get(column)
    if found is None:
        return [""] * len(sites)
    if found.dtype.kind == "f":
        return ["" if np.isnan(one) else f"{one:g}" for one in found]
    return [str(one).strip() for one in found]


def _is_for_adults(said: str, code: str) -> bool | None:
    if said.lower() not in FOR_ADULTS:
        raise BadTable(f"The column adults of the sites says {said!r} for {code}. Expected yes, no or nothing.")
    return FOR_ADULTS[said.lower()]


def _untold(sites: Sites) -> list[str]:
    """Return what the table cannot tell, in sentences."""
    silent = sum(not one for one in _texts(sites, "adults"))
    whether = f"Of {silent:,} of {len(sites):,} sites the table does not say whether adults are seen there, and of none"
    said = [f"{whether if silent else 'The table does not say of any site'} how secure it is."]
    if (sites.kind == "").all():
        said.append("The table does not say of what kind its sites are.")
    return [*said, "Strike what cannot be a clinic."]
