"""What we remember: the one app of database models, its constraints and its scoped queries."""
