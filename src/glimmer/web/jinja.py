"""The template environment: NHS components, and dates, times and numbers as people in the clinic read them."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, Undefined
from markupsafe import Markup

from glimmer.care.referral import age_on
from glimmer.guidance import AlarmRule, Condition
from glimmer.vocabulary.nhs_number import shown_nhs_number
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.session_sound import tones_json
from glimmer.web.steps import step_rows


def environment(**options: Any) -> Environment:
    """Return the Jinja environment that settings name; a missing name in a template renders as nothing."""
    loader = ChoiceLoader([options.pop("loader"), PackageLoader("nhsuk_frontend_jinja")])
    # Django hands `autoescape=True` over in `options`; tests write names full of tags and find them as text.
    env = Environment(  # nosec B701
        loader=loader, **{**options, "undefined": ChainableUndefined, "trim_blocks": True, "lstrip_blocks": True}
    )
    components = Components(env)
    env.globals.update(
        nhs=components,
        field=lambda bound, **more: rendered_field(components, bound, more),
        session_of=lambda appointment: getattr(appointment, "session", None),
        step_choices=_step_choices,
        steps_of=step_rows,
        trail_items=lambda trail: [{"text": words, "href": _place(route, ids)} for words, route, *ids in trail],
        seen=lambda form: Markup('<input type="hidden" name="seen" value="{}">').format(form.revision),
        static=static,
        url=lambda name, *ids: reverse(name, args=ids),
        may=lambda staff, permission: bool(staff) and may(Role(staff.role), permission),
        now=timezone.now,
        tones=tones_json,
    )
    env.filters.update(
        nhs_number=shown_nhs_number,
        date=shown_date,
        day=shown_day,
        weekday=shown_weekday,
        time=shown_time,
        iso=shown_iso,
        datetime=shown_datetime,
        expiry=lambda iso: shown_date(date.fromisoformat(iso)) if iso else "not known",
        age=years_old,
        lines=with_line_breaks,
        number=plain_number,
        figure=shown_figure,
        alarm_when=alarm_when,
    )
    return env


def _place(route: str, ids: list[Any]) -> str:
    return route if route.startswith("/") else reverse(route, args=ids)


def _step_choices(steps: Any, asked: str) -> list[dict[str, Any]]:
    everything = {"value": "", "text": "All steps", "selected": not asked}
    return [everything, *({"value": step.slug, "text": step.title, "selected": step.slug == asked} for step in steps)]


class Components:
    """The NHS design system's macros by name: `nhs.dateInput({...})` in any template, nothing to import."""

    # Components whose folder is not the macro's name with hyphens.
    FOLDERS = {"table": "tables", "image": "images"}

    def __init__(self, env: Environment) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Callable[..., Markup]:
        folder = self.FOLDERS.get(name) or "".join(f"-{c.lower()}" if c.isupper() else c for c in name)
        module = self._env.get_template(f"nhsuk/components/{folder}/macro.jinja").module
        component = remembering(getattr(module, name))
        setattr(self, name, component)
        return component


# Enough for every form of the busiest pages; what was not asked for longest is forgotten first.
MOST_REMEMBERED = 1024


class NotComparable(Exception):
    """Raised for parameters that cannot be compared with those of another call."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a component was asked to draw. Two are equal when they say the same in the same types."""

    key: Hashable
    params: Any = field(compare=False)


