"""Every figure that comes from a guideline, trial, label, law or proposal, with its source; and the protocols."""
