"""A model made into the bodies of patients: volumes and flows by weight and chance, and the matrix of their rates."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glimmer.guidance.kinetics import Flow, KineticModel

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bodies:
    """Patients of one model. `matrix` (patients, n, n) holds rates a minute, from column to row, of amounts in mg;
    `volumes` (patients, compartments) litres. The drug is given into compartment 0; steps of delays follow the others.
    """

    model: KineticModel
    matrix: Floats
    volumes: Floats

    @property
    def count(self) -> int:
        """How many patients."""
        return len(self.matrix)

    def index_of(self, compartment: str) -> int:
        """Return which row of the matrix a compartment is."""
        return [one.id for one in self.model.compartments].index(compartment)


def bodies(model: KineticModel, weight_kg: Floats | float, chance: Mapping[str, Floats] | None = None) -> Bodies:
    """Return one body for each weight. `chance` multiplies compartments and flows, by id; none is the typical patient.

    Raises ValueError for a weight that is no positive number.
    """
    weight = np.atleast_1d(np.asarray(weight_kg, dtype=float))
    if not (np.isfinite(weight).all() and (weight > 0).all()):
        raise ValueError("A weight is a number of kg above 0.")
    times = chance or {}
    many = max([len(weight), *(len(one) for one in times.values())])
    size = np.broadcast_to(weight / model.reference_weight_kg, (many,))
    volumes = np.stack(
        [one.volume_l * size**one.weight_exponent * times.get(one.id, 1.0) for one in model.compartments], axis=-1
    )
    return Bodies(model, _matrix(model, volumes, size, times), volumes)


def drawn(model: KineticModel, count: int, generator: np.random.Generator) -> dict[str, Floats]:
    """Return by what `count` people differ from the typical one: compartment or flow to factors, for `bodies`."""
    return factors(model, generator.standard_normal((count, len(model.variability.of))))


def factors(model: KineticModel, normal: Floats) -> dict[str, Floats]:
    """Return what people differ by as `drawn` does, from draws of mean 0 and spread 1, one row a person."""
    of = model.variability.of
    if not of:
        return {}
    spread = np.asarray(model.variability.covariance)
    # By eigenvectors, not Cholesky: a covariance as published may be singular, or just not positive by its rounding.
    values, vectors = np.linalg.eigh(spread)
    logs = normal @ (vectors * np.sqrt(np.clip(values, 0, None))).T
    return {name: np.exp(logs[:, index]) for index, name in enumerate(of)}


def _matrix(model: KineticModel, volumes: Floats, size: Floats, times: Mapping[str, Floats]) -> Floats:
    places = {one.id: index for index, one in enumerate(model.compartments)}
    delays = sum(flow.delay_steps for flow in model.flows)
    matrix = np.zeros((len(volumes), len(places) + delays, len(places) + delays))
    free = len(places)
    for flow in model.flows:
        litres = flow.litres_a_minute * size**flow.weight_exponent * times.get(flow.id, 1.0)
        if flow.between:
            one, other = (places[end] for end in flow.between)
            _move(matrix, one, other, litres / volumes[:, one])
            _move(matrix, other, one, litres / volumes[:, other])
        else:
            _one_way(matrix, flow, places, litres / volumes[:, places[flow.out_of]], free)
            free += flow.delay_steps
    return matrix


def _one_way(matrix: Floats, flow: Flow, places: Mapping[str, int], rate: Floats, free: int) -> None:
    start = places[flow.out_of]
    chain = [start, *range(free, free + flow.delay_steps)]
    step = np.broadcast_to(flow.delay_steps / flow.delay_min if flow.delay_steps else 0.0, rate.shape)
    for before, after in itertools.pairwise(chain):
        _move(matrix, before, after, rate if before == start else step)
    last = rate if len(chain) == 1 else step
    if flow.into:
        # What does not arrive has left the body.
        matrix[:, places[flow.into], chain[-1]] += last * flow.fraction
    matrix[:, chain[-1], chain[-1]] -= last


def _move(matrix: Floats, start: int, end: int, rate: Floats) -> None:
    matrix[:, end, start] += rate
    matrix[:, start, start] -= rate
