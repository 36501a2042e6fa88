"""Fixes of CloudWatch."""
