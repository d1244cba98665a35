"""The page of levers: the answer with its uncertainty, what is asked for, and what happens when there is no answer."""

import re

import pytest
from django.urls import reverse

from glimmer.actions.economics import ASKED, PRICES, levers
from glimmer.actions.ports import PORTS
from glimmer.evidence.economics import levers as engine
from glimmer.guidance.economics import parameter
from tests.support.session_page import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def prepared():
    return engine.prepare(draws=8)


@pytest.fixture
def answering(prepared, monkeypatch):
    """The real engine, asked in this process; its own process is tested where it is started."""

    def weigh(asked):
        where = (asked[name] for name in ("danger", "interval_days", "people"))
        return engine.answer(prepared, engine.Levers(asked["prices"], *where))

    monkeypatch.setattr(PORTS, "weigh", weigh)


def test_levers_of_page_and_engine_are_the_same():
    assert PRICES == engine.PRICES
    assert ASKED == engine.ASKED_PRICES
    danger = next(one for one in levers() if one.name == "danger")
    assert (danger.low, danger.high) == (engine.LEAST_DANGER, engine.MOST_DANGER)
    interval = next(one for one in levers() if one.name == "interval_days")
    assert (interval.low, interval.high) == engine.INTERVALS


def test_page_shows_published_figures_with_their_source_and_says_what_it_is(as_, cast, answering):
    shown = as_("maya").get(reverse("economics"))
    page = text_of(shown)
    assert shown.status_code == 200
    assert "Proposal, not advice" in page
    assert "a named clinician" in page
    assert parameter("session_price").source in page
    assert 'value="225"' in page


def test_answer_stands_with_intervals_chances_and_thresholds_and_no_bare_ratio(as_, cast, answering):
    page = text_of(as_("maya").get(reverse("economics_answer")))
    for threshold in ("£13,000", "£20,000", "£25,000", "£30,000", "£35,000"):
        assert threshold in page
    assert "worth its cost / best of all" in page
    cells = re.findall(r"<td>(.*?)</td>", page, re.DOTALL)
    increments = [cell for cell in cells if "glimmer-economics-span" in cell]
    assert len(increments) >= 4 * 8
    assert all(" to " in cell for cell in increments)
    assert "ICER" not in page
    assert 'role="img"' in page


def test_price_that_nobody_knows_is_asked_for_and_its_strategy_stays_out_until_then(as_, cast, answering):
    person = as_("maya")
    before = text_of(person.get(reverse("economics")))
    assert "Nobody’s figure could be found: fill it in, or it stays out." in before
    assert '<th scope="row">ECT</th>' not in before
    after = text_of(person.get(reverse("economics"), {"ect_session": "450"}))
    assert '<th scope="row">ECT</th>' in after


def test_moved_price_changes_the_answer_and_stays_in_its_field(as_, cast, answering):
    person = as_("maya")
    dear, cheap = (text_of(person.get(reverse("economics"), {"session_price": price})) for price in ("400", "50"))
    assert 'value="400"' in dear
    assert f"Worked out at: {parameter('session_price').title} 400" in dear
    row = r'<th scope="row">IV ketamine with IV maintenance</th><td>([+-][\d,]+)'
    cost_dear, cost_cheap = (int(re.search(row, page)[1].replace(",", "")) for page in (dear, cheap))
    assert cost_dear > cost_cheap


@pytest.mark.parametrize("typed", ["-1", "abc", "1e99", "nan", "inf", "", "<script>"])
def test_number_that_cannot_be_is_said_at_its_field_and_nothing_is_worked_out(as_, cast, answering, typed):
    shown = as_("maya").get(reverse("economics"), {"session_price": typed})
    page = text_of(shown)
    assert shown.status_code == 422
    assert 'href="#lever-session_price"' in page
    assert "Not worked out:" in page


def test_model_that_is_not_ready_or_broken_is_a_sentence_and_not_an_error(as_, cast, monkeypatch):
    def away(_asked):
        raise TimeoutError

    monkeypatch.setattr(PORTS, "weigh", away)
    shown = as_("maya").get(reverse("economics"))
    assert shown.status_code == 200
    assert "The model is being prepared" in text_of(shown)
