"""What else works out levels of many people: each peer does the same work, or is named as not installed here.

None of them is a dependency. To measure one: `pip install --target FOLDER jax diffrax`, then PYTHONPATH=FOLDER.
"""

import importlib.util
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from glimmer.pharmacology.body import Bodies
from glimmer.pharmacology.modes import Modes

# The package from the registry, and why it is not measured where it cannot be installed.
NOT_INSTALLED = {
    "jax": "JAX, closed form: not installed here (about 600 MB)",
    "diffrax": "diffrax, Tsit5: not installed here",
    "opentiva": "opentiva: not installed here; 1.1.2 does not build on Python 3.11 and newer",
}
FLOWS = ((0.0, 40.0, 35.0 / 40), (40.0, 167.0, 0.0))


def is_here(package: str) -> bool:
    """Say whether a peer is installed."""
    return importlib.util.find_spec(package) is not None


def solved_by_scipy(people: Bodies, courses: int, count: int) -> float:
    """Return how many ms a general solver takes for one person, over `count` of them."""
    began = time.perf_counter()
    for one in range(count):
        matrix = people.matrix[one, :3, :3]
        for _ in range(courses):
            held = np.zeros(3)
            for start, end, flow in FLOWS:
                asked = np.arange(start + 1, end + 1)

                def change(_: float, now: Any, flow: float = flow, matrix: Any = matrix) -> Any:
                    moved = matrix @ now
                    moved[0] += flow
                    return moved

                held = solve_ivp(change, (start, end), held, "LSODA", asked, rtol=1e-6, atol=1e-9).y[:, -1]
    return (time.perf_counter() - began) * 1000 / count


def closed_form_by_jax(modes: Modes, days: Sequence[int]) -> Callable[[], Any]:
    """Return the same sums of exponentials, compiled by JAX in double precision, as a function to time."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    minutes = jnp.arange(1.0, 168.0)
    ran, after = jnp.clip(minutes, 0.0, 40.0), jnp.clip(minutes - 40.0, 0.0, None)
    gaps = [(later - earlier) * 1440.0 for earlier, later in itertools.pairwise(days)]

    @jax.jit
    def levels(rates: Any, weights: Any) -> Any:
        rate, weight = rates[:, :, None], weights[:, :, None]
        left = jnp.exp(-rate * minutes)
        gained = 35.0 / 40 * weight / rate * -jnp.expm1(-rate * ran) * jnp.exp(-rate * after)
        one = 35.0 / 40 * weights / rates * -jnp.expm1(-rates * 40.0)
        state, courses = jnp.zeros_like(rates), []
        for gap in [*gaps, None]:
            courses.append((state[:, :, None] * left + gained).sum(axis=1))
            if gap is not None:
                state = state * jnp.exp(-rates * gap) + one * jnp.exp(-rates * (gap - 40.0))
        return jnp.concatenate(courses, axis=1)

    rates, weights = jnp.asarray(modes.rates), jnp.asarray(modes.weights)
    return lambda: levels(rates, weights).block_until_ready()
