"""What a patient needs to understand and to be understood, after the Accessible Information Standard (DCB1605).

The standard asks to identify, record, flag, share and meet these needs. Here they are coded, and `in_words` is what
the banner of every page of the patient and every letter shows.
"""

from dataclasses import dataclass

FORMATS = {
    "large_print": "Large print",
    "easy_read": "Easy read",
    "braille": "Braille",
    "audio": "Audio",
    "email": "Email that a screen reader can read",
    "bsl_video": "British Sign Language video",
    "translated": "Translated",
}
"""How written information has to be given."""

SUPPORT = {
    "spoken_interpreter": "Spoken-language interpreter",
    "bsl_interpreter": "British Sign Language interpreter",
    "lipspeaker": "Lipspeaker",
    "deafblind_interpreter": "Deafblind interpreter",
    "hearing_loop": "Hearing loop",
    "lip_reading": "Face the patient, who lip-reads",
    "advocate": "Advocate",
    "companion": "Somebody the patient trusts is there",
    "longer_time": "Longer appointments",
}
"""What has to be there when people talk."""

CONTACT = {
    "letter": "Letter",
    "telephone": "Telephone",
    "text": "Text message",
    "email": "Email",
    "text_relay": "Text relay",
    "carer": "Through a carer",
}
"""How the patient is reached."""

INTERPRETERS = frozenset({"spoken_interpreter", "bsl_interpreter", "lipspeaker", "deafblind_interpreter"})


@dataclass(frozen=True, slots=True)
class Needs:
    """A patient's communication needs: codes of the tables above, the language spoken, and remarks in words."""

    formats: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    language: str = ""
    remarks: str = ""

    @property
    def interpreter_needed(self) -> bool:
        """True when somebody has to interpret whenever the patient is spoken with."""
        return bool(INTERPRETERS & set(self.support))

    @property
    def none_at_all(self) -> bool:
        """True when the patient was asked and has none."""
        return not (self.formats or self.support or self.contact or self.language or self.remarks)


def unknown_codes(needs: Needs) -> list[str]:
    """Return the codes that stand in none of the tables."""
    tables = ((needs.formats, FORMATS), (needs.support, SUPPORT), (needs.contact, CONTACT))
    return sorted(code for codes, table in tables for code in codes if code not in table)


def in_words(needs: Needs) -> str:
    """Return the needs as one line for banner and letters; "" when there are none."""
    parts = [
        ", ".join([FORMATS[code] for code in needs.formats]),
        ", ".join([SUPPORT[code] for code in needs.support]),
        f"Speaks {needs.language}" if needs.language else "",
        f"Contact by: {', '.join(CONTACT[code].lower() for code in needs.contact)}" if needs.contact else "",
        needs.remarks,
    ]
    return ". ".join(part.rstrip(".") for part in parts if part)
