"""`glimmer serve`: the pages, the bedside gateway and the alarm watcher, in one process."""

import os
import socket
import warnings
from pathlib import Path
from typing import Annotated

import typer

from glimmer.cli.django_setup import bring_database_up_to_date, data_dir, start_django
from glimmer.cli.serving_lock import only_one_server
from glimmer.cli.speak import give_up, say

NO_TRAINING_HERE = (
    "This database holds a clinic, so no training takes place in it. Training needs a database of its own: "
    "leave GLIMMER_DATABASE_URL out, or let it name an empty one."
)


def serve(
    host: Annotated[str, typer.Option(envvar="GLIMMER_HOST", help="Address the pages listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="GLIMMER_PORT", help="Port of the pages.", min=0, max=65535)] = 8000,
    demo: Annotated[
        bool, typer.Option(help="Load the demo clinic into an empty database and run its monitors.")
    ] = False,
    training: Annotated[
        bool, typer.Option(help="Run the training clinic: virtual patients in a database of its own.")
    ] = False,
) -> None:
    """Run the clinic: pages, bedside gateway and alarm watcher in one process.

    The database is brought up to date first. With --demo an empty database is filled with the
    fictional demo clinic, virtual monitors are started, and the sign-ins are printed.
    Stop with Ctrl-C; nothing that was acknowledged is lost if the process is killed instead.
    """
    _refuse_a_taken_port(host, port)
    os.environ.update(GLIMMER_HOST=host, GLIMMER_PORT=str(port))
    demo = demo or training
    if training:
        _keep_apart()
    if demo:
        os.environ["GLIMMER_DEMO"] = "true"
    start_django()
    with only_one_server(data_dir()):
        if demo:
            _leave_a_clinic_alone(training)
        bring_database_up_to_date()
        _refuse_another_purpose(demo, training)
        if demo:
            _fill_if_empty(training)
        _announce(host, port, demo, training)
        _run(host, port)


def _run(host: str, port: int) -> None:
    import uvicorn

    # WhiteNoise hands static files over as plain iterators; Django says so once under ASGI, and it does no harm.
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
    uvicorn.run(
        "glimmer.config.asgi:application",
        host=host,
        port=port,
        log_level="warning",
        lifespan="on",
        # Nobody need know what serves the pages.
        server_header=False,
        # Open event streams would otherwise hold the shutdown for ever.
        timeout_graceful_shutdown=3,
    )


def _refuse_a_taken_port(host: str, port: int) -> None:
    if port == 0:
        return
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        give_up(
            f"Port {port} on {host} cannot be used ({error.strerror or error}). Another program, perhaps another "
            f"Glimmer, has it: stop that one, or choose another port with GLIMMER_PORT={port + 1}."
        )


def _keep_apart() -> None:
    """Let the training clinic have a folder of its own inside the usual one, whatever that is."""
    folder = Path(os.environ.get("GLIMMER_DATA_DIR", "var"))
    os.environ["GLIMMER_DATA_DIR"] = str(folder / "training")
    os.environ["GLIMMER_TRAINING"] = "true"


def _leave_a_clinic_alone(training: bool) -> None:
    """Give up before the first migration: not even the tables of a clinic's database are a demo's or a training's."""
    from django.db import connection

    from glimmer.records.models import Staff
    from glimmer.records.training import DatabasePurpose

    tables = set(connection.introspection.table_names())
    if DatabasePurpose._meta.db_table in tables:
        _refuse_another_purpose(True, training)
    elif training and Staff._meta.db_table in tables and Staff.objects.exists():
        # Of an older Glimmer, which had no training: whatever it is, it is not for that.
        give_up(NO_TRAINING_HERE)


def _refuse_another_purpose(demo: bool, training: bool) -> None:
    """Give up in words where real people and invented ones would meet in one database."""
    from glimmer.cli.demo.whose import is_demo, is_empty
    from glimmer.records.training import CLINIC, TRAINING, purpose

    found = purpose()
    if training and found != TRAINING and not (found == CLINIC and is_empty()):
        give_up(NO_TRAINING_HERE)
    if not training and found == TRAINING:
        give_up("This database is for training: nobody in it is real. Serve it with: glimmer serve --training")
    if demo and not training and found == CLINIC and not (is_empty() or is_demo()):
        give_up(
            "This database holds a real clinic, so the demo's virtual monitors were not started. "
            "Set GLIMMER_DATA_DIR to another folder for the demo."
        )


def _fill_if_empty(training: bool) -> None:
    from django.utils import timezone

    from glimmer.cli.demo.whose import is_demo, is_empty

    # What builds a clinic is a second's import, and only the first start builds one.
    if training:
        if is_empty():
            from glimmer.cli.demo.training import load_training

            load_training(timezone.now())
        return
    if is_empty():
        from glimmer.cli.demo.load import load_demo

        load_demo()
    elif is_demo():
        from glimmer.cli.demo.clinic import sign_for_these_documents

        sign_for_these_documents()


def _announce(host: str, port: int, demo: bool, training: bool) -> None:
    shown = f"[{host}]" if ":" in host else host
    say(f"\nGlimmer is running at http://{shown}:{port}  (stop with Ctrl-C)")
    if demo:
        from django.utils import timezone

        from glimmer.cli.demo.people import BY_HAND, sign_in_lines
        from glimmer.cli.demo.whose import is_stale

        if training:
            lines = [line for line in sign_in_lines() if line not in BY_HAND]
            say("\n".join(["SIMULATED: the training clinic. Sign in as maya.okafor and choose Training.", "", *lines]))
            return
        if is_stale(timezone.now()):
            say("Its running sessions are from earlier. For a fresh clinic day: stop, then glimmer demo --reset")
        say("\n".join(["", *sign_in_lines(), ""]))
