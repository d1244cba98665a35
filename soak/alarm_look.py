"""Look at one simulated session: `python -m soak.alarm_look SEED [VERSION]` says what was planted and shown."""

import sys

from glimmer.guidance.protocol import protocol
from soak.alarm_bedside import Bedside
from soak.alarm_session import OPENED_AT, Judge, Run


def look(seed: int, version: str | None = None) -> list[str]:
    """Return the session in lines, times in seconds after its opening."""
    bed = Bedside(seed, protocol("iv-racemic-standard", version))
    run = Run(bed)
    run.go()
    judge = Judge(bed)
    lines = [f"clock {bed.offset:+.0f} s, cuff sent {bed.cuff_mode}, ecg {bed.has_ecg}"]
    lines += [
        f"planted {one.danger.kind}: {one.starts:.0f}, fully from {one.since:.0f}, by {one.by:.0f}, "
        f"over {one.over_at:.0f} {one.beside}"
        for one in bed.planted
    ]
    lines += [f"artefact {one.kind}: {one.since:.0f} to {one.until:.0f}" for one in bed.artefacts]
    for shown in sorted(run.shown.values(), key=lambda one: one.at):
        scope, was_true = judge.of_alarm(shown)
        onset = (shown.alarm.onset - OPENED_AT).total_seconds()
        verdict = f"{scope} {'true' if was_true else 'FALSE'}" if scope else "written by a person"
        lines.append(f"shown {shown.at:.0f} (onset {onset:.0f}) {shown.alarm.rule}: {shown.alarm.says} [{verdict}]")
    return lines


if __name__ == "__main__":
    print("\n".join(look(int(sys.argv[1]), *sys.argv[2:3])))
