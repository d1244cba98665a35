"""The plan: the dose from the weight, the limits on it, the syringe, and the dates.

All sums are done exactly (decimal), so that a dose never turns on the rounding of binary fractions.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_DOWN, Decimal
from math import isfinite

from glimmer.guidance import DoseBand, Protocol, figure
from glimmer.vocabulary.problems import BadInput
from glimmer.vocabulary.verdict import Verdict

BASES = ("actual", "ideal")
FIXED = "fixed"
"""The basis of a dose that does not depend on the weight."""
CM_PER_INCH = Decimal("2.54")
CM_PER_METRE = Decimal(100)
MINUTES_PER_HOUR = Decimal(60)
STRENGTH = ("vial_concentration_mg_per_ml", "strength of the vial")

# How results are written: doses and volumes to what a syringe can show, rates to what a pump can be set to.
TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class DoseProposal:
    """A dose worked out from a weight, with the working. It is offered, never given without a prescriber.

    Weights in kg, `bmi` in kg/m2, `exact_mg` before and `dose_mg` after rounding. `basis` is actual or
    ideal; `working` says in one line how the dose came about. Where the protocol gives everybody the same dose,
    `basis` is fixed and `mg_per_kg` None.
    """

    mg_per_kg: float | None
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

    @property
    def amount(self) -> float:
        """The dose in the unit in which the protocol doses: mg/kg, or mg where it is fixed."""
        return self.dose_mg if self.mg_per_kg is None else self.mg_per_kg


@dataclass(frozen=True, slots=True)
class Preparation:
    """A syringe, or what else is made ready: volumes in mL, strengths in mg/mL, rate in mL/h, `minutes` to run.

    `diluent_volume_ml` is added to `drug_volume_ml` to make `total_volume_ml`. What no pump gives is not diluted,
    and its rate is 0. `steps` is in how many steps it is given.
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
    steps: int = 1


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
    if protocol.dose_mg_per_kg is None:
        raise BadInput("The dose of this protocol does not depend on the weight.", field="mg_per_kg")
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
        minutes=minutes if minutes is not None else protocol.minutes_for(float(dose_mg)),
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


def fixed_dose(
    protocol: Protocol, weight_kg: float, height_cm: float, sex: str, dose_mg: float | None = None
) -> DoseProposal:
    """Return the dose of a protocol that gives everybody the same; `dose_mg` replaces the protocol's own.

    The weight is kept for the record; the dose does not follow from it.
    """
    if protocol.dose_mg is None:
        raise BadInput("The dose of this protocol is worked out from the weight.", field="dose_mg")
    actual, ideal = check_weight(weight_kg), ideal_weight_kg(height_cm, sex)
    dose = float(dose_mg if dose_mg is not None else protocol.dose_mg.value)
    steps = protocol.steps_for(dose)
    how = f"{steps} × {protocol.container_mg.value:g} mg" if protocol.container_mg else "the same for every weight"
    return DoseProposal(
        mg_per_kg=None,
        minutes=protocol.minutes_for(dose),
        basis=FIXED,
        weight_used_kg=actual,
        actual_kg=actual,
        ideal_kg=ideal,
        bmi=body_mass_index(actual, height_cm),
        exact_mg=dose,
        dose_mg=dose,
        working=f"{dose:g} mg, {how}",
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
    protocol: Protocol,
    amount: float,
    minutes: float,
    session_number: int,
    has_second_prescriber: bool,
    age: int | None = None,
) -> Verdict:
    """Judge a dose by the protocol's guard rails: what stops it, and what is a caution.

    `amount` is in the unit in which the protocol doses: mg/kg of the weight chosen as basis, or mg. `minutes` is
    the time of an infusion; `session_number` counts the patient's sessions with this drug from 1, whatever the plan;
    `age` in years. A rail for the old holds where the age is not known.
    """
    unit = protocol.dose.unit
    if not amount > 0:
        return Verdict((f"The dose must be more than 0 {unit}. Enter the dose that is meant.",))
    reasons, cautions = list(_not_a_step(protocol, amount)), []
    for band in protocol.dose_bands:
        if not _holds(band, amount, session_number, age):
            continue
        if band.effect == "block":
            reasons.append(f"{band.says} Choose a lower dose.")
        elif band.effect == "second_prescriber" and not has_second_prescriber:
            reasons.append(f"{band.says} Ask another prescriber to agree.")
        else:
            cautions.append(band.says)
    reasons += _too_fast(protocol, minutes)
    return Verdict(tuple(reasons), tuple(cautions))


def _holds(band: DoseBand, amount: float, session_number: int, age: int | None) -> bool:
    if amount <= band.above or (band.first_session_only and session_number != 1):
        return False
    return not band.from_age or age is None or age >= band.from_age


def _not_a_step(protocol: Protocol, amount: float) -> tuple[str, ...]:
    if protocol.dose_steps is None or amount in protocol.dose_steps.value:
        return ()
    listed = ", ".join(f"{one:g}" for one in protocol.dose_steps.value)
    return (
        f"{amount:g} {protocol.dose.unit} is no step of this protocol. Choose one of {listed} {protocol.dose.unit}.",
    )


def _too_fast(protocol: Protocol, minutes: float) -> tuple[str, ...]:
    if protocol.shortest_infusion_minutes is None:
        return ()
    shortest = protocol.shortest_infusion_minutes.value
    if minutes >= shortest:
        return ()
    return (
        f"The infusion would take {minutes:g} minutes; the shortest of this protocol is {shortest:g}. "
        "Choose a longer time.",
    )


