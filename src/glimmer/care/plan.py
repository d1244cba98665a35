"""The plan: the dose from the weight, the limits on it, the syringe, and the dates.

All sums are done exactly (decimal), so that a dose never turns on the rounding of binary fractions.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_DOWN, Decimal
from math import isfinite

from glimmer.guidance import Protocol, figure
from glimmer.vocabulary.problems import BadInput
from glimmer.vocabulary.verdict import Verdict

BASES = ("actual", "ideal")
CM_PER_INCH = Decimal("2.54")
CM_PER_METRE = Decimal(100)
MINUTES_PER_HOUR = Decimal(60)

# How results are written: doses and volumes to what a syringe can show, rates to what a pump can be set to.
TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class DoseProposal:
    """A dose worked out from a weight, with the working. It is offered, never given without a prescriber.

    Weights in kg, `bmi` in kg/m2, `exact_mg` before and `dose_mg` after rounding. `basis` is actual or
    ideal; `working` says in one line how the dose came about.
    """

    mg_per_kg: float
    minutes: float
    basis: str
    weight_used_kg: float
    actual_kg: float
    ideal_kg: float
    bmi: float
    exact_mg: float
    dose_mg: float
    working: str
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preparation:
    """A syringe: volumes in mL, strengths in mg/mL, rate in mL/h, `minutes` to run.

    `diluent_volume_ml` is added to `drug_volume_ml` to make `total_volume_ml`.
    """

    dose_mg: float
    vial_concentration_mg_per_ml: float
    drug_volume_ml: float
    diluent_volume_ml: float
    total_volume_ml: float
    final_concentration_mg_per_ml: float
    minutes: float
    rate_ml_per_hour: float
    working: str


# Dose


def ideal_weight_kg(height_cm: float, sex: str) -> float:
    """Return the ideal weight by Devine's formula in kg, to 0.1.

    Below the formula's base height its base weight is returned. For a sex other than female or male the
    lower of the two base weights is used, so that an unknown never raises a dose.
    """
    bases = figure("dose", "ideal_weight_base").value
    base = _exact(bases[sex] if sex in bases else min(bases.values()))
    inches = _exact(check_height(height_cm)) / CM_PER_INCH
    above = max(Decimal(0), inches - _exact(figure("dose", "ideal_weight_base_height").value))
    return float((base + above * _exact(figure("dose", "ideal_weight_per_inch").value)).quantize(TENTH))


def body_mass_index(weight_kg: float, height_cm: float) -> float:
    """Return weight over height squared in kg/m2, to 0.1."""
    metres = _exact(height_cm) / CM_PER_METRE
    return float((_exact(weight_kg) / (metres * metres)).quantize(TENTH))


def dose_for(
    protocol: Protocol,
    weight_kg: float,
    height_cm: float,
    sex: str,
    basis: str,
    mg_per_kg: float | None = None,
    minutes: float | None = None,
) -> DoseProposal:
    """Return the dose of a protocol for a patient; `mg_per_kg` and `minutes` replace the protocol's own.

    Rounded to the nearest step of `figure("dose", "round_to")`, a tie to the lower. Raises BadInput,
    with the field, for a weight or height that cannot be right and for a basis that was not chosen.
    """
    if basis not in BASES:
        raise BadInput("Choose the weight that the dose is worked out from: actual or ideal.", field="basis")
    actual, ideal = check_weight(weight_kg), ideal_weight_kg(height_cm, sex)
    used = actual if basis == "actual" else ideal
    per_kg = mg_per_kg if mg_per_kg is not None else protocol.dose_mg_per_kg.value
    exact_mg = _exact(per_kg) * _exact(used)
    dose_mg = _rounded(exact_mg)
    bmi = body_mass_index(actual, height_cm)
    return DoseProposal(
        mg_per_kg=per_kg,
        minutes=minutes if minutes is not None else protocol.infusion_minutes.value,
        basis=basis,
        weight_used_kg=used,
        actual_kg=actual,
        ideal_kg=ideal,
        bmi=bmi,
        exact_mg=float(exact_mg),
        dose_mg=float(dose_mg),
        working=f"{per_kg:g} mg/kg × {used:g} kg ({basis} weight) = {exact_mg.normalize():f} mg, "
        f"rounded to {dose_mg.normalize():f} mg",
        cautions=_weight_cautions(basis, actual, ideal, bmi, sex),
    )


def _weight_cautions(basis: str, actual: float, ideal: float, bmi: float, sex: str) -> tuple[str, ...]:
    cautions = []
    limit = figure("dose", "consider_ideal_from_bmi").value
    if basis == "actual" and bmi >= limit:
        cautions.append(
            f"The body mass index is {bmi:g}. From {limit} on, a consensus suggests the ideal weight ({ideal:g} kg), "
            "because of the rise in blood pressure; the trials used actual weight. Say which you choose, and why."
        )
    if basis == "ideal" and ideal > actual:
        cautions.append(
            f"The ideal weight ({ideal:g} kg) is more than the patient weighs ({actual:g} kg): "
            "the dose per kilogram of real weight is higher than it says. Consider actual weight."
        )
    if basis == "ideal" and sex not in figure("dose", "ideal_weight_base").value:
        cautions.append("The formula knows only female and male; the lower of the two ideal weights was used.")
    return tuple(cautions)


def judge_dose(
    protocol: Protocol, mg_per_kg: float, minutes: float, session_number: int, has_second_prescriber: bool
) -> Verdict:
    """Judge a dose by the protocol's guard rails: what stops it, and what is a caution.

    `mg_per_kg` refers to the weight chosen as basis; `minutes` is the time of the infusion.
    """
    if not mg_per_kg > 0:
        return Verdict(("The dose must be more than 0 mg/kg. Enter the dose that is meant.",))
    reasons, cautions = [], []
    for band in protocol.dose_bands:
        if mg_per_kg <= band.above_mg_per_kg or (band.first_session_only and session_number != 1):
            continue
        if band.effect == "block":
            reasons.append(f"{band.says} Choose a lower dose.")
        elif band.effect == "second_prescriber" and not has_second_prescriber:
            reasons.append(f"{band.says} Ask another prescriber to agree.")
        else:
            cautions.append(band.says)
    shortest = protocol.shortest_infusion_minutes.value
    if not minutes >= shortest:
        reasons.append(
            f"The infusion would take {minutes:g} minutes; the shortest of this protocol is {shortest:g}. "
            "Choose a longer time."
        )
    return Verdict(tuple(reasons), tuple(cautions))


def needs_second_prescriber(protocol: Protocol, mg_per_kg: float) -> bool:
    """Say whether a dose needs a second prescriber's agreement."""
    return any(band.effect == "second_prescriber" and mg_per_kg > band.above_mg_per_kg for band in protocol.dose_bands)


