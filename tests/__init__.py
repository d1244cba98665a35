"""The tests of Glimmer. Names are sentences; expected values come from outside the code."""
