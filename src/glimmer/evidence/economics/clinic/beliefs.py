"""From guidance to the engine: what is believed of each parameter, in the prices of the question."""

from glimmer.evidence.economics.beliefs import believed
from glimmer.evidence.economics.clinic.inputs import FROM_PROTOCOL, Entry, Inputs
from glimmer.evidence.economics.clinic.session_cost import session_cost
from glimmer.evidence.economics.inputs import Distribution, Fixed, Uniform
from glimmer.guidance.economics import Parameter, blanks, parameter, uprated
from glimmer.guidance.figures import Table
from glimmer.guidance.protocol import protocol

INDUCTION_PROTOCOL = "iv-racemic-standard"


def belief(name: str, inputs: Inputs) -> Distribution:
    """Return what is believed of a parameter or blank: as filled in, else as in guidance, costs uprated.

    Raise Unfilled for a blank with neither a value nor a stand-in.
    """
    if name in inputs.entries:
        return _entered(inputs.entries[name])
    if name == "session_price" and inputs.session == FROM_PROTOCOL:
        return _built_up(inputs)
    if name in blanks():
        return Fixed(inputs.needed(name))
    return _of_guidance(parameter(name), inputs.price_year)


def central(name: str, inputs: Inputs) -> float:
    """Return the value that stands in guidance (or was filled in): what a run without draws takes.

    It is the published figure, and not the mean of its distribution: of a ratio the two differ.
    """
    if name in inputs.entries or name in blanks() or (name == "session_price" and inputs.session == FROM_PROTOCOL):
        return float(belief(name, inputs).mean)
    found = parameter(name)
    return uprated(found.value, found.price_year, inputs.price_year)


def _entered(entry: Entry) -> Distribution:
    return Uniform(entry.low, entry.high) if entry.is_range else Fixed(entry.low)


def _built_up(inputs: Inputs) -> Distribution:
    """Return the cost of a session from the protocol: between what all low and all high ends of the inputs give."""
    ends = []
    for end in ("low", "high"):
        at_end = Table({name: Entry(getattr(one, end), getattr(one, end)) for name, one in inputs.entries.items()})
        there = Inputs(at_end, inputs.price_year, inputs.session)
        ends.append(session_cost(protocol(INDUCTION_PROTOCOL), there).total)
    return _entered(Entry(*ends))


def _of_guidance(found: Parameter, price_year: str) -> Distribution:
    return believed(found, uprated(found.value, found.price_year, price_year))
