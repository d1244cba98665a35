"""Walking from moment to moment in the closed form: each exponential decays, and takes up what flows in, exactly."""

from collections.abc import Sequence

import numpy as np

from glimmer.pharmacology.doses import SECONDS_IN_A_MINUTE, Dose, Floats, stretches, uptake_speeds
from glimmer.pharmacology.modes import Modes


def levels_by_modes(
    modes: Modes, doses: Sequence[Dose], moments_s: Sequence[int], scale: Floats | float = 1.0
) -> Floats:
    """Return levels (patients, moments) in ng/mL. `scale` multiplies every dose, for each patient their own.

    The state is one number for each exponential: what the dose so far has left in it.
    """
    along, speeds = stretches(doses, moments_s), uptake_speeds(doses)
    slow = [modes.taken_up(speed) for speed in speeds]
    held = [np.zeros_like(one.rates) for one in (modes, *slow)]
    found = np.zeros((len(modes.rates), len(moments_s)))
    moves: dict[int, tuple[list[Floats], Floats]] = {}
    for row in range(len(along)):
        seconds = int(along.seconds[row])
        if seconds not in moves:
            moves[seconds] = _move(modes, slow, seconds / SECONDS_IN_A_MINUTE)
        decays, gained = moves[seconds]
        given = (along.bolus[row], *along.uptake[row])
        for index, one in enumerate((modes, *slow)):
            held[index] = (held[index] + one.weights * given[index]) * decays[index]
        held[0] = held[0] + gained * along.mg_per_min[row]
        if along.out[row] >= 0:
            found[:, along.out[row]] = sum(one.sum(axis=1) for one in held)
    return found * np.broadcast_to(scale, (len(found),))[:, None]


def _move(modes: Modes, slow: Sequence[Modes], minutes: float) -> tuple[list[Floats], Floats]:
    """Return what is left of each exponential after so long, and what 1 mg a minute has added to the drug's own."""
    decays = [np.exp(-one.rates * minutes) for one in (modes, *slow)]
    return decays, -np.expm1(-modes.rates * minutes) * modes.weights / modes.rates
