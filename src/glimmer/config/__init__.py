"""Settings, addresses and wiring: the one room that may see all others."""
