"""`glimmer guidance`: the protocols and the clinical figures, each with its source."""

from dataclasses import asdict
from typing import Annotated

import typer

from glimmer.cli.speak import give_up, say, say_json

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
    say(f"Dose: {found.dose_mg_per_kg.value} {found.dose_mg_per_kg.unit} over {found.infusion_minutes.value} minutes")
    say(f"Course: {found.sessions.value} sessions, {found.days_between.value} days apart")
    say("\nAlarms")
    for rule in found.alarms:
        say(f"  {rule.priority:<7} {rule.id:<28} {rule.says}  [{rule.evidence}: {rule.source}]")


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
