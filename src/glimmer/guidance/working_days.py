"""Days on which England does not work: bank holidays, as the package `holidays` keeps them, and weekends.

Bank holidays of the other nations are there for whoever plans a clinic there.

bank_holiday(date(2026, 12, 28))   -> "Boxing Day (observed)"
"""

from datetime import date, timedelta
from functools import lru_cache

from glimmer.guidance.figures import figure

NATIONS = {"England": "ENG", "Scotland": "SCT", "Wales": "WLS", "Northern Ireland": "NIR"}


@lru_cache(maxsize=64)
def _of_year(year: int, nation: str = "England") -> dict[date, str]:
    # Every command reads this module, and few ask for a holiday: the package takes half a second to import.
    import holidays

    return dict(holidays.country_holidays("GB", subdiv=NATIONS[nation], years=year).items())


def bank_holiday(day: date, nation: str = "England") -> str:
    """Return the name of the bank holiday of a nation on a day, or ""."""
    return _of_year(day.year, nation).get(day, "")


def is_working_day(day: date) -> bool:
    """Say whether a day is a working day in England: an open weekday of the clinics and no bank holiday."""
    return f"{day:%A}" in figure("dose", "open_weekdays").value and not bank_holiday(day)


def working_days_between(day: date, later: date) -> int:
    """Return how many working days lie from `day` until before `later`; 0 where `later` is not later."""
    return sum(is_working_day(day + timedelta(days=number)) for number in range(max(0, (later - day).days)))
