"""The golden sessions: what happens in each. Times are minutes after the opening; the infusion starts at minute 15."""

from collections.abc import Callable

from glimmer.care.session.events import (
    DeviceAlarm,
    Discharged,
    InfusionCompleted,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    LeavingChecked,
    NoteWritten,
)
from tests.monitoring.golden.bedside import MONITOR, PUMP, Bedside

ML_PER_MINUTE = 75 / 60


def _beginning(bed: Bedside) -> None:
    bed.monitor(2, systolic=122, diastolic=78, mean_pressure=93)
    bed.calm(3, 5)
    bed.prepares_and_checks(6)
    bed.calm(10, 14, every=2)
    bed.calm(14.9, 14.9)
    bed.tell(InfusionStarted(), 15)
    bed.pump(15.3, 75, 0.3)
    bed.calm(15.4, 15.4)


def _minutes(bed: Bedside, since: int, until: int, **other: float) -> None:
    """Whole minutes of a running infusion: monitor every half minute, pump every minute, the cuff every five."""
    for at in range(since, until):
        bed.monitor(at + 0.1, pulse=84, spo2=97, respiratory_rate=13, **other)
        if at % 5 == 0:
            bed.monitor(at + 0.2, systolic=138, diastolic=84, mean_pressure=102)
        bed.pump(at + 0.3, 75, round((at + 0.3 - 15) * ML_PER_MINUTE, 1))
        bed.monitor(at + 0.6, pulse=85, spo2=98, respiratory_rate=14, **other)


def _leaving(bed: Bedside, at: float) -> None:
    for criterion in bed.protocol.leaving:
        if not criterion.measured:
            bed.tell(LeavingChecked(criterion.id, "yes"), at)
    bed.tell(Discharged("Sister, Nel Applewhistle"), at + 1)


def calm(bed: Bedside) -> None:
    """Nothing goes wrong, but one round of observations is forgotten."""
    _beginning(bed)
    bed.observes(15.5, due=0)
    _minutes(bed, 16, 25)
    bed.observes(25.05, due=10, systolic=136, diastolic=84, pulse=82)
    _minutes(bed, 25, 40)
    bed.observes(40.05, due=20, consciousness="A", sedation=4, systolic=139, diastolic=86, pulse=84)
    _minutes(bed, 40, 45)
    bed.observes(45.05, due=30, systolic=137, diastolic=85, pulse=83)
    _minutes(bed, 45, 55)
    bed.tell(InfusionCompleted(50.0), 55)
    bed.observes(55.5, due=40, systolic=134, diastolic=82)
    bed.calm(60, 110, every=10)
    bed.observes(110.2, due=70, systolic=124, diastolic=79)
    bed.passes(119)
    _leaving(bed, 120)


def hypertensive(bed: Bedside) -> None:
    """A pressure that climbs past every limit, between loose probes, a stale cuff value and an impossible one."""
    _beginning(bed)
    bed.observes(15.5, due=0)
    _minutes(bed, 16, 22)
    # A probe slips for eight seconds: no alarm under the ten seconds of the rule.
    for second in range(8):
        bed.monitor(22.1 + second / 60, spo2=84, pulse=86)
    bed.monitor(22.25, spo2=97, pulse=86)
    bed.calm(23, 23)
    bed.calm(23.9, 23.9)
    bed.observes(24, due=10, systolic=150, diastolic=92)
    # The cuff finds 172/98, and the monitor sends it again every ten seconds with its old time.
    for step in range(12):
        bed.monitor(25 + step / 6, measured=25, systolic=172, diastolic=98, mean_pressure=123)
        bed.monitor(25.1 + step / 6, pulse=88, spo2=97, respiratory_rate=15)
    _minutes(bed, 27, 30)
    bed.takes_charge("hypertension", 29.9, "Told Dr Penhallow; repeat in 5 minutes")
    bed.monitor(30.2, systolic=186, diastolic=108, mean_pressure=134)
    bed.monitor(31.0, systolic=260, diastolic=255, mean_pressure=256)  # The tube was kinked.
    bed.monitor(32.0, systolic=184, diastolic=106, mean_pressure=132)
    bed.observes(33, due=20, systolic=185, diastolic=106, consciousness="C", sedation=4)
    bed.monitor(35.3, systolic=188, diastolic=112, mean_pressure=137)
    bed.tell(InfusionPaused("Pressure 188/112"), 35.5)
    bed.pump(36.2, 0, 25.4)
    bed.takes_charge("hypertension-severe-lasting", 36.5, "Paused the pump; doctor at the bay")
    bed.monitor(38, systolic=204, diastolic=116, mean_pressure=145)
    bed.tell(InfusionStopped("Pressure 204/116"), 38.5)
    bed.pump(39.2, 0, 25.4)
    for step in range(12):
        bed.monitor(40 + step * 5, systolic=190 - step * 5, diastolic=108 - step * 2, pulse=88, spo2=97)
    bed.observes(99.5, due=70, systolic=136, diastolic=86)
    bed.takes_charge("hypertension-extreme", 100, "Labetalol given by Dr Penhallow at 38 minutes")


