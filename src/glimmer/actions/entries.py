"""What a person typed at the bedside, tidied and checked, with words for what is missing."""

from datetime import date, datetime, timedelta

from glimmer.vocabulary.problems import BadInput

LONGEST_TEXT = 2000
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
# Two clocks in one room are never quite the same; a minute ahead is no mistake.
CLOCK_LEEWAY = timedelta(minutes=1)


def required_text(text: str, field: str, ask: str, longest: int = LONGEST_TEXT) -> str:
    """Return the text without outer blanks; raise BadInput with `ask` where there is none, or where it is too long."""
    found = optional_text(text, field, longest)
    if not found:
        raise BadInput(ask, field=field)
    return found


def optional_text(text: str | None, field: str, longest: int = LONGEST_TEXT) -> str:
    """Return the text without outer blanks; raise BadInput where it is longer than `longest` characters."""
    found = (text or "").replace("\x00", "").strip()
    if len(found) > longest:
        raise BadInput(
            f"The text has {len(found)} characters, but {longest} is the most. Shorten it, or write two notes.",
            field=field,
        )
    return found


def chosen(answer: str, among: tuple[str, ...], field: str, ask: str) -> str:
    """Return the answer when it is one of `among`; raise BadInput with `ask` otherwise."""
    if answer not in among:
        raise BadInput(ask, field=field)
    return answer


def past_moment(when: datetime | None, now: datetime, not_before: datetime | None, field: str) -> datetime:
    """Return when something happened (`now` where nothing is said), refusing the future and the time before opening."""
    if when is None:
        return now
    if when.tzinfo is None:
        raise ValueError("past_moment() takes aware times only.")
    if when > now + CLOCK_LEEWAY:
        raise BadInput("The time lies in the future. Enter the time at which it was done.", field=field)
    if not_before is not None and when < not_before:
        raise BadInput("The time lies before this session was opened. Check the time.", field=field)
    return min(when, now)


def near_day(day: date, field: str) -> date:
    """Return the day if a calendar could hold it, else raise BadInput: a slip of the pen in the year."""
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise BadInput(f"The year must lie between {EARLIEST_YEAR} and {LATEST_YEAR}. Check the day.", field=field)
    return day
