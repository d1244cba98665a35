"""Studies that might be done: what each would see, simulated once for each draw of the parameters.

A study is a function of (draws, size, chance) that returns summary statistics, shape (draws,) or (draws, statistics):
for each draw the result that `size` people would show if that draw were the truth. The ones here cover the usual data;
any function of your own serves as well, also one that returns several statistics of several outcomes.
"""

from collections.abc import Callable, Mapping

import numpy as np

from glimmer.evidence.economics.outcomes import Numbers

Study = Callable[[Mapping[str, Numbers], int, np.random.Generator], Numbers]


def events_in(probability: str) -> Study:
    """A study that counts events among `size` people, each with the probability of that name; shows their log-odds.

    Half an event is added to both sides, so that none and all of them stay finite.
    """

    def simulate(draws: Mapping[str, Numbers], size: int, chance: np.random.Generator) -> Numbers:
        events = chance.binomial(size, draws[probability])
        return np.log((events + 0.5) / (size - events + 0.5))

    return simulate


def events_in_arms(control: str, treated: str) -> Study:
    """A trial of two equal arms of `size` people each, with a probability of the event in each; shows both log-odds."""

    def simulate(draws: Mapping[str, Numbers], size: int, chance: np.random.Generator) -> Numbers:
        return np.column_stack([events_in(arm)(draws, size, chance) for arm in (control, treated)])

    return simulate


def mean_of(parameter: str, standard_deviation: float) -> Study:
    """A study that measures `size` people around a parameter with a known standard deviation; shows their mean."""

    def simulate(draws: Mapping[str, Numbers], size: int, chance: np.random.Generator) -> Numbers:
        return chance.normal(draws[parameter], standard_deviation / np.sqrt(size))

    return simulate


def times_to_event(rate: str, follow_up: float) -> Study:
    """A study that follows `size` people for `follow_up` (in the unit of the rate), at a constant rate of the event.

    Shows the logarithm of events over person-time, half an event added so that none stays finite. The event ends a
    person's time, so that the person-time follows from when the events happen.
    """

    def simulate(draws: Mapping[str, Numbers], size: int, chance: np.random.Generator) -> Numbers:
        rates = draws[rate]
        # Blocks of draws, since every person of every draw has a time.
        seen = np.empty(len(rates))
        block = max(1, 2_000_000 // size)
        for start in range(0, len(rates), block):
            those = rates[start : start + block]
            times = chance.exponential(1 / those[:, None], (len(those), size))
            events = (times < follow_up).sum(axis=1)
            seen[start : start + block] = np.log((events + 0.5) / np.minimum(times, follow_up).sum(axis=1))
        return seen

    return simulate
