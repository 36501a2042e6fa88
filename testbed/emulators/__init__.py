"""Emulators: how each is built, started, found by later commands, and stopped."""
