"""Accessibility of a page as axe-core sees it, against WCAG 2.2 levels A and AA.

The contrast of text takes axe nine tenths of its time, and pages share nearly all of their colours. It is looked at
once for each way of standing on a page: letters, colours and places of the element and of all that is behind it.
"""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CONTRAST = "color-contrast"
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    # The rules that are new in WCAG 2.2 are off in axe-core unless they are named.
    "rules": {"target-size": {"enabled": True}, CONTRAST: {"enabled": False}},
    "resultTypes": ["violations"],
}
CONTRAST_ALONE = {"runOnly": {"type": "rule", "values": [CONTRAST]}, "resultTypes": ["violations", "passes"]}
# Elements with words of their own, by how they look: their letters, and whatever colours and lifts them or what is
# around them. Answers what axe says of those whose look is new, and which new looks were right.
LOOK_AT_CONTRAST = """async ([seen, options]) => {
    const known = new Set(seen), chains = new Map(), fresh = new Map();
    const chain = (one) => {
        if (!one) return "";
        if (!chains.has(one)) {
            const is = getComputedStyle(one);
            const own = [is.backgroundColor, is.backgroundImage, is.opacity, is.position, is.filter, is.mixBlendMode];
            chains.set(one, own.join() + "<" + chain(one.parentElement));
        }
        return chains.get(one);
    };
    const asked = "input, textarea, select";
    for (const one of document.body.querySelectorAll("*")) {
        const hasWords = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!(hasWords || one.matches(asked)) || !one.checkVisibility()) continue;
        const is = getComputedStyle(one);
        const look = [one.matches(":disabled, [aria-disabled=true]"), is.color, is.fontSize, is.fontWeight,
            is.textShadow, chain(one)].join();
        if (!known.has(look) && !fresh.has(look)) fresh.set(look, one);
    }
    if (!fresh.size) return [[], []];
    const { violations, passes } = await axe.run({ include: [...fresh.values()] }, { ...options, elementRef: true });
    // Not those that axe could not tell of here: it may on the next page.
    const right = new Set(passes.flatMap((rule) => rule.nodes.map((node) => node.element)));
    return [
        violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ target }) => ({ target })) })),
        [...fresh].filter(([, one]) => right.has(one)).map(([look]) => look),
    ];
}"""
# The looks that were right, in this process.
_looks: set[str] = set()


def violations(page: Page) -> list[str]:
    """Return one line per element of `page` that breaks WCAG 2.2 AA: the rule, where, and what to do."""
    found = [*Axe().run(page, options=OPTIONS).response["violations"], *_contrast(page)]
    return [
        f"{rule['id']} at {' '.join(map(str, node['target']))}: {rule['help']}"
        for rule in found
        for node in rule["nodes"]
    ]


def _contrast(page: Page) -> list[dict[str, Any]]:
    found, right = page.evaluate(LOOK_AT_CONTRAST, [sorted(_looks), CONTRAST_ALONE])
    _looks.update(right)
    return list(found)


def assert_accessible(page: Page) -> None:
    """Fail with every violation of WCAG 2.2 AA on `page`."""
    found = violations(page)
    assert not found, f"{page.url} has {len(found)} accessibility faults:\n" + "\n".join(found)
