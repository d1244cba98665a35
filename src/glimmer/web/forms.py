"""Form fields that draw themselves as NHS components and complain in plain words.

Nothing is chosen beforehand: a radio group starts empty unless the person chose before. Each field is
told what to say when it is left out (`missing`). What was typed is kept when the form comes back.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator

from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, Problem

Params = tuple[str, dict[str, Any]]
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def described(bound: forms.BoundField) -> dict[str, Any]:
    """Return the parameters that every component shares: id, name, hint and error."""
    params: dict[str, Any] = {"id": bound.auto_id, "name": bound.html_name}
    if bound.field.help_text:
        params["hint"] = {"text": str(bound.field.help_text)}
    if bound.errors:
        params["errorMessage"] = {"text": " ".join(str(error) for error in bound.errors)}
    return params


def labelled(bound: forms.BoundField) -> dict[str, Any]:
    """Return `described` with the label of a one-input component."""
    return {**described(bound), "label": {"text": bound.label, "size": getattr(bound.field, "size", None)}}


def grouped(bound: forms.BoundField) -> dict[str, Any]:
    """Return `described` with the legend of a component of several inputs."""
    legend = {"text": bound.label, "size": getattr(bound.field, "size", None) or "s"}
    return {**described(bound), "fieldset": {"legend": legend}}


def pairs(choices: Any) -> list[tuple[str, str]]:
    """Return the (value, text) pairs of a field's choices."""
    return [(str(value), str(text)) for value, text in choices]


class Text(forms.CharField):
    """One line of text."""

    component = "input"

    def __init__(
        self,
        label: str,
        *,
        missing: str = "",
        max_length: int = 120,
        width: str = "30",
        hint: str = "",
        size: str | None = None,
        **more: Any,
    ) -> None:
        self.size, self.width = size, width
        self.extra: dict[str, Any] = {
            key: more.pop(key) for key in ("inputmode", "autocomplete", "spellcheck", "type") if key in more
        }
        too_long = f"{label} must be {max_length} characters or fewer."
        messages = {"required": missing or f"Enter {label[:1].lower()}{label[1:]}.", "max_length": too_long}
        super().__init__(
            label=label,
            max_length=max_length,
            help_text=hint,
            required=bool(missing),
            error_messages=messages,
            **more,
        )
        # `clean` refuses NUL along with the other invisible characters, in our own words.
        self.validators = [check for check in self.validators if not isinstance(check, ProhibitNullCharactersValidator)]

    def clean(self, value: Any) -> Any:
        """Refuse characters that nobody can see or type, such as NUL, before anything else looks."""
        if isinstance(value, str) and any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\r\n\t" for c in value):
            raise ValidationError(f"{self.label} holds characters that cannot be stored. Type it again by hand.")
        return super().clean(value)

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        params = {**labelled(bound), "value": bound.value() or "", "width": self.width}
        return "input", {**params, **dict(self.extra)}


class Secret(Text):
    """A password: hidden while it is typed, with a button that shows it, and never sent back in a page."""

    def __init__(self, label: str, *, autocomplete: str = "current-password", **more: Any) -> None:
        self.autocomplete = autocomplete
        super().__init__(label, max_length=200, strip=False, **more)

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        return "passwordInput", {**labelled(bound), "autocomplete": self.autocomplete}


class LongText(Text):
    """Several lines of text."""

    def __init__(self, label: str, *, rows: int = 3, max_length: int = 4000, **more: Any) -> None:
        self.rows = rows
        super().__init__(label, max_length=max_length, **more)

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        return "textarea", {**labelled(bound), "value": bound.value() or "", "rows": self.rows}


class Number(Text):
    """A decimal number in `unit`, between `least` and `most` where they are given; a comma is read as a point."""

    def __init__(
        self,
        label: str,
        *,
        unit: str = "",
        least: float | None = None,
        most: float | None = None,
        decimals: int = 1,
        width: str = "5",
        **more: Any,
    ) -> None:
        self.unit, self.least, self.most, self.decimals = unit, least, most, decimals
        super().__init__(label, max_length=30, width=width, inputmode="decimal" if decimals else "numeric", **more)

    def clean(self, value: Any) -> Decimal | int | None:
        """Return the number, or None when it may be left out and was."""
        text = super().clean(value)
        if text == "":
            return None
        if not re.fullmatch(r"-?[0-9]{1,9}([.,][0-9]+)?", text):
            raise ValidationError(f"{self.label} must be a number, such as {self._example()}.")
        try:
            number = Decimal(text.replace(",", "."))
        except InvalidOperation as error:
            raise ValidationError(f"{self.label} must be a number, such as {self._example()}.") from error
        if -number.as_tuple().exponent > self.decimals:  # type: ignore[operator]
            places = "a whole number" if not self.decimals else f"given to {self.decimals} decimal places at most"
            raise ValidationError(f"{self.label} must be {places}.")
        unit = f" {self.unit}" if self.unit else ""
        if self.least is not None and number < Decimal(str(self.least)):
            raise ValidationError(f"{self.label} must be {self.least:g}{unit} or more. Check it and enter it again.")
        if self.most is not None and number > Decimal(str(self.most)):
            raise ValidationError(f"{self.label} must be {self.most:g}{unit} or less. Check it and enter it again.")
        return number if self.decimals else int(number)

    def _example(self) -> str:
        return "72.5" if self.decimals else "2"

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        component, params = super().nhs(bound)
        value = bound.value()
        params["value"] = "" if value is None else str(value)
        if self.unit:
            params["suffix"] = self.unit
        return component, params


