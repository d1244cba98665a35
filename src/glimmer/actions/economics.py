"""Whether the service is worth its cost: levers that a commissioner moves, and what the model answers.

No patient is in it. The engine stands behind a port; whatever is wrong with it is a sentence, never an error.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glimmer.actions.levers import Lever
from glimmer.actions.ports import port
from glimmer.guidance.economics import blanks, parameter
from glimmer.guidance.protocol import protocol
from glimmer.records.access import require
from glimmer.records.staff import Staff

LOG = logging.getLogger(__name__)
NOT_YET = (
    "The model is being prepared: it is run a few thousand times before its first answer, which takes some minutes. "
    "The page asks again by itself; without its script, press Work it out."
)
PRICES = ("session_price", "assessment_price", "oral_month_price", "esketamine_device_price")
ASKED = ("ect_session", "rtms_session")
DANGER, INTERVAL, PEOPLE = "danger", "interval_days", "people"
MAINTENANCE_PROTOCOL = "iv-racemic-maintenance"
# How far a slider reaches: up to so many times the published price. A number may be typed beyond it.
PRICE_REACH = 3.0
MOST_PRICE = 100_000.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the model answers, or in `refused` why it does not; `values` are what was asked, by lever."""

    values: Mapping[str, float]
    answer: Mapping[str, Any] | None = None
    refused: str = ""


def levers() -> tuple[Lever, ...]:
    """Return what can be moved, with published values and their sources."""
    priced = [
        Lever(name, one.title, one.unit, 0.0, MOST_PRICE, 1.0, one.value, one.source, PRICE_REACH * one.value)
        for name, one in ((name, parameter(name)) for name in PRICES)
    ]
    reach = PRICE_REACH * parameter("session_price").value
    asked = [
        Lever(name, one.title, one.unit, 0.0, MOST_PRICE, 1.0, None, one.look, reach)
        for name, one in ((name, blanks()[name]) for name in ASKED)
    ]
    interval = protocol(MAINTENANCE_PROTOCOL).days_between
    usual = float(interval.value[-1])
    others = [
        Lever(DANGER, "Relapse after ketamine, as a multiple of the published danger", "times", 0.5, 2.0, 0.05, 1.0,
              "1 is the published curve (KetECT 2022)", 2.0),
        Lever(INTERVAL, "Days between maintenance sessions, once settled", "days", 7.0, 56.0, 1.0, usual,
              f"the protocol {MAINTENANCE_PROTOCOL}; no study says how it changes relapse, so it changes cost alone",
              56.0),
        Lever(PEOPLE, "People who begin treatment in a year", "people", 1.0, 100_000.0, 1.0,
              100.0, "an example, to be replaced by your own number", 500.0),
    ]  # fmt: skip
    return (*priced, *asked, *others)


def weigh_service(moved: Mapping[str, float], *, by: Staff) -> Weighed:
    """Return the model's answer where the levers stand: published values where `moved` names none."""
    require(by, "economics.view")
    values = {one.name: one.value for one in levers() if one.value is not None} | dict(moved)
    prices = {name: values[name] for name in (*PRICES, *ASKED) if name in values}
    # What nobody touched keeps its published uncertainty; a price that somebody states is taken as known.
    stated = {name: price for name, price in prices.items() if name in ASKED or name in moved}
    asked = {"prices": stated, **{name: values[name] for name in (DANGER, INTERVAL, PEOPLE)}}
    try:
        answer = port("weigh")(asked)
    except Exception as away:
        LOG.info("no answer of the economics", extra={"kind": type(away).__name__})
        return Weighed(values, refused=NOT_YET)
    return Weighed(values, answer)
