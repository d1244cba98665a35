"""How commands answer: plain words for people, JSON for programs, one sentence and no trace for a failure."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

from glimmer.vocabulary.problems import Problem, RuleRefused


def say(text: str) -> None:
    """Print one line of an answer."""
    typer.echo(text)


def say_json(answer: Any) -> None:
    """Print an answer as JSON, indented, with dates as ISO text."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False, default=str))


def give_up(sentence: str, *, code: int = 1) -> NoReturn:
    """Say in one sentence what is wrong and what to do, and end with an exit code."""
    typer.secho(sentence, err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)
    raise typer.Exit(code)


@contextmanager
def problems_in_words() -> Iterator[None]:
    """Turn a Problem into its sentence (and reasons) and exit code 1."""
    try:
        yield
    except RuleRefused as problem:
        give_up("\n".join([str(problem), *(f"- {reason}" for reason in problem.reasons)]))
    except Problem as problem:
        give_up(str(problem))


@contextmanager
def refusals_in_words(*kinds: type[Exception]) -> Iterator[None]:
    """Turn an exception of these kinds, whose message is written for people, into its sentence and exit code 1."""
    try:
        yield
    except kinds as problem:
        give_up(str(problem))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in words why a file or folder cannot be written."""
    try:
        yield
    except OSError as problem:
        give_up(f"{path} cannot be written: {problem.strerror or problem}. Name a place where you may write.")


def read_file(path: Any, *, most_bytes: int) -> bytes:
    """Return a file's bytes, or give up with a sentence when it is absent, a folder, unreadable or too large."""
    return _reading(path, lambda: _bounded(path, most_bytes))


def _reading(path: Any, read: Callable[[], bytes]) -> bytes:
    try:
        return read()
    except FileNotFoundError:
        give_up(f"There is no file {path}. Check the name and the folder.")
    except IsADirectoryError:
        give_up(f"{path} is a folder. Name one file in it.")
    except PermissionError:
        give_up(f"{path} may not be read by this user. Change its permissions or run as its owner.")


def _bounded(path: Any, most_bytes: int) -> bytes:
    size = path.stat().st_size
    if size > most_bytes:
        give_up(f"{path} holds {size:,} bytes; at most {most_bytes:,} are read. Is it the right file?")
    return bytes(path.read_bytes())
