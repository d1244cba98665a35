"""Is it worth it? An engine for decision models in health economics, and the model of the ketamine clinic.

model.py        a model as it stands on paper: parameters, values, states, transitions, strategies
inputs.py       what is known of a parameter as a distribution; draws
expressions.py  the language of its formulas; functions.py is what they may call
counting.py     how a cohort is counted within a cycle and how it is discounted: named conventions
cohort.py       a cohort walked through all cycles (graph.py, layout.py, walk.py, kernel.py are its parts)
outcomes.py     what every analysis stands on: cost and effect of each strategy in each draw
"""

from glimmer.evidence.economics.cohort import Run, evaluator, run, trace
from glimmer.evidence.economics.declared import Settings
from glimmer.evidence.economics.expressions import BadModel
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
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Evaluate, Outcomes

__all__ = [
    "BadModel",
    "Beta",
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
    "Run",
    "Settings",
    "Triangular",
    "Uniform",
    "evaluator",
    "run",
    "trace",
]
