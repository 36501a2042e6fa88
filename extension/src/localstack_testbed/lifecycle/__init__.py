"""How LocalStack starts, listens, runs init scripts and exits."""
