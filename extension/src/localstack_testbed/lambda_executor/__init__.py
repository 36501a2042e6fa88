"""The Lambda executor ``process``, which runs execution environments as local processes."""
