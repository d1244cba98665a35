"""One treatment session: its append-only log of events and what follows from it."""
