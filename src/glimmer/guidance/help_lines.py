"""Whom a patient can reach at once, in English and Welsh, each with its source."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.rows import Sheet, read_sheet

FILE = Path(__file__).parent / "help_lines.toml"


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One number. `dial` is what a phone dials (or a whole address such as sms:85258), `shown` how it is written."""

    id: str
    dial: str
    says_en: str
    says_cy: str
    source: str
    edition: str
    evidence: str
    shown: str = ""

    @property
    def address(self) -> str:
        """The address that a telephone opens."""
        return self.dial if ":" in self.dial else f"tel:{self.dial}"

    @property
    def number(self) -> str:
        """The number as it is written."""
        return self.shown or self.dial

    def says(self, language: str) -> str:
        """Return the sentence in a language."""
        return self.says_cy if language == "cy" else self.says_en


@lru_cache
def help_lines() -> Sheet[HelpLine]:
    """Return the numbers in the order in which they are shown."""
    return read_sheet(FILE, "lines", HelpLine)