class TimeOfDay(Text):
    """A time on the 24-hour clock: 09:30, 9.30 or 0930."""

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, max_length=30, width="5", **more)

    def clean(self, value: Any) -> time | None:
        """Return the time, or None when it may be left out and was."""
        text = super().clean(value)
        if text == "":
            return None
        found = re.fullmatch(r"([0-9]{1,2})[:. ]?([0-9]{2})", text)
        if not found or int(found[1]) > 23 or int(found[2]) > 59:
            raise ValidationError(f"{self.label} must be a time on the 24-hour clock, such as 09:30.")
        return time(int(found[1]), int(found[2]))

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        component, params = super().nhs(bound)
        value = bound.value()
        params["value"] = f"{value:%H:%M}" if isinstance(value, time) else value or ""
        return component, params


class Choice(forms.ChoiceField):
    """Radio buttons: exactly one, and none is chosen beforehand. Choices are (value, text) or (value, text, hint)."""

    def __init__(
        self,
        label: str,
        choices: Sequence[tuple[str, ...]] = (),
        *,
        missing: str = "",
        hint: str = "",
        inline: bool = False,
        size: str | None = None,
        small: bool = False,
        **more: Any,
    ) -> None:
        self.inline, self.size, self.small = inline, size, small
        self.hints = {choice[0]: choice[2] for choice in choices if len(choice) > 2}
        wrong = "Choose one of the answers shown."
        super().__init__(
            label=label,
            choices=[(choice[0], choice[1]) for choice in choices],
            help_text=hint,
            required=bool(missing),
            error_messages={"required": missing or "Choose one.", "invalid_choice": wrong},
            **more,
        )

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        items = [
            {"value": value, "text": text, **({"hint": {"text": self.hints[value]}} if value in self.hints else {})}
            for value, text in pairs(self.choices)
        ]
        params = {**grouped(bound), "idPrefix": bound.auto_id, "items": items, "inline": self.inline}
        # The group carries no id of its own: the error summary links to its first radio button.
        params.pop("id")
        return "radios", {**params, "value": bound.value() or "", "small": self.small}


class Pick(Choice):
    """A drop-down list whose first line asks to choose."""

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        chosen = str(bound.value() or "")
        items = [{"value": "", "text": "Choose…", "selected": not chosen}]
        items += [
            {"value": value, "text": text, "selected": str(value) == chosen} for value, text in pairs(self.choices)
        ]
        return "select", {**labelled(bound), "items": items}


class Several(forms.MultipleChoiceField):
    """Checkboxes: any number of them."""

    def __init__(
        self,
        label: str,
        choices: Sequence[tuple[str, str]] = (),
        *,
        missing: str = "",
        hint: str = "",
        size: str | None = None,
        **more: Any,
    ) -> None:
        self.size = size
        messages = {"required": missing or "Choose at least one.", "invalid_choice": "Choose only from those shown."}
        messages["invalid_list"] = messages["invalid_choice"]
        super().__init__(
            label=label, choices=choices, help_text=hint, required=bool(missing), error_messages=messages, **more
        )

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        chosen = [str(value) for value in bound.value() or []]
        items = [{"value": value, "text": text, "checked": str(value) in chosen} for value, text in pairs(self.choices)]
        params = {**grouped(bound), "idPrefix": bound.auto_id, "items": items}
        params.pop("id")
        return "checkboxes", params


