"""Small numbers are not shown, nor what would give them away.

A count from 1 to below the threshold of guidance is hidden. Where the total of a group is shown, what is hidden could
be found by taking the rest away: further counts of the group, the smallest first, are hidden until at least two are,
and until their sum reaches the threshold. Both kinds carry one mark, so that nobody can tell which is which.
"""

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.access import access_figure

HIDDEN = "hidden"
"""What stands in a text in the place of a hidden count; in JSON it is null."""


def threshold() -> int:
    """Return the smallest count, above 0, that is shown."""
    return int(access_figure("measures", "smallest_count_shown").value)


def hidden_counts(counts: Numbers, *families: NDArray, least: int | None = None) -> NDArray[np.bool_]:
    """Return which counts are hidden, (rows,).

    `families`: each (rows,), names for each row the group whose total is shown with it; none: all rows are one group.
    `least`: another threshold than that of guidance. Counts are rounded to whole people first, as they are shown so; a
    count of 0 is shown.
    """
    least = threshold() if least is None else least
    people = np.rint(np.asarray(counts, float))
    if np.any(people < 0) or not np.all(np.isfinite(people)):
        raise ValueError("Counts of people are numbers from 0 on; a missing one is no 0. Leave its row out.")
    hidden = (people > 0) & (people < least)
    groups = [np.unique(one, return_inverse=True)[1] for one in families] or [np.zeros(len(people), int)]
    before = -1
    # What is hidden for one total can give a count of another total away: until nothing more has to be hidden.
    while before != hidden.sum():
        before = int(hidden.sum())
        for group in groups:
            _hide_in_groups(people, hidden, group, least)
    return hidden


def _hide_in_groups(people: Numbers, hidden: NDArray[np.bool_], group: NDArray, least: int) -> None:
    """Hide further rows in each group that has a hidden one."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        if hidden[rows].any():
            _hide_more(people, hidden, rows, least)


def _hide_more(people: Numbers, hidden: NDArray[np.bool_], rows: NDArray, least: int) -> None:
    """Hide further rows of a group until what is hidden cannot be worked out of its total."""
    for row in rows[np.argsort(people[rows], kind="stable")]:
        inside = rows[hidden[rows]]
        if len(inside) > 1 and people[inside].sum() >= least:
            return
        # A 0 hides nothing: it adds neither to the sum nor to the doubt.
        hidden[row] |= people[row] > 0
    if people[rows[hidden[rows]]].sum() < least or hidden[rows].sum() < 2:
        hidden[rows] = True
