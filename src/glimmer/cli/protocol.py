"""`glimmer protocol`: check a protocol file before anybody approves it, and compare two in words."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glimmer.cli.speak import give_up, say, say_json

if TYPE_CHECKING:
    from glimmer.guidance import Protocol
    from glimmer.monitoring.rehearsal import Rehearsal

app = typer.Typer(help="Check and compare treatment protocols.", no_args_is_help=True)
FILE = Annotated[str, typer.Argument(help="A protocol's file, or the id of one that Glimmer has (id@version).")]
# The day of the played session: any would do.
PLAYED_ON = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@app.command()
def check(
    file: FILE,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
    with_log: Annotated[bool, typer.Option("--log", help="Print the log of the played session.")] = False,
) -> None:
    """Find what is wrong with a protocol, and play it through a session. Ends with 1 where anything is wrong."""
    from glimmer.care.protocol_check import examine_protocol
    from glimmer.monitoring.rehearsal import Rehearsal, dangers_missed, rehearse

    found = _read(file)
    examined = examine_protocol(found)
    played, missed = Rehearsal(), list[str]()
    if examined.playable:
        played, missed = rehearse(found, PLAYED_ON), dangers_missed(found, PLAYED_ON)
    wrong = [*examined.wrong, *played.wrong, *missed]
    if as_json:
        say_json({"id": found.id, "version": found.version, "digest": found.digest, "wrong": wrong,
                  "to_sign": examined.to_sign, "left_after_minutes": played.left_after})  # fmt: skip
    else:
        _say(found, wrong, examined.to_sign, played, with_log)
    if wrong:
        raise typer.Exit(1)


@app.command()
def compare(old: FILE, new: FILE) -> None:
    """Say in words what the second protocol states otherwise than the first."""
    from glimmer.guidance.compare import differences

    first, second = _read(old), _read(new)
    found = differences(first, second)
    say(f"{first.id} version {first.version} and {second.id} version {second.version}: {len(found)} differences.")
    for sentence in found:
        say(f"- {sentence}")


def _say(found: "Protocol", wrong: list[str], to_sign: tuple[str, ...], played: "Rehearsal", with_log: bool) -> None:
    say(f"{found.title}\n{found.id}, version {found.version}, fingerprint {found.digest[:12]}")
    if with_log:
        say("\nThe played session, in minutes from the start:")
        for minute, line in played.told:
            say(f"{minute:7.0f}  {line}")
    if played.left_after is not None:
        say(f"\nPlayed through: the patient left {played.left_after:.0f} minutes after the start.")
    say(f"\nWrong: {len(wrong) or 'nothing'}")
    for sentence in wrong:
        say(f"- {sentence}")
    say(f"\nFor a clinician to sign, because no source carries it: {len(to_sign) or 'nothing'}")
    for sentence in to_sign:
        say(f"- {sentence}")


def _read(named: str) -> "Protocol":
    from glimmer.guidance import GuidanceError, protocol
    from glimmer.guidance.protocol import parse_protocol, read_protocol_tables

    path = Path(named)
    if not path.is_file():
        if path.suffix:
            give_up(f"There is no file {named}. Check the name and the folder.")
        protocol_id, _, version = named.partition("@")
        try:
            return protocol(protocol_id, version or None)
        except KeyError as problem:
            give_up(str(problem.args[0]))
    try:
        return parse_protocol(read_protocol_tables(path), where=path.name)
    except GuidanceError as problem:
        give_up(f"{path.name} is no protocol yet: {problem}")
