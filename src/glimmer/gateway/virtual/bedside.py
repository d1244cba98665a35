"""One virtual bedside: the HL7 messages that its monitor and its pump send at a given time."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from glimmer.gateway.clock import hl7_time
from glimmer.gateway.hl7 import escape
from glimmer.guidance.virtual_scripts import Script, Windows, scripts
from glimmer.pharmacology.virtual.patient import Given, VirtualPatient
from glimmer.vocabulary.parameters import Parameter

SCRIPTS = tuple(scripts())
SENDING_APPLICATION = "GLIMMER_VIRTUAL"
TEMPERATURE_EVERY_SECONDS = 900
MMHG, PER_MINUTE, PERCENT = "266016^MDC_DIM_MMHG^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC", "262688^MDC_DIM_PERCENT^MDC"
BREATHS, CELSIUS = "264928^MDC_DIM_RESP_PER_MIN^MDC", "268192^MDC_DIM_DEGC^MDC"
ML_PER_HOUR, ML = "265266^MDC_DIM_MILLI_L_PER_HR^MDC^mL/h^mL/h^UCUM", "263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM"
MINUTES, MG_PER_ML = "264352^MDC_DIM_MIN^MDC^min^min^UCUM", "264306^MDC_DIM_MILLI_G_PER_ML^MDC^mg/mL^mg/mL^UCUM"


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the pump stood still; `until` is None while it still does."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class VirtualBedside:
    """A bay with a monitor and a pump. Times are aware.

    `identifiers` are (value, authority, type) as in PID-3. `started_at` is the start of the infusion (None
    before it), `script_from` the time from which `script` acts (default: the start of the infusion).
    `stopped_at` is when the infusion was ended early. Rates are in mL/h, volumes in mL, strength in mg/mL.
    What the script does to the pump comes on top of the `pauses`.
    """

    identifiers: tuple[tuple[str, str, str], ...]
    patient_name: tuple[str, str]
    bay: str
    monitor_id: str
    pump_id: str
    script: str = "calm"
    seed: int = 1
    started_at: datetime | None = None
    script_from: datetime | None = None
    cuff_every_seconds: int = 120
    drug: str = "Ketamine"
    rate_ml_per_hour: float = 75.0
    volume_ml: float = 50.0
    concentration_mg_per_ml: float = 0.7
    pauses: tuple[Pause, ...] = ()
    stopped_at: datetime | None = None
    weight_kg: float = 70.0
    sender: str = SENDING_APPLICATION

    def __post_init__(self) -> None:
        if self.script not in SCRIPTS:
            raise ValueError(f"There is no script {self.script!r}. Choose one of: {', '.join(SCRIPTS)}.")

    def monitor_message(self, now: datetime) -> bytes:
        """Return the vital signs at `now` as PCD-01. Cuff and temperature repeat their last value with its time."""
        cuff_at = self._cycle(now, self.cuff_every_seconds)
        taken_at = self._cycle(now, TEMPERATURE_EVERY_SECONDS)
        rows = [
            _heading("69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC", "1.0.0.0", self.monitor_id),
            _heading("70686^MDC_DEV_PRESS_BLD_NONINV_VMD^MDC", "1.1.0.0"),
            _heading("70687^MDC_DEV_PRESS_BLD_NONINV_CHAN^MDC", "1.1.1.0"),
            _value(
                "150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "1.1.1.1", self._at(Parameter.SYSTOLIC, cuff_at), MMHG, cuff_at
            ),
            _value(
                "150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "1.1.1.2", self._at(Parameter.DIASTOLIC, cuff_at), MMHG, cuff_at
            ),
            _value("150023^MDC_PRESS_BLD_NONINV_MEAN^MDC", "1.1.1.3", self._mean(cuff_at), MMHG, cuff_at),
            _heading("69642^MDC_DEV_ANALY_SAT_O2_VMD^MDC", "1.2.0.0"),
            _heading("70771^MDC_DEV_ANALY_PERF_REL_CHAN^MDC", "1.2.1.0"),
            _value("150456^MDC_PULS_OXIM_SAT_O2^MDC", "1.2.1.1", self._at(Parameter.SPO2, now), PERCENT),
            _value("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "1.2.1.2", self._at(Parameter.PULSE, now), PER_MINUTE),
            _value("151562^MDC_RESP_RATE^MDC", "1.3.1.1", self._at(Parameter.RESPIRATORY_RATE, now), BREATHS),
            _value("150344^MDC_TEMP^MDC", "1.4.1.1", self._at(Parameter.TEMPERATURE, taken_at, 1), CELSIUS, taken_at),
        ]
        observed = f"OBR|1||{self.monitor_id}-{_stamp(now)}|69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|||{_time(now)}"
        return self._message("ORU^R01^ORU_R01", "IHE_PCD_001", self.monitor_id, now, [observed, *_numbered(rows)])

    def pump_message(self, now: datetime, event: str = "") -> bytes:
        """Return the pump's state at `now`: as PCD-10 when something happened (`event`), else as PCD-01."""
        running, given = self._runs(now), self.infused_ml(now)
        rate = self.rate_ml_per_hour if running else 0.0
        left = max(0.0, self.volume_ml - given)
        minutes_left = left / self.rate_ml_per_hour * 60
        rows = [
            _heading("70049^MDC_DEV_PUMP_INFUS_LVP_MDS^MDC", "1.0.0.0", self.pump_id),
            *([_coded("68487^MDC_ATTR_EVT_COND^MDC", "1.0.0.1", event)] if event else []),
            _heading("70067^MDC_DEV_PUMP_DELIVERY_INFO^MDC", "1.1.1.0"),
            _coded(
                "184519^MDC_PUMP_INFUSING_STATUS^MDC", "1.1.1.1", f"^pump-status-{'' if running else 'not-'}infusing"
            ),
            _value("158014^MDC_FLOW_FLUID_PUMP_CURRENT^MDC", "1.1.1.2", f"{rate:.1f}", ML_PER_HOUR),
            _heading("70071^MDC_DEV_PUMP_INFUSATE_SOURCE_PRIMARY^MDC", "1.1.2.0"),
            _value("157884^MDC_VOL_FLUID_TBI^MDC", "1.1.2.1", f"{self.volume_ml:.1f}", ML),
            _value("157993^MDC_VOL_FLUID_DELIV_TOTAL^MDC", "1.1.2.2", f"{given:.1f}", ML),
            _value("157872^MDC_VOL_FLUID_TBI_REMAIN^MDC", "1.1.2.3", f"{left:.1f}", ML),
            _value("157916^MDC_TIME_PD_REMAIN^MDC", "1.1.2.4", f"{math.ceil(minutes_left)}", MINUTES),
            _coded("184514^MDC_DRUG_NAME_LABEL^MDC", "1.1.2.5", escape(self.drug), "ST"),
            _value("157760^MDC_CONC_DRUG^MDC", "1.1.2.6", f"{self.concentration_mg_per_ml:.2f}", MG_PER_ML),
        ]
        order = f"OBR|1|{self.pump_id}-{_stamp(now)}|{self.pump_id}-{_stamp(now)}|70049^MDC_DEV_PUMP_INFUS_LVP_MDS^MDC"
        kind, profile = ("ORU^R42^ORU_R01", "IHE_PCD_010") if event else ("ORU^R01^ORU_R01", "IHE_PCD_001")
        return self._message(kind, profile, self.pump_id, now, [f"{order}|||{_time(now)}", *_numbered(rows)])

    def alarm_message(self, now: datetime, phase: str) -> bytes:
        """Return the monitor's own alarm for a probe that is off, as PCD-04; `phase` is start or end."""
        state = "active" if phase == "start" else "inactive"
        rows = [
            _coded("196916^MDC_EVT_SENSOR_DISCONN^MDC", "1.2.1.1", "SpO2 probe off", "ST", marks="PL~ST")
            + f"|||||||{escape(self.monitor_id)}",
            _coded("68480^MDC_ATTR_ALERT_SOURCE^MDC", "1.2.1.2", "150456^MDC_PULS_OXIM_SAT_O2^MDC"),
            _coded("68481^MDC_ATTR_EVENT_PHASE^MDC", "1.2.1.3", phase, "ST"),
            _coded("68482^MDC_ATTR_ALARM_STATE^MDC", "1.2.1.4", state, "ST"),
            _coded("68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC", "1.2.1.5", "enabled", "ST"),
        ]
        order = f"OBR|1|{self.monitor_id}-{_stamp(now)}|{self.monitor_id}-probe|196616^MDC_EVT_ALARM^MDC|||{_time(now)}"
        return self._message("ORU^R40^ORU_R40", "IHE_PCD_ACM_001", self.monitor_id, now, [order, *_numbered(rows)], "A")

    def pump_events(self, since: datetime, until: datetime) -> list[bytes]:
        """Return the PCD-10 messages of what happened to the pump after `since` and up to `until`."""
        # Start is in the published sample; stop and complete are from memory of the nomenclature.
        happened = [(self.started_at, "197288^MDC_EVT_PUMP_DELIV_START^MDC")]
        for pause in self.stood:
            happened.append((pause.since, "197290^MDC_EVT_PUMP_DELIV_STOP^MDC"))
            happened.append((pause.until, "197288^MDC_EVT_PUMP_DELIV_START^MDC"))
        happened.append((self.stopped_at, "197290^MDC_EVT_PUMP_DELIV_STOP^MDC"))
        happened.append((self.completes_at(), "197292^MDC_EVT_PUMP_DELIV_COMP^MDC"))
        due = sorted((at, event) for at, event in happened if at is not None and since < at <= until)
        return [self.pump_message(at, event) for at, event in due]

    def monitor_events(self, since: datetime, until: datetime) -> list[bytes]:
        """Return the monitor's alarms that began or ended after `since` and up to `until`."""
        moments = [
            (at, phase)
            for window in self._times_of(self._script.probe_off)
            for at, phase in zip(window, ("start", "end"), strict=True)
        ]
        return [self.alarm_message(at, phase) for at, phase in moments if since < at <= until]

    @property
    def patient(self) -> VirtualPatient:
        """The patient in the bed: what is true of them, and what their instruments show."""
        begins = self.script_from or self.started_at
        return VirtualPatient(
            seed=self.seed,
            script_id=self.script,
            script_from=begins.timestamp() if begins else None,
            started_at=self.started_at.timestamp() if self.started_at else None,
            given=_reaching(self),
            drug="esketamine" if self.drug.casefold().startswith("esk") else "racemic",
            weight_kg=self.weight_kg,
        )

    @property
    def stood(self) -> tuple[Pause, ...]:
        """When the pump stood still, none of them overlapping: by the nurse's hand, or by the script."""
        if not self._script.pump_stands:
            return self.pauses
        by_script = [Pause(since, until) for since, until in self._times_of(self._script.pump_stands)]
        return _joined([*self.pauses, *by_script])

    @property
    def _script(self) -> Script:
        return scripts()[self.script]

    def _times_of(self, windows: Windows) -> list[tuple[datetime, datetime]]:
        begins = self.script_from or self.started_at
        if begins is None:
            return []
        return [(begins + timedelta(minutes=one), begins + timedelta(minutes=other)) for one, other in windows]

    def infused_ml(self, now: datetime) -> float:
        """Return the volume given up to `now`."""
        return min(self.volume_ml, self._pumping_seconds(now) / 3600 * self.rate_ml_per_hour)

    def completes_at(self) -> datetime | None:
        """Return when the whole volume will have been given, or None when that is not going to happen as things are."""
        if self.started_at is None:
            return None
        stood = [((p.until or datetime.max.replace(tzinfo=UTC)) - p.since).total_seconds() for p in self.stood]
        try:
            seconds = self.volume_ml / self.rate_ml_per_hour * 3600 + sum(stood)
            at = self.started_at + timedelta(seconds=seconds)
        except OverflowError:
            return None
        return at if self.stopped_at is None or at <= self.stopped_at else None

    def _pumping_seconds(self, now: datetime) -> float:
        if self.started_at is None:
            return 0.0
        until = min(now, self.stopped_at) if self.stopped_at else now
        seconds = max(0.0, (until - self.started_at).total_seconds())
        for pause in self.stood:
            ended = min(until, pause.until) if pause.until else until
            seconds -= max(0.0, (ended - pause.since).total_seconds())
        return max(0.0, seconds)

    def _runs(self, now: datetime) -> bool:
        if self.started_at is None or now < self.started_at or (self.stopped_at and now >= self.stopped_at):
            return False
        if any(p.since <= now and (p.until is None or now < p.until) for p in self.stood):
            return False
        return self.infused_ml(now) < self.volume_ml

    def _cycle(self, now: datetime, seconds: int) -> datetime:
        """Return when the last cycle of this many seconds began: counted from the script's start where there is one."""
        anchor = self.script_from or self.started_at or datetime.fromtimestamp(self.seed, UTC)
        # In UTC: where both carry a local zone, their difference would miss the hour of a change of the clocks.
        anchor = anchor.astimezone(UTC)
        cycles = math.floor((now - anchor).total_seconds() / seconds)
        return anchor + timedelta(seconds=cycles * seconds)

    def _at(self, parameter: Parameter, at: datetime, decimals: int = 0) -> str:
        shown = self.patient.shown(parameter, at.timestamp())
        return "" if shown is None else f"{shown:.{decimals}f}"

    def _mean(self, at: datetime) -> str:
        low, high = (self.patient.shown(one, at.timestamp()) for one in (Parameter.DIASTOLIC, Parameter.SYSTOLIC))
        return "" if low is None or high is None else f"{low + (high - low) / 3:.0f}"

    def _message(
        self, kind: str, profile: str, device: str, now: datetime, body: Iterable[str], salt: str = ""
    ) -> bytes:
        family, given = self.patient_name
        numbers = "~".join(f"{escape(v)}^^^{escape(a)}^{escape(t)}" for v, a, t in self.identifiers)
        control_id = f"{device}-{_stamp(now)}{salt}{'E' if 'R42' in kind else ''}"
        segments = [
            f"MSH|^~\\&|{self.sender}^{device}^L|GLIMMER|GLIMMER|CLINIC|{_time(now)}||{kind}|{control_id}|P|2.6"
            f"|||AL|NE||UNICODE UTF-8|||{profile}^IHE PCD",
            f"PID|||{numbers}||{escape(family)}^{escape(given)}^^^^^L",
            f"PV1||O|Clinic^^{escape(self.bay)}",
            *body,
        ]
        return ("\r".join(segments) + "\r").encode()


