"""A scenario file: the question, the fingerprints of its tables, the version, and the seals of question and answer.

    save(answer, Path("plan.json"))        what was asked and found, frozen
    rerun(Path("plan.json"))               the same answer again, to the bit, or a sentence that says why not

A question or table that changed, other figures of guidance or another version are refused before anything is worked
out: the old answer could not come out, and a new one under the old name would mislead.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import glimmer
from glimmer.evidence.access.report import Answer, Question, Told, answer_to, as_data, question_as_data
from glimmer.evidence.access.scenario_question import PATHS, BadScenario, question_from
from glimmer.guidance.access import FOLDER

KIND = "glimmer access scenario 2"
OLDER = ("glimmer access scenario 1",)
_NEEDED = {
    "glimmer": str, "guidance": str, "tables": dict, "question": dict, "question seal": str, "seal": str
}  # fmt: skip


def save(answer: Answer, path: Path) -> None:
    """Write the scenario of an answer; raise BadScenario where the search was cut short, as time decided then."""
    if answer.plan.is_cut_short:
        raise BadScenario(
            "The search was cut short by time, so that no rerun need find the same. Give it more seconds."
        )
    frozen = {
        "kind": KIND,
        "glimmer": glimmer.__version__,
        "guidance": guidance_digest(),
        "tables": {name: digest_of_file(table) for name, table in answer.question.tables().items()},
        "question": question_as_data(answer.question),
        "question seal": question_seal(answer.question),
        "seal": seal(answer),
        "open sites": [str(answer.sites.code[row]) for row in answer.plan.sites],
    }
    path.write_text(json.dumps(frozen, indent=2, ensure_ascii=False) + "\n", "utf-8")


def rerun(path: Path, told: Told | None = None) -> Answer:
    """Return the answer of a scenario file again; raise BadScenario where it cannot be the same or is not."""
    frozen = _read(path)
    question = question_from(frozen["question"], path.name)
    _still_holds(frozen, question, path)
    answer = answer_to(question, told)
    if seal(answer) != frozen["seal"]:
        raise BadScenario(
            f"{path.name} was worked out again and the answer is another one, although tables, figures and version are "
            "the same. The machine or a library may differ. Do not mix the two: ask anew and save the new answer."
        )
    return answer


def seal(answer: Answer) -> str:
    """Return the SHA-256 of all that an answer says; how long it took and where its tables lie are no part of it."""
    said = as_data(answer)
    said["question"] = {name: value for name, value in said["question"].items() if name not in (*PATHS, "seconds")}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def question_seal(question: Question) -> str:
    """Return the SHA-256 of all that is asked, the places of its tables included."""
    return hashlib.sha256(json.dumps(question_as_data(question), sort_keys=True).encode()).hexdigest()


def guidance_digest() -> str:
    """Return the SHA-256 of every figure of guidance that access takes."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _read(path: Path) -> Mapping[str, Any]:
    try:
        frozen = json.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise BadScenario(f"{path} cannot be read: {problem.strerror or problem}.") from problem
    except (ValueError, RecursionError) as problem:
        raise BadScenario(f"{path.name} is no scenario: it is not JSON ({problem}).") from problem
    kind = frozen.get("kind") if isinstance(frozen, dict) else None
    if kind in OLDER:
        raise BadScenario(f"{path.name} is of an older Glimmer and has no seal of its question. Ask anew and save it.")
    if kind != KIND:
        raise BadScenario(f"{path.name} is no scenario of access. Make one with --save.")
    # A part that is empty would switch its check off.
    lacking = [part for part, type_ in _NEEDED.items() if not isinstance(frozen.get(part), type_)]
    lacking += [part for part, type_ in _NEEDED.items() if type_ is str and frozen.get(part) == ""]
    if lacking:
        raise BadScenario(
            f"{path.name} is no whole scenario: {', '.join(lacking)} is missing, empty or of another form than was "
            "saved. Take the file as it was saved, or ask anew and save the new answer."
        )
    return frozen


def _still_holds(frozen: Mapping[str, Any], question: Question, path: Path) -> None:
    if question_seal(question) != frozen["question seal"]:
        raise BadScenario(
            f"{path.name}: the question was changed after it was saved, and its answer belongs to the one before. "
            "Put the question back, or ask the new one with the options of the command and save its answer."
        )
    if frozen["glimmer"] != glimmer.__version__:
        raise BadScenario(
            f"{path.name} was saved by Glimmer {frozen['glimmer']}, and this is {glimmer.__version__}. "
            "Use that version, or ask anew and save the new answer."
        )
    if frozen["guidance"] != guidance_digest():
        raise BadScenario(
            f"{path.name} was saved with other figures of guidance (need, travel or measures) than are here now. "
            "Ask anew and save the new answer."
        )
    for name, table in question.tables().items():
        if not table.is_file():
            raise BadScenario(f"{path.name} needs the table of {name}, {table}, which is not there. Put it back.")
        if frozen["tables"].get(name) != digest_of_file(table):
            raise BadScenario(
                f"{path.name}: the table of {name}, {table}, is not the one it was saved with. "
                "Put that one back, or ask anew and save the new answer."
            )
