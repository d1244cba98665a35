"""What people do to records: one verb, one transaction, permission and audit inside it."""
