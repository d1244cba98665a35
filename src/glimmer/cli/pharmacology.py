"""`glimmer pharmacology`: what a kinetic model says of a dose. For checking and teaching, never for dosing."""

import itertools
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glimmer.cli.speak import give_up, say, say_json

if TYPE_CHECKING:
    from glimmer.guidance.kinetics import KineticModel
    from glimmer.pharmacology.doses import Dose
    from glimmer.pharmacology.predict import Prediction

app = typer.Typer(help="Kinetic models: what they hold, and what they say of a dose.", no_args_is_help=True)
MOST_MOMENTS = 10_000
LONGEST_MINUTES = 60 * 24 * 366


@app.callback()
def pharmacology() -> None:
    """Kinetic models: what they hold, and what they say of a dose."""


@app.command("models")
def models(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """List the models: drug, where blood was taken, who was studied, source and its mark; and the self-test."""
    from glimmer.guidance.kinetics import kinetic_models
    from glimmer.pharmacology.self_test import self_test

    faults = self_test()
    rows = [
        {
            "id": one.id,
            "title": one.title,
            "drug": one.drug,
            "sampling": one.sampling,
            "who": one.people.who,
            "source": one.source,
            "evidence": one.evidence,
            "outputs": [output.id for output in one.outputs],
            "fault": faults.get(one.id, ""),
        }
        for one in kinetic_models().values()
    ]
    if as_json:
        say_json(rows)
    else:
        for row in rows:
            say(f"{row['id']:<18} {row['drug']:<11} {row['sampling']:<9} {row['evidence']:<9} {row['title']}")
    if faults:
        give_up("\n".join(faults.values()))


@app.command("predict")
def predict_(
    model: Annotated[str, typer.Option(help="A model's id, or the path of a file like those in guidance/kinetics/.")],
    dose_mg: Annotated[float, typer.Option(help="The dose in mg of what the model describes.")],
    weight_kg: Annotated[float, typer.Option(help="The patient's weight in kg.")],
    at: Annotated[str, typer.Option(help="Minutes from the start at which the level is asked for: 10,40,120.")],
    minutes: Annotated[float, typer.Option(help="For how long the dose is infused; 0 is all at once.")] = 0.0,
    age: Annotated[float | None, typer.Option(help="The patient's age in years.")] = None,
    share: Annotated[float | None, typer.Option(help="Taken up slowly: the share that reaches the blood.")] = None,
    uptake_per_hour: Annotated[float | None, typer.Option(help="Taken up slowly: how fast, an hour.")] = None,
    output: Annotated[str, typer.Option(help="Another output of the model, such as norketamine.")] = "",
    draws: Annotated[int, typer.Option(help="How many people are drawn for the band; 0 for none.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same people.")] = 20260101,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Predict levels in ng/mL after one dose. Predicted, not measured; it recommends nothing.

    Example: glimmer pharmacology predict --model otto2021 --dose-mg 35 --minutes 40 --weight-kg 70 --at 10,40,120
    """
    from glimmer.guidance.kinetics import second_model
    from glimmer.pharmacology.predict import OutsideRange, predict, second_line

    chosen, moments = _model(model), _moments(at)
    if output and output not in {one.id for one in chosen.outputs}:
        give_up(f"{chosen.title} has no output {output!r}. It has: {', '.join(one.id for one in chosen.outputs)}.")
    if not 0 <= draws <= 1_000_000 or seed < 0:
        give_up("The number of people drawn lies from 0 to 1,000,000, and a seed is not below 0.")
    try:
        doses = [_dose(dose_mg, minutes, share, uptake_per_hour)]
        found = predict(chosen, weight_kg, doses, moments, age_years=age, output=output, draws=draws, seed=seed)
    except (ValueError, ArithmeticError) as problem:
        give_up(str(problem))
    other = None
    # What models disagree about is as large as what people differ in; of another output it says nothing.
    if chosen.id != second_model().id and found.output == chosen.parent.id:
        with suppress(OutsideRange, ArithmeticError):
            other = second_line(weight_kg, doses, moments)
    _answer(found, other, as_json)


def _model(name: str) -> "KineticModel":
    from glimmer.guidance.figures import GuidanceError
    from glimmer.guidance.kinetics import kinetic_models, read_kinetic_model

    if name in kinetic_models():
        return kinetic_models()[name]
    path = Path(name)
    if not path.is_file():
        give_up(f"There is no model and no file {name}. There is: {', '.join(kinetic_models())}.")
    try:
        return read_kinetic_model(path)
    except (GuidanceError, OSError, UnicodeDecodeError, TypeError) as problem:
        give_up(f"{path} holds no model: {problem}")


def _moments(typed: str) -> list[int]:
    try:
        minutes = [float(part) for part in typed.split(",")]
    except ValueError:
        give_up("--at takes minutes with commas between them, such as 10,40,120.")
    seconds = [round(one * 60) for one in minutes if 0 <= one <= LONGEST_MINUTES]
    if len(seconds) != len(minutes) or len(seconds) > MOST_MOMENTS:
        give_up(f"--at takes up to {MOST_MOMENTS:,} moments, each from 0 to {LONGEST_MINUTES:,} minutes.")
    if any(later <= earlier for earlier, later in itertools.pairwise(seconds)):
        give_up("--at takes moments that ascend, each once.")
    return seconds


def _dose(mg: float, minutes: float, share: float | None, uptake_per_hour: float | None) -> "Dose":
    from glimmer.pharmacology.doses import Absorbed, Bolus, Infusion

    if (share is None) != (uptake_per_hour is None):
        raise ValueError("What is taken up slowly needs both --share and --uptake-per-hour.")
    if share is not None and uptake_per_hour is not None:
        return Absorbed(0, mg, share, uptake_per_hour / 60)
    if not 0 <= minutes <= LONGEST_MINUTES:
        raise ValueError(f"An infusion lasts from 0 to {LONGEST_MINUTES:,} minutes.")
    return Infusion(0, round(minutes * 60), mg) if minutes else Bolus(0, mg)


def _answer(found: "Prediction", other: "Prediction | None", as_json: bool) -> None:
    minutes = [moment / 60 for moment in found.moments_s]
    band: Any = None if found.band is None else found.band.tolist()
    if as_json:
        say_json(
            {
                "says": "predicted, not measured",
                "model": found.model.id,
                "version": found.model.version,
                "source": found.model.source,
                "evidence": found.model.evidence,
                "sampling": found.model.sampling,
                "output": found.output,
                "unit": "ng/mL",
                "minutes": minutes,
                "typical": found.typical.tolist(),
                "percentiles": list(found.percentiles) if band else [],
                "band": band,
                "second": None
                if other is None
                else {"model": other.model.id, "version": other.model.version, "typical": other.typical.tolist()},
                "warnings": list(found.warnings),
            }
        )
        return
    say(f"{found.model.title} ({found.model.evidence}), {found.output} in {found.model.sampling} blood, ng/mL.")
    say("Predicted, not measured. It recommends nothing.")
    for index, minute in enumerate(minutes):
        low_high = f"   {band[0][index]:9.1f} to {band[-1][index]:9.1f}" if band else ""
        say(f"{minute:8g} min {found.typical[index]:10.2f}{low_high}")
    if other is not None:
        levels = ", ".join(f"{level:.2f}" for level in other.typical)
        say(f"The second model, {other.model.title} ({other.model.evidence}), says: {levels}.")
    for warning in found.warnings:
        say(warning)
