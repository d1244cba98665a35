"""`glimmer audit`: prove that the audit trail is whole."""

from typing import Annotated

import typer

from glimmer.cli.django_setup import start_django
from glimmer.cli.speak import give_up, say, say_json

app = typer.Typer(help="Check the audit trail.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Check the audit trail."""


@app.command("verify")
def verify(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """Recompute the chain of the audit trail and say whether every line is as it was written.

    Finds a line that was changed, inserted or removed in the middle. A removed tail can only be
    seen against the head digest printed here and kept elsewhere. Exit code 1 when the chain is broken.
    """
    start_django()
    from glimmer.records.audit import AuditLine, broken_at

    wrong = broken_at()
    last = AuditLine.objects.order_by("-pk").first()
    head = last.mac if last else ""
    lines, head_at = AuditLine.objects.count(), last.at.isoformat() if last else ""
    answer = {
        "whole": wrong is None,
        "broken_at": wrong,
        "lines": lines,
        "head": head,
        "head_at": head_at,
    }
    if as_json:
        say_json(answer)
    elif wrong is None:
        say(f"The audit trail is whole: {lines:,} lines. Head {head[:16]} of {head_at}.")
    if wrong is not None:
        give_up(f"The audit trail is broken at line {wrong}: it or the line before it is not as it was written.")
