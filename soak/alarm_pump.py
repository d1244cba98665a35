"""The pump of a simulated session: what it was told, what it does, and where the two differ.

50 mL in 40 minutes, so 75 mL/h. `dangers` says from when to when the pump does not do what was prepared.
"""

from dataclasses import dataclass
from random import Random

from glimmer.guidance.protocol import Protocol
from soak.alarm_body import ENDS_AT, MINUTE, STARTS_AT
from soak.alarm_truth import PUMP, PUMP_EVERY, Danger, promised

RATE, VOLUME, STRENGTH = 75.0, 50.0, 0.7
SAID_FROM = STARTS_AT - 2 * MINUTE
SAID_UNTIL = ENDS_AT + 6 * MINUTE


Value = tuple[str, float, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What arrives at `at`: values that `device` measured at `measured`; or what a nurse tells: an `act`."""

    at: float
    measured: float
    device: str
    values: tuple[Value, ...] = ()
    act: tuple = ()
    drug: str = ""


@dataclass(frozen=True, slots=True)
class _Stretch:
    since: float
    until: float
    rate: float


class PumpStory:
    """One pump. `acts` are what the nurse writes down about it: (time, act)."""

    def __init__(self, rng: Random, protocol: Protocol) -> None:
        self.acts: list[tuple[float, tuple]] = [(STARTS_AT, ("start",))]
        self.dangers: list[tuple[Danger, float, float]] = []
        self.drug = "KETAMINE 0.7mg/ml"
        self.strength = STRENGTH
        self._stretches: list[_Stretch] = []
        self._ends = ENDS_AT
        kinds = {one.kind: one for one in promised(protocol) if one in PUMP}
        kind = rng.choice(sorted(kinds)) if rng.random() < 0.4 else ""
        if kind:
            getattr(self, "_" + kind.replace(" ", "_"))(rng, kinds[kind])
        elif rng.random() < 0.15:
            self._pause(rng)
        self.acts.append((self._ends, ("complete",)))

    # What goes wrong

    def _trouble(self, danger: Danger, since: float, until: float, rate: float) -> None:
        self.dangers.append((danger, since, until))
        self._stretches.append(_Stretch(since, until, rate))

    def _pump_too_fast(self, rng: Random, danger: Danger) -> None:
        at = STARTS_AT + rng.uniform(0, 25) * MINUTE
        self._trouble(danger, at, at + rng.uniform(90, 300), round(RATE * rng.uniform(1.1, 2.5), 1))

    def _pump_too_slow(self, rng: Random, danger: Danger) -> None:
        at = STARTS_AT + rng.uniform(0, 25) * MINUTE
        self._trouble(danger, at, at + rng.uniform(90, 300), round(RATE * rng.uniform(0.3, 0.9), 1))

    def _pump_not_started(self, rng: Random, danger: Danger) -> None:
        self._trouble(danger, STARTS_AT, STARTS_AT + rng.uniform(100, 300), 0)

    def _pump_stopped_early(self, rng: Random, danger: Danger) -> None:
        at = STARTS_AT + rng.uniform(5, 30) * MINUTE
        self._trouble(danger, at, at + rng.uniform(100, 300), 0)

    def _pump_ran_on(self, rng: Random, danger: Danger) -> None:
        self._trouble(danger, ENDS_AT, ENDS_AT + rng.uniform(90, 200), RATE)

    def _pump_ran_in_a_pause(self, rng: Random, danger: Danger) -> None:
        since, until = self._pause(rng)
        self._trouble(danger, since, until, RATE)

    def _wrong_strength(self, rng: Random, danger: Danger) -> None:
        self.strength = rng.choice((0.35, 1.0, 1.4, 7.0))
        self.dangers.append((danger, SAID_FROM, SAID_UNTIL))

    def _wrong_drug(self, rng: Random, danger: Danger) -> None:
        self.drug = rng.choice(("Esketamine 0.7mg/ml", "PROPOFOL 10 mg/ml", "Midazolam", "Magnesium sulfate"))
        self.dangers.append((danger, SAID_FROM, SAID_UNTIL))

    def _pause(self, rng: Random) -> tuple[float, float]:
        """A pause as it should be: written down, and the pump stands still until it is over."""
        since = STARTS_AT + rng.uniform(5, 25) * MINUTE
        until = since + rng.uniform(2, 5) * MINUTE
        self.acts += [(since, ("pause",)), (until, ("resume",))]
        self._ends = ENDS_AT + until - since
        # A hand needs a few seconds from the pump to the screen.
        self._stretches.append(_Stretch(since + rng.uniform(-4, 4), until + rng.uniform(-4, 4), 0))
        return since, until

    # What it says

    def rate_at(self, at: float) -> float:
        """Return the rate at which it truly runs; what goes wrong comes before what was planned."""
        for stretch in reversed(self._stretches):
            if stretch.since <= at < stretch.until:
                return stretch.rate
        return RATE if STARTS_AT <= at < self._ends else 0.0

    def deliveries(self, rng: Random) -> list[Delivery]:
        """Return its messages: every ten seconds rate, volume and strength."""
        found, given, at = [], 0.0, SAID_FROM
        while at < SAID_UNTIL + max(self._ends - ENDS_AT, 0):
            rate = self.rate_at(at)
            given = min(given + rate * PUMP_EVERY / 3600, VOLUME + 1)  # The syringe is empty.
            values: tuple[Value, ...] = (("infusion_rate", rate, ""), ("volume_infused", round(given, 1), ""))
            if rate or self.strength != STRENGTH:
                values += (("drug_concentration", self.strength, ""),)
            found.append(Delivery(at, at, "bay-1-pump", values, drug=self.drug))
            at += PUMP_EVERY
        return found
