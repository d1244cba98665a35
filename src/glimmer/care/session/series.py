"""The measured values of one session, in the order in which they were measured, each counted once.

A monitor that re-sends its last cuff pressure every second, with the old observation time, has not
measured again: same parameter, same `measured_at`, same value and same site is the same reading.
Two values that claim the same moment and differ are both kept, so that neither can hide the other.
"""

from bisect import bisect_right, insort_right
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from glimmer.vocabulary.readings import Reading


class Sample(NamedTuple):
    """One reading as the log holds it.

    `at` is `reading.measured_at` and `received_at` the event's arrival, both in seconds since 1970
    (UTC); nothing is measured after it arrived, so a clock that is ahead gives the time of arrival, and a
    clock that is known to be slow is put right (`care.session.clocks`).
    `seq` is the event that brought it first; `source` is the device's name, or who measured;
    `manual` is true for a value that a person took and wrote down.
    """

    at: float
    seq: int
    reading: Reading
    received_at: float
    source: str
    manual: bool


def _order(sample: Sample) -> tuple[float, int]:
    return sample[:2]


def _at(sample: Sample) -> float:
    return sample[0]


def _identity(reading: Reading) -> tuple[datetime, float, str]:
    return (reading.measured_at, reading.value, reading.site)


class Series:
    """All readings of one parameter, sorted by when they were measured, then by event number."""

    __slots__ = ("_first_seq", "_samples")

    def __init__(self) -> None:
        self._samples: list[Sample] = []
        self._first_seq: dict[tuple[datetime, float, str], int] = {}

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._samples)

    def __getitem__(self, index: int) -> Sample:
        return self._samples[index]

    def knows(self, sample: Sample) -> int | None:
        """Return the event number under which this very reading is already held, or None."""
        return self._first_seq.get(_identity(sample.reading))

    def insert(self, sample: Sample) -> None:
        """Put a new sample where it belongs in time; the usual case, the newest, costs one append."""
        self._first_seq[_identity(sample.reading)] = sample.seq
        samples = self._samples
        if not samples or samples[-1][:2] <= sample[:2]:
            samples.append(sample)
        else:
            insort_right(samples, sample, key=_order)

    def snapshot(self) -> "Series":
        """Return the readings held now, as a series that is only read: it does not know repeats when it sees them."""
        copy = Series()
        copy._samples = self._samples.copy()
        return copy

    def until(self, at: float) -> Sample | None:
        """Return the last sample measured at or before `at` (seconds since 1970), or None."""
        index = bisect_right(self._samples, at, key=_at)
        return self._samples[index - 1] if index else None

    def between(self, after: float, until: float) -> list[Sample]:
        """Return the samples with after < measured <= until, oldest first."""
        samples = self._samples
        return samples[bisect_right(samples, after, key=_at) : bisect_right(samples, until, key=_at)]

    @property
    def latest(self) -> Sample | None:
        """The sample measured last, or None."""
        return self._samples[-1] if self._samples else None
