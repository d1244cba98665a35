"""`python -m glimmer` is the `glimmer` command."""

from glimmer.cli.main import run

run()
