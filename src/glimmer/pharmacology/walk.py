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
    parts = [modes, *(modes.taken_up(speed) for speed in speeds)]
    # Exponentials by patients: so each step is a few passes over numbers that lie together.
    weights = [np.ascontiguousarray(one.weights.T) for one in parts]
    held = [np.zeros_like(one) for one in weights]
    found = np.zeros((len(moments_s), len(modes.rates)))
    moves: dict[int, tuple[list[Floats], Floats]] = {}
    for row in range(len(along)):
        seconds = int(along.seconds[row])
        if seconds not in moves:
            moves[seconds] = _move(parts, seconds / SECONDS_IN_A_MINUTE)
        decays, gained = moves[seconds]
        for index, given in enumerate((along.bolus[row], *along.uptake[row])):
            if given:
                held[index] += weights[index] * given
            held[index] *= decays[index]
        if along.mg_per_min[row]:
            held[0] += gained * along.mg_per_min[row]
        if along.out[row] >= 0:
            for one in held:
                for exponential in one:
                    found[along.out[row]] += exponential
    return (found * np.broadcast_to(scale, (found.shape[1],))).T


def _move(parts: Sequence[Modes], minutes: float) -> tuple[list[Floats], Floats]:
    """Return what is left of each exponential after so long, and what 1 mg a minute has added to the drug's own."""
    decays = [np.ascontiguousarray(np.exp(-one.rates * minutes).T) for one in parts]
    modes = parts[0]
    return decays, np.ascontiguousarray((-np.expm1(-modes.rates * minutes) * modes.weights / modes.rates).T)
