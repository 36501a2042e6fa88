"""Chains of journal entries: what happened, in words, and what did not happen."""
