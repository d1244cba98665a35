"""How old a reader has to be: the mean of five published formulas, as the library `readability` works them out."""

import re
import warnings
from statistics import mean

with warnings.catch_warnings():
    # Its Dutch word list holds a backslash that Python 3.11 and later warn of when they first compile it.
    warnings.simplefilter("ignore")
    import readability

SCHOOL_BEGINS_AT = 5
"""A US school grade plus five is the age in years: grade 1 is read at six."""
FORMULAS = ("Kincaid", "ARI", "Coleman-Liau", "GunningFogIndex", "SMOGIndex")


def grades(text: str) -> dict[str, float]:
    """Return the school grade by each formula."""
    sentences = re.split(r"(?<=[.?!])\s+", text.strip())
    # The library wants a sentence a line, and words and signs apart.
    lines = (" ".join(re.findall(r"[\w'’/.-]*\w|[.,:;?!]", sentence)) for sentence in sentences)
    measured = readability.getmeasures("\n".join(lines), lang="en")["readability grades"]
    return {name: measured[name] for name in FORMULAS}


def reading_age(text: str) -> float:
    """Return the age in years from which on a text is read easily."""
    return SCHOOL_BEGINS_AT + mean(grades(text).values())
