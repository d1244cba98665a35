"""What is believed of a parameter, in words: for tables that people read."""

from glimmer.evidence.economics.inputs import Distribution, Drawn, Fixed, interval

_NAMES = {"LogNormal": "log-normal", "LogitNormal": "logit-normal"}


def belief_in_words(one: Distribution) -> str:
    """Return the kind of a distribution and its central 95 % interval: "gamma, 95 % from 1628 to 2411"."""
    if isinstance(one, Fixed):
        return "taken as known"
    low, high = interval(one)
    kind = type(one).__name__
    name = f"{len(one.values)} draws" if isinstance(one, Drawn) else _NAMES.get(kind, kind.lower())
    return f"{name}, 95 % from {low:.4g} to {high:.4g}"
