"""A run on a real Dask cluster of two processes gives what this process gives, to the last bit."""

import pytest

from glimmer.evidence.capacity import Clinic, Pathway, Waiting, priors, simulate
from glimmer.evidence.capacity.scenario import digest

distributed = pytest.importorskip("distributed", reason="Dask is an extra, and not installed here")


def test_two_processes_give_the_same_bits():
    how = {"years": 1, "draws": 120, "seed": 9, "waiting": [Waiting(50), Waiting(9, urgent=True)]}
    here = simulate(Clinic.example(), Pathway.from_protocol(months=None), priors(), **how)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        there = simulate(
            Clinic.example(), Pathway.from_protocol(months=None), priors(), cluster=cluster.scheduler_address, **how
        )
    assert digest(there) == digest(here)
