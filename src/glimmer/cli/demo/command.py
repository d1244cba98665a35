"""`glimmer demo`: fill, or fill afresh, the demo clinic."""

from typing import Annotated

import typer

from glimmer.cli.django_setup import bring_database_up_to_date, data_dir, start_django
from glimmer.cli.serving_lock import no_server_running
from glimmer.cli.speak import give_up, say


def demo(
    reset: Annotated[bool, typer.Option("--reset", help="Throw the demo clinic away and load it afresh.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed makes other people and histories.")] = 1,
) -> None:
    """Load the fictional demo clinic: about 40 patients over every step, three of them in a session now
    and one whose session can be opened.

    Refuses to touch a database that holds anything but a demo clinic. Stop a running Glimmer first.

    Example: glimmer demo --reset
    """
    start_django()
    from glimmer.cli.demo.load import load_demo
    from glimmer.cli.demo.people import sign_in_lines
    from glimmer.cli.demo.whose import is_demo, is_empty, throw_away

    with no_server_running(data_dir()):
        bring_database_up_to_date()
        if not is_empty():
            if not is_demo():
                give_up(
                    "This database holds a real clinic, so the demo was not loaded. "
                    "Set GLIMMER_DATA_DIR to another folder for the demo."
                )
            if not reset:
                give_up("The demo clinic is already loaded. To throw it away and start afresh: glimmer demo --reset")
            throw_away()
            bring_database_up_to_date()
        load_demo(seed=seed)
    say("\n".join(["The demo clinic is loaded.", "", *sign_in_lines()]))
