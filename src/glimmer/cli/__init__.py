"""The `glimmer` command: for operators and analysts, at a terminal."""
