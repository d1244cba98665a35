"""The page of the mechanism, and what a patient reads of it."""

import pytest
from django.urls import reverse

from glimmer.guidance.mechanism import mechanism
from tests.support.session_page import text_of

pytestmark = pytest.mark.django_db


def test_page_holds_every_arrow_with_grade_and_source_and_what_is_not_known(as_, cast) -> None:
    page = text_of(as_("maya").get(reverse("mechanism")))
    for arrow in mechanism().arrows:
        assert arrow.says in page
        assert arrow.source in page
    for one in mechanism().unknown:
        assert one.says in page
    assert 'role="img"' in page
    assert reverse("mechanism") in text_of(as_("maya").get(reverse("help")))


def test_patients_information_holds_the_plain_words_alone(as_, cast) -> None:
    page = text_of(as_("maya").get(reverse("information", args=["iv-racemic-standard"])))
    for one in (*mechanism().for_patients, *mechanism().unknown_to_patients):
        assert one.plain in page
    assert mechanism().arrows[0].source not in page
    assert "BDNF" not in page
