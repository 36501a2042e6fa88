"""Emulators: how each one is built, started, found again and stopped."""
