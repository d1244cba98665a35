"""What is lacking on one day as it is booked: for the calendar, the rota and the day's page."""

from datetime import date

from glimmer.scheduling.house import House
from glimmer.scheduling.staffing import lacks


def lacks_of_day(house: House, day: date) -> tuple[str, ...]:
    """Return what is lacking while patients are in the house on a day; () where all is well or no rota is kept."""
    if house.rota_until is None or day > house.rota_until:
        return ()
    today = house.on(day)
    patients = [span for spans in today.taken.values() for span in spans]
    if not patients:
        return ()
    begins, ends = min(start for start, _ in patients), max(end for _, end in patients)
    return lacks(today.duties, begins, ends, patients)
