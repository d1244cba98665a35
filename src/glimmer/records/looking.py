"""What a person was handed while one page was made: the access functions note it, the gate enters it into the audit.

A page cannot forget its line: whoever fetches a protected record through `records.access` for a person whose
`looks` is set has noted it, one by one (`note_record`) or row by row as a list is fetched (`noted`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from glimmer.records.staff import Staff

Row = TypeVar("Row", bound=Model)


@dataclass
class Looks:
    """The records of one page. `opened` is {(kind, key): patient}, `listed` the patients that a list named.

    `own` are those of them whom a query knew to be of the person's own clinics, `through_glass` those whom the person
    saw only because they had broken the glass. Of the others nobody has asked yet.
    """

    opened: dict[tuple[str, int], int | None] = field(default_factory=dict)
    listed: set[int] = field(default_factory=set)
    own: set[int] = field(default_factory=set)
    through_glass: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.opened or self.listed)

    def take(self) -> "Looks":
        """Return what was noted so far and begin anew, so that nothing is entered twice."""
        taken = Looks(self.opened, self.listed, self.own, self.through_glass)
        self.opened, self.listed, self.own, self.through_glass = {}, set(), set(), set()
        return taken

    @property
    def patients(self) -> set[int]:
        """The patients whose record was opened, each alone."""
        return {patient for patient in self.opened.values() if patient is not None}

    def note_right(self, patient_id: int | None, is_own: bool | None) -> None:
        """Note by what right a patient is seen, where the query that found the record has said: None where not."""
        if patient_id is not None and is_own is not None:
            (self.own if is_own else self.through_glass).add(patient_id)


def note_record(by: Staff, record: Model, patient_id: int | None = None) -> None:
    """Note that `by` was handed one record, by its key; `patient_id` is whose it is where it is one patient's."""
    looks = looks_of(by)
    if looks is not None:
        looks.opened.setdefault((type(record).__name__, record.pk), patient_id)
        looks.note_right(patient_id, getattr(record, "is_own", None))


def note_patients(by: Staff, patient_ids: Iterable[int]) -> None:
    """Note that a list named these patients to `by`."""
    looks = looks_of(by)
    if looks is not None:
        looks.listed.update(patient_ids)


def looks_of(by: Staff) -> Looks | None:
    """Return where the looks of `by` are noted: None outside a page, where the command or action has a line itself."""
    found = getattr(by, "looks", None)
    return found if isinstance(found, Looks) else None


def noted(by: Staff, found: QuerySet[Row]) -> QuerySet[Row]:
    """Return `found` so that the patient of each row is noted when the row is fetched."""
    if looks_of(by) is None:
        return found
    rows: NotedRows[Row] = NotedRows(model=found.model, query=found.query, using=found.db)
    rows.reader = by
    return rows


class NotedRows(QuerySet[Row]):
    """A query that notes the patient of each row when it is fetched, however it was filtered since."""

    reader: Staff | None = None

    def _clone(self) -> "NotedRows[Row]":
        copy: NotedRows[Row] = super()._clone()  # type: ignore[misc]
        copy.reader = self.reader
        return copy

    def _fetch_all(self) -> None:
        is_fresh = self._result_cache is None
        super()._fetch_all()
        if is_fresh and self.reader is not None:
            rows = self._result_cache or []
            self._note(self.reader, [row for row in rows if isinstance(row, Model)])

    @staticmethod
    def _note(reader: Staff, rows: list[Any]) -> None:
        # A board shows sessions of other clinics without their names: nobody has seen whose they are.
        named = {patient_of(row): row for row in rows if getattr(row, "may_be_named", True)}
        note_patients(reader, (patient for patient in named if patient is not None))
        looks = looks_of(reader)
        if looks is not None:
            for patient, row in named.items():
                looks.note_right(patient, getattr(row, "is_own", None))


def patient_of(row: Any) -> int | None:
    """Return the key of the patient whom a row belongs to, over at most three rows read along with it.

    None where it belongs to no patient, as a near miss may.
    """
    if type(row).__name__ == "Patient":
        return int(row.pk)
    while row is not None and not hasattr(row, "patient_id"):
        row = row.plan if hasattr(row, "plan_id") and not hasattr(row, "episode_id") else row.episode
    return int(row.patient_id) if row is not None else None
