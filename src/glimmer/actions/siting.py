"""Where clinics should be: what is asked, and what the siting engine answers. No patient is in it.

The engine stands behind a port; whatever is wrong with it is a sentence, never an error.
"""

from collections.abc import Mapping, Sequence

from glimmer.actions.asking import Asked, ask_model
from glimmer.actions.levers import Lever
from glimmer.records.access import require
from glimmer.records.staff import Staff

MEDIAN, COVER, CENTER = "median", "cover", "center"
OBJECTIVES = {
    MEDIAN: "Fewest minutes on average",
    COVER: "Most people within reach",
    CENTER: "Shortest way for whoever has the longest",
}
SOLVE, SITES = "solve", "sites"
EVERYWHERE = "uk"
MOST_SITES, LONGEST_CODE, LONGEST_REASON = 250, 40, 200
YOURS = "your choice"


def siting_levers() -> tuple[Lever, ...]:
    """Return the numbers that can be moved."""
    return (
        Lever("clinics", "Clinics to open", "clinics", 1.0, 200.0, 1.0, 5.0, YOURS, 200.0, "the usual start",
              is_whole=True),
        Lever("within", "Within reach means", "minutes one way", 30.0, 90.0, 5.0, 60.0,
              "30, 45, 60 or 90; no national limit exists. Dialysis uses 30", 90.0, "the usual start"),
        Lever("equity", "Weight of the most deprived against the least deprived", "times", 1.0, 5.0, 0.5, 1.0,
              "in a straight line within each nation; 1 counts all alike. A value judgement", 5.0, "everybody alike"),
        Lever("floor", "Clinics that each health body must have", "clinics", 0.0, 3.0, 1.0, 0.0, YOURS, 3.0,
              "no such rule", is_whole=True),
    )  # fmt: skip


def ask_sites(
    values: Mapping[str, float],
    *,
    objective: str,
    where: str,
    by: Staff,
    chosen: Sequence[str] = (),
    keep: Sequence[str] = (),
    before: Sequence[str] = (),
    kinds: Sequence[str] = (),
    struck: Mapping[str, str] | None = None,
    front: bool = False,
) -> Asked:
    """Ask for the best sites, or with `chosen` what just those give. Codes that nobody knows are refused in words.

    `keep` binds the search and the plans of the front; sites that are `chosen` are worked out as they are. `before` are
    the sites of a plan that this one is held against. `kinds` are the kinds of site that may be used (none named: all),
    `struck` why a site is no candidate, by its code.
    """
    require(by, "planner.view")
    asked = {
        "do": SITES if chosen else SOLVE,
        "objective": objective,
        "where": where,
        "sites": sorted(set(chosen)),
        "keep": sorted(set(keep)),
        "before": sorted(set(before)),
        "kinds": sorted(set(kinds)),
        "struck": dict(sorted((struck or {}).items())),
        "front": front,
        **values,
    }
    return ask_model("plan_sites", asked)
