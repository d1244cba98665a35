"""Decisions about one patient, pure: no database, no clock, no network. Time is an argument."""