# The syringe


def preparation(
    dose_mg: float,
    vial_concentration_mg_per_ml: float,
    total_volume_ml: float,
    minutes: float,
    must_dilute_from_mg_per_ml: float | None = None,
) -> Preparation:
    """Return how a syringe is made up and run; raise BadInput, with the field, when it cannot or must not be.

    Volumes and strength to 0.01, rate to 0.1 mL/h. `must_dilute_from_mg_per_ml` is the protocol's limit
    (default: guidance); a vial that strong must be diluted.
    """
    for value, field, name in (
        (dose_mg, "dose_mg", "dose"),
        (vial_concentration_mg_per_ml, "vial_concentration_mg_per_ml", "strength of the vial"),
        (minutes, "infusion_minutes", "time of the infusion"),
    ):
        if not (value > 0 and isfinite(value)):
            raise BadInput(f"The {name} must be a number above 0. Check what was entered.", field=field)
    total = _exact(_check_total_volume(total_volume_ml))
    dose, strength = _exact(dose_mg), _exact(vial_concentration_mg_per_ml)
    drug_ml = (dose / strength).quantize(HUNDREDTH)
    limit = figure("dose", "must_dilute_from").value
    _check_drug_volume(drug_ml, total, strength, _exact(must_dilute_from_mg_per_ml or limit))
    final = (dose / total).quantize(HUNDREDTH)
    rate = (total * MINUTES_PER_HOUR / _exact(minutes)).quantize(TENTH)
    return Preparation(
        dose_mg=dose_mg,
        vial_concentration_mg_per_ml=vial_concentration_mg_per_ml,
        drug_volume_ml=float(drug_ml),
        diluent_volume_ml=float(total - drug_ml),
        total_volume_ml=total_volume_ml,
        final_concentration_mg_per_ml=float(final),
        minutes=minutes,
        rate_ml_per_hour=float(rate),
        working=f"{dose_mg:g} mg ÷ {vial_concentration_mg_per_ml:g} mg/mL = {drug_ml} mL of drug, made up to "
        f"{total_volume_ml:g} mL ({final} mg/mL); {total_volume_ml:g} mL in {minutes:g} min = {rate} mL/h",
    )


