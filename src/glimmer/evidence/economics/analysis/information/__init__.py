"""Value of information: perfect, partial, and that of a study, per person and for everybody the decision is for."""

from glimmer.evidence.economics.analysis.information.partial import PartialInformation, PartialValue, evppi
from glimmer.evidence.economics.analysis.information.perfect import PerfectInformation, evpi
from glimmer.evidence.economics.analysis.information.population import effective_population
from glimmer.evidence.economics.analysis.information.sample import (
    NetBenefitOfSampling,
    SampleInformation,
    SampleValue,
    evsi,
    net_benefit_of_sampling,
)
from glimmer.evidence.economics.analysis.information.study import (
    Study,
    events_in,
    events_in_arms,
    mean_of,
    times_to_event,
)

__all__ = [
    "NetBenefitOfSampling",
    "PartialInformation",
    "PartialValue",
    "PerfectInformation",
    "SampleInformation",
    "SampleValue",
    "Study",
    "effective_population",
    "events_in",
    "events_in_arms",
    "evpi",
    "evppi",
    "evsi",
    "mean_of",
    "net_benefit_of_sampling",
    "times_to_event",
]
