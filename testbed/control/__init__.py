"""Clients of a running emulator's own endpoints: clock, faults, inbox, journal, permissions."""
