"""The versions of how a course over time is judged: one file of figures each, never changed once a decision used it.

    definition_for("phq9")                  -> by the newest version
    definition_for("phq9", "trajectory-1")  -> by that version, for good

The thresholds of response, remission and relapse are the instrument's own. `digest` covers everything that a
definition holds, so that a decision which keeps it can be told from one judged otherwise.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import lru_cache

from glimmer.guidance.figures import figures, subjects
from glimmer.guidance.instrument import instrument

PREFIX = "trajectory_v"
FIRST = f"{PREFIX}1"


@dataclass(frozen=True, slots=True)
class Definition:
    """How one instrument's scores are judged over time. Falls in % of baseline, totals in points, times in days.

    `relapse_at_least` is None where no threshold is known: then the loss of a response is stated, and no relapse.
    """

    version: str
    instrument: str
    response_fall: int
    remission_below: int
    relapse_at_least: int | None
    sustained_for: int
    remission_held_for: int
    recovery_after: int
    relapse_confirmed_after: int
    relapse_confirmed_within: int
    longest_gap: int
    digest: str = field(default="", compare=False)


def newest_version() -> str:
    """Return the newest version's name."""
    return max(_subject_of_version(), key=lambda version: int(version.rpartition("-")[2]))


def definition_for(instrument_id: str, version: str | None = None) -> Definition | None:
    """Return how an instrument is judged; None where its file states no response or no remission.

    Raises KeyError naming what there is for an unknown instrument or version.
    """
    return _definition(instrument_id, version or newest_version())


@lru_cache
def _subject_of_version() -> dict[str, str]:
    return {figures(one)["version"].value: one for one in subjects() if one.startswith(PREFIX)}


@lru_cache
def _definition(instrument_id: str, version: str) -> Definition | None:
    known = _subject_of_version()
    if version not in known:
        raise KeyError(f"There is no definition {version!r}. There is: {', '.join(known)}.")
    of, by = instrument(instrument_id), figures(known[version])
    if not {"response_fall", "remission_below"} <= set(of.readings) or of.direction != "higher_is_worse":
        return None
    relapse = of.readings.get("relapse_at_least")
    made = Definition(
        version=version,
        instrument=of.id,
        response_fall=of.reading("response_fall").value,
        remission_below=of.reading("remission_below").value,
        relapse_at_least=relapse.value if relapse else None,
        sustained_for=by["sustained_for"].value,
        remission_held_for=by["remission_held_for"].value,
        recovery_after=by["recovery_after"].value,
        relapse_confirmed_after=by["relapse_confirmed_after"].value,
        relapse_confirmed_within=by["relapse_confirmed_within"].value,
        longest_gap=by["longest_gap"].value,
    )
    held = {name: value for name, value in asdict(made).items() if name != "digest"}
    digest = hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()
    return Definition(**held, digest=digest)
