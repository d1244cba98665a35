"""Is it worth it? An engine for decision models in health economics, and the model of the ketamine clinic.

model.py        a model as it stands on paper: parameters, values, states, transitions, strategies
inputs.py       what is known of a parameter as a distribution; draws
expressions.py  the language of its formulas; functions.py is what they may call
counting.py     how a cohort is counted within a cycle and how it is discounted: named conventions
cohort.py       a cohort walked through all cycles (graph.py, layout.py, walk.py, kernel.py are its parts)
continuous.py   a model in continuous time: rates and laws of time (waiting.py, ways.py); intensities.py is exact for
                constant rates, rates.py brings rates into a cohort
individual.py   people followed one by one through it (people_plan.py, lives.py, plain_lives.py, programs.py,
                chance.py are its parts)
microsimulation.py  people drawn one by one through a cohort model (steps.py is its compiled part)
partitioned.py  partitioned survival: who is where is read off curves
durations.py    a state whose length of stay has a distribution, as a tunnel
outcomes.py     what every analysis stands on: cost and effect of each strategy in each draw
"""

from glimmer.evidence.economics.cohort import Run, evaluator, run, trace
from glimmer.evidence.economics.continuous import ContinuousModel
from glimmer.evidence.economics.declared import Settings
from glimmer.evidence.economics.durations import law_of, stay
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.individual import PeopleRun, events, people_evaluator
from glimmer.evidence.economics.inputs import (
    Beta,
    Dirichlet,
    Drawn,
    Fixed,
    Gamma,
    Inputs,
    LogitNormal,
    LogNormal,
    Normal,
    Triangular,
    Uniform,
)
from glimmer.evidence.economics.microsimulation import microsimulate
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Evaluate, Outcomes
from glimmer.evidence.economics.partitioned import PartitionedModel
from glimmer.evidence.economics.rates import transitions_by_rates

__all__ = [
    "BadModel",
    "Beta",
    "ContinuousModel",
    "Dirichlet",
    "Drawn",
    "Evaluate",
    "Fixed",
    "Gamma",
    "Inputs",
    "LogNormal",
    "LogitNormal",
    "Model",
    "Normal",
    "Outcomes",
    "PartitionedModel",
    "PeopleRun",
    "Run",
    "Settings",
    "Triangular",
    "Uniform",
    "evaluator",
    "events",
    "law_of",
    "microsimulate",
    "people_evaluator",
    "run",
    "stay",
    "trace",
    "transitions_by_rates",
]
