"""What is held about a patient, drawn and handed out: their chart, and everything as data or to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse, JsonResponse

from glimmer.actions import own_shown as shown
from glimmer.care.own import Kind
from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument
from glimmer.guidance.own_words import own_words
from glimmer.web.own.realm import OwnRequest, own_page, show_own

WIDTH, HEIGHT = 600, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 18, 18
# What each kind of entry is called on the page of everything held, by the words of its own page.
CALLED = {
    "mood": "mood.title",
    "sleep": "home.sleep",
    "effects": "home.effects",
    "goal": "words.goals",
    "words": "words.own",
    "escort": "next.escort",
    "question": "next.question",
    "questionnaire": "everything.scores",
    "danger_answer": "everything.scores",
    "not_safe": "frame.not_safe",
    "mistake": "help.mistake",
}


@dataclass(frozen=True, slots=True)
class OwnChart:
    """A line of values over days, in the drawing's own units, with the same values for the table.

    `rows` holds (day, value, entered by the patient), the newest first; `grid` holds (y, label).
    """

    title: str
    says: str
    line: str
    marks: tuple[tuple[float, float], ...]
    grid: tuple[tuple[float, int], ...]
    rows: tuple[tuple[date, Any, bool], ...]
    first: date
    last: date
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def chart_of(
    points: Sequence[tuple[date, float, bool]], lowest: int, highest: int, title: str, says: str
) -> OwnChart | None:
    """Return the drawing of points in the order of their days; None with fewer than two: that is no line."""
    if len(points) < 2:
        return None
    first, last = points[0][0], points[-1][0]
    span = max((last - first).days, 1)

    def place(day: date, value: float) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / span
        return round(x, 1), _y(value, lowest, highest)

    marks = tuple(place(day, value) for day, value, _ in points)
    return OwnChart(
        title=title,
        says=says,
        line=" ".join(f"{x},{y}" for x, y in marks),
        marks=marks,
        grid=tuple((_y(value, lowest, highest), value) for value in (lowest, (lowest + highest) // 2, highest)),
        rows=tuple((day, value, mine) for day, value, mine in reversed(points)),
        first=first,
        last=last,
    )


def _y(value: float, lowest: int, highest: int) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - lowest) / (highest - lowest)), 1)


@own_page()
def chart(request: OwnRequest) -> HttpResponse:
    """Draw the patient's mood and questionnaires, each with a table that says the same."""
    charts = [_moods(request), *(_scores(request, name) for name in figure("own", "questionnaires").value)]
    return show_own(request, "chart", "chart", charts=[one for one in charts if one is not None])


@own_page()
def letters(request: OwnRequest) -> HttpResponse:
    """List the letters that were sent to the patient."""
    return show_own(request, "letters", "letters", letters=shown.own_letters(request.patient))


@own_page()
def letter(request: OwnRequest, own_letter_id: int) -> HttpResponse:
    """Hand out one of them as it was signed."""
    pdf = shown.own_letter(request.patient, own_letter_id)
    if pdf is None:
        return show_own(request, "missing", "missing", 404)
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="letter.pdf"'
    return answer


@own_page()
def everything(request: OwnRequest) -> HttpResponse:
    """Say what can be downloaded."""
    return show_own(request, "everything", "everything")


@own_page()
def everything_json(request: OwnRequest) -> HttpResponse:
    """Hand out everything as data."""
    answer = JsonResponse(shown.everything_held(request.patient, request.device), json_dumps_params={"indent": 1})
    answer.headers["Content-Disposition"] = 'attachment; filename="everything-held.json"'
    return answer


@own_page()
def everything_html(request: OwnRequest) -> HttpResponse:
    """Show everything on one page, to read or print."""
    held = shown.everything_held(request.patient, request.device)
    sent = [
        (date.fromisoformat(one["day"]), CALLED[one["kind"]], _in_words(one["content"], own_words(request.language)))
        for one in held["sent"]
    ]
    moments = {
        name: [(datetime.fromisoformat(row[at]), row) for row in held[name]]
        for name, at in (
            ("sessions", "opened_at"),
            ("consents", "at"),
            ("letters", "written_at"),
            ("messages", "at"),
            ("appointments", "when"),
        )
    }
    scores = [(date.fromisoformat(row["day"]), instrument(row["instrument"]).title, row) for row in held["scores"]]
    made_at = datetime.fromisoformat(held["made_at"])
    return show_own(
        request, "held", "everything", held=held, sent=sent, scores=scores, made_at=made_at, moments=moments
    )


def _in_words(content: dict[str, Any], words: Mapping[str, str]) -> list[str]:
    """Return what an entry says as short texts, in the patient's language where it is one of ours."""
    told = [str(content["value"])] if "value" in content else []
    told += [f"{content['hours']:g}", words[f"sleep.{content['rested']}"]] if "hours" in content else []
    told += [words[f"effects.{name}"] for name in (*content.get("which", ()), *_named(content, "how_bad"))]
    told += [words[f"next.{way}"] for way in _named(content, "way")]
    told += [content[name] for name in ("text", "words") if content.get(name)]
    states = {"reached": "words.is_reached", "dropped": "words.is_dropped", "taken_back": "words.is_taken_back"}
    return told + [words[states[state]] for state in _named(content, "state") if state in states]


def _named(content: dict[str, Any], name: str) -> list[str]:
    return [content[name]] if name in content else []


def _moods(request: OwnRequest) -> OwnChart | None:
    scale = figure("own", "mood_scale").value
    # The newest word on a day counts; the list comes with the newest first.
    by_day: dict[date, float] = {}
    for one in shown.own_entries(request.patient, Kind.MOOD):
        by_day.setdefault(one.day, one.content["value"])
    points = [(day, value, True) for day, value in sorted(by_day.items())]
    return chart_of(points, scale["lowest"], scale["highest"], "chart.mood", "chart.mood_says")


def _scores(request: OwnRequest, name: str) -> OwnChart | None:
    of = instrument(name)
    points = [
        (row.completed_on, float(row.total or 0), row.from_patient) for row in shown.own_scores(request.patient, name)
    ]
    lowest, highest = of.scoring.lowest, of.scoring.highest
    return chart_of(points, lowest, highest, "chart.questionnaire", "chart.questionnaire_says")
