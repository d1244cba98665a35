"""What a monitor or a pump measures: the parameter, its one unit inside Glimmer, its name on screen."""

from dataclasses import dataclass
from enum import StrEnum


class Parameter(StrEnum):
    """A measured quantity. The value is the key used in logs, protocols and tests."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    MEAN_PRESSURE = "mean_pressure"
    PULSE = "pulse"
    SPO2 = "spo2"
    RESPIRATORY_RATE = "respiratory_rate"
    TEMPERATURE = "temperature"
    INFUSION_RATE = "infusion_rate"
    VOLUME_INFUSED = "volume_infused"
    VOLUME_TO_INFUSE = "volume_to_infuse"
    VOLUME_REMAINING = "volume_remaining"
    TIME_REMAINING = "time_remaining"
    DRUG_CONCENTRATION = "drug_concentration"


@dataclass(frozen=True, slots=True)
class Form:
    """How a parameter is written: UCUM unit, unit as shown, long name, short name, decimals shown."""

    unit: str
    shown_unit: str
    name: str
    short: str
    decimals: int = 0


FORMS: dict[Parameter, Form] = {
    Parameter.SYSTOLIC: Form("mm[Hg]", "mmHg", "Systolic blood pressure", "Sys"),
    Parameter.DIASTOLIC: Form("mm[Hg]", "mmHg", "Diastolic blood pressure", "Dia"),
    Parameter.MEAN_PRESSURE: Form("mm[Hg]", "mmHg", "Mean blood pressure", "Mean"),
    Parameter.PULSE: Form("/min", "/min", "Pulse", "Pulse"),
    Parameter.SPO2: Form("%", "%", "Oxygen saturation", "SpO2"),
    Parameter.RESPIRATORY_RATE: Form("/min", "/min", "Respiratory rate", "Resp"),
    Parameter.TEMPERATURE: Form("Cel", "°C", "Temperature", "Temp", 1),
    Parameter.INFUSION_RATE: Form("mL/h", "mL/h", "Infusion rate", "Rate", 1),
    Parameter.VOLUME_INFUSED: Form("mL", "mL", "Volume infused", "Given", 1),
    Parameter.VOLUME_TO_INFUSE: Form("mL", "mL", "Volume to be infused", "VTBI", 1),
    Parameter.VOLUME_REMAINING: Form("mL", "mL", "Volume remaining", "Left", 1),
    Parameter.TIME_REMAINING: Form("min", "min", "Infusion time remaining", "Time left"),
    Parameter.DRUG_CONCENTRATION: Form("mg/mL", "mg/mL", "Drug concentration", "Conc", 2),
}

VITAL_SIGNS = frozenset(
    {
        Parameter.SYSTOLIC,
        Parameter.DIASTOLIC,
        Parameter.MEAN_PRESSURE,
        Parameter.PULSE,
        Parameter.SPO2,
        Parameter.RESPIRATORY_RATE,
        Parameter.TEMPERATURE,
    }
)
