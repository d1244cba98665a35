"""Small counts stay hidden from a reader who sets all tables of an answer against each other.

The same people are told by area, by clinic, by nation, by tenth, and so on. Each total that is shown is an equation for
the counts that are hidden: a group that is hidden in one table may be what another table leaves over. So all totals are
looked at together. For each small count it is asked how far it could rise while every total that is shown stays as it
is. Where that is not up to the threshold, another count or total is hidden, until it is for all of them.

A reader is taken to know that a hidden count is no 0, as a 0 is shown. What is found is a way for the count to rise,
so that the doubt is proven; that no smaller number of hidden counts would do is not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.access.suppress import hidden_counts, threshold
from glimmer.evidence.economics.outcomes import Numbers

NOUGHT = 1e-9
AT_ONCE = 256
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hidden:
    """What is hidden: which rows, (rows,), and in each family the names of the groups whose total is."""

    rows: Mask
    groups: Mapping[str, frozenset[str]]


def hidden_together(counts: Numbers, families: Mapping[str, NDArray], *, least: int | None = None) -> Hidden:
    """Return what has to be hidden of counts (rows,) and of their totals in every family at once.

    `families`: the group of each row, (rows,), by the name of the family. A family of one group is the total of all:
    it is hidden last.
    """
    work = _Tables(counts, families, threshold() if least is None else least)
    while (told := next(work.told(), None)) is not None:
        if not work.hide_more(told):
            break
    return work.hidden()


class _Tables:
    """The rows, their totals, and which of either are hidden."""

    def __init__(self, counts: Numbers, families: Mapping[str, NDArray], least: int) -> None:
        self.least, self.people = least, np.rint(np.asarray(counts, float))
        self.keys: list[tuple[str, str]] = []
        self.families = [np.asarray(labels).astype(str) for labels in families.values()]
        members = []
        for name, labels in zip(families, self.families, strict=True):
            for group in np.unique(labels):
                self.keys.append((name, str(group)))
                members.append(labels == group)
        self.member = np.array(members).reshape(len(members), len(self.people))
        self.total = self.member @ self.people
        self.is_whole = self.member.all(axis=1)
        self.no_total = (self.total > 0) & (self.total < least)
        # What each total by itself needs is a good beginning; a 0 hides nothing.
        self.no_row = hidden_counts(self.people, *self.families, least=least) & (self.people > 0)

    def told(self) -> Iterator[tuple[Mask, NDArray]]:
        """Yield each small count that the totals tell, as its rows, and how much each total says of it."""
        at = np.flatnonzero(self.no_row & (self.people > 0))
        if not len(at):
            return
        slack = self.people[at] - 1
        shown = self.member[np.ix_(~self.no_total, at)].astype(float)
        weigh = shown * slack**2
        inverse = np.linalg.pinv(weigh @ shown.T, rcond=NOUGHT, hermitian=True)
        for some in self._asked(at):
            said = inverse @ (shown @ some.T)
            move = some.T - weigh.T @ said
            # What the compensation does not make up for is a total that would change.
            broken = np.abs(shown @ move).max(axis=0, initial=0.0) > 1e-6
            gain = np.einsum("ch,hc->c", some, move)
            falls = np.where(move < -NOUGHT, -move, np.nan)
            with np.errstate(all="ignore"):
                far = np.nanmin(np.where(np.isnan(falls), np.inf, slack[:, None] / falls), axis=0)
                rises = np.where(broken | (gain < NOUGHT), 0.0, far * gain)
            value = some @ self.people[at]
            for one in np.flatnonzero(value + rises < self.least - NOUGHT):
                rows = np.zeros(len(self.people), bool)
                rows[at[some[one] > 0]] = True
                weights = np.zeros(len(self.keys))
                weights[~self.no_total] = np.abs(said[:, one])
                yield rows, weights

    def _asked(self, at: NDArray) -> Iterator[Numbers]:
        """Yield what must not be told as sums over hidden rows, (some, hidden): small rows, and small totals."""
        small = np.flatnonzero(self.people[at] < self.least)
        for first in range(0, len(small), AT_ONCE):
            part = small[first : first + AT_ONCE]
            some = np.zeros((len(part), len(at)))
            some[np.arange(len(part)), part] = 1
            yield some
        small_totals = self.no_total & (self.total > 0) & (self.total < self.least)
        if small_totals.any():
            yield self.member[np.ix_(small_totals, at)].astype(float)

    def hide_more(self, told: tuple[Mask, NDArray]) -> bool:
        """Hide one more count or total that helps to tell; return whether there was one."""
        rows, weights = told
        speaks = (weights > NOUGHT) & ~self.no_total
        if not speaks.any():
            speaks = self.member[:, rows].any(axis=1) & ~self.no_total
        narrow = speaks & ~self.is_whole
        around = self.member[narrow if narrow.any() else speaks].any(axis=0) & ~self.no_row & (self.people > 0)
        mine = self.member[:, rows].any(axis=1) & ~self.no_total & ~self.is_whole
        # Another row of a group that tells it: of all of them if there is one, else of any.
        together = around & self.member[mine].all(axis=0) if mine.any() else around
        for choice in (together, around):
            if choice.any():
                self.no_row[np.flatnonzero(choice)[np.argmin(self.people[choice])]] = True
                return True
        for totals in (narrow, speaks):
            if totals.any():
                self.no_total[np.flatnonzero(totals)[np.argmin(self.total[totals])]] = True
                return True
        return False

    def hidden(self) -> Hidden:
        """Return what is hidden now."""
        names = {name for name, _ in self.keys}
        groups = {
            name: frozenset(
                group for (family, group), no in zip(self.keys, self.no_total, strict=True) if no and family == name
            )
            for name in names
        }
        return Hidden(self.no_row, groups)
