"""Bytes from monitors and pumps to readings, and back an acknowledgement; virtual monitors for the demo."""
