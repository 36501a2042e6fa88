"""Delayed calls, waiting for messages of a queue, and the work in progress."""
