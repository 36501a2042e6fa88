"""Who makes which call, and what becomes of malformed requests."""
