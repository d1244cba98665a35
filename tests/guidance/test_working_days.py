"""Bank holidays of England, compared with the list on gov.uk/bank-holidays (read as of November 2026)."""

from datetime import date

from glimmer.guidance.working_days import bank_holiday, is_working_day, working_days_between

OF_2026 = [(1, 1), (4, 3), (4, 6), (5, 4), (5, 25), (8, 31), (12, 25), (12, 28)]
OF_2027 = [(1, 1), (3, 26), (3, 29), (5, 3), (5, 31), (8, 30), (12, 27), (12, 28)]


def test_bank_holidays_on_weekdays_are_those_of_the_government():
    for year, listed in ((2026, OF_2026), (2027, OF_2027)):
        days = (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()))
        found = [(day.month, day.day) for day in days if bank_holiday(day) and day.weekday() < 5]
        assert found == listed


def test_working_days_leave_out_weekends_and_bank_holidays():
    assert not is_working_day(date(2026, 3, 15))
    assert not is_working_day(date(2026, 4, 6))
    # From Thursday before Easter to the Wednesday after: Thursday and Tuesday.
    assert working_days_between(date(2026, 4, 2), date(2026, 4, 8)) == 2
    assert working_days_between(date(2026, 4, 8), date(2026, 4, 2)) == 0
