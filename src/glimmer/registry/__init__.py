"""What many courses of treatment show together: de-identified rows, and what they say beside the trials."""
