"""How a service grows: what is asked of clinics that open year by year, and what the engine answers.

No patient is in it. The engine stands behind a port; whatever is wrong with it is a sentence, never an error.
"""

from collections.abc import Mapping

from glimmer.actions.asking import Asked, ask_model
from glimmer.actions.capacity import EXAMPLE, FOR_MONTHS, MAINTENANCE_PROTOCOL
from glimmer.actions.levers import Lever
from glimmer.guidance.protocol import protocol
from glimmer.records.access import require
from glimmer.records.staff import Staff

ROLLOUT = "rollout"
YOURS = "your choice"


def rollout_levers() -> tuple[Lever, ...]:
    """Return the numbers that can be moved; nobody has published what an NHS ketamine clinic needs of staff."""
    interval = float(protocol(MAINTENANCE_PROTOCOL).days_between.value[-1])
    return (
        Lever("clinics", "Clinics of the plan", "clinics", 1.0, 200.0, 1.0, 10.0, YOURS, 200.0, "the usual start",
              is_whole=True),
        Lever("staff", "Staff that one clinic needs", "whole-time people", 0.5, 100.0, 0.5, 6.0, EXAMPLE, 20.0,
              "the example"),
        Lever("workforce", "Staff there is in the first year", "whole-time people", 0.0, 5000.0, 1.0, 12.0, EXAMPLE,
              500.0, "the example"),
        Lever("more_a_year", "More staff each year after", "whole-time people", 0.0, 2000.0, 1.0, 12.0, EXAMPLE, 200.0,
              "the example"),
        Lever("years", "Years to look ahead", "years", 1.0, 10.0, 1.0, 5.0, YOURS, 10.0, "usual", is_whole=True),
        Lever("within", "Within reach means", "minutes one way", 10.0, 240.0, 5.0, 60.0,
              "30, 45, 60 and 90 are usual; no national limit exists", 90.0, "the usual start"),
        Lever("chairs", "Chairs of each clinic", "chairs", 1.0, 60.0, 1.0, 3.0, EXAMPLE, 12.0, "the example",
              is_whole=True),
        Lever("nurses", "Nurses on duty at once", "people", 1.0, 60.0, 1.0, 2.0, EXAMPLE, 12.0, "the example",
              is_whole=True),
        Lever("doctors", "Psychiatrists on duty at once", "people", 1.0, 60.0, 1.0, 1.0, EXAMPLE, 12.0, "the example",
              is_whole=True),
        Lever("interval_days", "Days between maintenance sessions", "days", 7.0, 56.0, 1.0, interval,
              f"the protocol {MAINTENANCE_PROTOCOL}", 56.0, "the protocol’s", is_whole=True),
        Lever("months", "Months of maintenance", "months", 2.0, 120.0, 1.0, 12.0, EXAMPLE, 60.0, "the example",
              is_whole=True),
    )  # fmt: skip


def ask_rollout(values: Mapping[str, float], *, where: str, ends: str, by: Staff) -> Asked:
    """Ask how the service grows. `where` is a part of the country, `ends` says when maintenance ends."""
    require(by, "planner.view")
    asked = {
        "question": ROLLOUT,
        "where": where,
        **{name: value for name, value in values.items() if name != "months"},
        "months": values["months"] if ends == FOR_MONTHS else None,
    }
    return ask_model("plan_capacity", asked)
