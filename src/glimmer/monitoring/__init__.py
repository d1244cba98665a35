"""Decisions about one live session, pure: readings fit to use, NEWS2, alarms, lost signal, what is due."""
