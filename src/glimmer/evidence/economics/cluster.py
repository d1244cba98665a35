"""A run spread over the workers of a Dask cluster. What a draw gives does not depend on who works it out.

Dask is an extra: `uv sync --extra cluster`. A worker that dies has its part done by another.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.outcomes import Numbers

# Enough for a worker to be worth asking, few enough that parts come back while others run.
PART_DRAWS = 2000
TRIED_AGAIN = 2
ANSWERS_WITHIN = "5s"
Task = tuple[tuple[Any, ...], Mapping[str, Any]]
"""What a piece of work is called with: arguments by their place, and by their name."""


def spread(
    address: str,
    work: Callable[..., Any],
    values: Mapping[str, Numbers],
    told: Callable[[int, int], None] | None = None,
    part_draws: int = PART_DRAWS,
) -> list[Any]:
    """Return what `work(values, first=draw)` gives for each part of the draws, in order, from the cluster at `address`.

    Raise BadModel where Dask is not installed or nobody answers there. `told(done, of)` hears of parts that are done.
    """
    count = len(next(iter(values.values())))
    parts = [slice(begin, min(begin + part_draws, count)) for begin in range(0, count, part_draws)]
    return asked_of(address, work, [((_part(values, part),), {"first": part.start}) for part in parts], told)


def asked_of(
    address: str,
    work: Callable[..., Any],
    tasks: Sequence[Task],
    told: Callable[[int, int], None] | None = None,
) -> list[Any]:
    """Return what `work` gives for the arguments of each task, in order; the errors are those of `spread`."""
    client_of, in_turn = _dask()
    try:
        client = client_of(address, timeout=ANSWERS_WITHIN, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as problem:
        raise BadModel(f"No Dask scheduler answers at {address}. Start one with: dask scheduler") from problem
    with client:
        asked = [client.submit(work, *plain, **named, pure=False, retries=TRIED_AGAIN) for plain, named in tasks]
        for done, _ in enumerate(in_turn(asked, loop=client.loop), 1):
            if told:
                told(done, len(tasks))
        return list(client.gather(asked))


def _part(values: Mapping[str, Numbers], part: slice) -> dict[str, Numbers]:
    return {name: np.ascontiguousarray(drawn[part]) for name, drawn in values.items()}


def joined(parts: list[Mapping[str, Numbers]]) -> dict[str, Numbers]:
    """Return arrays over draws, joined from their parts."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _dask() -> tuple[Any, Any]:
    try:
        from distributed import Client, as_completed
    except ImportError as problem:
        raise BadModel("A cluster needs Dask, which is not installed here: uv sync --extra cluster") from problem
    return Client, as_completed
