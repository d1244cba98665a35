"""Where clinics should be: what is asked of the siting engine, and what happens without an answer."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from glimmer.actions.ports import PORTS
from glimmer.actions.siting import OBJECTIVES
from glimmer.config import prediction_process, wiring
from glimmer.vocabulary.problems import BadInput
from tests.support.session_page import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    """What the siting engine is asked; it is always working."""
    asked = []

    def working(question):
        asked.append(question)
        return {"state": "working", "done": 0.4, "before": 0}

    monkeypatch.setattr(PORTS, "plan_sites", working)
    return asked


def test_page_asks_in_the_commissioners_words_and_says_what_it_is(as_, cast, heard):
    shown = as_("gil").get(reverse("siting"))
    page = text_of(shown)
    assert shown.status_code == 200
    assert "Proposal, not advice" in page
    assert "Patients must not drive home" in page
    assert all(words in page for words in OBJECTIVES.values())
    assert heard[0]["do"] == "solve"
    assert heard[0]["clinics"] == 5


def test_engine_that_is_away_is_a_sentence_and_not_an_error(as_, cast, monkeypatch):
    def away(_asked):
        raise TimeoutError

    monkeypatch.setattr(PORTS, "plan_sites", away)
    shown = as_("ness").get(reverse("siting"))
    assert shown.status_code == 200
    assert "The model is being started" in text_of(shown)


def test_ticked_sites_are_worked_out_themselves_unless_the_best_are_asked_for(as_, cast, heard):
    browser = as_("ness")
    browser.get(reverse("siting"), {"site": ["B", "A", "A"]})
    browser.get(reverse("siting"), {"site": ["B", "A"], "do": "solve", "keep": "A"})
    assert (heard[0]["do"], heard[0]["sites"], heard[0]["keep"]) == ("sites", ["A", "B"], [])
    assert (heard[1]["do"], heard[1]["sites"], heard[1]["keep"]) == ("solve", [], ["A"])


def test_kinds_and_struck_sites_are_asked_for_and_stay_in_the_form(as_, cast, heard):
    shown = as_("ness").get(
        reverse("siting"),
        {"kind": ["clinic", "hospital"], "strike": "A1 secure hospital\r\n\r\nB2  for under-18s\r\nC3"},
    )
    assert heard[0]["kinds"] == ["clinic", "hospital"]
    assert heard[0]["struck"] == {"A1": "secure hospital", "B2": "for under-18s", "C3": ""}
    assert "A1 secure hospital\nB2 for under-18s\nC3</textarea>" in shown.content.decode()


def test_ticked_sites_stay_in_the_form_while_they_are_worked_out(as_, cast, heard):
    page = text_of(as_("ness").get(reverse("siting"), {"site": ["B", "A"]}))
    assert '<input type="hidden" form="planner" name="site" value="B">' in page


@pytest.mark.parametrize(("field", "typed"), [("clinics", "0"), ("clinics", "2.5"), ("within", "x"), ("equity", "99")])
def test_number_that_cannot_be_is_said_at_its_field_and_nothing_is_asked(as_, cast, heard, field, typed):
    shown = as_("ness").get(reverse("siting"), {field: typed})
    assert shown.status_code == 422
    assert f'href="#lever-{field}"' in text_of(shown)
    assert heard == []


def test_nonsense_in_an_address_is_cut_and_never_an_error(as_, cast, heard):
    shown = as_("ness").get(
        reverse("siting"), {"objective": "x" * 500, "where": "\x00" * 500, "site": ["<b>" * 200], "do": "fly"}
    )
    assert shown.status_code == 200
    assert "<b><b>" not in shown.content.decode()
    assert heard[0]["objective"] == "median"
    assert len(heard[0]["where"]) == 40


def test_folder_of_tables_comes_from_the_settings_and_never_from_a_page(as_, cast, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        prediction_process.SITING, "ask", lambda question: asked.append(question) or {"state": "working"}
    )
    monkeypatch.setattr(PORTS, "plan_sites", wiring._plan_sites)
    as_("ness").get(reverse("siting"), {"folder": "/etc"})
    monkeypatch.setattr(settings.ENVIRONMENT, "planning_dir", str(tmp_path))
    as_("ness").get(reverse("siting"), {"folder": "/etc"})
    assert [question["folder"] for question in asked] == ["", str(tmp_path.resolve())]


def test_manual_says_where_each_question_is_asked_in_the_browser():
    root = Path(__file__).parents[2]
    readme, manual = (root / "README.md").read_text(), (root / "docs" / "access.md").read_text()
    assert all(f"`{reverse(page)}`" in readme for page in ("siting", "capacity"))
    assert all(f"`{reverse(page)}`" in manual for page in ("siting", "capacity", "rollout"))


@pytest.fixture
def answering(monkeypatch):
    """The real engine, asked in this process; its own process is tested where it is started."""
    from glimmer.evidence.access.worker import work

    def answered(asked):
        try:
            return {"state": "answered", "answer": work({"folder": "", **asked}, lambda done, of: None)}
        except BadInput as wrong:
            return {"state": "refused", "says": str(wrong)}

    monkeypatch.setattr(PORTS, "plan_sites", answered)


def test_plan_stands_with_its_proof_its_intervals_and_who_is_left_out(as_, cast, answering):
    page = text_of(as_("ness").get(reverse("siting_answer"), {"front": "yes", "clinics": "4", "where": "Scotland"}))
    assert "4 clinics, chosen so that people travel the fewest minutes on average" in page
    assert "that is proven" in page
    assert "Places farther than 60 minutes" in page
    assert page.index("Who is left out") < page.index("Minutes to the nearest open clinic")
    lines = re.findall(r'<text class="glimmer-planner-label"[^>]*>([^<]*)</text>', page)
    assert " ".join(lines) == "Minutes are estimated from distance, not timetables"
    assert "they are no official layout" in page
    cells = [cell for cell in re.findall(r"<td>(.*?)</td>", page, re.DOTALL) if "glimmer-planner-span" in cell]
    assert len(cells) >= 30
    assert all(" to " in cell for cell in cells)
    assert page.count('name="site"') == page.count("data-toggles=") == 14
    assert len(re.findall(r'name="site"[^>]* checked', page)) == 4


def test_candidates_are_counted_by_kind_and_a_struck_site_stands_with_its_reason(as_, cast, answering):
    asked = {"clinics": "4", "where": "Scotland", "strike": "S08000024 no room for recovery"}
    page = text_of(as_("ness").get(reverse("siting_answer"), asked))
    assert "67 of 68 sites of the table" in page
    assert re.search(r'name="kind"[^>]* checked', page)
    assert "(S08000024): no room for recovery, by the planner" in page
    refused = as_("ness").get(reverse("siting"), {**asked, "strike": "S08000024"})
    assert "is struck without a reason" in text_of(refused)


def test_point_of_the_front_keeps_what_must_stay(as_, cast, answering):
    browser, kept = as_("ness"), "S08000026"
    asked = {"front": "yes", "clinics": "4", "where": "Scotland", "keep": kept, "floor": "0"}
    links = re.findall(r'<a href="\?([^"]+)">Open its map', text_of(browser.get(reverse("siting_answer"), asked)))
    assert len(links) >= 3
    for link in links:
        sent = QueryDict(link.replace("&amp;", "&"))
        assert kept in sent.getlist("site")
        assert sent.getlist("keep") == [kept]
        assert sent["floor"] == "0"
    opened = text_of(browser.get(reverse("siting_answer") + "?" + links[0].replace("&amp;", "&")))
    assert re.search(rf'name="keep" value="{kept}"[^>]* checked', opened)
    assert "Adults in need for whom it is nearest" in opened


def test_point_of_the_front_opens_the_map_of_its_own_sites(as_, cast, answering):
    browser = as_("ness")
    page = browser.get(reverse("siting_answer"), {"front": "yes", "clinics": "4", "where": "Scotland"})
    links = re.findall(r'<a href="\?([^"]+)">Open its map', text_of(page))
    assert len(links) >= 3
    opened = text_of(browser.get(reverse("siting_answer") + "?" + links[-1]))
    sites = QueryDict(links[-1]).getlist("site")
    assert f"Just the {len(sites)} clinic" in opened
    assert all(re.search(rf'value="{code}" aria-label="Open: [^"]*" checked', opened) for code in sites)
