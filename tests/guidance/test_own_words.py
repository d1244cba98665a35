"""The words of the own pages: the same keys and places in both languages, all of them used, none missing."""

import re
import string
from pathlib import Path

import pytest

import glimmer.web
from glimmer.actions.own_shown import AFTERWARDS, DAY_RULES, Told, told_points
from glimmer.care.own import EFFECTS, ESCORT, HOW_BAD
from glimmer.guidance import GuidanceError, figure, information, protocol
from glimmer.guidance.help_lines import help_lines
from glimmer.guidance.instrument import instrument
from glimmer.guidance.own_words import LANGUAGES, ToldPoint, draft_languages, own_words, told_in

WEB = Path(glimmer.web.__file__).parent
# Keys put together from a name: the answers that can be given, and what was sent.
MADE = (
    {f"effects.{one}" for one in (*EFFECTS, *HOW_BAD)}
    | {f"next.{one}" for one in ESCORT}
    | {
        f"home.sent_{one}"
        for one in ("mood", "sleep", "effects", "words", "next", "questionnaire", "consents", "mistake")
    }
    | {f"consents.{one}" for one in ("given", "refused", "withdrawn")}
    | {f"questionnaire.item_{item.id}" for item in instrument("phq9").items}
    | {f"everything.{one}" for one in ("name", "born", "nhs_number", "address", "telephone", "email", "gp")}
)


def places(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_both_languages_have_the_same_keys_and_the_same_places_to_fill_in():
    english, welsh = own_words("en"), own_words("cy")
    assert set(english) == set(welsh)
    assert {key for key in english if places(english[key]) != places(welsh[key])} == set()


def test_nothing_was_left_in_english():
    english, welsh = own_words("en"), own_words("cy")
    same = {key for key in english if english[key] == welsh[key]}
    assert same == {"questionnaire.some", "questionnaire.many"}


def test_every_word_that_a_page_asks_for_exists_and_every_word_is_asked_for():
    sources = [
        *(WEB / "templates" / "own").glob("*.html"),
        *(WEB / "own").glob("*.py"),
        WEB / "templates/own_team.html",
    ]
    sources += [WEB.parent / "care" / "own.py", *(WEB.parent / "actions").glob("own_*.py")]
    text = "\n".join(path.read_text() for path in sources)
    asked = set(re.findall(r"""["']([a-z_]+\.[a-z_0-9]+)["']""", text))
    known = set(own_words("en"))
    used = (asked & known) | MADE | {key for key in known if key.endswith(".title")}
    assert known - used == set(), "No page shows these."
    sections = {key.split(".")[0] for key in known}
    asked_words = {key for key in asked if key.split(".")[0] in sections}
    files = {key for key in asked_words if key.endswith((".html", ".json", ".css", ".py", "_"))}
    assert asked_words - files - known == set(), "A page asks for these, and there are no such words."


def test_welsh_is_known_to_be_a_draft_until_somebody_signs_for_it():
    assert draft_languages() == ("cy",)
    assert LANGUAGES == ("en", "cy")
    with pytest.raises(GuidanceError):
        own_words("fr")


def test_numbers_to_call_are_those_that_the_health_services_publish():
    shown = {line.id: (line.number, line.address) for line in help_lines().rows}
    assert shown == {
        "emergency": ("999", "tel:999"),
        "nhs_111": ("111", "tel:111"),
        "samaritans": ("116 123", "tel:116123"),
        "shout": ("85258", "sms:85258"),
    }
    for line in help_lines().rows:
        for language in LANGUAGES:
            assert line.number in line.says(language) or line.id == "nhs_111"
            assert line.evidence == "source"


def test_scale_of_mood_and_its_questionnaires_are_figures_with_a_source():
    assert figure("own", "mood_scale").value == {"lowest": 0, "highest": 10}
    assert figure("own", "questionnaires").value == ("phq9",)


def test_what_is_told_in_welsh_is_made_from_the_english_in_force_and_is_a_draft():
    english = {point.id: point.says for point in information().points}
    told = told_in("cy")
    assert set(told) == {*DAY_RULES, *AFTERWARDS}
    # Made anew whenever the English changes: else the page falls back to English alone.
    assert [one for one, point in told.items() if not point.is_of(english[one])] == []
    assert all(point.is_draft for point in told.values())
    numbers = re.compile(r"\d+")
    assert {one for one in told if numbers.findall(told[one].says) != numbers.findall(english[one])} == set()
    assert told_in("en") == {}


def test_welsh_of_english_that_has_changed_is_not_shown(monkeypatch):
    of = protocol("iv-racemic-oxford-weekly")
    (told,) = told_points(of, DAY_RULES, "cy")
    assert told.other
    assert "frecwast" in told.other.says
    stale = {"day_rules": ToldPoint("0" * 12, told.other.says, True)}
    monkeypatch.setattr("glimmer.actions.own_shown.told_in", lambda language: stale)
    assert told_points(of, DAY_RULES, "cy") == [Told(told.english, None)]
