"""What tests stand on: shared data, a real PostgreSQL, a real browser, the running clinic."""
