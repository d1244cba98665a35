"""Progress bars on the error stream, for whoever watches the screen; into a file nothing is said."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Told = Callable[[int, int], None]
Step = Callable[[str, int, int], None]


@contextmanager
def progress_bar(doing: str) -> Iterator[Told]:
    """A bar on the error stream, where somebody sees it and the work is long enough to wait for."""
    # Here and not above: every command would wait for it.
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=1)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@contextmanager
def progress_steps() -> Iterator[Step]:
    """A bar for each step that is told of: `told(what, done, of)`. A step that cannot say how far it is only moves."""
    from rich.console import Console
    from rich.progress import Progress, TaskID, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        *Progress.get_default_columns(), TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of if done else None)
            bar.update(tasks[what], completed=done, total=of if done else None)

        yield told
