"""Decisions about the service: is it worth it, how much of it is needed, and where."""
