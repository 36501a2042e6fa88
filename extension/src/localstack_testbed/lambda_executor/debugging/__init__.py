"""Debugging sessions: one function is run under debugpy, and its time limits are suspended."""
