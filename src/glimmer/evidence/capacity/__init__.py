"""Capacity: what a clinic's chairs and people can do, by simulation, with every figure's interval.

clinic.py     chairs, hours, rota, bank holidays          pathway.py   minutes and sessions, from the protocol files
priors.py     demand and course of patients, as beliefs   simulate.py  many futures, on threads or on a cluster
kernel.py     the days of a clinic, compiled              results.py   series, waits, use, vials, with their spread
questions.py  staff, losses, intervals, the knee    scenario.py  a run that comes again to the bit
queues.py     Erlang, M/M/c and the long run, by formula  answer.py    everything that is said of a run
network.py    several clinics that share demand, by weeks rollout.py   the order of opening under a workforce ceiling
"""

from glimmer.evidence.capacity.clinic import BadPlan, Clinic, Shift
from glimmer.evidence.capacity.pathway import Pathway, Session
from glimmer.evidence.capacity.priors import Priors, priors
from glimmer.evidence.capacity.results import Simulated
from glimmer.evidence.capacity.simulate import Present, Waiting, compare, simulate

__all__ = [
    "BadPlan",
    "Clinic",
    "Pathway",
    "Present",
    "Priors",
    "Session",
    "Shift",
    "Simulated",
    "Waiting",
    "compare",
    "priors",
    "simulate",
]
