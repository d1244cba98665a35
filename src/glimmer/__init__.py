"""Glimmer runs an NHS ketamine clinic and turns what it learns into evidence."""

__version__ = "0.1.0"
