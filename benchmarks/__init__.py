"""Measurements of the testbed beside another emulator: ``python -m benchmarks up``."""
