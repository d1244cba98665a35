"""The clinic in SimPy and a queue in Ciw: what the bench of the simulation compares with.

SimPy is of the dev group, as the tests need it. Ciw is no dependency; where it is not installed, the bench says so.
"""

from collections.abc import Callable, Mapping
from typing import Any

from glimmer.evidence.capacity import Clinic, Pathway


def simpy_clinic(
    clinic: Clinic, pathway: Pathway, values: Mapping[str, float], days: int, seed: int
) -> Callable[[], Any]:
    """Return one future of a clinic in SimPy, as a function that runs it."""
    from tests.evidence.capacity.simpy_clinic import SimpyClinic

    model = SimpyClinic(clinic, pathway, values, days, seed)
    return model.run


def ciw_queue(arrivals: float, minutes: float, servers: int, horizon: float) -> Callable[[], Any]:
    """Return one run of an M/M/c queue in Ciw, as a function that runs it."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=arrivals)],
        service_distributions=[ciw.dists.Exponential(rate=1 / minutes)],
        number_of_servers=[servers],
    )
    ciw.seed(1)
    queue = ciw.Simulation(network)
    return lambda: queue.simulate_until_max_time(horizon)
