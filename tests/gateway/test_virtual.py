"""The virtual bedsides: real HL7, the same curve after a restart, and a line that comes back."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from glimmer.gateway.message import PatientIdentifier, read_message
from glimmer.gateway.server import Gateway, Outcome
from glimmer.gateway.virtual import SCRIPTS, Pause, VirtualBedside, run
from glimmer.vocabulary.parameters import Parameter

# Their probe slips, or their cuff finds nothing.
LACK_VALUES = {"probe off", "vomiting", "agitation", "drawn"}
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def bedside(**changes) -> VirtualBedside:
    facts = {
        "identifiers": (("9990000018", "NHS", "NH"),),
        "patient_name": ("O'Example^", "Zed"),
        "bay": "Bay 1",
        "monitor_id": "bay-1-monitor",
        "pump_id": "bay-1-pump",
        "seed": 7,
        "started_at": START,
    }
    return VirtualBedside(**(facts | changes))


def values(bed: VirtualBedside, at: datetime) -> dict[Parameter, float]:
    return {r.parameter: r.value for r in read_message(bed.monitor_message(at), at).readings}


def pump(bed: VirtualBedside, at: datetime) -> dict[Parameter, float]:
    return {r.parameter: r.value for r in read_message(bed.pump_message(at), at).readings}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_that_is_sent_is_understood(script, seed):
    bed = bedside(script=script, seed=seed)
    for seconds in range(-600, 7200, 97):
        at = START + timedelta(seconds=seconds)
        for raw in (bed.monitor_message(at), bed.pump_message(at)):
            message = read_message(raw, at)
            assert message.quarantine == ""
            assert message.problems == ()
            assert message.identifiers == (PatientIdentifier("9990000018", "NHS", "NH"),)
            assert message.patient_name == "Zed O'Example^"
            reasons = {row.why_not for row in message.rows if row.parameter and not row.charted}
            assert reasons <= ({"no value was sent"} if script in LACK_VALUES else set())


def test_the_same_seed_and_time_give_the_same_message_in_another_process_life():
    assert bedside().monitor_message(minute(12.34)) == bedside().monitor_message(minute(12.34))
    assert bedside().monitor_message(minute(12)) != bedside(seed=8).monitor_message(minute(12))


def test_pressure_of_a_calm_session_rises_and_stays_below_the_limits():
    rises = []
    for seed in range(20):
        pressures = [values(bedside(seed=seed), minute(m))[Parameter.SYSTOLIC] for m in range(-10, 100)]
        assert max(pressures) < 165
        rises.append(sum(pressures[35:55]) / 20 - sum(pressures[:10]) / 10)
    # Published means are 3 to 7 mmHg, and people differ.
    assert 3 < sum(rises) / 20 < 9


@pytest.mark.parametrize("seed", range(10))
def test_hypertensive_patient_crosses_the_first_limit_within_three_minutes_and_then_the_second(seed):
    script_from = minute(12)
    bed = bedside(script="hypertensive", seed=seed, script_from=script_from)
    before = values(bed, script_from - timedelta(seconds=1))
    at_three, later = (values(bed, script_from + timedelta(minutes=m)) for m in (3, 10))
    assert before[Parameter.SYSTOLIC] < 165
    assert at_three[Parameter.SYSTOLIC] >= 165
    assert later[Parameter.SYSTOLIC] > 180
    assert later[Parameter.DIASTOLIC] > 110


def test_saturation_falls_and_comes_back():
    bed = bedside(script="desaturation")
    assert values(bed, minute(5))[Parameter.SPO2] < 90
    assert values(bed, minute(12))[Parameter.SPO2] > 94


def test_probe_that_slips_sends_no_value_and_an_alarm_with_start_and_end():
    bed = bedside(script="probe off")
    assert Parameter.SPO2 in values(bed, minute(1))
    assert Parameter.SPO2 not in values(bed, minute(3))
    assert Parameter.SYSTOLIC in values(bed, minute(3))
    assert Parameter.SPO2 in values(bed, minute(6))
    alarms = [read_message(raw, START).alarm for raw in bed.monitor_events(minute(0), minute(10))]
    assert [(a.phase, a.state, a.type, a.key) for a in alarms] == [
        ("start", "active", "technical", "bay-1-monitor-probe"),
        ("end", "inactive", "technical", "bay-1-monitor-probe"),
    ]
    assert bed.monitor_events(minute(10), minute(20)) == []


def test_cycles_go_on_evenly_across_a_change_of_the_clocks():
    # The demo's bedsides are anchored to now, and its past sessions lie before the clocks went back.
    london = ZoneInfo("Europe/London")
    now = datetime(2026, 10, 12, 9, 10, tzinfo=london)
    bed = bedside(script_from=datetime(2026, 11, 26, 23, 58, 40, tzinfo=london))
    measured = read_message(bed.monitor_message(now), now).readings
    assert all(now - reading.measured_at <= timedelta(minutes=15) for reading in measured)


def test_cuff_repeats_its_old_value_with_its_old_time_between_cycles():
    bed = bedside(cuff_every_seconds=180)
    cuffs = [
        next(r for r in read_message(bed.monitor_message(at), at).readings if r.parameter is Parameter.SYSTOLIC)
        for at in (minute(3), minute(4.5), minute(5.9), minute(6))
    ]
    assert [c.measured_at for c in cuffs] == [minute(3), minute(3), minute(3), minute(6)]
    assert cuffs[0].value == cuffs[1].value == cuffs[2].value


def test_pump_gives_its_volume_at_its_rate_and_then_stops():
    bed = bedside(rate_ml_per_hour=75.0, volume_ml=50.0)
    # 75 mL/h for 20 min is 25 mL; 50 mL take 40 min.
    halfway = pump(bed, minute(20))
    assert (halfway[Parameter.INFUSION_RATE], halfway[Parameter.VOLUME_INFUSED]) == (75.0, 25.0)
    assert (halfway[Parameter.VOLUME_REMAINING], halfway[Parameter.TIME_REMAINING]) == (25.0, 20.0)
    done = pump(bed, minute(41))
    assert (done[Parameter.INFUSION_RATE], done[Parameter.VOLUME_INFUSED]) == (0.0, 50.0)
    assert bed.completes_at() == minute(40)


def test_pump_stands_still_in_a_pause_and_goes_on_after_it():
    bed = bedside(pauses=(Pause(minute(10), minute(15)), Pause(minute(20))))
    assert pump(bed, minute(12))[Parameter.INFUSION_RATE] == 0.0
    assert pump(bed, minute(12))[Parameter.VOLUME_INFUSED] == 12.5
    assert pump(bed, minute(18))[Parameter.INFUSION_RATE] == 75.0
    # 10 + 5 minutes of pumping, and the last pause is still on.
    assert pump(bed, minute(50))[Parameter.VOLUME_INFUSED] == 18.8
    assert bed.completes_at() is None


def test_pump_that_was_stopped_early_gives_no_more():
    bed = bedside(stopped_at=minute(8))
    assert pump(bed, minute(30))[Parameter.VOLUME_INFUSED] == 10.0
    assert bed.completes_at() is None


def test_pump_reports_what_happens_to_it_in_order():
    bed = bedside(pauses=(Pause(minute(10), minute(15)),))
    events = [read_message(raw, START) for raw in bed.pump_events(minute(-1), minute(60))]
    assert [(e.kind, e.pump.code, e.sent_at) for e in events] == [
        ("pump", "197288", minute(0)),
        ("pump", "197290", minute(10)),
        ("pump", "197288", minute(15)),
        ("pump", "197292", minute(45)),
    ]


def test_pump_that_stops_by_itself_gives_nothing_meanwhile_and_says_so():
    bed = bedside(script="pump stands", pauses=(Pause(minute(6), minute(10)),))
    # The script has it stand from minute 4 to 9, and the nurse until 10: 4 minutes have flowed.
    assert pump(bed, minute(9.5))[Parameter.VOLUME_INFUSED] == 5.0
    assert pump(bed, minute(11))[Parameter.INFUSION_RATE] == 75.0
    assert bed.completes_at() == minute(46)
    codes = [read_message(raw, START).pump.code for raw in bed.pump_events(minute(3), minute(12))]
    assert codes == ["197290", "197288"]


def test_line_that_came_apart_shows_nothing_at_the_pump_and_leaves_the_patient_without():
    apart, whole = bedside(script="line disconnected"), bedside()
    assert pump(apart, minute(20)) == pump(whole, minute(20))
    at = minute(38).timestamp()
    assert apart.patient.level(at) < whole.patient.level(at) / 3


def test_pause_lets_the_level_fall_and_less_drug_reaches_the_patient():
    paused, whole = bedside(pauses=(Pause(minute(20)),)), bedside()
    reached = [sum(mg for _, _, mg in bed.patient.given) for bed in (paused, whole)]
    # Half of 50 mL with 0.7 mg/mL, and all of it.
    assert reached == pytest.approx([17.5, 35.0])
    assert paused.patient.level(minute(40).timestamp()) < whole.patient.level(minute(40).timestamp()) / 2


def test_unknown_script_is_refused_with_the_choice():
    with pytest.raises(ValueError, match="calm, hypertensive, desaturation, probe off, vomiting"):
        bedside(script="party")


class Chart:
    """A sink that notes who measured what, and can be made to fail for a while."""

    def __init__(self) -> None:
        self.devices: list[str] = []
        self.failures_left = 0

    def store(self, batch):
        if self.failures_left:
            self.failures_left -= 1
            raise OSError("disk full")
        self.devices += [received.message.device for received in batch]
        return [Outcome("charted") for _ in batch]


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def test_devices_play_over_the_wire_come_and_go_and_survive_a_restart_of_the_gateway():
    async def story() -> None:
        chart = Chart()
        gateway = Gateway(chart, port=0)
        await gateway.start()
        host, port = gateway.address
        now = datetime.now(UTC)
        beds = [bedside(started_at=now)]
        playing = asyncio.create_task(run(lambda: beds, host, port, every_seconds=0.02))
        try:
            await until(lambda: {"bay-1-monitor", "bay-1-pump"} <= set(chart.devices))
            beds.append(bedside(started_at=now, monitor_id="bay-2-monitor", pump_id="bay-2-pump"))
            await until(lambda: "bay-2-monitor" in chart.devices)
            chart.failures_left = 1
            await until(lambda: chart.failures_left == 0)
            await gateway.stop()
            chart.devices.clear()
            gateway = Gateway(chart, host, port)
            await gateway.start()
            await until(lambda: {"bay-1-monitor", "bay-2-monitor", "bay-1-pump"} <= set(chart.devices))
            del beds[0]
            await asyncio.sleep(0.3)
            chart.devices.clear()
            await until(lambda: len(chart.devices) > 10)
            assert set(chart.devices) <= {"bay-2-monitor", "bay-2-pump"}
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            await gateway.stop()

    asyncio.run(story())
