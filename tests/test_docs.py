"""The documentation follows the journey, and none of its links leads nowhere."""

import re
from pathlib import Path

import pytest

from glimmer.care.journey import STEPS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def test_every_step_of_the_journey_has_its_numbered_page_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text()
    for step in STEPS:
        page = f"{step.number}-{step.slug}.md"
        assert (ROOT / "docs" / page).is_file(), page
        assert f"({page})" in index, page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page):
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_decisions_are_numbered_without_gap_or_double():
    numbers = sorted(int(path.name[:3]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
