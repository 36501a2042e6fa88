"""Timers, and the wait for messages in a queue."""
