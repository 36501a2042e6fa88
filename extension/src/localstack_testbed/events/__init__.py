"""Fixes of EventBridge."""