def needs_second_prescriber(protocol: Protocol, amount: float, age: int | None = None, session_number: int = 1) -> bool:
    """Say whether a dose needs a second prescriber's agreement. `session_number` is that of the next session."""
    return any(
        band.effect == "second_prescriber" and _holds(band, amount, session_number, age) for band in protocol.dose_bands
    )


# The syringe


def prepared_dose(
    protocol: Protocol, dose_mg: float, strength_mg_per_ml: float, total_volume_ml: float | None, minutes: float
) -> Preparation:
    """Return how a dose is made ready in the way of its protocol: diluted for a pump, drawn, measured or counted.

    Raises BadInput, with the field, when it cannot or must not be. `total_volume_ml` is what a pump's syringe is
    made up to, and None for everything else.
    """
    if protocol.given_by.pump:
        if total_volume_ml is None:
            raise BadInput("Enter the total volume that you made up, in mL.", field="total_volume_ml")
        limit = protocol.must_dilute_at_or_above_mg_per_ml
        return preparation(dose_mg, strength_mg_per_ml, total_volume_ml, minutes, limit)
    if protocol.container_mg is not None and protocol.container_ml is not None:
        return _counted(protocol, dose_mg, strength_mg_per_ml, minutes)
    _must_be_above_zero((dose_mg, "dose_mg", "dose"), (strength_mg_per_ml, *STRENGTH))
    volume = (_exact(dose_mg) / _exact(strength_mg_per_ml)).quantize(HUNDREDTH)
    _check_least_volume(volume)
    words = f"{dose_mg:g} mg ÷ {strength_mg_per_ml:g} mg/mL = {volume} mL, undiluted"
    return _undiluted(dose_mg, strength_mg_per_ml, volume, minutes, words, 1)


def _counted(protocol: Protocol, dose_mg: float, strength_mg_per_ml: float, minutes: float) -> Preparation:
    assert protocol.container_mg is not None  # the caller has looked
    assert protocol.container_ml is not None
    each_mg, each_ml = _exact(protocol.container_mg.value), _exact(protocol.container_ml.value)
    steps = protocol.steps_for(dose_mg)
    if each_mg * steps != _exact(dose_mg):
        raise BadInput(
            f"{dose_mg:g} mg cannot be given with whole containers of {each_mg:f} mg. Prescribe a dose that can.",
            field="dose_mg",
        )
    words = f"{dose_mg:g} mg ÷ {each_mg:f} mg = {steps} {protocol.given_by.step}{'s' if steps > 1 else ''}"
    return _undiluted(dose_mg, strength_mg_per_ml, each_ml * steps, minutes, words, steps)


def _undiluted(dose_mg: float, strength: float, volume: Decimal, minutes: float, words: str, steps: int) -> Preparation:
    return Preparation(
        dose_mg=dose_mg,
        vial_concentration_mg_per_ml=strength,
        drug_volume_ml=float(volume),
        diluent_volume_ml=0,
        total_volume_ml=float(volume),
        final_concentration_mg_per_ml=strength,
        minutes=minutes,
        rate_ml_per_hour=0,
        working=words,
        steps=steps,
    )


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
    _must_be_above_zero(
        (dose_mg, "dose_mg", "dose"),
        (vial_concentration_mg_per_ml, *STRENGTH),
        (minutes, "infusion_minutes", "time of the infusion"),
    )
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


def _must_be_above_zero(*entered: tuple[float, str, str]) -> None:
    for value, field, name in entered:
        if not (value > 0 and isfinite(value)):
            raise BadInput(f"The {name} must be a number above 0. Check what was entered.", field=field)


def _check_total_volume(total_volume_ml: float) -> float:
    least, most = figure("dose", "total_volume").value
    if not least <= total_volume_ml <= most:
        raise BadInput(
            f"The total volume is {total_volume_ml:g} mL, but must lie between {least} and {most} mL. "
            "Check the syringe or bag.",
            field="total_volume_ml",
        )
    return total_volume_ml


def _check_least_volume(drug_ml: Decimal) -> None:
    least = figure("dose", "smallest_drug_volume").value
    if drug_ml < _exact(least):
        raise BadInput(
            f"Only {drug_ml} mL of this vial would be needed, and less than {least} mL cannot be drawn up exactly. "
            "Choose a weaker vial.",
            field="vial_concentration_mg_per_ml",
        )


def _check_drug_volume(drug_ml: Decimal, total_ml: Decimal, strength: Decimal, must_dilute_from: Decimal) -> None:
    _check_least_volume(drug_ml)
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

    A session that would fall on a closed day moves to the next open one, and keeps its distance from the one
    before: at least the protocol's shortest, and hardly less than the rhythm; later ones go back to the rhythm.
    `closed` are bank holidays and the clinic's own.

    Raises BadInput, field `first_day`, when there is no open day within a year.
    """
    spacing = protocol.days_between.value
    spacing = spacing if isinstance(spacing, tuple) else (spacing,)
    shortest, under = protocol.shortest_days_between.value, figure("calendar", "days_under_rhythm").value
    planned = _open_day(first_day, closed)
    days = [planned]
    for number in range(1, sessions if sessions is not None else protocol.sessions.value):
        gap = spacing[(number - 1) % len(spacing)]
        planned += timedelta(days=gap)
        days.append(_open_day(max(planned, days[-1] + timedelta(days=max(shortest, gap - under))), closed))
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
