"""Walking from moment to moment in the closed form: each exponential decays, and takes up what flows in, exactly."""

from collections.abc import Sequence

import numpy as np

from glimmer.pharmacology.body import Floats
from glimmer.pharmacology.doses import SECONDS_IN_A_MINUTE, Dose, steps_of, uptake_speeds
from glimmer.pharmacology.modes import Modes


def levels_by_modes(
    modes: Modes, doses: Sequence[Dose], moments_s: Sequence[int], scale: Floats | float = 1.0
) -> Floats:
    """Return levels (patients, moments) in ng/mL. `scale` multiplies every dose, for each patient their own.

    The state is one number for each exponential: what the dose so far has left in it.
    """
    steps = steps_of(doses, moments_s)
    speeds = uptake_speeds(doses)
    slow = [modes.taken_up(speed) for speed in speeds]
    held = np.zeros_like(modes.rates)
    held_slow = [np.zeros_like(one.rates) for one in slow]
    found = np.empty((len(modes.rates), len(moments_s)))
    decays: dict[int, tuple[Floats, Floats]] = {}
    slow_decays: dict[tuple[int, int], Floats] = {}
    for step in steps:
        held += modes.weights * step.bolus
        if step.seconds not in decays:
            minutes = modes.rates * (step.seconds / SECONDS_IN_A_MINUTE)
            decays[step.seconds] = np.exp(-minutes), -np.expm1(-minutes) * modes.weights / modes.rates
        decay, gained = decays[step.seconds]
        held = held * decay + gained * step.mg_per_min
        total = held.sum(axis=1)
        for index, one in enumerate(slow):
            key = (index, step.seconds)
            if key not in slow_decays:
                slow_decays[key] = np.exp(-one.rates * (step.seconds / SECONDS_IN_A_MINUTE))
            held_slow[index] = (held_slow[index] + one.weights * step.uptake[index]) * slow_decays[key]
            total = total + held_slow[index].sum(axis=1)
        if step.out >= 0:
            found[:, step.out] = total
    return found * np.broadcast_to(scale, (len(found),))[:, None]
