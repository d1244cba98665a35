"""The report is one file that asks nothing of the network, and a PDF that a screen reader can read."""

import io
import json
import re

import pypdf
import pytest

from glimmer.evidence.economics.report.charts import figures
from glimmer.evidence.economics.report.document import write_report
from tests.evidence.economics.report.cases import HOSTILE, close_call, found_of


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    found = found_of(close_call())
    html, pdf = write_report(found, tmp_path_factory.mktemp("report") / "new" / "folder")
    return found, html.read_text(encoding="utf-8"), pdf.read_bytes()


def body_of(html: str) -> str:
    """Return the page without its scripts."""
    return re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


def test_every_chart_has_its_table_and_its_words(written):
    found, html, _ = written
    for figure in figures(found):
        section = html.split(f'<section id="{figure.name}">')[1].split("</section>")[0]
        assert "<svg" in section
        assert section.count("<tr>") == len(figure.rows) + 1
        assert {len(row) for row in figure.rows} == {len(figure.heads)}


def test_page_may_load_nothing_and_names_no_other_address(written):
    _, html, _ = written
    assert "default-src 'none'" in html
    assert "unsafe-eval" not in html
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", body_of(html))


def test_text_of_a_model_is_never_markup(written):
    _, html, _ = written
    assert HOSTILE not in html
    assert "<script>alert(1)" not in html
    assert "&lt;/script&gt;" in html


def test_specifications_are_json_with_their_data_inside(written):
    found, html, _ = written
    specs = re.findall(r'<script type="application/json" id="spec-(\w+)">(.*?)</script>', html, re.DOTALL)
    assert [name for name, _ in specs] == [figure.name for figure in figures(found)]
    for _, said in specs:
        spec = json.loads(said)
        assert "url" not in json.dumps(spec.get("datasets", {}))
        assert spec["datasets"]


def test_lines_and_points_differ_by_more_than_colour(written):
    found, _, _ = written
    for figure in figures(found):
        said = json.dumps(figure.spec)
        if '"color": {"field": "strategy"' in said:
            assert '"strokeDash": {"field": "strategy"' in said or '"shape": {"field": "strategy"' in said


def test_pdf_is_tagged_has_a_title_and_says_its_mark_on_every_page(written):
    _, _, pdf = written
    read = pypdf.PdfReader(io.BytesIO(pdf))
    assert read.metadata is not None
    assert read.metadata.title == "Close call"
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert all("SIMULATED" in page.extract_text() for page in read.pages)
    assert "CHEERS" in "".join(page.extract_text() for page in read.pages)


def test_what_nobody_has_given_is_asked_for_and_not_guessed(written):
    _, html, _ = written
    assert "How many people become eligible each year" in html
    assert "the model does not guess" in html
