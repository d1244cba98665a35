"""The clinic in SimPy and a queue in Ciw: what the bench of the simulation compares with.

SimPy is of the dev group, as the tests need it. Ciw is no dependency; where it is not installed, the bench says so.
"""

import random
from collections.abc import Callable, Generator, Mapping
from typing import Any

from glimmer.evidence.capacity import Clinic, Pathway

Steps = Generator[Any, Any, None]


def simpy_clinic(
    clinic: Clinic, pathway: Pathway, values: Mapping[str, float], days: int, seed: int
) -> Callable[[], Any]:
    """Return one future of a clinic in SimPy, as a function that runs it."""
    from tests.evidence.capacity.simpy_clinic import SimpyClinic

    model = SimpyClinic(clinic, pathway, values, days, seed)
    return model.run


def plain_simpy_clinic(years: float, seed: int) -> Callable[[], int]:
    """Return a plainer clinic in SimPy, as such models usually are, as a function that runs it and gives its sessions.

    The clock runs in opening hours only. Four referrals a week, assessment, courses of six, half respond and are kept
    well every three to four weeks; three chairs, four nurses' places, one doctor for ten minutes. No calendar, no
    shifts, nobody urgent, nobody gives up, nobody stays away.
    """
    import simpy

    env, chance = simpy.Environment(), random.Random(seed)
    week, day, sessions = 2400.0, 480.0, 0
    chairs, nurses, doctor, psychiatrist = (simpy.Resource(env, size) for size in (3, 4, 1, 1))

    def session() -> Steps:
        nonlocal sessions
        with chairs.request() as chair, nurses.request() as nurse:
            yield chair
            yield nurse
            with doctor.request() as asked:
                yield asked
                yield env.timeout(10)
            yield env.timeout(chance.uniform(100, 140))
        sessions += 1

    def patient() -> Steps:
        with psychiatrist.request() as asked:
            yield asked
            yield env.timeout(chance.uniform(45, 75))
        treated = chance.random() < 0.7
        while treated:
            for number in range(6):
                if number:
                    yield env.timeout(2.5 * day)
                yield from session()
            treated = responds = chance.random() < 0.5
            while responds:
                yield env.timeout(chance.uniform(3, 4) * week)
                what = chance.random()
                if what < 0.05:
                    break
                if what < 0.08:
                    treated = False
                    break
                yield from session()

    def referrals() -> Steps:
        while True:
            yield env.timeout(chance.expovariate(4 / week))
            if chance.random() < 0.8:
                env.process(patient())

    env.process(referrals())

    def run() -> int:
        env.run(until=years * 52 * week)
        return sessions

    return run


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
