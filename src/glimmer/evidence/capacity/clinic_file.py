"""A clinic as a file: read strictly, so that nothing is rounded, dropped or taken for something else without a word."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from glimmer.evidence.capacity.clinic import BadPlan, Clinic, Shift
from glimmer.scheduling.opening import Hours, Opening, OtherDay
from glimmer.scheduling.wall import MINUTES_A_DAY

HOURS_IN_A_DAY = 24
WHOLE_ONE = "See a whole one in docs/capacity.md"
Kind = TypeVar("Kind")
Minute = Annotated[int, Field(ge=0, le=MINUTES_A_DAY)]
Weekday = Annotated[int, Field(ge=0, le=6)]


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Opens(_Table):
    weekday: Weekday
    opens: Minute
    closes: Minute


class _LaterWeek(_Table):
    from_: date = Field(alias="from")
    opening: tuple[_Opens, ...]


class _OtherDay(_Table):
    day: date
    why: str = ""
    opens: Minute | None = None
    closes: Minute | None = None


class _Shift(_Table):
    weekday: Weekday
    begins: Minute
    ends: Minute
    nurses: int = 0
    doctors: int = 0
    assessors: int = 0


class ClinicTable(_Table):
    """What a clinic's file holds: docs/capacity.md. Weekdays are 0 (Monday) to 6, times are minutes from midnight."""

    name: str
    chairs: int
    begins: date
    opening: tuple[_Opens, ...]
    rota: tuple[tuple[_Shift, ...], ...]
    nation: str = "England"
    nurse_share: int | None = None
    doctors_assess: bool = False
    stated: str = ""
    assumed_hours: bool = False
    later_opening: tuple[_LaterWeek, ...] = ()
    other_days: tuple[_OtherDay, ...] = ()


def read_table(path: Path) -> dict[str, Any]:
    """Return the table of a JSON or TOML file; raise BadPlan saying what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except FileNotFoundError as problem:
        raise BadPlan(f"There is no file {path}. Check the name and the folder.") from problem
    except UnicodeDecodeError as problem:
        raise BadPlan(f"{path.name} is not written in UTF-8. Save it as UTF-8.") from problem
    except (OSError, ValueError, RecursionError) as problem:
        raise BadPlan(f"{path.name} cannot be read: {problem}.") from problem
    if not isinstance(found, dict):
        raise BadPlan(f"{path.name} holds no table of names and values.")
    return found


def strictly(kind: type[Kind], table: Any, what: str, then: str) -> Kind:
    """Return plain data as what it should be; raise BadPlan naming the first part that is not, and what to do then.

    Through JSON, so that a list is a tuple and a text a day, and nothing else is taken for anything else.
    """
    try:
        text = json.dumps(table, default=_day_as_text)
        return TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        raise BadPlan(f"{what} is not as it must be{_place(first)}: {_says(first)}. {then}.") from problem
    except (TypeError, ValueError) as problem:
        raise BadPlan(f"{what} holds what no file holds: {problem}. {then}.") from problem


def _day_as_text(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__}")


def _place(first: Any) -> str:
    return " at " + ".".join(str(part) for part in first["loc"]) if first["loc"] else ""


def _says(first: Any) -> str:
    if first["type"] == "extra_forbidden":
        return "there is nothing of that name"
    if first["type"] == "missing":
        return "it is missing"
    said = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    given = first["input"]
    return f"{said}, not {given!r}" if isinstance(given, int | float | str | bool | None) else said


def clinic_table(clinic: Clinic) -> dict[str, Any]:
    """Return a clinic as plain data: the form of a clinic's file."""
    opening = clinic.opening
    return {
        "name": clinic.name,
        "nation": clinic.nation,
        "chairs": clinic.chairs,
        "nurse_share": clinic.nurse_share,
        "begins": clinic.begins.isoformat(),
        "doctors_assess": clinic.doctors_assess,
        "stated": clinic.stated,
        "assumed_hours": opening.assumed,
        "opening": _week_table(opening.weekly),
        "later_opening": [{"from": day.isoformat(), "opening": _week_table(week)} for day, week in opening.later],
        "other_days": [
            {"day": day.isoformat(), "why": one.why} | (asdict(one.hours) if one.hours else {})
            for day, one in sorted(opening.others.items())
        ],
        "rota": [[asdict(shift) for shift in week] for week in clinic.rota],
    }


def _week_table(week: Mapping[int, Hours]) -> list[dict[str, int]]:
    return [{"weekday": day} | asdict(hours) for day, hours in sorted(week.items())]


def clinic_of(table: Mapping[str, Any]) -> Clinic:
    """Return the clinic of a table; raise BadPlan naming what is wrong."""
    said = strictly(ClinicTable, dict(table), "The clinic", WHOLE_ONE)
    opening = Opening(
        _week(said.opening),
        {one.day: OtherDay(_hours_of(one), one.why) for one in said.other_days},
        said.assumed_hours,
        tuple((one.from_, _week(one.opening)) for one in said.later_opening),
    )
    share = {} if said.nurse_share is None else {"nurse_share": said.nurse_share}
    return Clinic(
        said.name,
        said.chairs,
        opening,
        tuple(tuple(Shift(**one.model_dump()) for one in week) for week in said.rota),
        said.begins,
        nation=said.nation,
        doctors_assess=said.doctors_assess,
        stated=said.stated,
        **share,
    )


def _hours_of(one: _OtherDay) -> Hours | None:
    if one.opens is None and one.closes is None:
        return None
    if one.opens is None or one.closes is None:
        raise BadPlan(f"{one.day} has only one end of its hours. Give opens and closes, or neither where it is closed.")
    return _hours(one.opens, one.closes, str(one.day))


def _week(rows: tuple[_Opens, ...]) -> dict[int, Hours]:
    found: dict[int, Hours] = {}
    for one in rows:
        if one.weekday in found:
            raise BadPlan(
                f"Weekday {one.weekday} opens twice. Give it once, from the first to the last minute; in a break "
                "nobody is on duty, which the rota says."
            )
        found[one.weekday] = _hours(one.opens, one.closes, f"Weekday {one.weekday}")
    return found


def _hours(opens: int, closes: int, when: str) -> Hours:
    if opens >= closes:
        raise BadPlan(f"{when} opens at minute {opens} and closes at {closes}. It must open before it closes.")
    if closes <= HOURS_IN_A_DAY:
        raise BadPlan(
            f"{when} opens at minute {opens} and closes at {closes}: these look like hours. Give minutes from "
            f"midnight: {60 * opens} and {60 * closes}."
        )
    return Hours(opens, closes)
