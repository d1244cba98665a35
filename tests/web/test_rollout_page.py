"""The growth of a service: the form, what the engine is asked, the pictures with their tables, and the CSV."""

import csv
import io
import re

import pytest
from django.urls import reverse

from glimmer.actions.ports import PORTS
from glimmer.web.rollout_charts import funnel_chart, growth_chart
from tests.support.session_page import text_of

pytestmark = pytest.mark.django_db
ASKED = {"clinics": "3", "years": "2", "workforce": "6", "more_a_year": "6", "ends": "months", "months": "12"}


@pytest.fixture
def heard(monkeypatch):
    asked = []
    monkeypatch.setattr(
        PORTS, "plan_capacity", lambda question: asked.append(question) or {"state": "working", "done": 0.2}
    )
    return asked


@pytest.fixture
def answering(monkeypatch):
    """The real engine on the health bodies, asked in this process with a few draws."""
    from glimmer.evidence.capacity import worker, worker_rollout

    monkeypatch.setattr(worker_rollout, "DRAWS", 8)

    def answered(asked):
        return {"state": "answered", "answer": worker.work({**asked, "folder": ""}, lambda done, of: None)}

    monkeypatch.setattr(PORTS, "plan_capacity", answered)


def test_nothing_is_asked_before_it_is_said_when_maintenance_ends(as_, cast, heard):
    shown = as_("ness").get(reverse("rollout"))
    assert shown.status_code == 200
    assert "Nothing is worked out yet." in text_of(shown)
    refused = as_("ness").get(reverse("rollout"), {**ASKED, "ends": ""})
    assert refused.status_code == 422
    assert heard == []
    as_("ness").get(reverse("rollout_answer"), ASKED)
    assert heard[0]["months"] == 12
    as_("ness").get(reverse("rollout_answer"), {**ASKED, "ends": "relapse", "where": "Wales"})
    assert (heard[1]["months"], heard[1]["where"]) == (None, "Wales")
    # Only the settings say in which folder tables lie, whatever an address says.
    assert all("folder" not in one for one in heard)


@pytest.mark.parametrize("typed", ["-1", "abc", "1e99", "nan", "", "2.5"])
def test_number_that_cannot_be_is_said_at_its_field(as_, cast, heard, typed):
    shown = as_("ness").get(reverse("rollout"), {**ASKED, "clinics": typed})
    assert shown.status_code == 422
    assert 'href="#lever-clinics"' in text_of(shown)
    assert heard == []


def test_answer_has_years_nations_and_funnel_with_intervals_and_tables(as_, cast, answering):
    page = text_of(as_("ness").get(reverse("rollout_answer"), ASKED))
    assert 'data-planner-state="answered"' in page
    assert "Maintenance ends after 12 months" in page
    assert "By year 2, 2 clinics start" in page
    for words in ("England", "Scotland", "Wales", "Northern Ireland", "most deprived fifth"):
        assert words in page
    assert page.count('role="img"') == 2
    assert 'aria-label=""' not in page
    spans = [cell for cell in re.findall(r"<td>(.*?)</td>", page, re.DOTALL) if "glimmer-planner-span" in cell]
    assert len(spans) > 40
    assert all(" to " in cell for cell in spans)
    assert "estimated" in page


def test_csv_holds_what_the_page_shows(as_, cast, answering):
    sent = as_("ness").get(reverse("rollout_csv"), ASKED)
    assert sent.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(sent.content.decode())))
    opened = [row["mean"] for row in rows if row["figure"] == "Clinics open"]
    assert opened == ["1", "2"]
    page = text_of(as_("ness").get(reverse("rollout_answer"), ASKED))
    [started] = [row for row in rows if row["figure"] == "Start their first course" and row["row"] == "2"]
    assert f"{float(started['mean']):,.0f}" in page
    assert float(started["low"]) <= float(started["mean"]) <= float(started["high"])
    assert {row["table"] for row in rows} == {"about", "year", "nations", "fifths", "funnel", "opening"}


def test_csv_that_is_not_there_yet_leads_to_the_page_that_works_it_out(as_, cast, heard):
    sent = as_("ness").get(reverse("rollout_csv"), ASKED)
    assert sent.status_code == 302
    assert sent.headers["Location"].startswith(f"{reverse('rollout')}?clinics=3")


def test_bars_of_the_funnel_stand_on_powers_of_ten():
    rows = [{"step": "All", "count": [1000.0, 1000.0, 1000.0]}, {"step": "Some", "count": [10.0, 1.0, 100.0]}]
    drawn = funnel_chart(rows)
    assert [words for _, words in drawn.x_ticks] == ["1", "10", "100", "1,000"]
    all_of_them, some = drawn.stages
    assert some.width == pytest.approx(all_of_them.width / 3, abs=0.2)
    assert some.low == pytest.approx(0)
    assert some.high == pytest.approx(2 * some.width, abs=0.2)
    assert (all_of_them.figure, some.figure) == ("1,000", "10 (1 to 100)")


def test_marks_of_a_long_scale_are_short_words():
    drawn = funnel_chart([{"step": "All", "count": [53e6, 53e6, 53e6]}, {"step": "Some", "count": [2e6, 1e6, 3e6]}])
    assert [words for _, words in drawn.x_ticks] == ["1,000,000", "10 m", "100 m"]


def test_columns_of_years_are_as_high_as_their_figures():
    rows = [{"year": 1, "clinics": 1, "started": [50, 40, 60]}, {"year": 2, "clinics": 2, "started": [100, 80, 120]}]
    one, two = growth_chart(rows).columns
    assert two.height == pytest.approx(2 * one.height, abs=0.2)
    assert one.high < one.y < one.low
    assert (one.clinics, two.clinics) == ("1 clinic", "2 clinics")
