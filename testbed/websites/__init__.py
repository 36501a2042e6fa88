"""Websites on this machine for functions to call: up, down, slow, or with any status."""
