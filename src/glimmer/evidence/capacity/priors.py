"""What is believed of demand and of the course of patients: distributions with source and mark, to be replaced."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from glimmer.evidence.capacity.clinic import BadPlan
from glimmer.evidence.economics.beliefs import belief_in_words, believed
from glimmer.evidence.economics.expressions import closest
from glimmer.evidence.economics.inputs import Distribution, Drawn, Fixed, Inputs
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.capacity import capacity_parameters
from glimmer.guidance.economics import Parameter, parameter

# Of the economic model: the curve of relapse, and what maintenance does to it.
SHARED = ("relapse_shape_ketamine", "relapse_scale_ketamine_days", "maintenance_hazard_ratio")
# A week of one clinic: more is a mistaken unit, and would be simulated person by person.
MOST_REFERRALS = 1000.0
SHARES = (
    "urgent_share",
    "accepted",
    "goes_on",
    "did_not_attend",
    "response",
    "leaves_course",
    "leaves_maintenance",
    "returns",
)
# Registry's name of a draw: the input that it informs, and how.
_FROM_REGISTRY = {
    "relapse_shape": ("relapse_shape_ketamine", lambda values: values),
    "relapse_scale_days": ("relapse_scale_ketamine_days", lambda values: values),
    "response_logit": ("response", lambda values: 1 / (1 + np.exp(-values))),
}


def known() -> Mapping[str, Parameter]:
    """Return every uncertain input by name, with its unit, source and mark."""
    return MappingProxyType({**capacity_parameters(), **{name: parameter(name) for name in SHARED}})


# The order in which the kernel takes them.
NAMES = tuple(known())


@dataclass(frozen=True)
class Priors:
    """What is believed of each input; `own` are those that the asker replaced, `registry` those that a registry did."""

    inputs: Inputs
    own: frozenset[str] = frozenset()
    registry: frozenset[str] = frozenset()

    def with_own(self, **beliefs: Distribution | float) -> "Priors":
        """Return the priors with some inputs replaced: by a number that is taken as known, or by a distribution.

        Raise BadPlan for a name that is none, or a number that cannot be.
        """
        for name, one in beliefs.items():
            if name not in NAMES:
                raise BadPlan(f"There is no input {name!r}.{closest(name, NAMES)} There is: {', '.join(NAMES)}.")
            check_mean(name, one if isinstance(one, int | float) else one.mean)
        said = {name: Fixed(float(one)) if isinstance(one, int | float) else one for name, one in beliefs.items()}
        return replace(
            self,
            inputs=replace(self.inputs, single={**self.inputs.single, **said}),
            own=self.own | set(said),
            registry=self.registry - set(said),
        )

    def with_registry(self, draws: Mapping[str, Numbers]) -> "Priors":
        """Return the priors with response and relapse from the joint draws of a registry; who responds is maintained.

        Raise BadPlan where the registry informs none of them.
        """
        used = {}
        for name, (informs, made) in _FROM_REGISTRY.items():
            if name in draws:
                used[informs] = Drawn(tuple(made(np.asarray(draws[name], float)).tolist()))
        if not used:
            raise BadPlan(f"None of these draws informs the plan. It takes: {', '.join(_FROM_REGISTRY)}.")
        return replace(
            self,
            inputs=replace(self.inputs, single={**self.inputs.single, **used}),
            own=self.own - set(used),
            registry=self.registry | set(used),
        )

    def draw(self, count: int, seed: int) -> dict[str, Numbers]:
        """Return joint draws of all inputs; raise BadPlan where a draw cannot be."""
        drawn = self.inputs.draw(count, seed)
        for name in NAMES:
            check_draws(name, drawn[name])
        return drawn

    def rows(self) -> list[dict[str, str | float]]:
        """Return one row for each input: what is believed, where from, and how it is marked."""
        return [self._row(name, one) for name, one in known().items()]

    def _row(self, name: str, one: Parameter) -> dict[str, str | float]:
        belief = self.inputs.single[name]
        row: dict[str, str | float] = {
            "input": name,
            "title": one.title,
            "unit": one.unit,
            "value": float(belief.mean),
            "belief": belief_in_words(belief),
        }
        if name in self.own:
            return row | {"source": "given by the asker", "evidence": "own", "note": ""}
        if name in self.registry:
            return row | {"source": "draws of a registry", "evidence": "registry", "note": ""}
        return row | {"source": one.source, "evidence": one.evidence, "note": one.note}


def priors() -> Priors:
    """Return what guidance believes of every input."""
    return Priors(Inputs({name: believed(one) for name, one in known().items()}))


def check_mean(name: str, value: float) -> None:
    """Raise BadPlan for a value that an input cannot have."""
    check_draws(name, np.array([value], float))


def check_draws(name: str, values: Numbers) -> None:
    """Raise BadPlan naming the first draw that an input cannot have."""
    most = 1.0 if name in SHARES else MOST_REFERRALS if name == "referrals_per_week" else np.inf
    positive = name in ("relapse_shape_ketamine", "relapse_scale_ketamine_days")
    wrong = ~(np.isfinite(values) & (values >= 0) & (values <= most)) | (positive & (values <= 0))
    if wrong.any():
        bounds = "from 0 to 1" if name in SHARES else "above 0" if positive else "0 or more"
        if np.isfinite(most) and name not in SHARES:
            bounds = f"from 0 to {most:,.0f}"
        place = int(np.argmax(wrong))
        raise BadPlan(f"{name} is {values[place]:g} in draw {place}, but must be {bounds}.")
