"""The tables that the siting page works on: a folder's, read once, or the health bodies; and the cartogram's places."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from glimmer.evidence.access.bodies import body_areas, body_sites
from glimmer.evidence.access.breakdowns import with_people
from glimmer.evidence.access.candidates import Candidates, candidates
from glimmer.evidence.access.tables import Areas, BadTable, Sites, read_areas, read_sites
from glimmer.evidence.access.travel import Travel, proxy, read_travel
from glimmer.guidance.access import health_bodies

EVERYWHERE = "uk"
COARSE = (
    "Each health body stands for one place, the mean place of its adults, and a site stands there in place of real "
    "ones. It shows the form of an answer; no plan should be made by it. For real sites and neighbourhoods the person "
    "who runs Glimmer names a folder of tables in GLIMMER_PLANNING_DIR."
)
ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0. Source: Office for National "
    "Statistics; NISRA; National Records of Scotland; MHCLG; Welsh Government; Scottish Government; NHS England. "
    "Contains OS data © Crown copyright and database right."
)
# A ring of an outline is thinned to corners at least so many degrees apart, and smaller ones are left out.
CORNER_DEGREES, LEAST_CORNERS = 0.02, 4
KINDS = (".parquet", ".csv", ".csv.gz")
# Words that health bodies share and that tell none of them apart.
COMMON = {"nhs", "integrated", "care", "board", "health", "and", "of", "the", "university", "social", "trust", "hsc",
          "teaching"}  # fmt: skip
Ring = list[list[float]]


@dataclass(frozen=True, eq=False)
class Tables:
    """Areas, sites and ways, of those without a car too if they are known; `coarse` "" for real tables.

    `places` are the parts that can be asked for, with names.
    """

    areas: Areas
    sites: Sites
    travel: Travel
    coarse: str
    places: tuple[tuple[str, str], ...]
    attribution: str = ATTRIBUTION
    outlines: list[Ring] = field(default_factory=list)
    outline_of: tuple[str, ...] = ()
    without_car: Travel | None = None

    def part(self, where: str) -> "Tables":
        """Return the tables of a nation or a health body; raise BadTable for a part that is none of `places`."""
        if where == EVERYWHERE:
            return self
        if where not in dict(self.places):
            raise BadTable("There is no such part of the country in these tables. Choose one of the list under Where.")
        areas, sites = (
            np.flatnonzero((table.nation == where) | (table.health_body == where)) for table in (self.areas, self.sites)
        )
        if not len(sites):
            raise BadTable(f"No candidate site lies in {dict(self.places)[where]}. Choose a larger part.")
        kept = [ring for ring, code in zip(self.outlines, self.outline_of, strict=True)
                if code == where or _nation_of(code) == where]  # fmt: skip
        return replace(self, areas=self.areas.part(areas), sites=self.sites.part(sites),
                       outlines=kept, **self._ways(np.ix_(areas, sites)))  # fmt: skip

    def of(self, those: Candidates) -> "Tables":
        """Return the tables with these candidate sites alone."""
        if len(those.sites) == len(self.sites):
            return self
        return replace(self, sites=those.sites, **self._ways((slice(None), those.rows)))

    def _ways(self, which: Any) -> dict[str, Any]:
        """Return the ways of some areas and sites, by car and without."""
        both = {"travel": self.travel, "without_car": self.without_car}
        return {
            name: None if one is None else replace(one, minutes=np.ascontiguousarray(one.minutes[which]))
            for name, one in both.items()
        }

    def body_name(self, code: str) -> str:
        """Return the name of a health body, its code where nobody knows it."""
        return _names().get(code, code)

    def district(self, row: int) -> str:
        """Return the district of an area in brackets, "" where the table has none."""
        names = self.areas.extra.get("lad_name")
        said = str(names[row]) if names is not None else ""
        return f" ({said})" if said and said not in str(self.areas.name[row]) else ""


@lru_cache(maxsize=2)
def tables_in(folder: str) -> Tables:
    """Return the tables of a folder, or of the health bodies for ""; raise BadTable where they are not as they must be.

    The folder holds `areas...` and `sites...` (Parquet, CSV or CSV.gz), and if there are any `travel...`,
    `without_car...` (minutes of those who have none), `people...` (who lives where), and one `.geojson` or
    `.geojson.gz` of outlines with the code of a health body each.
    """
    if not folder:
        areas, sites = body_areas(), body_sites()
        return Tables(areas, sites, proxy(areas, sites), COARSE, _places(areas, has_bodies=False))
    place = Path(folder)
    areas, sites = read_areas(_file(place, "areas")), _with_nation(read_sites(_file(place, "sites")))
    ways = _file(place, "travel", may_lack=True)
    travel = read_travel(ways, areas, sites) if ways is not None else proxy(areas, sites)
    on_foot, people = (_file(place, name, may_lack=True) for name in ("without_car", "people"))
    areas = areas if people is None else with_people(areas, people)
    found = list(_outlines(place))
    return Tables(areas, sites, travel, "", _places(areas, has_bodies=True),
                  outlines=[ring for _, ring in found], outline_of=tuple(code for code, _ in found),
                  without_car=None if on_foot is None else read_travel(on_foot, areas, sites))  # fmt: skip


def candidates_in(folder: str, kinds: Sequence[str], struck: dict[str, str]) -> tuple[Tables, Candidates]:
    """Return the tables of a folder with its candidate sites alone, and what was left out of them.

    Raises BadTable or BadProblem for a kind or a site that is not there, and for one that is struck without a reason.
    """
    return _candidates_in(folder, tuple(sorted(kinds)), tuple(sorted(struck.items())))


@lru_cache(maxsize=2)
def _candidates_in(
    folder: str, kinds: tuple[str, ...], struck: tuple[tuple[str, str], ...]
) -> tuple[Tables, Candidates]:
    tables = tables_in(folder)
    those = candidates(tables.sites, kinds, dict(struck))
    return tables.of(those), those


def _file(folder: Path, name: str, *, may_lack: bool = False) -> Any:
    found = sorted(one for one in folder.glob(f"{name}*") if one.name.endswith(KINDS))
    if not found and not may_lack:
        raise BadTable(
            f"The folder of the planner’s tables holds no file {name} (.parquet, .csv or .csv.gz). Put it there, or "
            "leave GLIMMER_PLANNING_DIR out to work on the health bodies."
        )
    return found[0] if found else None


def _with_nation(sites: Sites) -> Sites:
    """Return the sites with their nation, by their health body where the table does not say."""
    nation = np.array([said or _nation_of(body) for said, body in zip(sites.nation, sites.health_body, strict=True)])
    return replace(sites, nation=nation)


def _places(areas: Areas, *, has_bodies: bool) -> tuple[tuple[str, str], ...]:
    nations = [(one, one) for one in sorted(set(areas.nation.tolist()))]
    bodies = sorted(
        ((code, _names().get(code, code)) for code in set(areas.health_body.tolist())), key=lambda one: one[1]
    )
    return ((EVERYWHERE, "The whole United Kingdom"), *nations, *(bodies if has_bodies else ()))


@lru_cache
def _names() -> dict[str, str]:
    return {one.code: one.name for one in health_bodies()}


def _nation_of(body: str) -> str:
    return next((one.nation for one in health_bodies() if one.code == body), "")


def _outlines(folder: Path) -> Iterator[tuple[str, Ring]]:
    """Yield (code, ring) of the first GeoJSON file, thinned for a map of a page."""
    found = sorted([*folder.glob("*.geojson"), *folder.glob("*.geojson.gz")])
    if not found:
        return
    raw = found[0].read_bytes()
    shapes = json.loads(gzip.decompress(raw) if found[0].suffix == ".gz" else raw)
    for shape in shapes["features"]:
        geometry = shape["geometry"]
        parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        for rings in parts:
            ring = _thinned(rings[0])
            if len(ring) >= LEAST_CORNERS:
                yield str(shape["properties"].get("code", "")), ring


def _thinned(ring: Any) -> Ring:
    kept: Ring = []
    for lon, lat in ring:
        if not kept or abs(lon - kept[-1][0]) + abs(lat - kept[-1][1]) >= CORNER_DEGREES:
            kept.append([round(float(lon), 3), round(float(lat), 3)])
    return kept


@lru_cache
def short_names() -> dict[str, str]:
    """Return a few letters for each health body by its code, no two alike: initials of what tells it apart, or more."""
    found: dict[str, str] = {}
    for one in health_bodies():
        words = [word for word in one.name.replace(",", " ").replace("-", " ").split() if word.lower() not in COMMON]
        initials = "".join(word[0] for word in words)[:5].upper()
        tries = [words[0][:4]] if len(words) == 1 else [initials]
        tries += [words[0][:length] for length in range(5, 8)] + [f"{initials}{number}" for number in range(2, 9)]
        found[one.code] = next(said for said in tries if said not in found.values())
    return found


@lru_cache
def hexagons() -> tuple[tuple[str, str, int, int], ...]:
    """Return (code, name, column, row) of each health body: the cells of a honeycomb nearest to where they lie.

    Each has one cell, and the sum of squared ways from place to cell is the least there is (Jonker and Volgenant's
    assignment). Crowded places are spread by drawing the map larger than the cells need.
    """
    from scipy.optimize import linear_sum_assignment

    bodies = health_bodies()
    lat, lon = np.array([one.lat for one in bodies]), np.array([one.lon for one in bodies])
    # Ranks and places half and half: the bodies of a city get room, and the country keeps its shape.
    x, y = _spread_out(lon * np.cos(np.radians(lat.mean()))), _spread_out(-lat)
    wide, high = 10, 15
    columns, rows = (one.ravel() for one in np.meshgrid(np.arange(wide), np.arange(high)))
    cell_x, cell_y = (columns + 0.5 * (rows % 2)) / (wide - 0.5), rows / (high - 1)
    way = ((x[:, None] - cell_x) * wide) ** 2 + ((y[:, None] - cell_y) * high * 0.87) ** 2
    _, cell = linear_sum_assignment(way)
    return tuple(
        (one.code, one.name, int(columns[at]), int(rows[at])) for one, at in zip(bodies, cell.tolist(), strict=True)
    )


def _spread_out(values: Any) -> Any:
    place = (values - values.min()) / (values.max() - values.min())
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable") / (len(values) - 1)
    return (place + rank) / 2
