"""Who looked at one patient's record, when and why: the list that is made for the patient, and what was unusual.

Both are read from the audit trail alone. A line for a page that listed many patients names them by key, so such lines
are gone through one by one: the list says of each day who had the patient's name on a list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.ports import port
from glimmer.care.unusual_access import Look, Unusual, unusual
from glimmer.guidance import figure
from glimmer.records.access import require
from glimmer.records.audit import AuditLine
from glimmer.records.patients import Patient
from glimmer.records.staff import Staff

# What a line of the audit is in the patient's words: the first that fits its action.
IN_WORDS = (
    ("read.", "Looked at your record"),
    ("search.", "Searched for patients, and your name was found"),
    ("print.", "Printed from your record"),
    ("refused.", "Tried to open or change your record and was refused"),
    ("open_replay", "Looked at the replay of a session"),
    ("print_", "Printed from your record"),
    ("export_", "Exported from your record"),
    ("break_glass", "Opened your record from another clinic, with a reason"),
    ("review_glass", "Reviewed why your record was opened from another clinic"),
    ("list_looks", "Made this list"),
)
WROTE = "Wrote in your record"
LISTED = "Had your name on a list (start page, calendar, chair board, search, register)"
PRINTED = "Printed a list with your name on it"
BY_RIGHT = {
    "own clinic": "Works in your clinic",
    "broken glass": "Opened with a reason from another clinic",
    "the role": "Works in another clinic; the work of their role includes it",
}
NEWEST_FIRST = 2_000
MOST_SEARCHES = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the patient's list: on a day one person did one thing, so many times, by what right."""

    day: date
    who: str
    what: str
    where: str
    why: str
    first: datetime
    last: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Search:
    """One search as the privacy officer sees it: by which fields, and how many patients were named."""

    at: datetime
    who: str
    asked_by: tuple[str, ...]
    found: int


def rows_for(patient: Patient, *, since: datetime, until: datetime) -> list[Row]:
    """Return who looked at a patient's record, the newest day first; what one person did often in a day is one row."""
    found: dict[tuple[date, str, str, str, str], list[datetime]] = {}
    for line in _lines_of(patient.pk, since, until):
        what, where = _what_and_where(line)
        key = (timezone.localtime(line.at).date(), line.actor_name or "Glimmer", what, where, _why(line))
        found.setdefault(key, []).append(line.at)
    rows = [Row(*key, min(times), max(times), len(times)) for key, times in found.items()]
    return sorted(rows, key=lambda row: (row.day, row.last), reverse=True)


def list_looks(patient: Patient, since: date, *, by: Staff, at: datetime | None = None) -> bytes:
    """Return the list as a PDF to be given to the patient, with a line in the audit that it was made."""
    with acting(by, "access_list.view", verb="list_looks", at=at) as act:
        act.about(patient)
        act.patient_id = patient.pk
        rows = rows_for(patient, since=start_of(since), until=act.at)
        act.note(rows=len(rows))
        content = _content(patient, rows, since, act.at, by)
    pdf: bytes = port("render_access_list")(content)
    return pdf


def default_since(now: datetime) -> date:
    """Return from which day on the list tells where nothing else is asked."""
    return timezone.localtime(now).date() - timedelta(days=int(figure("access", "list_goes_back").value))


def unusual_looks(*, by: Staff, now: datetime) -> tuple[tuple[Unusual, ...], dict[int, str], dict[int, Patient]]:
    """Return what was unusual lately, with the names of the people and the patients whom it is about."""
    require(by, "audit.view")
    since = now - timedelta(days=int(figure("access", "looked_back").value))
    looks = [look for line in _newest(since) if (look := _look(line)) is not None]
    people = {one.pk: one.name for one in Staff.objects.filter(pk__in={look.person for look in looks})}
    patients = Patient.objects.in_bulk({look.patient for look in looks if look.patient is not None})
    families = {key: patient.family_name for key, patient in patients.items()}
    found = unusual(looks, names=people, family_names=families)
    return found, people, {one.patient: patients[one.patient] for one in found if one.patient is not None}


def searches(*, by: Staff, now: datetime) -> list[Search]:
    """Return the newest searches of the last days."""
    require(by, "audit.view")
    since = now - timedelta(days=int(figure("access", "looked_back").value))
    lines = AuditLine.objects.filter(action__startswith="search.", at__gte=since).order_by("-pk")[:MOST_SEARCHES]
    return [
        Search(line.at, line.actor_name, tuple(line.details.get("asked_by", ())), len(line.details.get("patients", ())))
        for line in lines
    ]


def _lines_of(patient: int, since: datetime, until: datetime) -> Iterator[AuditLine]:
    within = AuditLine.objects.filter(at__gte=since, at__lte=until)
    yield from within.filter(patient_id=patient).order_by("pk").iterator(chunk_size=NEWEST_FIRST)
    # Whatever the line is about: a page of the register that was printed names patients as a list does.
    listed = within.filter(patient_id__isnull=True, details__has_key="patients").order_by("pk")
    for line in listed.iterator(chunk_size=NEWEST_FIRST):
        if patient in line.details.get("patients", ()):
            yield line


def _newest(since: datetime) -> Iterator[AuditLine]:
    """Return the lines since then, the newest first, and stop: the trail is long and has no index by time alone."""
    older = 0
    for line in AuditLine.objects.order_by("-pk").iterator(chunk_size=NEWEST_FIRST):
        older = 0 if line.at >= since else older + 1
        if not older:
            yield line
        # A clock that was wrong for a while dates some lines back: they do not hide what stands before them.
        if older > NEWEST_FIRST:
            return


def _look(line: AuditLine) -> Look | None:
    is_refused = line.action.startswith("refused.")
    if line.actor_id is None or not (is_refused or line.action.startswith(("read.", "print.", "open_replay"))):
        return None
    return Look(line.at, line.actor_id, None if is_refused else line.patient_id, is_refused)


def _what_and_where(line: AuditLine) -> tuple[str, str]:
    if line.patient_id is not None:
        return _in_words(line.action), line.action.partition(".")[2].replace("_", " ")
    if line.action == "print_page":
        return PRINTED, "register"
    return (PRINTED if line.action.startswith("print") else LISTED), ""


def _in_words(action: str) -> str:
    return next((words for beginning, words in IN_WORDS if action.startswith(beginning)), WROTE)


def _why(line: AuditLine) -> str:
    return BY_RIGHT.get(str(line.details.get("why", "")), "")


def start_of(day: date) -> datetime:
    """Return the first moment of a day in the clinic's own time."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


def _content(patient: Patient, rows: list[Row], since: date, at: datetime, by: Staff) -> dict[str, Any]:
    return {
        "name": f"{patient.given_name} {patient.family_name}",
        "nhs_number": f"{patient.nhs_number[:3]} {patient.nhs_number[3:6]} {patient.nhs_number[6:]}",
        "born": f"{patient.birth_date:%-d %B %Y}",
        "since": f"{since:%-d %B %Y}",
        "made_on": f"{timezone.localtime(at):%-d %B %Y at %H:%M}",
        "made_by": str(by),
        "written_at": at.isoformat(),
        "rows": [
            [
                f"{row.day:%-d %b %Y}",
                _times(row),
                row.who,
                row.what + (f" ({row.where})" if row.where else ""),
                row.why,
            ]
            for row in rows
        ],
    }


def _times(row: Row) -> str:
    first, last = (f"{timezone.localtime(one):%H:%M}" for one in (row.first, row.last))
    return first if row.times == 1 else f"{first} to {last}, {row.times} times"
