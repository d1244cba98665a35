"""How often an open page is told something: at once, but not for each of a hundred messages."""

import pytest

from glimmer.web.live import Pace


def test_page_is_told_at_once_up_to_its_number_in_a_second() -> None:
    pace = Pace(4)
    for at in (10.0, 10.1, 10.2):
        pace.sent(at)
        assert pace.wait(at) == 0
    pace.sent(10.3)
    assert pace.wait(10.3) == pytest.approx(0.7)
    assert pace.wait(11.0) == 0
    pace.sent(11.0)
    # The second that counts is the one since the fourth last.
    assert pace.wait(11.05) == pytest.approx(0.05)


def test_board_is_told_once_a_second() -> None:
    pace = Pace(1)
    pace.sent(10.0)
    assert pace.wait(10.25) == pytest.approx(0.75)
    assert pace.wait(11.5) == 0
