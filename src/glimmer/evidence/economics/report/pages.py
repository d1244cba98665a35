"""Tables that report and workbook share: sources, assumptions, what is missing, CHEERS."""

from glimmer.evidence.economics.report.cheers import cheers
from glimmer.evidence.economics.report.findings import Findings
from glimmer.evidence.economics.workbook import Page

NOT_TESTED = "no scenario"


def sources_page(found: Findings) -> Page:
    """Return every input with its value, belief, source and mark of evidence."""
    rows = [
        (one.title, one.value, one.unit, one.belief, one.source, one.evidence, one.note) for one in found.case.sources
    ]
    heads = ("input", "value", "unit", "belief", "source", "evidence", "note")
    note = "Evidence: source (read), memory (recalled, to be verified), proposal (ours), stand-in, filled in."
    return Page("Sources", heads, rows, note)


def assumptions_page(found: Findings) -> Page:
    """Return the assumption log."""
    rows = [
        (one.assumes, one.because, one.tested_by or NOT_TESTED, one.favours, one.source, one.evidence)
        for one in found.case.assumptions
    ]
    return Page("Assumptions", ("assumption", "because", "tested by", "favours", "source", "evidence"), rows)


def missing_page(found: Findings) -> Page:
    """Return what is left out and what waits to be filled."""
    rows = [(title, "", f"not compared: {why}", "") for title, why in found.case.left_out.items()]
    rows += [
        (one.title, one.unit, (one.stand_in and f"stand-in {one.stand_in}") or "nothing stands for it", one.look)
        for one in found.case.unfilled
    ]
    return Page("To be filled", ("what", "unit", "how it stands", "where to look"), rows)


def cheers_page(found: Findings) -> Page:
    """Return the checklist CHEERS 2022."""
    rows = [(str(one.number), one.name, one.said, one.filled_by) for one in cheers(found)]
    note = "The names of the items are from memory: compare them with the published list before submission."
    return Page("CHEERS 2022", ("item", "name", "reported", "filled by"), rows, note)


def workbook_pages(found: Findings) -> tuple[Page, ...]:
    """Return the sheets of plain tables that a workbook carries beside its formulas."""
    return (sources_page(found), assumptions_page(found), missing_page(found), cheers_page(found))
