"""Delayed calls, and waiting for messages of a queue."""
