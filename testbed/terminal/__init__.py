"""Output to a terminal, and values that are typed there."""
