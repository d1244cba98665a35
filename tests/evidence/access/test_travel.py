"""Minutes come from a supplied table, or from the distance with a label that says so."""

import math

import numpy as np
import polars as pl
import pytest

from glimmer.evidence.access.tables import BadTable, read_areas, read_sites
from glimmer.evidence.access.travel import PROXY_LABEL, proxy, read_travel
from glimmer.guidance.access import access_figure
from tests.support.shared_data import shared_data

AREAS = """code,lat,lon,adults,health_body,nation,imd_pct
E01,51.5,-0.1,1200,E54A,England,0.1
S01,57.1,-2.1,800,S08A,Scotland,0.2
N01,54.6,-5.9,900,BHSCT,Northern Ireland,0.3
"""
SITES = """code,name,lat,lon,health_body
RA1,Town,51.6,-0.2,E54A
SB2,Harbour,57.2,-2.2,S08A
NC3,Lough,54.7,-6.0,BHSCT
"""
WAYS = "area,site,minutes\nE01,RA1,25\nS01,SB2,31.5\nS01,RA1,480\nE99,RA1,3\n"


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "areas.csv").write_text(AREAS)
    (tmp_path / "sites.csv").write_text(SITES)
    return read_areas(tmp_path / "areas.csv"), read_sites(tmp_path / "sites.csv")


def haversine_km(a_lat, a_lon, b_lat, b_lon):
    a_lat, a_lon, b_lat, b_lon = map(math.radians, (a_lat, a_lon, b_lat, b_lon))
    h = math.sin((b_lat - a_lat) / 2) ** 2 + math.cos(a_lat) * math.cos(b_lat) * math.sin((b_lon - a_lon) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def test_proxy_is_the_great_circle_with_detour_speed_and_a_fixed_time(tables):
    areas, sites = tables
    travel = proxy(areas, sites, speed=50, detour=1.2, fixed=4)
    for a in range(2):
        for s in range(2):
            km = haversine_km(areas.lat[a], areas.lon[a], sites.lat[s], sites.lon[s])
            assert travel.minutes[a, s] == pytest.approx(4 + km * 1.2 / 50 * 60, rel=1e-6)


def test_proxy_says_everywhere_that_it_is_one_and_what_it_cannot_see(tables):
    travel = proxy(*tables)
    assert travel.is_proxy
    assert travel.label == PROXY_LABEL == "estimated from distance, not timetables"
    assert "no water" in travel.limits[0]
    assert travel.error_common > 0
    assert travel.error_own > 0
    assert all(access_figure("travel", name).evidence == "proposal" for name in ("speed", "detour", "error_own"))


def test_nobody_drives_across_the_irish_sea(tables):
    # The sites name no nation: it comes from their health body.
    assert np.isinf(proxy(*tables).minutes).tolist() == [
        [False, False, True],
        [False, False, True],
        [True, True, False],
    ]


def test_proxy_refuses_figures_that_cannot_be(tables):
    for wrong in ({"speed": 0}, {"detour": 0.9}, {"fixed": -1}):
        with pytest.raises(ValueError, match="must be above 0"):
            proxy(*tables, **wrong)


def test_supplied_ways_are_taken_and_what_is_missing_is_beyond_reach(tables, tmp_path):
    (tmp_path / "car.csv").write_text(WAYS)
    travel = read_travel(tmp_path / "car.csv", *tables, mode="car")
    inf = math.inf
    assert travel.minutes.tolist() == [[25, inf, inf], [480, 31.5, inf], [inf, inf, inf]]
    assert travel.minutes.dtype == np.float32
    assert travel.beyond_reach.tolist() == [False, False, True]
    assert (travel.is_proxy, travel.mode, travel.ignored) == (False, "car", 1)
    assert travel.part(np.array([1])).minutes.tolist() == [[480, 31.5, inf]]


def test_a_table_of_several_modes_needs_one_to_be_named(tables, tmp_path):
    path = tmp_path / "ways.parquet"
    ways = {"area": ["E01", "E01"], "site": ["RA1", "RA1"], "minutes": [25.0, 70.0], "mode": ["car", "bus"]}
    pl.DataFrame(ways).write_parquet(path)
    assert read_travel(path, *tables, mode="bus").minutes[0, 0] == 70
    with pytest.raises(BadTable, match="several modes: bus, car"):
        read_travel(path, *tables)
    with pytest.raises(BadTable, match="no way by 'boat'"):
        read_travel(path, *tables, mode="boat")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WAYS.replace("25", "-1"), "column minutes, row 2"),
        (WAYS + "E01,RA1,26\n", "column site, row 6.*once"),
        (WAYS.replace("minutes", "time"), "lacks the column minutes"),
        ("area,site,minutes\nX,Y,3\n", "no row is for one of these areas"),
    ],
)
def test_ways_that_are_wrong_are_told_with_their_place(tables, tmp_path, text, words):
    (tmp_path / "car.csv").write_text(text)
    with pytest.raises(BadTable, match=words):
        read_travel(tmp_path / "car.csv", *tables)


def test_the_proxy_of_the_country_is_the_same_to_the_bit_for_any_number_of_workers():
    areas, sites = read_areas(shared_data("geo", "areas_uk.parquet")), read_sites(shared_data("geo", "sites_uk.csv.gz"))
    one, three = (proxy(areas, sites, workers=workers).minutes for workers in (1, 3))
    assert np.array_equal(one, three)
    assert one.shape == (9433, 1981)
