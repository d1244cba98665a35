"""Words that all rooms share: people, permissions, parameters, readings, identifiers, codes."""
