"""`glimmer audit`: prove that the audit trail is whole."""

from pathlib import Path
from typing import Annotated, Any

import typer

from glimmer.cli.django_setup import start_django
from glimmer.cli.speak import give_up, problems_in_words, say, say_json

app = typer.Typer(help="Check the audit trail.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Check the audit trail."""


@app.command("verify")
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
    heads: Annotated[
        Path | None, typer.Option(help="Folder with the heads to compare with: a copy from another machine.")
    ] = None,
    exported: Annotated[
        Path | None, typer.Option(help="Folder with the signed heads that were exported, from where they are kept.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(help="The public key that the exported heads are signed by.")
    ] = None,
) -> None:
    """Recompute the chain of the audit trail and say whether every line is as it was written.

    Finds a line that was changed, inserted, moved or removed, and, against the heads that were kept in files, a tail
    that was cut off; against exported heads also a trail that was written anew with the clinic's own key. The pages
    of the controlled drugs register are looked through as well.
    Exit code 1 when anything is broken.
    """
    start_django()
    from django.conf import settings

    from glimmer.records.audit import AuditLine, broken_at
    from glimmer.records.controlled import broken_pages
    from glimmer.records.heads import FOLDER, heads_in, not_kept

    if (exported is None) != (public_key is None):
        give_up("Exported heads need their public key: give both --exported FOLDER and --public-key FILE.")
    wrong = broken_at()
    last = AuditLine.objects.order_by("-pk").first()
    head = last.mac if last else ""
    lines, head_at = AuditLine.objects.count(), last.at.isoformat() if last else ""
    answer: dict[str, Any] = {
        "whole": wrong is None,
        "broken_at": wrong,
        "lines": lines,
        "head": head,
        "head_at": head_at,
        "register_broken_at": broken_pages(),
        "heads_not_kept": not_kept(heads_in(heads or settings.ENVIRONMENT.data_dir / FOLDER)),
        "exported_not_kept": _exported_not_kept(exported, public_key) if exported and public_key else [],
    }
    if as_json:
        say_json(answer)
    elif last is None:
        say("The audit trail is whole: it is empty.")
    elif wrong is None:
        say(f"The audit trail is whole: {lines:,} lines. Head {head[:16]} of {head_at}.")
    if wrong is not None:
        give_up(f"The audit trail is broken at line {wrong}: it or the line before it is not as it was written.")
    for page, number in answer["register_broken_at"].items():
        give_up(f"The controlled drugs register is broken: page “{page}”, entry {number}, is not as it was written.")
    for lost in (answer["heads_not_kept"], answer["exported_not_kept"]):
        if lost:
            give_up("The audit trail or the register has lost what it held: " + " ".join(lost[:5]))


@app.command("new-key")
def new_signing_key(
    file: Annotated[Path, typer.Argument(help="File for the private key; FILE.pub is the public.")],
) -> None:
    """Make the key that signs the exported heads. Keep the public key where the exported heads are kept."""
    from glimmer.records.signed_heads import new_key

    start_django()
    with problems_in_words():
        public = new_key(file)
    say(f"The private key is in {file}: name it in GLIMMER_AUDIT_SIGNING_KEY. The public key is in {public}.")


@app.command("export")
def export(
    into: Annotated[Path | None, typer.Option(help="Folder to export to; default: GLIMMER_AUDIT_EXPORT_TO.")] = None,
    key: Annotated[Path | None, typer.Option(help="The private key; default: GLIMMER_AUDIT_SIGNING_KEY.")] = None,
) -> None:
    """Sign where the chains end and write it into a file of its own, which then leaves this machine.

    The running process does it once a day by itself where a signing key is set; this command is for a schedule on
    another machine that reads the same database, and for the moment before a backup is put back.
    """
    start_django()
    from datetime import UTC, datetime

    from django.conf import settings

    from glimmer.records.heads import head_now
    from glimmer.records.signed_heads import export_head, signing_key

    named = key or (Path(settings.ENVIRONMENT.audit_signing_key) if settings.ENVIRONMENT.audit_signing_key else None)
    if named is None:
        give_up("No signing key is set. Make one with: glimmer audit new-key FILE, and name it with --key.")
    with problems_in_words():
        folder = into or settings.ENVIRONMENT.audit_export_folder
        say(f"Exported: {export_head(head_now(), folder, signing_key(named), datetime.now(UTC))}")


@app.command("check-export")
def check_export(
    folder: Annotated[Path, typer.Argument(help="Folder with exported heads.")],
    public_key: Annotated[Path, typer.Option(help="The public key that they are signed by.")],
) -> None:
    """Say of each exported head whether it is the clinic's, with the public key alone: no database is needed."""
    start_django()
    from glimmer.records.signed_heads import exported_heads
    from glimmer.records.signed_heads import public_key as read_key

    with problems_in_words():
        found = list(exported_heads(folder, read_key(public_key)))
    for one in found:
        say(f"{one.where}: {one.body['lines']:,} lines on {one.body['at']}." if one.body else one.wrong)
    if not found or any(one.body is None for one in found):
        give_up("Not every head is the clinic's." if found else f"There is no exported head in {folder}.")


def _exported_not_kept(folder: Path, key: Path) -> list[str]:
    from glimmer.records.heads import lost_since
    from glimmer.records.signed_heads import exported_heads, public_key

    with problems_in_words():
        found = list(exported_heads(folder, public_key(key)))
    if not found:
        return [f"there is no exported head in {folder}."]
    return [one.wrong for one in found if one.body is None] + lost_since(
        (one.where, one.body) for one in found if one.body is not None
    )
