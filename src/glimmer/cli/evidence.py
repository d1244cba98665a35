"""`glimmer evidence`: what many courses say, and what a decision model makes of it. Each command has its own file."""

import typer

from glimmer.cli import evidence_run
from glimmer.cli.evidence_access import access
from glimmer.cli.evidence_capacity import capacity
from glimmer.cli.evidence_economics import economics
from glimmer.cli.evidence_rollout import rollout
from glimmer.cli.evidence_update import update

app = typer.Typer(help="Evidence: what a registry says, and whether treatment is worth its cost.", no_args_is_help=True)

app.command("run")(evidence_run.run)


@app.callback()
def evidence() -> None:
    """Evidence: what a registry says, and whether treatment is worth its cost."""


app.command("update")(update)
app.command("economics")(economics)
app.command("capacity")(capacity)
app.command("access")(access)
app.command("rollout")(rollout)
