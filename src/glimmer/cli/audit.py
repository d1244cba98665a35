"""`glimmer audit`: prove that the audit trail is whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from glimmer.cli.django_setup import start_django
from glimmer.cli.speak import give_up, problems_in_words, say, say_json

# Of each kind of head, so many losses are told one by one: after a cut every later head tells the same.
MOST_TOLD = 5

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
    if (exported is None) != (public_key is None):
        give_up("Exported heads need their public key: give both --exported FOLDER and --public-key FILE.")
    found = _looked_through(heads, exported, public_key)
    if as_json:
        say_json(found)
    elif found["whole"]:
        held = (
            f"{found['lines']:,} lines. Head {found['head'][:16]} of {found['head_at']}"
            if found["lines"]
            else "it is empty"
        )
        say(f"The audit trail is whole: {held}.")
    wrong = list(_wrong_in_words(found))
    if wrong:
        give_up("\n".join(wrong))


def _looked_through(heads: Path | None, exported: Path | None, public_key: Path | None) -> dict[str, Any]:
    """Return what was found in the trail, the register and each kind of head: all of it, whatever is broken first."""
    from django.conf import settings

    from glimmer.records.audit import AuditLine, broken_at
    from glimmer.records.controlled import broken_pages
    from glimmer.records.heads import FOLDER, heads_in, not_kept

    wrong, last = broken_at(), AuditLine.objects.order_by("-pk").first()
    return {
        "whole": wrong is None,
        "broken_at": wrong,
        "lines": AuditLine.objects.count(),
        "head": last.mac if last else "",
        "head_at": last.at.isoformat() if last and last.at else "",
        "register_broken_at": broken_pages(),
        "heads_not_kept": not_kept(heads_in(heads or settings.ENVIRONMENT.data_dir / FOLDER)),
        "exported_not_kept": _exported_not_kept(exported, public_key) if exported and public_key else [],
    }


def _wrong_in_words(found: dict[str, Any]) -> Iterator[str]:
    if found["broken_at"] is not None:
        yield f"The audit trail is broken at line {found['broken_at']}: it or the one before is not as it was written."
    for page, number in found["register_broken_at"].items():
        yield f"The controlled drugs register is broken: page “{page}”, entry {number}, is not as it was written."
    for lost in (found["heads_not_kept"], found["exported_not_kept"]):
        if lost:
            more = f" And {len(lost) - MOST_TOLD} more." if len(lost) > MOST_TOLD else ""
            yield f"The audit trail or the register has lost what it held: {' '.join(lost[:MOST_TOLD])}{more}"


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
