"""Where JAX and NumPyro come in: asked for when they are needed, told what to use of the machine, and sampled in parts.

They are an extra of the installation, since a clinic does not need them.
"""

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.registry.chance import generator

Progress = Callable[[int, int], None]
STEPS_AT_ONCE = 50
DEEPEST = (6, 9)
"""How often a path may double, while warming up and after: chains side by side wait for the longest."""

BEGIN_WITHIN = 0.5
"""How far from the middle of the priors chains begin, in units of the priors."""

ACCEPTED = 0.9
"""How careful each step is: the share of steps that the sampler means to accept."""


class EngineMissing(RuntimeError):
    """The packages of the Bayesian update are not installed. The message says how to install them."""


@dataclass(frozen=True, slots=True)
class Chains:
    """What the sampler gave: points with the shape (chains, draws, numbers of a point), and which of them diverged."""

    points: NDArray[np.float64]
    diverged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Length:
    """How long to sample: steps to warm up, draws kept of each chain, and chains."""

    warmup: int = 600
    draws: int = 1000
    chains: int = 4


def load(name: str) -> ModuleType:
    """Return `jax`, `numpyro` or a part of them, in 64 bits and on one thread; raise EngineMissing without them."""
    # A clinic's machine has other work; the model is small, and one core is as fast.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    try:
        importlib.import_module("jax").config.update("jax_enable_x64", True)
        return importlib.import_module(name)
    except ImportError as problem:
        raise EngineMissing(
            f"The registry update needs {name.split('.')[0]}, which is not installed. Install it with: "
            "uv sync --extra bayes (or: pip install 'glimmer-clinic[bayes]')."
        ) from problem


@dataclass(slots=True)
class Sampler:
    """NUTS for a log density of (point, data). What was compiled serves all data whose arrays have the same shapes."""

    log_density: Callable[[Any, Any], Any]
    warmup: int
    chains: int
    _compiled: dict[bool, tuple[Any, Any]] = field(default_factory=dict)

    def run(self, data: Any, dimensions: int, seed: int, draws: int, progress: Progress | None = None) -> Chains:
        """Return chains of points given `data`; `progress` is told steps done and steps in all."""
        return self._run(data, dimensions, seed, draws, progress, many=False)

    def run_many(self, data: Any, dimensions: int, seed: int, draws: int, progress: Progress | None = None) -> Chains:
        """Return one chain for each of several data sets, stacked along the first axis of every array in `data`."""
        return self._run(data, dimensions, seed, draws, progress, many=True)

    def _run(self, data: Any, dimensions: int, seed: int, draws: int, progress: Progress | None, many: bool) -> Chains:
        jax = load("jax")
        if many not in self._compiled:
            self._compiled[many] = self._compile(0 if many else None)
        start, steps = self._compiled[many]
        points, keys = self._beginnings(dimensions, seed)
        state = start(points, keys, data)
        kept: list[Any] = []
        total = self.warmup + draws
        for begin in range(0, total, STEPS_AT_ONCE):
            state, part = steps(state, data)
            if begin >= self.warmup:
                kept.append(part)
            if progress:
                jax.block_until_ready(state.i)
                progress(begin + STEPS_AT_ONCE, total)
        points, diverged = (np.concatenate([np.asarray(part[which]) for part in kept]) for which in (0, 1))
        return Chains(points.swapaxes(0, 1), diverged.T)

    def _beginnings(self, dimensions: int, seed: int) -> tuple[Any, Any]:
        """Return where each chain begins, and its chance."""
        jax = load("jax")
        chance = [generator(seed, "chain", number) for number in range(self.chains)]
        points = np.stack([one.standard_normal(dimensions) * BEGIN_WITHIN for one in chance])
        keys = [jax.random.PRNGKey(int(one.integers(2**62))) for one in chance]
        return points, jax.numpy.stack(keys)

    def _compile(self, data_axis: int | None) -> tuple[Any, Any]:
        """Return two compiled functions: the first state of each chain, and some steps with the points on the way."""
        jax, hmc = load("jax"), load("numpyro.infer.hmc")

        def potential_of(data: Any) -> Any:
            return lambda point: -self.log_density(point, data)

        init, sample = hmc.hmc(potential_fn_gen=potential_of, algo="NUTS")

        def start(point: Any, key: Any, data: Any) -> Any:
            return init(
                point,
                self.warmup,
                target_accept_prob=ACCEPTED,
                max_tree_depth=DEEPEST,
                model_args=(data,),
                rng_key=key,
            )

        def steps(state: Any, data: Any) -> Any:
            def step(state: Any, _: None) -> Any:
                state = sample(state, (data,), {})
                return state, (state.z, state.diverging)

            return jax.lax.scan(step, state, None, length=STEPS_AT_ONCE)

        # The steps come out first and the chains after them.
        return (
            jax.jit(jax.vmap(start, in_axes=(0, 0, data_axis))),
            jax.jit(jax.vmap(steps, in_axes=(0, data_axis), out_axes=(0, 1))),
        )
