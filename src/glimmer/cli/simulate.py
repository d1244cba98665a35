"""`glimmer simulate`: virtual patients, what happens to them, and how near they are to published cohorts."""

from typing import TYPE_CHECKING, Annotated

import typer

from glimmer.cli.speak import give_up, say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glimmer.pharmacology.virtual.cohort import Compared

app = typer.Typer(help="Virtual patients: invented, tuned to published averages, for training and tests.")
INVENTED = "Invented patients. What comes out is no evidence about people."
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@app.callback()
def simulate() -> None:
    """Virtual patients: invented, tuned to published averages, for training and tests."""


@app.command("scripts")
def scripts_(as_json: AsJson = False) -> None:
    """List what may happen to a virtual patient."""
    from glimmer.guidance.virtual_scripts import scripts

    if as_json:
        say_json([{"id": one.id, "title": one.title} for one in scripts().values()])
        return
    for one in scripts().values():
        say(f"{one.id:<18} {one.title}")


@app.command("session")
def session(
    script: Annotated[str, typer.Option(help="What happens: see glimmer simulate scripts.")] = "drawn",
    seed: Annotated[int, typer.Option(help="The same seed gives the same patient.", min=0)] = 1,
    dose_mg: Annotated[float, typer.Option(help="Racemic ketamine in mg.", min=0.1, max=500)] = 35.0,
    minutes: Annotated[int, typer.Option(help="For how long it is infused.", min=1, max=480)] = 40,
    every: Annotated[int, typer.Option(help="A row for so many minutes.", min=1, max=60)] = 5,
    as_json: AsJson = False,
) -> None:
    """Show one virtual patient's session as the monitor shows it, with the true level in ng/mL.

    Example: glimmer simulate session --script faint --seed 4
    """
    from glimmer.guidance.virtual_scripts import scripts
    from glimmer.pharmacology.virtual.patient import VirtualPatient

    if script not in scripts():
        give_up(f"There is no script {script!r}. There is: {', '.join(scripts())}.")
    patient = VirtualPatient(seed, script, 0.0, 0.0, ((0, minutes * 60, dose_mg),))
    rows = [_row(patient, minute) for minute in range(0, minutes + 121, every)]
    if as_json:
        say_json({"says": INVENTED, "script": script, "seed": seed, "rows": rows})
        return
    say(INVENTED)
    say("\n".join(["  ".join(f"{name:>16}" for name in rows[0]), *map(_line, rows)]))


def _row(patient, minute: int) -> dict[str, float | int | None]:  # type: ignore[no-untyped-def]
    from glimmer.pharmacology.virtual.cohort import MEASURED
    from glimmer.vocabulary.parameters import Parameter

    at = minute * 60.0
    shown = {one: patient.shown(one, at) for one in (*MEASURED, Parameter.SPO2, Parameter.RESPIRATORY_RATE)}
    values = {one.value: None if value is None else round(value) for one, value in shown.items()}
    row: dict[str, float | int | None] = {"minute": minute, "ng_per_ml": round(patient.level(at), 1)}
    return row | values | {"dissociation": patient.dissociation(at), "moaas": patient.sedation(at)}


def _line(row: dict[str, float | int | None]) -> str:
    return "  ".join(f"{'-' if value is None else value:>16}" for value in row.values())


@app.command("calibration")
def calibration(
    seed: Annotated[int, typer.Option(help="Another seed draws other people.", min=0)] = 2026,
    as_json: AsJson = False,
) -> None:
    """Show published against simulated, with the tolerance. Ends with an error where one is too far off."""
    from glimmer.pharmacology.virtual.cohort import calibration as compared

    show_comparison(compared(seed), as_json)


def show_comparison(rows: "Iterable[Compared]", as_json: bool) -> None:
    """Print published against simulated and give up where one of them is outside its tolerance."""
    rows = tuple(rows)
    if as_json:
        say_json(
            {
                "says": INVENTED,
                "rows": [
                    {
                        "name": one.name,
                        "unit": one.unit,
                        "published": one.published,
                        "tolerance": one.tolerance,
                        "simulated": round(one.simulated, 2),
                        "is_near": one.is_near,
                        "source": one.source,
                        "evidence": one.evidence,
                        "note": one.note,
                    }
                    for one in rows
                ],
            }
        )
    else:
        say(INVENTED)
        say(f"{'':34} {'published':>10} {'tolerance':>10} {'simulated':>10}")
        for one in rows:
            says = "" if one.is_near else "   TOO FAR"
            name = one.name.replace("_", " ")
            say(f"{name:34} {one.published:10g} {one.tolerance:10g} {one.simulated:10.1f}{says}   {one.unit}")
            say(f"{'':4}{one.source} ({one.evidence})")
    far = [one.name for one in rows if not one.is_near]
    if far:
        give_up(f"Outside the tolerance: {', '.join(far)}. Tune the figures in guidance, or say why they differ.")


@app.command("trajectories")
def trajectories(
    seed: Annotated[int, typer.Option(help="Another seed draws other people.", min=0)] = 2026,
    as_json: AsJson = False,
) -> None:
    """Show published courses of depression against simulated ones: response, remission, relapse in the year after.

    Ends with an error where one is too far off.
    """
    from glimmer.pharmacology.virtual.courses import course_calibration

    show_comparison(course_calibration(seed), as_json)


@app.command("course")
def course(
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.", min=0)] = 1,
    people: Annotated[int, typer.Option(help="How many people.", min=1, max=1000)] = 5,
    weeks: Annotated[int, typer.Option(help="For how many weeks.", min=1, max=60)] = 16,
    as_json: AsJson = False,
) -> None:
    """Show weekly PHQ-9 totals of virtual people; a week without an answer stays empty.

    Example: glimmer simulate course --people 3 --weeks 20
    """
    from glimmer.pharmacology.virtual.moods import DAYS_IN_A_WEEK, KINDS, moods

    drawn = moods(seed, people)
    days = [DAYS_IN_A_WEEK * week for week in range(weeks)]
    totals, answered = drawn.totals(days), drawn.answered(days)
    rows = [
        {
            "kind": KINDS[drawn.kind[person]],
            "totals": [
                int(total) if given else None for total, given in zip(totals[person], answered[person], strict=True)
            ],
        }
        for person in range(people)
    ]
    if as_json:
        say_json({"says": INVENTED, "seed": seed, "weeks": weeks, "people": rows})
        return
    say(INVENTED)
    for row in rows:
        shown = " ".join("  -" if total is None else f"{total:>3}" for total in row["totals"])
        say(f"{row['kind']:<6} {shown}")
