"""What if those who stopped answering fared worse than their scores tell? The update again, under stated assumptions.

The model takes who is missing by what was seen of them: missing at random. Nothing in a registry can show that this
holds. So it is fitted again with a stated share of the lost taken as relapsed within a week of their last score, and
with lower odds of response in those without a last score. Shares enter as weights, which is the mean over all ways to
choose who it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from glimmer.guidance import figure
from glimmer.registry.evidence import SETTINGS
from glimmer.registry.tallies import HALF_WAY_BANDS, Numbers, Tallies

WEEK = 7.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One assumption: the share of the lost who relapsed, and the odds of response in the missing, as times those of
    others with the same half-way score (None: as the model has it).
    """

    lost_relapsed: float
    response_odds: float | None

    @property
    def in_words(self) -> str:
        """The assumption as a sentence without its stop."""
        relapsed = f"{self.lost_relapsed:.0%} of those who stopped answering relapsed within a week"
        if self.response_odds is None:
            return relapsed
        missing = "nobody" if self.response_odds == 0 else f"with {self.response_odds:g} times the odds, those"
        return f"{relapsed}; {missing} without a last score responded"


AS_MODELLED = Scenario(0.0, None)


def scenarios() -> tuple[Scenario, ...]:
    """Return the scenarios of guidance, from mild to extreme."""
    shares = figure(SETTINGS, "lost_relapsed").value
    odds = (*figure(SETTINGS, "silent_response_odds").value, None, None)
    return tuple(Scenario(share, one) for share, one in zip(shares, odds, strict=False))


def under(tallies: Tallies, scenario: Scenario) -> Tallies:
    """Return the tallies under an assumption. The relapse rows have the same shape under every one."""
    found = replace(tallies, relapse=lost_relapsed(tallies.relapse, scenario.lost_relapsed))
    if scenario.response_odds is None:
        return found
    results = tallies.results.copy()
    share = response_of_missing(tallies, scenario.response_odds)
    results[:, 1, :HALF_WAY_BANDS] += tallies.unknown * share
    results[:, 0, :HALF_WAY_BANDS] += tallies.unknown * (1 - share)
    return replace(found, results=results, unknown=np.zeros_like(tallies.unknown))


def lost_relapsed(rows: Mapping[str, Numbers], share: float) -> dict[str, Numbers]:
    """Return the relapse rows, each lost one split in two: still well as far as known, or ill within a week."""
    lost = rows["lost"] > 0
    split = {name: np.append(values, values[lost]) for name, values in rows.items()}
    split["weight"] = np.append(np.where(lost, 1 - share, 1.0) * rows["weight"], share * rows["weight"][lost])
    split["ill_by"] = np.append(rows["ill_by"], rows["well_until"][lost] + WEEK)
    return split


def response_of_missing(tallies: Tallies, odds: float) -> Numbers:
    """Return the share who responded by band of the half-way score, for `odds` times the odds of those who were seen.

    Half a person on either side keeps a band in which few were seen from being certain.
    """
    seen = tallies.results[:, :, :HALF_WAY_BANDS].sum(0) + 1 / 2
    ratio = odds * seen[1] / seen[0]
    share: Numbers = ratio / (1 + ratio)
    return share
