"""A run on a real Dask cluster of two processes gives what this process gives, to the last bit."""

import numpy as np
import pytest

from glimmer.evidence.economics.expressions import BadModel
from tests.evidence.economics.sick_sicker import continuous_sick_sicker, sick_sicker

distributed = pytest.importorskip("distributed", reason="Dask is an extra, and not installed here")


@pytest.fixture(scope="module")
def two_workers():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster


def test_two_workers_give_the_same_figures(two_workers):
    heard = []
    here = sick_sicker().run(draws=7001, seed=9, residence=True)
    there = sick_sicker().run(
        draws=7001, seed=9, residence=True, cluster=two_workers.scheduler_address, told=lambda *one: heard.append(one)
    )
    for kind in ("cost", "effect"):
        assert np.array_equal(here.total(kind), there.total(kind))
    assert all(np.array_equal(here.years[state], there.years[state]) for state in here.years)
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_people_of_two_workers_are_the_same_people(two_workers):
    model, heard = continuous_sick_sicker(), []
    here = model.individuals(25_000, draws=7, seed=4, residence=True)
    there = model.individuals(
        25_000,
        draws=7,
        seed=4,
        residence=True,
        cluster=two_workers.scheduler_address,
        told=lambda *one: heard.append(one),
    )
    for kind in ("cost", "effect"):
        assert np.array_equal(here.total(kind), there.total(kind))
        assert np.array_equal(here.errors[kind], there.errors[kind])
    assert all(np.array_equal(here.years[state], there.years[state]) for state in here.years)
    assert heard == [(1, 2), (2, 2)]


def test_persons_stay_where_they_are(two_workers):
    with pytest.raises(BadModel, match="not sent back from a cluster"):
        continuous_sick_sicker().individuals(100, persons=True, cluster=two_workers.scheduler_address)


def test_a_wrong_model_says_the_same_from_afar(two_workers):
    model = sick_sicker()
    draws = model.inputs.draw(3000, 1)
    draws["r_HD"][2500] = -1.0
    with pytest.raises(BadModel, match=r"out of 'H' in draw 2500, cycle 0"):
        model.run(draws, cluster=two_workers.scheduler_address)


def test_nobody_there_is_said_so():
    with pytest.raises(BadModel, match="No Dask scheduler answers"):
        sick_sicker().run(draws=10, seed=1, cluster="tcp://127.0.0.1:1")
