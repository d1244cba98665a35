"""The browser of the tests is real, stays on this machine, and the accessibility check finds what is wrong."""

import pytest

from tests.support.accessibility import assert_accessible, violations

GOOD = '<!doctype html><html lang="en"><title>Bays</title><main><h1>Bays</h1><p>Three bays.</p></main></html>'


def test_good_page_has_no_violation(page):
    page.set_content(GOOD)
    assert_accessible(page)


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", "image-alt"),
        ("<p style='color:#bbb;background:#fff'>Faint</p>", "color-contrast"),
        ("<label>Dose</label><input type='text'>", "label"),
        # New in WCAG 2.2 (success criterion 2.5.8): targets smaller than 24 by 24 pixels with no room around them.
        (
            "<button style='width:9px;height:9px;padding:0;border:0'>a</button>"
            "<button style='width:9px;height:9px;padding:0;border:0'>b</button>",
            "target-size",
        ),
    ],
)
def test_accessibility_check_names_the_fault(page, fault, rule):
    page.set_content(GOOD.replace("<p>Three bays.</p>", fault))
    assert rule in {line.split(" at ")[0] for line in violations(page)}
    with pytest.raises(AssertionError, match=rule):
        assert_accessible(page)


@pytest.mark.parametrize(
    "worse",
    [
        "<div style='background:#777'><p style='color:#555;font-size:16px'>Words</p></div>",
        "<div style='background:#fff;opacity:.4'><p style='color:#555;font-size:16px'>Words</p></div>",
        "<div style='background:#fff'><p style='color:#aaa;font-size:16px'>Words</p></div>",
        "<div style='background:#fff'><p style='color:#555;font-size:16px'>A <b style='color:#bbb'>faint</b></p></div>",
    ],
)
def test_contrast_that_was_right_once_is_looked_at_again_where_anything_around_it_is_different(page, worse):
    right = "<div style='background:#fff'><p style='color:#555;font-size:16px'>Words</p></div>"
    for _ in range(2):
        page.set_content(GOOD.replace("<p>Three bays.</p>", right))
        assert_accessible(page)
    for _ in range(2):
        page.set_content(GOOD.replace("<p>Three bays.</p>", worse))
        assert [line for line in violations(page) if line.startswith("color-contrast at ")]


def test_page_speaks_british_english_in_london(page):
    page.set_content(GOOD)
    assert page.evaluate("() => navigator.language") == "en-GB"
    assert page.evaluate("() => new Date(Date.UTC(2026, 6, 1, 12)).toLocaleString()") == "01/07/2026, 13:00:00"


def test_error_in_a_page_is_noticed(visitors):
    page = visitors.open()
    page.set_content("<script>throw new Error('chart is broken')</script>")
    assert [fault for fault in visitors.faults if "chart is broken" in fault]
    visitors.faults.clear()


def test_request_to_another_machine_is_noticed_and_not_answered(visitors):
    page = visitors.open()
    page.set_content("<img alt='' src='http://pictures.invalid/a.png'>", wait_until="load")
    assert "The page asked another machine: http://pictures.invalid/a.png" in visitors.faults
    visitors.faults.clear()
