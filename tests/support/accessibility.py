"""Accessibility of a page as axe-core sees it, against WCAG 2.2 levels A and AA."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    # The rules that are new in WCAG 2.2 are off in axe-core unless they are named.
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}


def violations(page: Page) -> list[str]:
    """Return one line per element of `page` that breaks WCAG 2.2 AA: the rule, where, and what to do."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{rule['id']} at {' '.join(map(str, node['target']))}: {rule['help']}"
        for rule in found
        for node in rule["nodes"]
    ]


def assert_accessible(page: Page) -> None:
    """Fail with every violation of WCAG 2.2 AA on `page`."""
    found = violations(page)
    assert not found, f"{page.url} has {len(found)} accessibility faults:\n" + "\n".join(found)
