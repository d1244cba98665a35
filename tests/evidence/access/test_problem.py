"""A siting problem says what is asked, and refuses what contradicts itself."""

import numpy as np
import pytest

from glimmer.evidence.access.problem import BadProblem, Problem, equity_weights, pose
from glimmer.evidence.access.tables import read_areas, read_sites
from glimmer.evidence.access.travel import proxy

MINUTES = np.array([[10, 30, 50], [40, 20, 60]], np.float32)
NEED = np.array([3.0, 1.0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"minutes": MINUTES.astype(float)}, "float32"),
        ({"minutes": -MINUTES}, "at least 0"),
        ({"minutes": np.full_like(MINUTES, np.nan)}, "at least 0"),
        ({"weights": np.array([1.0])}, "each of the 2 areas"),
        ({"weights": np.array([1.0, np.nan])}, "each of the 2 areas"),
        ({"weights": np.zeros(2)}, "no need"),
        ({"clinics": 4}, "4 clinics are asked for, and 3 sites may open"),
        ({"clinics": 3, "forbidden": (0,)}, "3 clinics are asked for, and 2 sites"),
        ({"objective": "mean"}, "median, cover, center"),
        ({"objective": "cover"}, "cover needs minutes"),
        ({"within": 30.0}, "no other does"),
        ({"objective": "cover", "within": 400.0}, "below 360"),
        ({"keep": (3,)}, "rows from 0 to 2"),
        ({"keep": (1, 1)}, "twice"),
        ({"keep": (1,), "forbidden": (1,)}, "only one of them"),
        ({"keep": (0, 1, 2)}, "too few"),
        ({"floor": 1}, "needs the body"),
        ({"floor": 2, "body": np.array(["A", "A", "B"])}, "fewer sites"),
        ({"clinics": 1, "floor": 1, "body": np.array(["A", "A", "B"])}, "need 2"),
        ({"floor": {"C": 1}, "body": np.array(["A", "A", "B"])}, "C, where no site is"),
        ({"outreach": {0: 1.0}}, "below 1 together"),
        ({"outreach": {0: 0.5, 1: 0.5}, "clinics": 1}, "below 1 together"),
        ({"capacity": np.array([1.0])}, "each of the 3 sites"),
    ],
)
def test_what_contradicts_itself_is_refused_in_words(change, words):
    with pytest.raises(BadProblem, match=words):
        Problem(**{"minutes": MINUTES, "weights": NEED, "clinics": 2, **change})


def test_tables_become_a_problem_with_codes_for_rows(tmp_path):
    (tmp_path / "areas.csv").write_text(
        "code,lat,lon,adults,health_body,nation,imd_pct\n"
        "A,51.5,-0.1,100,X,England,0.0\nB,51.6,-0.1,100,X,England,1.0\nC,51.7,-0.1,100,Y,England,0.5\n"
    )
    (tmp_path / "sites.csv").write_text("code,name,lat,lon,health_body\nS,s,51.5,-0.1,X\nT,t,51.7,-0.1,Y\n")
    areas, sites = read_areas(tmp_path / "areas.csv"), read_sites(tmp_path / "sites.csv")
    problem = pose(areas, sites, proxy(areas, sites), clinics=1, equity=3, keep=("T",), within=20)
    assert (problem.keep, problem.objective, problem.site_codes) == ((1,), "cover", ("S", "T"))
    # The most deprived counts three times as much as the least deprived.
    assert problem.weights.tolist() == [300, 100, 200]
    assert equity_weights(areas, areas.adults).tolist() == [100, 100, 100]
    with pytest.raises(BadProblem, match="above 0"):
        equity_weights(areas, areas.adults, 0)