def remembering(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """Return the component with a memory: it is a function of its parameters alone, and slow.

    Most of what a page holds, such as its forms before anybody typed, is the same each time.
    """

    @lru_cache(maxsize=MOST_REMEMBERED)
    def drawn(asked: Asked) -> Markup:
        return macro(asked.params)

    def component(params: Any = None, **more: Any) -> Markup:
        if params is None or more:
            return macro(*([] if params is None else [params]), **more)
        try:
            asked = Asked(comparable(params), params)
        except NotComparable:
            return macro(params)
        return drawn(asked)

    return component


def comparable(value: Any) -> Hashable:
    """Return something equal for equal values only; text that is safe as HTML is not equal to text that is not."""
    if isinstance(value, Mapping):
        return tuple((name, comparable(part)) for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return (list, *map(comparable, value))
    if value is None or isinstance(value, (str, int, float)):
        return (type(value), value)
    if isinstance(value, Undefined):
        return Undefined
    raise NotComparable


def rendered_field(components: Components, bound: Any, more: dict[str, Any]) -> Markup:
    """Return a form field as its NHS component; `more` replaces single parameters of the component."""
    component, params = bound.field.nhs(bound)
    return getattr(components, component)({**params, **more})


def local(moment: datetime) -> datetime:
    """Return an aware time as the clinic's wall clock shows it (Europe/London)."""
    return timezone.localtime(moment)


def shown_date(value: date | datetime | None) -> str:
    """Return `22 November 2026`; "" for no date."""
    if value is None or not isinstance(value, date):
        return ""
    day = local(value).date() if isinstance(value, datetime) else value
    return f"{day.day} {day:%B %Y}"


def shown_weekday(value: date | datetime | None) -> str:
    """Return `Sunday 22 November 2026`; "" for no date."""
    if value is None or not isinstance(value, date):
        return ""
    day = local(value).date() if isinstance(value, datetime) else value
    return f"{day:%A} {shown_date(day)}"


def shown_day(value: date | datetime | None) -> str:
    """Return the short `22 Nov 2026` for tables; "" for no date."""
    if value is None or not isinstance(value, date):
        return ""
    day = local(value).date() if isinstance(value, datetime) else value
    return f"{day.day} {day:%b %Y}"


def shown_time(value: datetime | None, seconds: bool = False) -> str:
    """Return the 24-hour time `09:05`, or `09:05:31` with seconds."""
    if not isinstance(value, datetime):
        return ""
    return f"{local(value):%H:%M:%S}" if seconds else f"{local(value):%H:%M}"


def shown_iso(value: datetime) -> str:
    """Return `2026-11-22T09:05:31.250Z`, for an address: to the millisecond, in universal time."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown_datetime(value: datetime | None) -> str:
    """Return `22 Nov 2026, 09:05`."""
    return f"{shown_day(value)}, {shown_time(value)}" if isinstance(value, datetime) else ""


def years_old(birth_date: date) -> int:
    """Return the age in completed years today."""
    return age_on(birth_date, timezone.localdate())


def with_line_breaks(text: str) -> Markup:
    """Return text that somebody typed, escaped, with its own line breaks."""
    return Markup("<br>").join(conditional_escape(line) for line in str(text or "").splitlines())


def plain_number(value: Any) -> str:
    """Return a number without needless noughts: 35.0 -> `35`, 0.500 -> `0.5`."""
    if value is None or value == "":
        return ""
    text = f"{value}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_figure(value: Any) -> str:
    """Return the value of a figure as words: `93 to 95`, `40`, `yes`; lists and tables on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {shown_figure(part)}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(shown_figure(part) for part in value)
    return "none" if value is None else plain_number(value)


def alarm_when(rule: AlarmRule) -> str:
    """Return in words when an alarm of a protocol is raised."""
    parts = [_condition(condition) for condition in rule.conditions]
    words = " or ".join(parts)
    if rule.repeats > 1:
        words += f", {rule.repeats} readings at least {rule.repeats_apart_seconds // 60} minutes apart"
    if rule.persists_seconds:
        words += f", for {rule.persists_seconds} seconds"
    return words if rule.phase == "any" else f"{words} ({rule.phase})"


def _condition(condition: Condition) -> str:
    signs = ((condition.above, ">"), (condition.at_least, "≥"), (condition.below, "<"), (condition.at_most, "≤"))
    sign, limit = next((sign, limit) for limit, sign in signs if limit is not None)
    name = condition.parameter.replace("_", " ")
    return f"{name}{' rise' if condition.measure == 'rise' else ''} {sign} {plain_number(limit)}"
