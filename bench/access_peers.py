"""The p-median problem in another package, spopt with HiGHS: what the bench compares with.

It is no dependency; where it is not installed that is said. To measure it: `pip install --target FOLDER spopt`, remove
numpy and scipy from FOLDER, and run with PYTHONPATH=FOLDER.
"""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

NOT_INSTALLED = "spopt: not installed here"


def is_here() -> bool:
    """Say whether the peer is installed."""
    return importlib.util.find_spec("spopt") is not None


def spopt_median(minutes: Any, need: Any, clinics: int) -> Callable[[], float]:
    """Return spopt's solution of a p-median problem by HiGHS, as a function that gives the mean minutes."""
    pulp, locate = (importlib.import_module(name) for name in ("pulp", "spopt.locate"))

    def solved() -> float:
        model = locate.PMedian.from_cost_matrix(minutes.astype(float), need, p_facilities=clinics)
        model = model.solve(pulp.HiGHS(msg=False))
        return float(pulp.value(model.problem.objective)) / float(need.sum())

    return solved
