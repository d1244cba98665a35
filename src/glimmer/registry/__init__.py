"""Decisions about many patients: what a registry of courses says, and how far it may be believed."""
