"""`glimmer guidance`: the protocols and the clinical figures, each with its source."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glimmer.cli.django_setup import start_django
from glimmer.cli.speak import give_up, problems_in_words, read_file, say, say_json

if TYPE_CHECKING:
    from glimmer.care.selection_compare import Compared
    from glimmer.guidance import RuleSheet

app = typer.Typer(help="Read the protocols and the clinical figures with their sources.", no_args_is_help=True)


@app.command("protocols")
def list_protocols(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """List the treatment protocols: id, version, title and the start of the digest that sessions pin."""
    from glimmer.guidance import protocols

    found = [{"id": p.id, "version": p.version, "title": p.title, "digest": p.digest} for p in protocols()]
    if as_json:
        say_json(found)
    for entry in [] if as_json else found:
        say(f"{entry['id']:<28} {entry['version']:<10} {entry['digest'][:12]}  {entry['title']}")


@app.command("protocol")
def show_protocol(
    protocol_id: Annotated[str, typer.Argument(help="Its id, as `glimmer guidance protocols` lists it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Show one protocol whole: dose, course, checks, observations, alarms and criteria, with sources."""
    from glimmer.guidance import protocol

    try:
        found = protocol(protocol_id)
    except KeyError as problem:
        give_up(str(problem.args[0]))
    if as_json:
        say_json(asdict(found))
        return
    say(f"{found.title} (version {found.version})\n{found.summary}\n")
    over = f"over {found.infusion_minutes.value} minutes" if found.infusion_minutes else found.given_by.a_treatment
    say(f"Dose: {found.dose.value} {found.dose.unit}, {over}")
    say(f"Course: {found.sessions.value} sessions, {found.days_between.value} days apart")
    say("\nAlarms")
    for rule in found.alarms:
        say(f"  {rule.priority:<7} {rule.id:<28} {rule.says}  [{rule.evidence}: {rule.source}]")


@app.command("alarms")
def show_alarms(
    protocol_id: Annotated[str, typer.Argument(help="Its id, as `glimmer guidance protocols` lists it.")],
) -> None:
    """Print every alarm of a protocol as a table in Markdown: what docs/alarms.md holds, for a clinician to sign."""
    from glimmer.guidance import protocol
    from glimmer.monitoring.rules_table import rules_table

    try:
        say(rules_table(protocol(protocol_id)).rstrip())
    except KeyError as problem:
        give_up(str(problem.args[0]))


@app.command("figure")
def show_figure(
    subject: Annotated[str, typer.Argument(help="The subject, such as news2 or dose.")],
    name: Annotated[str, typer.Argument(help="The figure's name.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Show one clinical figure with its unit, source, edition and how sure we are of it."""
    from glimmer.guidance import figure

    try:
        found = figure(subject, name)
    except KeyError as problem:
        give_up(str(problem.args[0]))
    if as_json:
        say_json(asdict(found))
    else:
        say(
            f"{subject}.{name} = {found.value} {found.unit}\nsource: {found.source} ({found.edition}); {found.evidence}"
        )


@app.command("compare")
def compare_rules(
    first: Annotated[str, typer.Argument(help="A version of the selection rules, or the path of a file.")],
    second: Annotated[str, typer.Argument(help="The version or file to compare it with.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Name the decisions that would not differ as well.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Say what a version of the selection rules changes, and which past decisions would differ by it. It changes none.

    Each decision is judged by both with what was known when it was taken. Patients are named by their journey's number.
    """
    start_django()
    from glimmer.actions.selection_rules import compare_past
    from glimmer.care.selection_compare import differences_in_words

    before, after = _sheet(first), _sheet(second)
    changes, compared = differences_in_words(before, after), compare_past(before, after)
    shown = [one for one in compared if everything or one.differs]
    if as_json:
        say_json({"changes": changes, "decisions": len(compared), "differ": [_row(one) for one in shown]})
        return
    say(f"From {before.label} to {after.label}:")
    for line in changes or ("nothing that decides.",):
        say(f"  {line}")
    say(f"\n{len(compared)} past decisions; the verdict differs in {sum(one.verdict_differs for one in compared)}.")
    if shown:
        say(f"{'Journey':>8}  {'Decided on':<11} {'Decision':<13} {'First':<8} {'Second':<8} Rules that differ")
    for one in shown:
        say(_line(one))


def _sheet(name: str) -> "RuleSheet":
    from glimmer.actions.selection_rules import MOST_CHARACTERS, read_sheet
    from glimmer.records.guidance import sheet_of_version

    with problems_in_words():
        path = Path(name)
        if path.suffix == ".toml" or path.exists():
            return read_sheet(read_file(path, most_bytes=MOST_CHARACTERS).decode("utf-8", errors="replace"))
        found = sheet_of_version(name)
        if found is None:
            give_up(f"There is no version {name!r} of the selection rules, and no file of that name.")
        return found


def _row(one: "Compared") -> dict[str, Any]:
    return {
        "journey": one.case.episode_id,
        "decided_at": one.case.decided_at,
        "decision": one.case.decision,
        "judged_by": one.case.judged_by,
        "may_by_first": one.may_by_first,
        "may_by_second": one.may_by_second,
        "stops_only_in_first": one.stops_only_in_first,
        "stops_only_in_second": one.stops_only_in_second,
        "never_asked": one.never_asked,
    }


def _line(one: "Compared") -> str:
    words = {True: "may", False: "may not"}
    stops = [f"+{rule}{' (never asked)' if rule in one.never_asked else ''}" for rule in one.stops_only_in_second]
    stops += [f"-{rule}" for rule in one.stops_only_in_first]
    decision = one.case.decision.replace("_", " ")
    return (
        f"{one.case.episode_id:>8}  {one.case.decided_at:%Y-%m-%d}  {decision:<13} "
        f"{words[one.may_by_first]:<8} {words[one.may_by_second]:<8} {' '.join(stops)}"
    ).rstrip()
