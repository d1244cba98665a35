"""Queues by formula: Erlang's B and C, M/M/c, and what a start leads to in the long run. The check of every run."""

import math
from dataclasses import dataclass

import numpy as np

from glimmer.evidence.capacity.clinic import BadPlan
from glimmer.evidence.capacity.pathway import Pathway
from glimmer.evidence.economics.outcomes import Numbers

# Where a chance of being there still is below this, nobody is followed any further.
NEGLIGIBLE, MOST_SESSIONS = 1e-6, 4000


def erlang_b(load: float, servers: int) -> float:
    """Return the share of calls that find every server taken and are lost. `load`: arrivals x mean service time.

    By the recursion B(n) = load B(n-1) / (n + load B(n-1)), which does not overflow.
    """
    if load < 0 or servers < 0:
        raise BadPlan(f"A load of {load} on {servers} servers is none. Neither can be below 0.")
    lost = 1.0
    for number in range(1, servers + 1):
        lost = load * lost / (number + load * lost)
    return lost


def erlang_c(load: float, servers: int) -> float:
    """Return the share of calls that have to wait; 1 where the load is as much as the servers, or more."""
    lost = erlang_b(load, servers)
    if load >= servers:
        return 1.0
    return servers * lost / (servers - load * (1 - lost))


@dataclass(frozen=True, slots=True)
class Queue:
    """An M/M/c queue in its steady state: share of servers taken, chance of waiting, mean wait, mean number waiting."""

    utilisation: float
    waits: float
    mean_wait: float
    mean_waiting: float


def mmc(arrivals: float, service_time: float, servers: int) -> Queue:
    """Return the steady state of `arrivals` per unit of time, each taking `service_time` on average, first come first.

    The waits are infinite where the servers cannot keep up.
    """
    load = arrivals * service_time
    waits = erlang_c(load, servers)
    if load >= servers:
        wait = math.inf if arrivals > 0 else 0.0
        return Queue(load / servers if servers else math.inf, waits, wait, wait)
    wait = waits * service_time / (servers - load)
    return Queue(load / servers if servers else 0.0, waits, wait, arrivals * wait)


@dataclass(frozen=True, slots=True)
class PerStart:
    """How many sessions somebody who starts has in all, of each kind, and how many courses; one number per draw."""

    course: Numbers
    later_course: Numbers
    maintenance: Numbers

    @property
    def sessions(self) -> Numbers:
        """Sessions of all kinds."""
        return self.course + self.later_course + self.maintenance


def sessions_per_start(pathway: Pathway, values: dict[str, Numbers]) -> PerStart:
    """Return the sessions that a start leads to in the long run, from the pathway and the draws of the inputs.

    Nobody is late in this sum, and no session is missed. It is worked out apart from the simulation, and the two agree.
    """
    stays = 1 - values["leaves_course"]
    attended = sum((stays**number for number in range(pathway.course_sessions)), np.zeros_like(stays))
    responds = stays ** (pathway.course_sessions - 1) * values["response"]
    kept, relapses = _maintained(pathway, values)
    again = responds * relapses * values["returns"]
    courses = sum((again**number for number in range(1, pathway.courses_at_most)), np.zeros_like(again))
    return PerStart(attended, attended * courses, (1 + courses) * responds * kept)


def _maintained(pathway: Pathway, values: dict[str, Numbers]) -> tuple[Numbers, Numbers]:
    """Return how many maintenance sessions a responder has, and the chance that they relapse sooner or later."""
    shape, scale = values["relapse_shape_ketamine"], values["relapse_scale_ketamine_days"]
    ratio, stays = values["maintenance_hazard_ratio"], 1 - values["leaves_maintenance"]
    day, kept, relapses = 0.0, np.zeros_like(shape), np.zeros_like(shape)
    well, there = np.ones_like(shape), np.ones_like(shape)
    for number in range(MOST_SESSIONS):
        day += pathway.maintenance_days[min(number, len(pathway.maintenance_days) - 1)]
        later = np.exp(-ratio * (day / scale) ** shape)
        relapses += there * (well - later)
        well = later
        kept += there * well
        if pathway.maintenance_sessions and number + 1 >= pathway.maintenance_sessions:
            # Off maintenance everybody who is well relapses one day, and nobody leaves for another reason.
            return kept, relapses + there * well
        there = there * stays
        if float((there * well).max()) < NEGLIGIBLE:
            break
    return kept, relapses