def _joined(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """Return the same time of standing still without overlaps, in order."""
    joined: list[Pause] = []
    for pause in sorted(pauses, key=lambda one: one.since):
        last = joined[-1] if joined else None
        if last is None or (last.until is not None and pause.since > last.until):
            joined.append(pause)
        elif last.until is not None and (pause.until is None or pause.until > last.until):
            joined[-1] = Pause(last.since, pause.until)
    return tuple(joined)


@lru_cache(maxsize=512)
def _reaching(bedside: VirtualBedside) -> Given:
    """Return what of the drug reaches the patient, as things are: a line that came apart delivers to the floor."""
    if bedside.started_at is None:
        return ()
    lost = [Pause(since, until) for since, until in bedside._times_of(bedside._script.not_delivered)]
    ends = bedside.completes_at() or bedside.stopped_at or _last_standing(bedside)
    mg_a_second = bedside.rate_ml_per_hour * bedside.concentration_mg_per_ml / 3600
    given, begins = [], bedside.started_at
    for gap in (*_joined([*bedside.stood, *lost]), Pause(ends)):
        until = min(gap.since, ends)
        seconds = (
            round((begins - bedside.started_at).total_seconds()),
            round((until - bedside.started_at).total_seconds()),
        )
        if seconds[1] > seconds[0]:
            given.append((*seconds, (seconds[1] - seconds[0]) * mg_a_second))
        begins = max(begins, gap.until) if gap.until else ends
    return tuple(given)


def _last_standing(bedside: VirtualBedside) -> datetime:
    """Return when a pump that stands still without an end began to: nothing flows after it."""
    return max((pause.since for pause in bedside.stood if pause.until is None), default=bedside.started_at)  # type: ignore[return-value]


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _time(moment: datetime) -> str:
    return hl7_time(moment)


def _numbered(rows: Iterable[str]) -> list[str]:
    return [f"OBX|{number}|{row}" for number, row in enumerate(rows, start=1)]


def _heading(code: str, path: str, device: str = "") -> str:
    return f"|{code}|{path}|||||||X" + (f"|||||||{escape(device)}" if device else "")


def _value(code: str, path: str, value: str, unit: str, measured_at: datetime | None = None) -> str:
    at = f"|||{_time(measured_at)}" if measured_at else ""
    return f"NM|{code}|{path}|{value}|{unit}|||||{'R' if value else 'X'}{at}"


def _coded(code: str, path: str, value: str, kind: str = "CWE", marks: str = "") -> str:
    return f"{kind}|{code}|{path}|{value}|||{marks}|||R"