def pump_trouble(bed: Bedside) -> None:
    """The pump is late, slow, paused without a word and corrected; readings arrive late, and one is withdrawn."""
    _beginning(bed)
    for step in range(8):
        bed.pump(16 + step * 0.1, 60, 1.0)  # Slower than was prepared.
    bed.pump(17, 75, 2.1)
    bed.takes_charge("pump_too_slow", 17.2, "Rate set right")
    _minutes(bed, 18, 24)
    alarm = DeviceAlarm(PUMP, "196940", "Occlusion", phase="start", state="active", priority="PM")
    bed.tell(alarm, 24.1, by=f"device {PUMP}", by_id=None)
    for step in range(10):
        bed.pump(24.2 + step * 0.1, 0, 11.3)
    bed.tell(InfusionPaused("Line kinked"), 24.1, heard=25.5)
    bed.tell(InfusionResumed(), 26)
    end = DeviceAlarm(PUMP, "196940", "Occlusion", phase="end", state="inactive", priority="PM")
    bed.tell(end, 26.1, by=f"device {PUMP}", by_id=None)
    bed.pump(26.2, 75, 11.4)
    bed.monitor(26.5, pulse=80, spo2=97, respiratory_rate=13)
    # Two minutes of silence; what was measured in them arrives later, and says that saturation was low.
    wrong = bed.observes(29.2, due=10, systolic=212, diastolic=80)
    for step in range(6):
        bed.late(27 + step / 12, 29.5 + step / 60, spo2=88, pulse=95)
    bed.late(27.6, 29.7, spo2=96, pulse=90)
    bed.monitor(30, pulse=82, spo2=97, respiratory_rate=14)
    bed.corrects(wrong, 31, "Typed 212 for 121.")
    bed.observes(31.1, due=10, systolic=121, diastolic=80)
    bed.monitor(31.2, pulse=82, spo2=97, respiratory_rate=14)
    for step in range(30):
        bed.pump(32 + step, 75, round(18.5 + step * ML_PER_MINUTE, 1))
        bed.monitor(32.2 + step, pulse=82, spo2=97, respiratory_rate=14)
    bed.tell(InfusionCompleted(52.9), 62)
    for step in range(5):
        bed.pump(62.3 + step * 0.2, 75, 53 + step * 0.25)  # It runs on.
    bed.pump(63.5, 0, 54.1)
    bed.tell(NoteWritten("Pump taken out of use."), 70)
    bed.late(45, 71, MONITOR, respiratory_rate=6)


STORIES: dict[str, tuple[Callable[[Bedside], None], str, tuple[float, ...]]] = {
    "calm": (
        calm,
        "iv-racemic-oxford-weekly",
        (1, 6.5, 9.5, 14.9, 15.2, 20, 26, 37.9, 38.1, 41, 50, 56, 75, 100, 119.5, 122),
    ),
    "hypertensive": (
        hypertensive,
        "iv-racemic-standard",
        (5, 15.1, 22.3, 24.5, 25.1, 27, 30, 30.5, 31.2, 33.1, 35.4, 36.4, 37, 38.2, 45, 80, 101),
    ),
    "pump": (
        pump_trouble,
        "iv-racemic-standard",
        (12, 16.2, 16.8, 17.3, 24.3, 25, 25.6, 27.5, 28.5, 29.4, 30.5, 31.5, 47, 61, 62.9, 64, 72),
    ),
}
"""For each golden session: its story, its protocol, and the minutes at which its state was kept."""
