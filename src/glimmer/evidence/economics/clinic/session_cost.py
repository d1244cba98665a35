"""What one session costs, built up from the protocol that the clinic runs: minutes, vials, consumables, fixed costs.

The protocol that is run is the protocol that is costed: change its minutes and this changes by exactly that time. What
has no price stays a line without a cost, so that the total is a floor, and says so.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from glimmer.evidence.economics.clinic.inputs import Inputs, Unfilled, unfilled_message
from glimmer.guidance.economics import blanks, parameter, uprated
from glimmer.guidance.protocol import Protocol

MINUTES_AN_HOUR = 60
# The price of an hour of each role that a protocol may name.
HOUR_OF = {"nurse": "nurse_hour", "psychiatrist": "psychiatrist_hour", "pharmacist": "pharmacist_hour"}
FILLED, SOURCED, STAND_IN, TO_BE_FILLED = "filled in", "sourced", "stand-in", "to be filled"


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the cost of a session: how much of what, at which price, and where the price is from.

    `price` is in GBP per unit, None where nobody knows it. `priced_by` is the name of the input.
    """

    item: str
    quantity: float
    unit: str
    price: float | None
    standing: str
    priced_by: str

    @property
    def cost(self) -> float | None:
        """GBP per attended session; None where the price is to be filled in."""
        return None if self.price is None else self.quantity * self.price


@dataclass(frozen=True, slots=True)
class SessionCost:
    """The lines of one session at a number of sessions a year. Where `missing` names anything, `floor` is too low."""

    protocol: str
    price_year: str
    sessions_a_year: float
    lines: tuple[Line, ...]

    @property
    def floor(self) -> float:
        """The sum of what has a price, GBP per attended session."""
        return math.fsum(line.cost for line in self.lines if line.cost is not None)

    @property
    def missing(self) -> tuple[str, ...]:
        """The inputs without which this is a floor and no cost."""
        return tuple(dict.fromkeys(line.priced_by for line in self.lines if line.standing == TO_BE_FILLED))

    @property
    def total(self) -> float:
        """The cost of a session; raise Unfilled naming the inputs that are missing."""
        if self.missing:
            raise Unfilled(unfilled_message(list(self.missing)))
        return self.floor


def session_cost(protocol: Protocol, inputs: Inputs, *, sessions_a_year: float | None = None) -> SessionCost:
    """Return what one attended session under a protocol costs, line by line, in the prices of `inputs`.

    `sessions_a_year` spreads what is paid once or by the year (None: the proposal in guidance). A session that is
    booked and not attended has cost its people and its bay, but no drug. Raise ValueError for a role without a price of
    its own, or a number of sessions that is not above 0.
    """
    volume = inputs.figure("sessions_a_year") if sessions_a_year is None else float(sessions_a_year)
    if not volume > 0:
        raise ValueError(f"The sessions of a year are {volume:g}, but must be above 0.")
    lines = (*_time_lines(protocol, inputs), *_drug_lines(protocol, inputs), *_fixed_lines(inputs, volume))
    return SessionCost(f"{protocol.id} {protocol.version}", inputs.price_year, volume, lines)


def cost_curve(protocol: Protocol, inputs: Inputs, volumes: Iterable[float]) -> tuple[SessionCost, ...]:
    """Return the cost of a session at each number of sessions a year: fixed costs make it a curve, not a figure."""
    return tuple(session_cost(protocol, inputs, sessions_a_year=volume) for volume in volumes)


def vials_for(dose_mg: float, vial_mg: float) -> tuple[int, float]:
    """Return how many vials a dose takes and how many mg of them are thrown away."""
    vials = max(1, math.ceil(dose_mg / vial_mg))
    return vials, vials * vial_mg - dose_mg


def _time_lines(protocol: Protocol, inputs: Inputs) -> list[Line]:
    unattended = inputs.value("did_not_attend")
    if unattended is not None and unattended >= 1:
        raise ValueError("did_not_attend is 1: nobody attends, so that a session has no cost.")
    booked = 1 / (1 - (unattended or 0.0))
    hours = {role: minutes / MINUTES_AN_HOUR * booked for role, minutes in protocol.staff_minutes.items()}
    unknown = [role for role in hours if role not in HOUR_OF]
    if unknown:
        raise ValueError(
            f"Protocol {protocol.id!r} takes minutes of {', '.join(unknown)}, for which there is no price of an hour. "
            f"There is one for {', '.join(HOUR_OF)}."
        )
    lines = [_line(f"{role}'s time", hours[role], "h", HOUR_OF[role], inputs) for role in hours]
    lines.append(_line("bay", protocol.chair_minutes / MINUTES_AN_HOUR * booked, "h", "chair_hour", inputs))
    if unattended is None:
        lines.append(Line("sessions not attended", 0.0, "share", None, TO_BE_FILLED, "did_not_attend"))
    return lines


def _drug_lines(protocol: Protocol, inputs: Inputs) -> list[Line]:
    weight = inputs.figure("typical_weight")
    dose = protocol.dose.value * (weight if protocol.doses_by_weight else 1)
    if protocol.container_mg is not None:
        devices = protocol.steps_for(dose)
        return [_line("devices of esketamine", devices, "devices", "esketamine_device_price", inputs)]
    vials, _wasted = vials_for(dose, vial_size(protocol, inputs))
    return [
        _line("vials of ketamine", vials, "vials", "ketamine_vial", inputs),
        _line("consumables", 1, "sessions", "consumables", inputs),
    ]


def vial_size(protocol: Protocol, inputs: Inputs) -> float:
    """Return the mg in the vial that wastes least for the protocol's dose at the typical weight."""
    dose = protocol.dose.value * (inputs.figure("typical_weight") if protocol.doses_by_weight else 1)
    sizes = [inputs.figure(f"vial_mg_{strength:g}") for strength in protocol.vial_concentrations_mg_per_ml]
    return min(sizes, key=lambda size: (vials_for(dose, size)[1], size))


def _fixed_lines(inputs: Inputs, volume: float) -> list[Line]:
    years = inputs.figure("set_up_years")
    return [
        _line("setting up, spread", 1 / (years * volume), "of it", "set_up", inputs),
        _line("training, spread", 1 / volume, "of a year", "training_year", inputs),
    ]


def _line(item: str, quantity: float, unit: str, priced_by: str, inputs: Inputs) -> Line:
    price, standing = price_of(priced_by, inputs)
    return Line(item, quantity, unit, price, standing, priced_by)


def price_of(name: str, inputs: Inputs) -> tuple[float | None, str]:
    """Return a price in the prices of `inputs` and how it stands; None where it is to be filled."""
    if name in inputs.entries:
        return inputs.entries[name].middle, FILLED
    if name in blanks():
        stand_in = blanks()[name].stand_in
        return stand_in, TO_BE_FILLED if stand_in is None else STAND_IN
    found = parameter(name)
    return uprated(found.value, found.price_year, inputs.price_year), SOURCED


def rows(costs: Iterable[SessionCost]) -> list[Mapping[str, float | str | None]]:
    """Return one row for each line of each cost, for a table: volume, item, quantity, unit, price, cost, standing."""
    return [
        {
            "sessions_a_year": cost.sessions_a_year,
            "item": line.item,
            "quantity": line.quantity,
            "unit": line.unit,
            "price_gbp": line.price,
            "cost_gbp": line.cost,
            "standing": line.standing,
            "input": line.priced_by,
        }
        for cost in costs
        for line in cost.lines
    ]
