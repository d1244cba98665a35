"""The team's lists: who waits, what is due and overdue, who is unwell, with the reason and the next action."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from glimmer.actions.worklist import Listed, listed_page
from glimmer.care.worklists import Reason, TeamList, reasons_of
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff
from glimmer.records.worklists import access_team_list, facts_of, team_list_of_clinics
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may

COLUMNS = ("List", "Step", "State", "Waits for", "Reasons", "Days since anything changed")


@dataclass(frozen=True, slots=True)
class Line:
    """One journey of a list with why it is there, the gravest first."""

    episode: Episode
    reasons: tuple[Reason, ...]


def team_list(
    by: Staff,
    which: TeamList,
    now: datetime,
    *,
    step: str = "",
    waiting_on: str = "",
    mine: bool = False,
    page: int = 1,
) -> Listed[Line]:
    """Return one page of a list."""
    found = listed_page(access_team_list(by, which, now, step=step, waiting_on=waiting_on, mine=mine), page)
    today, reads = timezone.localtime(now).date(), may(Role(by.role), "outcome.view")
    lines = [Line(row, reasons_of(facts_of(row, reads_scores=reads), which, now, today)) for row in found.rows]
    return Listed(lines, found.number, found.total, found.size)


def lists_without_names(by: Staff, now: datetime) -> str:
    """Return all lists as CSV for a manager: steps and reasons, and nothing that tells of whom.

    Each line is a journey on a list; its order is that of the list and no number of the patient or journey is in it.
    """
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    today = timezone.localtime(now).date()
    for which in TeamList:
        for row in team_list_of_clinics(by, which, now):
            reasons = reasons_of(facts_of(row, reads_scores=False), which, now, today)
            says = "; ".join(_without_days(one.says) for one in reasons) or "For a clinician"
            rows.writerow([which.value, row.step, row.state, row.waiting_on, says, (now - row.updated_at).days])
    return written.getvalue()


def _without_days(says: str) -> str:
    # A day with a step can be enough to know who it is; how long nothing has changed stands in its own column.
    return says.partition(" on ")[0].partition(" since ")[0]
