"""A value set is imported once, shown beside each profile with its date, and changes no profile."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from glimmer.actions.outcomes import Form, record_score
from glimmer.actions.value_sets import import_value_set, valued
from glimmer.records.models import AuditLine, Score, ValueSetPack
from glimmer.vocabulary.problems import NotAllowed, RuleRefused
from tests.support.cast import an_episode
from tests.support.reading import text_of

pytestmark = pytest.mark.django_db
FILE = Path(__file__).parents[2] / "docs" / "examples" / "eq5d5l-england-2018.toml"


def later() -> bytes:
    """Another set, in force from next year."""
    year = str(timezone.localdate().year + 1).encode()
    return FILE.read_bytes().replace(b"England 2018", b"Made up").replace(b"2018-01-01", year + b"-01-01")


def test_profile_is_shown_by_every_set_and_stays_as_it_was_recorded(as_, cast):
    episode = an_episode(cast, at="selection")
    day = timezone.localdate() - timedelta(days=1)
    record_score(episode, Form("eq5d5l", (2, 1, 3, 4, 5), 40), "baseline", day, by=cast.maya)
    page = f"/episodes/{episode.pk}/outcomes?form=eq5d5l"
    assert "by each value set" not in text_of(as_("maya").get(page))
    import_value_set(FILE.read_bytes(), by=cast.maya)
    import_value_set(later(), by=cast.maya)
    shown = valued(Score.objects.filter(episode=episode))
    # 1 - 0.058 - 0 - 0.063 - 0.276 - 0.289
    assert [(one.state, one.value, one.was_in_force) for one in shown] == [
        ("21345", "0.314", False),
        ("21345", "0.314", True),
    ]
    text = text_of(as_("maya").get(page))
    assert "England 2018 (England, valued directly)" in text
    assert "after this form" in text
    assert Score.objects.get(episode=episode).items == [2, 1, 3, 4, 5]


def test_set_is_imported_once_by_the_care_team_and_audited(cast):
    pack, reversals = import_value_set(FILE.read_bytes(), by=cast.bea)
    assert (pack.in_force_from, pack.imported_by, reversals) == (date(2018, 1, 1), cast.bea, 0)
    assert AuditLine.objects.get(action="import_value_set").details["title"] == "England 2018"
    with pytest.raises(RuleRefused, match="before"):
        import_value_set(FILE.read_bytes(), by=cast.maya)
    with pytest.raises(NotAllowed):
        import_value_set(later(), by=cast.gil)
    assert ValueSetPack.objects.count() == 1