def _check_total_volume(total_volume_ml: float) -> float:
    least, most = figure("dose", "total_volume").value
    if not least <= total_volume_ml <= most:
        raise BadInput(
            f"The total volume is {total_volume_ml:g} mL, but must lie between {least} and {most} mL. "
            "Check the syringe or bag.",
            field="total_volume_ml",
        )
    return total_volume_ml


def _check_drug_volume(drug_ml: Decimal, total_ml: Decimal, strength: Decimal, must_dilute_from: Decimal) -> None:
    least = figure("dose", "smallest_drug_volume").value
    if drug_ml < _exact(least):
        raise BadInput(
            f"Only {drug_ml} mL of this vial would be needed, and less than {least} mL cannot be drawn up exactly. "
            "Choose a weaker vial.",
            field="vial_concentration_mg_per_ml",
        )
    if drug_ml > total_ml:
        raise BadInput(
            f"The drug alone takes {drug_ml} mL, more than the total of {total_ml:f} mL. "
            "Choose a larger total volume or a stronger vial.",
            field="total_volume_ml",
        )
    diluent = figure("dose", "diluent_volumes_at_least").value
    if strength >= must_dilute_from and total_ml - drug_ml < drug_ml * _exact(diluent):
        raise BadInput(
            f"A vial of {strength:f} mg/mL must be diluted before it is given into a vein: "
            f"at least {diluent:g} mL of diluent for each mL of drug. Choose a larger total volume.",
            field="total_volume_ml",
        )


# Dates


def proposed_dates(
    protocol: Protocol, first_day: date, sessions: int | None = None, closed: Collection[date] = ()
) -> tuple[date, ...]:
    """Return a day for each session: the protocol's spacing from the first open day, around days that are closed.

    A session that would fall on a closed day moves to the next open one, and keeps at least the protocol's
    shortest distance from the one before; later ones go back to the rhythm. `closed` are bank holidays and
    the clinic's own. Raises BadInput, field `first_day`, when there is no open day within a year.
    """
    spacing = protocol.days_between.value
    spacing = spacing if isinstance(spacing, tuple) else (spacing,)
    shortest = timedelta(days=protocol.shortest_days_between.value)
    planned = _open_day(first_day, closed)
    days = [planned]
    for number in range(1, sessions if sessions is not None else protocol.sessions.value):
        planned += timedelta(days=spacing[(number - 1) % len(spacing)])
        days.append(_open_day(max(planned, days[-1] + shortest), closed))
    return tuple(days)


def _open_day(day: date, closed: Collection[date]) -> date:
    weekdays = figure("dose", "open_weekdays").value
    one_year_on = day + timedelta(days=366)
    while day < one_year_on:
        if f"{day:%A}" in weekdays and day not in closed:
            return day
        day += timedelta(days=1)
    raise BadInput("The clinic has no open day within a year of this one. Check the closed days.", field="first_day")


# What was typed


def check_weight(weight_kg: float) -> float:
    """Return the weight if it can be an adult's, else raise BadInput, field `weight_kg`."""
    least, most = figure("plausibility", "weight").value
    if not least <= weight_kg <= most:
        raise BadInput(
            f"The weight is {weight_kg:g} kg, but must lie between {least} and {most} kg. "
            "Weigh the patient again; check that it is kilograms, not pounds or stones.",
            field="weight_kg",
        )
    return weight_kg


def check_height(height_cm: float) -> float:
    """Return the height if it can be an adult's, else raise BadInput, field `height_cm`."""
    least, most = figure("plausibility", "height").value
    if not least <= height_cm <= most:
        raise BadInput(
            f"The height is {height_cm:g} cm, but must lie between {least} and {most} cm. "
            "Measure again; check that it is centimetres, not metres or inches.",
            field="height_cm",
        )
    return height_cm


def _exact(value: float) -> Decimal:
    # By way of its shortest decimal form: 0.1 means a tenth here, not the nearest binary fraction.
    return Decimal(str(value))


def _rounded(exact_mg: Decimal) -> Decimal:
    step = _exact(figure("dose", "round_to").value)
    return (exact_mg / step).quantize(Decimal(1), rounding=ROUND_HALF_DOWN) * step
