"""What may stand in a message that leaves the clinic: nothing by which others learn whom it is about."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from glimmer.vocabulary.verdict import Verdict

# Where a name can stand by chance: the address of the pages, numbers and the name of the clinic's own, and times, whose
# months and days people are called after. (The birth date is looked for in the whole text.)
_FREE_OF_NAMES = frozenset({"link", "telephone", "clinic", "when", "until"})


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifies a patient, as it stands in their record."""

    given_name: str
    family_name: str
    birth_date: date
    nhs_number: str
    local_number: str


def identifies_nobody(fields: Mapping[str, str], composed: str, of: Identity) -> Verdict:
    """Say whether a message is free of its patient's name, birth date and numbers.

    `fields` are what was filled in: names are looked for there alone, because the words around them are reviewed
    data, and a patient may be called Will or May. `composed` is the whole text, searched for the numbers and the date.
    """
    reasons = []
    named = " ".join(value for name, value in fields.items() if name not in _FREE_OF_NAMES)
    words = set(re.split(r"[^\w'’-]+", _plain(named)))
    for part in (of.given_name, of.family_name):
        if any(len(name) > 1 and name in words for name in _plain(part).split()):
            reasons.append("It holds a name of the patient.")
            break
    digits = re.sub(r"(?<=\d)[\s-]+(?=\d)", "", composed)
    if of.nhs_number in digits:
        reasons.append("It holds the patient's NHS number.")
    if of.local_number and re.search(rf"(?<!\w){re.escape(of.local_number)}(?!\w)", composed, re.IGNORECASE):
        reasons.append("It holds the patient's hospital number.")
    if any(written in _plain(composed) for written in _ways_to_write(of.birth_date)):
        reasons.append("It holds the patient's date of birth.")
    return Verdict(tuple(reasons))


def _plain(text: str) -> str:
    """Return text in small letters without accents, so that one spelling finds the others."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _ways_to_write(day: date) -> tuple[str, ...]:
    month, short = f"{day:%B}".casefold(), f"{day:%b}".casefold()
    numbers = {(f"{day.day}", f"{day.month}"), (f"{day.day:02d}", f"{day.month:02d}")}
    written = [f"{d}{sign}{m}{sign}{day.year}" for d, m in numbers for sign in "/.-"]
    return (day.isoformat(), f"{day.day} {month} {day.year}", f"{day.day} {short} {day.year}", *written)
