"""`glimmer session`: a session as one file: write it, check it, look at any moment of it."""

import os
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glimmer.cli.django_setup import start_django
from glimmer.cli.speak import give_up, problems_in_words, read_file, say, say_json
from glimmer.cli.typed import person_named

if TYPE_CHECKING:
    from glimmer.monitoring.recording.examine import Recording

app = typer.Typer(help="Export a session as a file, check such a file, replay it.", no_args_is_help=True)

MOST_BYTES = 500_000_000

File = Annotated[Path, typer.Argument(help="A file that ends in .glimmer.zip.")]


@app.callback()
def session() -> None:
    """Export a session as a file, check such a file, replay it."""


@app.command("export")
def export(
    session_id: Annotated[int, typer.Argument(help="The number of the session, as in its page's address.")],
    user: Annotated[str, typer.Option("--as", help="User name of the psychiatrist who exports it.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write it (default: session-ID.glimmer.zip here).")
    ] = None,
    with_messages: Annotated[
        bool, typer.Option("--with-messages", help="Put the raw messages of the devices in, too.")
    ] = False,
) -> None:
    """Write one session as a file that proves itself, and enter its digest into the audit trail.

    The file holds the patient's name and the whole record: keep and send it as such.

    Example: glimmer session export 12 --as idris.penhallow -o /secure/session-12.glimmer.zip
    """
    start_django()
    from glimmer.actions.recording import export_session
    from glimmer.records.access import access_session

    staff = person_named(user, "exports it")
    with problems_in_words():
        exported = export_session(
            access_session(staff, session_id, "session.export"), by=staff, with_messages=with_messages
        )
    target = output or Path(exported.name)
    try:
        target.write_bytes(exported.raw)
    except OSError as problem:
        give_up(f"{target} could not be written ({problem.strerror}). Name another place with -o.")
    say(f"Wrote {target}, {len(exported.raw):,} bytes. Digest {exported.digest}.")
    say("It holds the patient's name and the whole record of the session: keep it and send it as such.")


@app.command("verify")
def verify(
    file: File,
    file_only: Annotated[
        bool, typer.Option("--file-only", help="Do not ask this machine's clinic whether the file is its own.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Say whether a file is what a Glimmer once wrote, and whether this machine's clinic wrote it.

    Looks at every byte, the chain of the entries, the protocol, and whether the entries give the states that the
    record prints; with a clinic's database at hand also at the audit trail and the stored log. Exit code 1 when
    anything does not hold.

    Example: glimmer session verify session-12.glimmer.zip
    """
    raw = read_file(file, most_bytes=MOST_BYTES)
    from glimmer.monitoring.recording.examine import examine, in_words

    examined = examine(raw)
    findings = examined.findings
    asked = not file_only and _has_clinic()
    if asked:
        start_django()
        from glimmer.actions.recording import compare_with_clinic

        findings += compare_with_clinic(examined)
    holds = all(finding.holds for finding in findings)
    if as_json:
        told = [{"holds": finding.holds, "says": finding.says} for finding in findings]
        say_json({"holds": holds, "digest": examined.digest, "asked_clinic": asked, "findings": told})
    else:
        for line in in_words(findings):
            say(line)
        if not asked:
            say("– No clinic was asked: this says that the file is whole, not that a certain clinic wrote it.")
        say(f"Digest {examined.digest or 'none'}.")
    if not holds:
        give_up(f"{file} does not hold: do not rely on it.")


def _has_clinic() -> bool:
    # The same names as in config/environment.py; asking Django would make a data folder where there is none.
    folder = Path(os.environ.get("GLIMMER_DATA_DIR", "var"))
    return bool(os.environ.get("GLIMMER_DATABASE_URL")) or (folder / "glimmer.sqlite3").is_file()


@app.command("replay")
def replay(
    file: File,
    at: Annotated[str, typer.Option("--at", help="A time of the session by the clinic's clock, such as 10:31:05.")],
) -> None:
    """Say in words what was known at one moment of a session, from the file alone.

    Example: glimmer session replay session-12.glimmer.zip --at 10:31:05
    """
    raw = read_file(file, most_bytes=MOST_BYTES)
    from glimmer.care.session.log import fold
    from glimmer.guidance import GuidanceError
    from glimmer.monitoring.recording.chain import Damaged
    from glimmer.monitoring.recording.examine import examine, in_words
    from glimmer.monitoring.recording.words import state_in_words
    from glimmer.monitoring.state import as_received, session_state

    examined = examine(raw)
    if examined.recording is None or not examined.holds:
        give_up("\n".join([*in_words(examined.findings), f"{file} does not hold, so it is not replayed."]))
    recording = examined.recording
    try:
        moment = _moment(at, recording)
        known = as_received(recording.events, moment)
        lines = state_in_words(session_state(known, moment), fold(known), recording.zone)
    except (Damaged, GuidanceError) as problem:
        give_up(str(problem))
    say(f"REPLAY of session {recording.session_id}, not live.")
    for line in lines:
        say(line)


def _moment(text: str, recording: "Recording") -> datetime:
    """Return the moment that a person names, within the session; give up where it names none."""
    first = min(event.received_at for event in recording.events)
    last = max(event.received_at for event in recording.events)
    try:
        found = datetime.fromisoformat(text) if len(text) > len("10:31:05.000") else None
        clock = time.fromisoformat(text) if found is None else None
    except ValueError:
        give_up(f"{text} is no time. Write it as 10:31:05, or with its date as 2026-11-23T10:31:05+00:00.")
    days = {moment.astimezone(recording.zone).date() for moment in (first, last)}
    tried = [found] if found else [datetime.combine(day, clock, recording.zone) for day in sorted(days)]  # type: ignore[arg-type]
    minute = timedelta(minutes=1)
    within = [one for one in tried if one.tzinfo and first - minute <= one <= last + minute]
    if not within:
        span = " to ".join(f"{one.astimezone(recording.zone):%Y-%m-%d %H:%M:%S}" for one in (first, last))
        give_up(f"{text} is no time of this session, which went from {span}.")
    return max(within[0], first)
