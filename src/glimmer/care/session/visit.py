"""Whether two moments belong to one visit: food, medicines and suicidal thoughts are asked about anew at each."""

from datetime import datetime, timedelta

from glimmer.guidance import figure


def is_one_visit(first: datetime, then: datetime) -> bool:
    """Say whether both lie on one day, or so close together that midnight came in between.

    Both times in the clinic's own time zone: their dates are compared as a person would.
    """
    hours = figure("session", "one_visit_within").value
    return first.date() == then.date() or abs(then - first) <= timedelta(hours=hours)
