"""One virtual patient under one pump: what is true of them at a moment, and what instruments show of it.

Moments are seconds since 1970, so that a restart, or another process, goes on with the same course.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from glimmer.guidance import figure
from glimmer.guidance.kinetics import default_model
from glimmer.guidance.virtual_scripts import Script, is_within, scripts
from glimmer.pharmacology.doses import SECONDS_IN_A_MINUTE, Floats, Infusion
from glimmer.pharmacology.levels import levels
from glimmer.pharmacology.virtual.chance import normal_at, smooth_at, uniform_at
from glimmer.pharmacology.virtual.people import People, people
from glimmer.pharmacology.virtual.response import dissociation_of, effect_of, sedation_of
from glimmer.vocabulary.parameters import Parameter

BY_CUFF = frozenset({Parameter.SYSTOLIC, Parameter.DIASTOLIC})
BY_PROBE = frozenset({Parameter.SPO2, Parameter.PULSE})
Given = tuple[tuple[int, int, float], ...]
"""What reached the patient: (from, until, mg), in whole seconds from the start of the infusion."""

_STEP = SECONDS_IN_A_MINUTE
_STEPS = 480


@dataclass(frozen=True, slots=True)
class VirtualPatient:
    """A patient of a seed whose script began at `script_from`; `started_at` is the start of the infusion, or None.

    `given` has to be what the pump has delivered and, as things are, will.
    """

    seed: int
    script_id: str
    script_from: float | None
    started_at: float | None
    given: Given = ()
    drug: str = "racemic"
    weight_kg: float | None = None

    @property
    def script(self) -> Script:
        """What happens to the patient."""
        return scripts()[self.script_id]

    def level(self, at: float) -> float:
        """Return the true level in ng/mL."""
        if self.started_at is None or at <= self.started_at or not self.given:
            return 0.0
        course = _course(self.drug, self.seed, self.script_id, self.weight_kg, self.given)
        place, part = divmod((at - self.started_at) / _STEP, 1)
        before = min(int(place), _STEPS - 1)
        after = min(before + 1, _STEPS - 1)
        return float(course[before] + part * (course[after] - course[before]))

    def true(self, parameter: Parameter, at: float) -> float:
        """Return what a perfect instrument would show."""
        who = _who(self.seed, self.script_id, self.drug)
        wanders = _value("wanders").get(parameter, 0) * self._spread()
        value = float(who.rest[parameter][0])
        value += wanders * smooth_at(self.seed, f"wanders {parameter}", at, _value("wander_knots"))
        if parameter in who.rise:
            value += float(who.rise[parameter][0]) * float(effect_of(self.level(at)))
        for pull in self.script.pulls:
            if pull.parameter == parameter:
                value += (pull.target - value) * pull.strength(self._minute(at))
        return min(value, 100.0) if parameter is Parameter.SPO2 else max(value, 0.0)

    def shown(self, parameter: Parameter, at: float) -> float | None:
        """Return what the monitor shows, or None where it has no value: its cuff failed, its probe is off.

        `at` is the time of the measurement: for a cuff, of its cycle.
        """
        if self._is_missing(parameter, at):
            return None
        value = self.true(parameter, at) + self._error(parameter, at)
        if self.script.instruments_err:
            value += self._fault(parameter, at)
        return min(value, 100.0) if parameter is Parameter.SPO2 else max(value, 0.0)

    def dissociation(self, at: float) -> int:
        """Return the CADSS total that a clinician would score."""
        who = _who(self.seed, self.script_id, self.drug)
        return int(dissociation_of(self.level(at), float(who.dissociates_at[0])))

    def sedation(self, at: float) -> int:
        """Return MOAA/S as a nurse would score it."""
        who = _who(self.seed, self.script_id, self.drug)
        return int(sedation_of(self.level(at), float(who.sedated_at[0])))

    def _minute(self, at: float) -> float:
        begins = self.script_from if self.script_from is not None else self.started_at
        return -1.0 if begins is None else (at - begins) / SECONDS_IN_A_MINUTE

    def _is_missing(self, parameter: Parameter, at: float) -> bool:
        minute = self._minute(at)
        if parameter in BY_PROBE:
            return is_within(self.script.probe_off, minute)
        if parameter not in BY_CUFF:
            return False
        by_chance = self.script.instruments_err and uniform_at(self.seed, "cuff fails", int(at)) < _value("cuff_fails")
        return by_chance or is_within(self.script.cuff_fails, minute)

    def _error(self, parameter: Parameter, at: float) -> float:
        stream = f"error {parameter}"
        if parameter in BY_CUFF:
            # Each cycle is a measurement of its own.
            error = normal_at(self.seed, stream, int(at))
        else:
            error = smooth_at(self.seed, stream, at, _value("error_knots"))
        if not self.script.instruments_err:
            # Where only what is scripted may happen, no reading is far off by chance.
            most = _value("quiet_error")["most"]
            error = min(max(error, -most), most) * _value("quiet_error")["share"]
        held = [pull.strength(self._minute(at)) for pull in self.script.pulls if pull.parameter == parameter]
        left = 1 - (1 - _value("pulled_error")) * max(held, default=0.0)
        return float(_value("instrument_error")[parameter] * error * left)

    def _fault(self, parameter: Parameter, at: float) -> float:
        if parameter in BY_CUFF:
            spoilt = _value("cuff_spoilt")
            drawn = uniform_at(self.seed, "cuff spoilt", int(at))
            if drawn >= spoilt["share"]:
                return 0.0
            return float(spoilt["high"] if drawn < spoilt["share"] / 2 else spoilt["low"])
        slips = _value("probe_slips")
        knot = int(at // _value("error_knots"))
        if parameter is Parameter.SPO2 and uniform_at(self.seed, "probe slips", knot) < slips["share"]:
            return float(slips["spo2"])
        return 0.0

    def _spread(self) -> float:
        return self.script.spread


@lru_cache(maxsize=512)
def _who(seed: int, script_id: str, drug: str) -> People:
    return people(default_model(drug), seed, 1, spread=scripts()[script_id].spread)


@lru_cache(maxsize=256)
def _course(drug: str, seed: int, script_id: str, weight_kg: float | None, given: Given) -> Floats:
    who = _who(seed, script_id, drug)
    moments = [step * _STEP for step in range(_STEPS)]
    doses = [Infusion(begins, ends, mg) for begins, ends, mg in given]
    chance: Mapping[str, Any] = who.kinetics
    weight = who.weight_kg if weight_kg is None else np.array([weight_kg])
    return levels(default_model(drug), weight, doses, moments, chance=chance)[0]


def _value(name: str) -> Any:
    return figure("virtual_patients", name).value