class _DayInputs(forms.Widget):
    """Reads the three inputs of a date; accepts one ISO date under the plain name as well."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[str, str, str] | None:
        parts = tuple(str(data.get(f"{name}-{part}") or "").strip() for part in ("day", "month", "year"))
        if not any(parts) and (iso := re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)", str(data.get(name) or ""))):
            parts = (iso[3], iso[2], iso[1])
        return parts if any(parts) else None  # type: ignore[return-value]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return self.value_from_datadict(data, files, name) is None


class Day(forms.Field):
    """A date as day, month and year; the month may be written as a word."""

    widget = _DayInputs

    def __init__(self, label: str, *, missing: str = "", hint: str = "", size: str | None = None, **more: Any) -> None:
        self.size = size
        messages = {"required": missing or "Enter the date."}
        super().__init__(label=label, help_text=hint, required=bool(missing), error_messages=messages, **more)

    def to_python(self, value: Any) -> date | None:
        """Return the date; complain about the part that cannot be right."""
        if value is None or isinstance(value, date):
            return value
        day, month, year = value
        lacking = [name for name, part in (("a day", day), ("a month", month), ("a year", year)) if not part]
        if lacking:
            raise ValidationError(f"{self.label} must include {' and '.join(lacking)}.")
        month = str(MONTHS.index(month[:3].lower()) + 1) if month[:3].lower() in MONTHS else month
        if not all(re.fullmatch(r"[0-9]{1,4}", part) for part in (day, month, year)) or len(year) != 4:
            raise ValidationError(f"{self.label} must be a real date with a year of four digits, such as 27 3 1981.")
        try:
            return date(int(year), int(month), int(day))
        except ValueError as error:
            raise ValidationError(
                f"{self.label} must be a date in the calendar: "
                f"there is no day {int(day)} in month {int(month)} of {year}."
            ) from error

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        value = bound.value()
        if isinstance(value, date):
            value = (str(value.day), str(value.month), str(value.year))
        day, month, year = value or ("", "", "")
        name = bound.html_name
        items = [
            {"id": bound.auto_id, "name": f"{name}-day", "label": "Day", "value": day, "width": 2},
            {"id": f"{bound.auto_id}-month", "name": f"{name}-month", "label": "Month", "value": month, "width": 2},
            {"id": f"{bound.auto_id}-year", "name": f"{name}-year", "label": "Year", "value": year, "width": 4},
        ]
        params = {**grouped(bound), "items": items}
        params["id"] = f"{bound.auto_id}-group"
        return "dateInput", params


class Upload(forms.FileField):
    """One file of at most `most_bytes`."""

    def __init__(self, label: str, *, missing: str, most_bytes: int, hint: str = "") -> None:
        self.most_bytes = most_bytes
        messages = {
            "required": missing,
            "empty": "The file is empty. Choose the file that holds the referral.",
            "invalid": missing,
            "missing": missing,
        }
        super().__init__(label=label, help_text=hint, error_messages=messages)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the uploaded file, refusing one that is too big before it is read."""
        found = super().clean(data, initial)
        if found.size > self.most_bytes:
            raise ValidationError(
                f"The file is too big: {found.size / 1e6:.1f} MB, and at most {self.most_bytes / 1e6:.0f} MB "
                "are taken. Ask the sender to leave out attached documents."
            )
        return found

    def nhs(self, bound: forms.BoundField) -> Params:
        """Return the component and its parameters."""
        return "fileUpload", labelled(bound)


class Seen(forms.Field):
    """The revision that the page showed. Left out or no number, it stands for a page older than any."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> int:
        """Return the revision, or -1, which no episode ever has."""
        return int(value) if re.fullmatch(r"[0-9]{1,9}", str(value or "")) else -1


class Form(forms.Form):
    """A form of one page. `name` keeps the ids of several forms on a page apart.

    `seen` is the revision of the episode that the page showed; `stale` is set when it was an old one.
    """

    name: ClassVar[str] = "form"
    seen = Seen()

    def __init__(self, *args: Any, seen: int | None = None, name: str | None = None, **more: Any) -> None:
        more.setdefault("auto_id", f"{name or self.name}-%s")
        super().__init__(*args, **more)
        self.use_required_attribute = False
        self.shown_revision = seen
        self.stale = False

    @property
    def revision(self) -> int | str:
        """The revision to put into the page: the one posted, unless that was too old; then the present one."""
        if self.is_bound and not self.stale and self.data.get("seen"):
            return str(self.data["seen"])
        return "" if self.shown_revision is None else self.shown_revision

    def complain(self, problem: Problem) -> None:
        """Put a refusal of an action where the person looks: at its field, else at the top."""
        field = getattr(problem, "field", "")
        reasons, words = getattr(problem, "reasons", ()), str(problem)
        # Where the message ends with its reasons in one breath, one is said once, and several get a line each.
        lead = words.removesuffix(" ".join(reasons)).strip()
        if reasons and lead != words:
            words, reasons = (words, ()) if len(reasons) == 1 else (lead, reasons)
        at_field = isinstance(problem, BadInput) and field in self.fields
        for line in filter(None, (words, *reasons)):
            self.add_error(field if at_field else None, line)
        self.stale = self.stale or isinstance(problem, ChangedMeanwhile)

    def summary(self) -> list[dict[str, str]]:
        """Return the lines of the error summary, each with the field it leads to."""
        lines: list[dict[str, str]] = [{"text": str(text)} for text in self.non_field_errors()]
        for name in self.fields:
            lines += [{"text": str(text), "href": f"#{self[name].auto_id}"} for text in self.errors.get(name, ())]
        return lines


def attempt(form: Form, do: Callable[[dict[str, Any]], object]) -> bool:
    """Run `do` with the form's clean values; return whether it was done.

    What the action refuses is written on the form, so that the page comes back with everything that
    was typed. NotAllowed is left to the gate.
    """
    if not form.is_valid():
        return False
    try:
        do(form.cleaned_data)
    except NotAllowed:
        raise
    except Problem as problem:
        form.complain(problem)
        return False
    return True
