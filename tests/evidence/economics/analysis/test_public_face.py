"""What the room offers."""

import subprocess
import sys

from glimmer.evidence.economics import analysis


def test_all_that_is_named_is_there_and_the_docstring_lists_the_questions():
    assert sorted(analysis.__all__) == list(analysis.__all__)
    missing = [name for name in analysis.__all__ if not hasattr(analysis, name)]
    assert missing == []
    functions = [name for name in analysis.__all__ if name[0].islower()]
    assert {"frontier", "evppi", "budget_impact"} < set(functions)


def test_no_frame_library_is_loaded_until_a_frame_is_asked_for():
    code = "import sys, glimmer.evidence.economics.analysis; print('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
